"""Who comes, as an organiser reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.coming import LONGEST_LIST, PHRASES, ROOM, attendance, coming
from shared.words.wording import Language

EN, CY = Language.ENGLISH, Language.WELSH


def people(*parties: tuple[str, int], waiting: int = 0, offered: int = 0) -> dict[str, object]:
    """A list as a wording is filled with it."""
    return {"parties": list(parties), "waiting": waiting, "offered": offered}


COUNTS = [
    ("some", people(("Ada", 1), ("Bo", 2), waiting=4), "3 coming, 4 waiting", "3 yn dod, 4 yn aros"),
    ("nobody waits", people(("Ada", 1)), "1 coming, 0 waiting", "1 yn dod, 0 yn aros"),
    ("all wait", people(waiting=2), "0 coming, 2 waiting", "0 yn dod, 2 yn aros"),
    ("nobody", people(), "nobody has said that they come", "does neb wedi dweud eu bod yn dod"),
    ("nobody can tell", {}, "who is coming could not be looked up", "nid oedd modd gweld pwy sy'n dod"),
]


@pytest.mark.parametrize(("listed", "english", "welsh"), [c[1:] for c in COUNTS], ids=[c[0] for c in COUNTS])
def test_counts(listed: dict[str, object], english: str, welsh: str) -> None:
    """Guests are counted, and who waits apart; where nobody comes or nobody can tell, that is said."""
    assert (coming(listed, EN), coming(listed, CY)) == (english, welsh)
    for language in Language:
        assert attendance(listed, language).lower().startswith(coming(listed, language).lower())


def test_a_list_is_in_the_order_of_the_alphabet() -> None:
    """First names with their parties, as somebody at a door looks for them; who has no known name comes last."""
    listed = people(("ola", 1), ("", 2), ("Bo", 3), ("Ada", 1), waiting=1, offered=2)
    assert attendance(listed, EN).split("\n") == [
        "7 coming, 1 waiting, 2 offered a free place.",
        "",
        "- Ada",
        "- Bo, 3 in all",
        "- ola",
        "- no name known, 2 in all",
    ]
    assert attendance(listed, CY).split("\n")[-1] == "- enw ddim yn hysbys, 2 i gyd"


@pytest.mark.parametrize("language", list(Language))
def test_three_hundred_names_fit(language: Language) -> None:
    """However long they are, and each with guests, every one of 300 stands there."""
    told = attendance(people(*[("W" * ROOM[0], 10)] * 300), language)
    assert told.count("\n- ") == 300
    assert len(told) <= LONGEST_LIST


@given(st.lists(st.tuples(st.text("aW…é", max_size=35), st.integers(1, 10)), max_size=1200), st.sampled_from(Language))
def test_no_list_is_too_long(parties: list[tuple[str, int]], language: Language) -> None:
    """What does not fit is counted: nobody is left out unsaid."""
    told = attendance(people(*parties), language)
    assert len(told) <= LONGEST_LIST
    more = PHRASES[language].more.partition("{")[0]
    left = int(told.rpartition(more)[2]) if more in told else 0
    assert told.count("\n- ") + left == len(parties)
