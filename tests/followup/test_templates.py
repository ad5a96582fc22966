"""The shipped words about goals and missed appointments: all there, asked for by real plans, right in each branch."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

import services.followup
from services.followup.forms import FORMS
from services.followup.messages import FollowUpKind
from shared.clinic.places import Place, Places
from shared.rules.plan import Message
from shared.words.book import Book, Rendered
from shared.words.files import from_files
from shared.words.filling import Reader
from shared.words.forms import misfits
from shared.words.wording import Language, Part, Recipient, Slot
from tests.followup.fixtures import SOURCE, Ward, london

FOLDER = Path(services.followup.__file__).parent / "templates"
WORDINGS = from_files("followup", FOLDER)
BOOK = Book(WORDINGS)

NAMES = sorted(form.name for form in FORMS)
FORM = {form.name: form for form in FORMS}
READERS = (Recipient.PATIENT, Recipient.CARER)
WAYS = {"no answers": (False, False), "answers": (True, False), "free text": (True, True)}
"""Whether answers reach us, and whether somebody reads free text."""

Channel = Literal["sms", "email"]

SET, DAY = "2026-09-16 12:00", "2026-09-30"
PLACES = Places.of(
    [
        Place(
            source=SOURCE,
            clinic="MSK",
            name="Elm Centre",
            phone="0191 498 0001",
            sender="Elm NHS",
            staffed=True,
            sender_cy="GIG Llwyfen",
        ),
    ]
)
ANSWERS = {
    FollowUpKind.DID_IT: "A",
    FollowUpKind.DID_SOME: "B",
    FollowUpKind.NOT_YET: "C",
    FollowUpKind.TALK: "TALK",
    FollowUpKind.WORDS: "so so",
}


def asked(*, several: bool = False) -> Ward:
    """A goal that is asked about on Wednesday 30 September, or two."""
    ward = Ward(places=PLACES).goal(SET, "2026-09-16")
    return ward.goal(SET, "2026-09-16", id="g2") if several else ward


def message(name: str, *, several: bool = False, low: bool = False, called: bool = False) -> Message:
    """A real message that uses these words."""
    if name.startswith("missed"):
        ward = Ward(places=PLACES).visit("2026-09-29 18:00", "2026-09-29 10:45")
        if name == FollowUpKind.MISSED:
            return ward.wanted(name)
        ward.tell("missed", f"{DAY} 12:00").answer(
            f"{DAY} 16:30", "2" if name == FollowUpKind.NEW_TIME else "3", id="a1"
        )
        return ward.wanted(name)
    ward = asked(several=several)
    if name == FollowUpKind.GOAL:
        return ward.wanted(name)
    ward.tell("goal", f"{DAY} 12:00")
    if name == FollowUpKind.AGAIN:
        return ward.wait("2026-10-06 12:00").wanted(name)
    if called:
        ward.answer(f"{DAY} 16:00", "TALK")
    if name == FollowUpKind.SURE:
        ward.answer(f"{DAY} 16:30", "SURE 3" if low else "SURE 8")
    else:
        ward.answer(f"{DAY} 16:30", ANSWERS[FollowUpKind(name)])
    return ward.wanted(name)


def variants(name: str) -> Iterator[Message]:
    """All that this message may be asked to say."""
    if name in {FollowUpKind.GOAL, FollowUpKind.AGAIN}:
        yield from (message(name, several=several) for several in (False, True))
    elif name == FollowUpKind.SURE:
        yield from (message(name, low=low, called=called) for low, called in product((False, True), repeat=2))
    else:
        yield message(name)


def rendered(
    one: Message,
    channel: Channel = "sms",
    recipient: Recipient = Recipient.PATIENT,
    language: str = "en",
    way: str = "free text",
    first_name: str | None = "Ada",
) -> Rendered:
    """What somebody reads."""
    can_answer, can_write = WAYS[way]
    reader = Reader(
        recipient=recipient,
        first_name=first_name,
        language=language,
        now=london(f"{DAY} 16:35"),
        can_answer=can_answer,
        can_write=can_write,
    )
    return BOOK.render("followup", one.template, channel, one.data, reader, PLACES, one.places)


def test_every_message_has_its_words() -> None:
    """Each form has all its parts, for patients and carers, in both languages; nothing else lies in the folder."""
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files == {f"{language}/{name}.toml" for language in Language for name in NAMES}
    parts = [part for part in Part if part is not Part.CALENDAR]
    assert {wording.slot for wording in WORDINGS} == {
        Slot(planner="followup", name=name, part=part, language=language, recipient=recipient)
        for name, part, language, recipient in product(NAMES, parts, Language, READERS)
    }
    assert set(NAMES) == set(FollowUpKind)


@pytest.mark.parametrize("name", NAMES)
def test_rules_ask_for_these_words(name: str) -> None:
    """No wording is dead: a real plan asks for each, and brings exactly what its form declares."""
    found = list(variants(name))
    assert {one.template for one in found} == {name}
    assert {misfits(FORM[name], one.data) for one in found} == {()}
    assert {one.category for one in found} == {FORM[name].category}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_well_set(name: str, recipient: Recipient, language: Language) -> None:
    """No doubled space, stop or empty paragraph, and nothing unfilled, in any branch; it says whom to call."""
    for one, way, first_name in product(variants(name), WAYS, ("Ada", None)):
        text = rendered(one, "sms", recipient, language, way, first_name)
        mail = rendered(one, "email", recipient, language, way, first_name)
        for words in (text.text, mail.text, mail.subject):
            assert not re.search(r"  | \n|\n\n\n|\n |\.\.|,,| [.,]|[{}]|None|Undefined", words), words
            assert words == words.strip()
        assert text.text.startswith("GIG Llwyfen: " if language is Language.WELSH else "Elm NHS: ")
        assert "0191 498 0001" in text.text
        assert "0191 498 0001" in mail.text


@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_answers_are_asked_for_only_where_they_reach_us(name: str, recipient: Recipient) -> None:
    """No reply is asked for where none comes in, no own words where nobody reads them, and neither by e-mail."""
    asks = {"en": (r"[Rr]eply", r"\btext us"), "cy": (r"\b[Aa]tebwch", r"anfonwch neges")}
    for one, (language, (token, own_words)) in product(variants(name), asks.items()):
        texts = {way: rendered(one, "sms", recipient, language, way).text for way in WAYS}
        assert not re.search(token, texts["no answers"])
        assert bool(re.search(token, texts["answers"])) == bool(FORM[name].answers)
        for way, text in texts.items():
            may_write = FORM[name].open_question and way == "free text"
            assert bool(re.search(own_words, text, re.IGNORECASE)) == may_write, text
            slowly = bool(re.search(r"don't read texts straight|darllen negeseuon yn syth", text))
            assert slowly == (may_write or name == FollowUpKind.WORDS)
        mail = rendered(one, "email", recipient, language).text
        assert not re.search(f"{token}|{own_words}", mail, re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_screen_shows_little(name: str) -> None:
    """A subject has neither name, place nor sender, and no number that the patient gave."""
    for one, recipient, language in product(variants(name), READERS, Language):
        mail = rendered(one, "email", recipient, language)
        assert not re.search(r"Ada|Elm|Llwyfen", mail.subject)
        for way in WAYS:
            text = rendered(one, "sms", recipient, language, way).text
            assert not re.search(r"tomorrow|yfory|SURE [38]|should|must|failed|late\b", text)
