"""Whether two records with one NHS number are one person's: a table of what each says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.patient import Details
from shared.patients.agreement import Agreement, agreement

AGREE, UNKNOWN, CONTRADICT = Agreement.AGREE, Agreement.UNKNOWN, Agreement.CONTRADICT
BORN, OTHER = "1950-03-01", "1971-11-30"
VERIFIED = "number-present-and-verified"

NAMES = [
    # label, a name, another, what they are where the birth date is the same, and where it is another
    ("the same", "Una", "Una", AGREE, UNKNOWN),
    ("case", "UNA", "una", AGREE, UNKNOWN),
    ("accents", "Zoë", "Zoe\N{COMBINING DIAERESIS}", AGREE, UNKNOWN),
    ("accents left out", "Zoë", "Zoe", AGREE, UNKNOWN),
    ("order", "Mary Anne", "Anne Mary", AGREE, UNKNOWN),
    ("hyphen", "Mary-Anne", "Maryanne", AGREE, UNKNOWN),
    ("apostrophe", "Aoife O'Brien", "aoife obrien", AGREE, UNKNOWN),
    ("a middle name more", "Una", "Una Jane", AGREE, UNKNOWN),
    ("an initial more", "Una", "Una J.", AGREE, UNKNOWN),
    ("an initial for a word", "Una J", "Una Jane", AGREE, UNKNOWN),
    ("another initial", "Una J", "Una Kate", UNKNOWN, UNKNOWN),
    ("an initial alone", "U", "Una", UNKNOWN, UNKNOWN),
    ("another initial alone", "V", "Una", UNKNOWN, CONTRADICT),
    ("another name", "Vic", "Una", UNKNOWN, CONTRADICT),
    ("another name that begins alike", "Una", "Unity", UNKNOWN, CONTRADICT),
    ("one word of two the same", "Una Jane", "Una Kate", UNKNOWN, UNKNOWN),
    ("another script", "Уна", "Una", UNKNOWN, CONTRADICT),
    ("none", None, "Una", UNKNOWN, UNKNOWN),
    ("neither", None, None, UNKNOWN, UNKNOWN),
    ("empty", "", "Una", UNKNOWN, UNKNOWN),
    ("no letters", "-", "Una", UNKNOWN, UNKNOWN),
]


@pytest.mark.parametrize(
    ("one", "other", "same_day", "another_day"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES]
)
def test_names(one: str | None, other: str | None, same_day: Agreement, another_day: Agreement) -> None:
    """A name agrees in any order, case and spelling; alone it unites nobody, and parts nobody."""
    first = Details(first_name=one, birth_date=BORN)
    assert agreement(first, Details(first_name=other, birth_date=BORN)) is same_day
    assert agreement(first, Details(first_name=other, birth_date=OTHER)) is another_day
    assert agreement(first, Details(first_name=other)) is UNKNOWN


BIRTHS = [
    # label, a birth date, another, what two Unas are, and what Una and Vic are
    ("the same day", BORN, BORN, AGREE, UNKNOWN),
    ("another day", BORN, OTHER, UNKNOWN, CONTRADICT),
    ("a year that fits", BORN, "1950", UNKNOWN, UNKNOWN),
    ("a month that fits", "1950-03", BORN, UNKNOWN, UNKNOWN),
    ("only years", "1950", "1950", UNKNOWN, UNKNOWN),
    ("another year", BORN, "1951", UNKNOWN, CONTRADICT),
    ("none", None, BORN, UNKNOWN, UNKNOWN),
]


@pytest.mark.parametrize(
    ("one", "other", "una", "vic"), [case[1:] for case in BIRTHS], ids=[case[0] for case in BIRTHS]
)
def test_birth_dates(one: str | None, other: str | None, una: Agreement, vic: Agreement) -> None:
    """Only whole days agree; a year or a month that fits tells nothing, and one that does not contradicts."""
    first = Details(first_name="Una", birth_date=one)
    assert agreement(first, Details(first_name="Una", birth_date=other)) is una
    assert agreement(first, Details(first_name="Vic", birth_date=other)) is vic


REST = [
    # label, what one says, what the other says, what they are
    ("both verified", {"nhs_number_status": VERIFIED}, {"nhs_number_status": VERIFIED}, AGREE),
    ("both verified, by the old codes", {"nhs_number_status": "01"}, {"nhs_number_status": VERIFIED}, AGREE),
    ("one verified", {"nhs_number_status": VERIFIED}, {}, UNKNOWN),
    ("one not traced", {"nhs_number_status": VERIFIED}, {"nhs_number_status": "02"}, UNKNOWN),
    (
        "verified, and two people",
        {"nhs_number_status": VERIFIED, "first_name": "Una", "birth_date": BORN},
        {"nhs_number_status": VERIFIED, "first_name": "Vic", "birth_date": OTHER},
        CONTRADICT,
    ),
    (
        "dead and alive",
        {"first_name": "Una", "birth_date": BORN, "deceased": True},
        {"first_name": "Una", "birth_date": BORN, "deceased": False},
        CONTRADICT,
    ),
    (
        "dead, and nothing said",
        {"first_name": "Una", "birth_date": BORN, "deceased": True},
        {"first_name": "Una", "birth_date": BORN},
        AGREE,
    ),
    ("nothing at all", {}, {}, UNKNOWN),
]


@pytest.mark.parametrize(("one", "other", "expected"), [case[1:] for case in REST], ids=[case[0] for case in REST])
def test_numbers_and_deaths(one: dict[str, Any], other: dict[str, Any], expected: Agreement) -> None:
    """Numbers that both were verified agree, unless all else speaks of two people."""
    assert agreement(Details(**one), Details(**other)) is expected


SAID = st.builds(
    Details,
    first_name=st.none() | st.sampled_from(["Una", "Vic", "U", "Una Jane"]) | st.text(max_size=20),
    birth_date=st.none() | st.sampled_from([BORN, OTHER, "1950", "1950-03"]),
    deceased=st.none() | st.booleans(),
    nhs_number_status=st.none() | st.sampled_from(["01", "02", VERIFIED]),
)


@given(SAID, SAID)
def test_it_is_the_same_from_either_side(one: Details, other: Details) -> None:
    """Which record came first makes no difference."""
    assert agreement(one, other) is agreement(other, one)
