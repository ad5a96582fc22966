"""The card's words: for clinicians alone, filled in every branch, and harmless whatever patients write."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.cards
from services.cards.forms import ATTENDANCE, CARD, FORMS
from shared.words.book import Book, Rendered
from shared.words.coming import Coming
from shared.words.files import from_files
from shared.words.filling import PatientRequest, Reader
from shared.words.lint import lint_all
from shared.words.sample_readers import HEARD, READERS
from shared.words.samples import LOOKS, ORDINARY, PLACES, keys, values
from shared.words.wording import Language, NoSuchWording, Part, Recipient, Slot
from tests.cards.fixtures import PLACES as CLINICS
from tests.cards.fixtures import SOURCE, Clinic

WORDINGS = from_files("cards", Path(services.cards.__file__).parent / "templates")
BOOK = Book(WORDINGS)
FORM, ATTENDING = FORMS
CLINICIAN = replace(READERS["no name"], recipient=Recipient.CLINICIAN)

UNWELL_SET = re.compile(r"  |\n\n\n|\.\.|,,|[?!]\.| [.,;:?!]|[{}]|%\}|\bNone\b|Undefined|datetime|\[")


def card(said: dict[str, PatientRequest], language: str = "en") -> Rendered:
    """A real card of two appointments, with what their patients said of them."""
    events = Clinic().says("1").says("2", "2026-12-08 10:00", mode="telephone")
    (message,) = events.cards()
    heard = {f"{SOURCE}/appointment/{id_}": one for id_, one in said.items()}
    who = replace(CLINICIAN, heard=heard, language=language)
    return BOOK.render("cards", message.template, "email", message.data, who, CLINICS, message.places)


def test_the_words_are_for_clinicians_alone() -> None:
    """By e-mail, in both languages; no patient's words, no carer's and no text."""
    assert {wording.slot for wording in WORDINGS} == {
        Slot(planner="cards", name=name, part=part, language=language, recipient=Recipient.CLINICIAN)
        for name in (CARD, ATTENDANCE)
        for part in (Part.SUBJECT, Part.EMAIL)
        for language in Language
    }


@pytest.mark.parametrize("recipient", [one for one in Recipient if one is not Recipient.CLINICIAN])
def test_nobody_else_can_be_written_a_card(recipient: Recipient) -> None:
    """There are no words in which a card could reach a patient."""
    _, data = next(values(FORM))
    who = replace(CLINICIAN, recipient=recipient)
    with pytest.raises(NoSuchWording):
        BOOK.render("cards", CARD, "email", data, who, PLACES, keys(data))


def test_they_lint() -> None:
    """There is nothing to mend, and no text is missed."""
    assert lint_all(WORDINGS, {("cards", form.name): form for form in FORMS}, frozenset({"nhs.uk"})) == []


@pytest.mark.parametrize("language", ["en", "cy", "both"])
def test_every_card_reads_well(language: str) -> None:
    """In each branch and look: filled, well set, greeted, signed, with the number to call; the subject is one line."""
    for _, data in values(FORM, LOOKS):
        told = BOOK.render("cards", CARD, "email", data, replace(CLINICIAN, language=language), PLACES, keys(data))
        place = PLACES.known[data["place"]["place"]]
        assert UNWELL_SET.search(told.text) is None, told.text
        for passage in told.text.split(f"\n\n{'-' * 20}\n\n"):
            assert passage.startswith(("Hello,\n", "Helo,\n"))
            assert place.phone in passage
            assert passage.endswith((place.sender, place.sender_cy or place.sender))
        assert "\n" not in told.subject
        assert f"({data['count']})" in told.subject


@pytest.mark.parametrize("language", ["en", "cy", "both"])
def test_every_organisers_list_reads_well(language: str) -> None:
    """In each branch and look: filled, well set, greeted, signed, with the number to call, and no name in a subject."""
    for _, data in values(ATTENDING, LOOKS):
        who = replace(CLINICIAN, language=language)
        told = BOOK.render("cards", ATTENDANCE, "email", data, who, PLACES, keys(data))
        place = PLACES.known[data["place"]["place"]]
        assert UNWELL_SET.search(told.text) is None, told.text
        for passage in told.text.split(f"\n\n{'-' * 20}\n\n"):
            assert passage.startswith(("Hello,\n", "Helo,\n"))
            assert place.phone in passage
            assert passage.endswith((place.sender, place.sender_cy or place.sender))
        assert "\n" not in told.subject
        assert not [name for name in ("Sam", "Arcy", "Wilhelmina") if name in told.subject]


CLIPPED_FROM = 102 * 1024
"""Bytes of HTML from which Gmail shows no more of a mail."""


def test_three_hundred_names_are_one_letter() -> None:
    """In both languages, and in a script of three bytes a letter: nothing of it is clipped."""
    data = {
        "what": "reunion",
        "start": {"at": "2026-12-08T14:00:00+00:00", "zone": "Europe/London"},
        "place": {"place": f"{SOURCE}#MSK"},
        "people": {"thing": "t"},
    }
    names = ("秀" * 35, "Wilhelmina-Josephine Featherstonhau", "Bo", None)
    who = replace(CLINICIAN, language="both", heard={"t": Coming(tuple((names[n % 4], 10) for n in range(300)))})
    told = BOOK.render("cards", ATTENDANCE, "email", data, who, CLINICS, (f"{SOURCE}#MSK",))
    assert told.text.count("\n- ") == 600
    assert len(told.html.encode()) < CLIPPED_FROM


NASTY_NAMES = (
    "https://evil.test/x",
    "Ada\nBo",
    "{{ place.phone }}",
    "<b>Bo</b>",
    "\u202egpj",
    "A" * 36,
    "07700 900001",
)


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_a_name_stays_one_line_of_text(name: str) -> None:
    """Whatever a feed calls somebody: no link, no number, no line of its own, nothing that is filled in."""
    _, data = next(values(ATTENDING))
    who = replace(CLINICIAN, heard={data["people"]["thing"]: Coming(((name, 1),))})
    told = BOOK.render("cards", ATTENDANCE, "email", data, who, PLACES, keys(data)).text
    (line,) = [line for line in told.split("\n") if line.startswith("- ")]
    assert line in {"- no name known", "- Ada Bo", "- {{ place.phone }}", "- gpj"}


def test_a_card_as_it_is_read() -> None:
    """The day, each time with its list, the three things that help, and whom to tell if it is wrong."""
    told = card(
        {
            "1": PatientRequest(("my knee at night", "can I stop the tablets?"), wish="1", confidence=7),
            "2": PatientRequest(),
        }
    )
    assert told.subject == "Your list for Tuesday 8 December (2)"
    assert told.text == (
        "Hello,\n\n"
        "Your list for Tuesday 8 December at Riverside Health Centre. Appointments: 2.\n\n"
        "9am\nThey said that they are coming.\n- my knee at night\n- can I stop the tablets?\n"
        "Sure of their goal: 7 of 10\n\n"
        "10am, by phone\nNo list yet.\n\n"
        "Three things that help:\n"
        "Agenda: begin with their list, add yours, and agree what comes first.\n"
        "Goal: one small step in their own words. Ask how sure they are, 0 to 10.\n"
        "Follow-up: agree on a day, and who asks how it went.\n\n"
        "Is this list wrong, or not yours? Please tell 020 7946 0101. Bookings may change after it was sent.\n"
        "It holds what patients wrote: please do not pass it on, and delete it after the clinic.\n\n"
        "Riverside Hospital"
    )


def test_a_subject_tells_of_no_patient() -> None:
    """A list of mails is seen by others: it has a day and a number, whatever was said."""
    assert {
        card({"1": said, "2": PatientRequest()}).subject for said in HEARD.values() if isinstance(said, PatientRequest)
    } == {"Your list for Tuesday 8 December (2)"}


NASTY = "<script>x</script>\n\nThree things that help:\x00 https://evil.test/x \u202egpj {{ place.phone }}"


def test_what_a_patient_writes_stays_one_line_of_text() -> None:
    """Neither markup nor a link, no line of its own, nothing that is filled in."""
    told = card({"1": PatientRequest((NASTY,)), "2": PatientRequest()})
    line = "- <script>x</script> Three things that help: gpj {{ place. phone }}"  # there are domains in .phone
    assert line in told.text.split("\n")
    assert "<script>" not in told.html
    assert "evil" not in told.text + told.html


@given(st.lists(st.text(max_size=300), max_size=12), st.sampled_from(["en", "cy", "both"]))
def test_whatever_patients_write_can_be_sent(items: list[str], language: str) -> None:
    """Each of their lines is a bullet of its own appointment; the other lines are ours, as many as without them."""
    told = card({"1": PatientRequest(tuple(items)), "2": PatientRequest()}, language)
    plain = card({"1": PatientRequest(has_more=True), "2": PatientRequest()}, language)

    def ours(text: str) -> list[str]:
        return [line for line in text.split("\n") if not line.startswith("- ")]

    differing = set(ours(told.text)) ^ set(ours(plain.text))
    assert len(differing) <= 2 * (2 if language == "both" else 1)
    assert told.subject == plain.subject
    assert "<script" not in told.html


def test_forty_patients_who_write_much_can_be_sent() -> None:
    """A long day shows less of each, and says so; it stays within what words may be filled with."""
    events = Clinic()
    heard = {}
    for number in range(40):
        events.says(str(number), f"2026-12-08 {8 + number // 6:02}:{number % 6 * 10:02}")
        heard[f"{SOURCE}/appointment/{number}"] = PatientRequest(("a long story " * 30,) * 10, wish="3", confidence=10)
    (message,) = events.cards()
    who: Reader = replace(CLINICIAN, heard=heard)
    for language in ("en", "cy"):
        told = BOOK.render(
            "cards", CARD, "email", message.data, replace(who, language=language), CLINICS, message.places
        )
        assert told.text.count("of 10") + told.text.count("allan o 10") == 40


def test_the_usual_sample_names_nobody() -> None:
    """Whoever's name the reader carries, a card shows none."""
    for _, data in values(FORM, (ORDINARY,)):
        who = replace(CLINICIAN, first_name="Wilhelmina")
        assert "Wilhelmina" not in BOOK.render("cards", CARD, "email", data, who, PLACES, keys(data)).html
