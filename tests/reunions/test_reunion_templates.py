"""The shipped words about reunions: all there, asked for by real plans, right in each branch."""

import re
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

import services.reunions
from services.reunions.forms import FORMS
from services.reunions.messages import ReunionKind
from shared.rules.plan import Message
from shared.words.book import Book, Rendered
from shared.words.files import from_files
from shared.words.filling import Reader
from shared.words.forms import misfits
from shared.words.wording import Language, Part, Recipient, Slot
from tests.reunions.fixtures import PLACES, Ward, asked, invited, london

FOLDER = Path(services.reunions.__file__).parent / "templates"
WORDINGS = from_files("reunions", FOLDER)
BOOK = Book(WORDINGS)

FORM = {form.name: form for form in FORMS}
NAMES = sorted(FORM)
READERS = (Recipient.PATIENT, Recipient.CARER)
ENTERS = {
    ReunionKind.INVITATION,
    ReunionKind.AGAIN,
    ReunionKind.IN,
    ReunionKind.CONFIRM,
    ReunionKind.REMINDER,
    ReunionKind.MOVED,
    ReunionKind.CANCELLED,
}
"""The messages that bring an entry for a calendar."""

Channel = Literal["sms", "email"]


def waiting(**more: object) -> Ward:
    """A patient who waits."""
    return asked(**more).full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN").tell("seat.waiting")


def coming(**more: object) -> Ward:
    """A patient who has a place."""
    return asked(**more).answer("2026-10-29 20:00", "IN").tell("seat.in")


STORIES: Mapping[ReunionKind, Callable[..., Ward]] = {
    ReunionKind.INVITATION: invited,
    ReunionKind.AGAIN: asked,
    ReunionKind.IN: lambda **more: asked(**more).answer("2026-10-29 20:00", "IN"),
    ReunionKind.WAITING: lambda **more: asked(**more).full("2026-10-28 10:00").answer("2026-10-29 20:00", "IN"),
    ReunionKind.OFFERED: lambda **more: waiting(**more).other("2026-11-06 10:00", "OUT"),
    ReunionKind.OUT: lambda **more: asked(**more).answer("2026-10-29 20:00", "OUT"),
    ReunionKind.LATER: lambda **more: asked(**more).answer("2026-10-29 20:00", "LATER"),
    ReunionKind.LAPSED: lambda **more: (
        waiting(**more).other("2026-11-06 10:00", "OUT").tell("place_offered").wait("2026-11-10 12:00")
    ),
    ReunionKind.CLOSED: lambda **more: waiting(**more).wait("2026-12-01 15:00"),
    ReunionKind.PARTY: lambda **more: asked(**more).answer("2026-10-29 20:00", "IN 9"),
    ReunionKind.CONFIRM: coming,
    ReunionKind.REMINDER: coming,
    ReunionKind.MOVED: lambda **more: coming(**more).reunion("2026-11-02 12:00", "2026-12-10 14:00", **more),
    ReunionKind.CANCELLED: lambda **more: coming(**more).reunion("2026-11-02 12:00", status="cancelled", **more),
}
"""How each message comes about."""


def message(name: ReunionKind, **more: object) -> Message:
    """A real message that uses these words; `more` is of the reunion."""
    return STORIES[name](**more).wanted(name)


def rendered(
    one: Message,
    channel: Channel = "sms",
    recipient: Recipient = Recipient.PATIENT,
    language: str = "en",
    first_name: str | None = "Ada",
    *,
    can_answer: bool = True,
) -> Rendered:
    """What somebody reads."""
    reader = Reader(
        recipient=recipient,
        first_name=first_name,
        language=language,
        now=london("2026-09-30 16:35"),
        can_answer=can_answer,
        can_write=False,
    )
    return BOOK.render("reunions", one.template, channel, one.data, reader, PLACES, one.places)


def test_every_message_has_its_words() -> None:
    """Each form has all its parts, for patients and carers, in both languages; entries of calendars have a title."""
    parts = (Part.SMS, Part.SUBJECT, Part.EMAIL)
    assert {wording.slot for wording in WORDINGS} == {
        Slot(planner="reunions", name=name, part=part, language=language, recipient=recipient)
        for name, language, recipient in product(NAMES, Language, READERS)
        for part in (*parts, Part.CALENDAR)
        if part is not Part.CALENDAR or name in ENTERS
    }
    assert set(NAMES) == set(ReunionKind)


@pytest.mark.parametrize("more", [{}, {"kind": "taster"}, {"most_in_party": 2}], ids=["reunion", "taster", "guests"])
@pytest.mark.parametrize("name", ReunionKind)
def test_rules_ask_for_these_words(name: ReunionKind, more: dict[str, object]) -> None:
    """No wording is dead: a real plan asks for each, brings what its form declares, and an entry where it has one."""
    one = message(name, **more)
    assert one.template == name
    assert misfits(FORM[name], one.data) == ()
    assert one.category == FORM[name].category
    assert bool(one.calendar) == (name in ENTERS)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("name", ReunionKind)
def test_every_text_is_well_set(name: ReunionKind, recipient: Recipient, language: Language) -> None:
    """Nothing doubled or unfilled in any branch; it says whom to call, and names neither programme nor condition."""
    for more, can_answer in product(({}, {"kind": "taster"}), (False, True)):
        one = message(name, **more)
        text = rendered(one, "sms", recipient, language, can_answer=can_answer)
        mail = rendered(one, "email", recipient, language, can_answer=can_answer)
        for words in (text.text, mail.text, mail.subject):
            assert not re.search(r"  | \n|\n\n\n|\n |\.\.|,,| [.,]|[{}]|None|Undefined", words), words
            assert words == words.strip()
            assert not re.search("tomorrow|yfory|self.management|programme|condition|missed", words, re.IGNORECASE)
        assert text.text.startswith("GIG Llwyfen: " if language is Language.WELSH else "Elm NHS: ")
        assert "0191 498 0001" in text.text
        assert "0191 498 0001" in mail.text
        assert can_answer or not re.search(r"\b(IN|OUT|LATER)\b", text.text)
        assert not re.search(r"\b(IN|OUT|LATER)\b", mail.text)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        (ReunionKind.INVITATION, "LATER"),
        (ReunionKind.AGAIN, "LATER"),
        (ReunionKind.OFFERED, "IN"),
        (ReunionKind.PARTY, "IN"),
        (ReunionKind.OUT, "IN"),
        *(
            (kind, "OUT")
            for kind in (
                ReunionKind.IN,
                ReunionKind.WAITING,
                ReunionKind.CONFIRM,
                ReunionKind.REMINDER,
                ReunionKind.MOVED,
            )
        ),
    ],
)
def test_each_says_what_to_answer(name: ReunionKind, token: str) -> None:
    """In both languages and to both readers."""
    for recipient, language in product(READERS, Language):
        assert re.search(rf"\b{token}\b", rendered(message(name), "sms", recipient, language).text)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", [ReunionKind.INVITATION, ReunionKind.AGAIN])
def test_tutors_are_named_by_role(name: ReunionKind, language: Language) -> None:
    """An invitation says who leads: a clinician and a lay tutor."""
    role = "clinigydd a thiwtor lleyg" if language is Language.WELSH else "clinician and a lay tutor"
    assert role in rendered(message(name), "email", Recipient.PATIENT, language).text


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(
            rendered(message(ReunionKind.INVITATION)),
            "Elm NHS: Ada, your course group is meeting on Tuesday 8 December at 2pm, Elm Centre. Reply IN (coming),"
            " OUT (not coming) or LATER (ask me next time) by Tuesday 1 December. 9: no more of these. Or call 0191 "
            "498 0001.",
            id="en: invitation",
        ),
        pytest.param(
            rendered(message(ReunionKind.INVITATION, kind="taster", most_in_party=2)),
            "Elm NHS: Ada, you are invited to a taster session on Tuesday 8 December at 2pm, Elm Centre. Reply IN "
            "(coming), OUT (not coming) or LATER (ask me next time) by Tuesday 1 December. Not alone? Say how many "
            "you are in all, like this: IN 2. 9: no more of these. Or call 0191 498 0001.",
            id="en: invitation to a taster, with guests",
        ),
        pytest.param(
            rendered(message(ReunionKind.IN)),
            "Elm NHS: Ada, you have a place at your course group on Tuesday 8 December at 2pm, Elm Centre. Can't "
            "come? Reply OUT or call 0191 498 0001.",
            id="en: in",
        ),
        pytest.param(
            rendered(asked(most_in_party=2).answer("2026-10-29 20:00", "IN 2").wanted(ReunionKind.IN)),
            "Elm NHS: Ada, you have 2 places at your course group on Tuesday 8 December at 2pm, Elm Centre. Can't "
            "come? Reply OUT or call 0191 498 0001.",
            id="en: two are in",
        ),
        pytest.param(
            rendered(message(ReunionKind.WAITING), recipient=Recipient.CARER),
            "Elm NHS: Ada is on the waiting list: there is no room yet at their course group on Tuesday 8 December "
            "at 2pm, Elm Centre. We will tell you if there is room. Don't they want to come any more? Reply OUT or "
            "call 0191 498 0001.",
            id="en: carer, waiting",
        ),
        pytest.param(
            rendered(message(ReunionKind.OFFERED)),
            "Elm NHS: Ada, a place is free at your course group on Tuesday 8 December at 2pm, Elm Centre. Reply IN "
            "to take it or OUT to pass it on, by 8am on Monday 9 November. Or call 0191 498 0001.",
            id="en: offered",
        ),
        pytest.param(
            rendered(message(ReunionKind.LAPSED)),
            "Elm NHS: Ada, we kept a place for you at your course group on Tuesday 8 December. It is now open to "
            "others. We hope to see you another time. Still want to come? Reply IN by Tuesday 1 December, or call "
            "0191 498 0001.",
            id="en: lapsed",
        ),
        pytest.param(
            rendered(message(ReunionKind.CLOSED)),
            "Elm NHS: Ada, the list for your course group on Tuesday 8 December is closed, and we have no place for "
            "you this time. We are sorry. We will ask you next time. Questions? Call 0191 498 0001.",
            id="en: closed",
        ),
        pytest.param(
            rendered(message(ReunionKind.PARTY, most_in_party=2)),
            "Elm NHS: Ada, thank you. Up to 2 of you can come to your course group on Tuesday 8 December. Please "
            "reply IN and how many you are in all, like this: IN 2. Or call 0191 498 0001.",
            id="en: how many",
        ),
        pytest.param(
            rendered(message(ReunionKind.MOVED)),
            "Elm NHS: Ada, your course group has moved: it is now on Thursday 10 December at 2pm, Elm Centre. Please"
            " do not come on Tuesday 8 December at 2pm. You still have your place. Can't come? Reply OUT or call "
            "0191 498 0001.",
            id="en: moved",
        ),
        pytest.param(
            rendered(message(ReunionKind.IN), language="cy"),
            "GIG Llwyfen: Ada, mae lle i chi yng nghyfarfod eich cwrs ar ddydd Mawrth 8 Rhagfyr am 2pm, Elm Centre. "
            "Methu dod? Atebwch OUT neu ffoniwch 0191 498 0001.",
            id="cy: in",
        ),
        pytest.param(
            rendered(message(ReunionKind.REMINDER), language="cy"),
            "GIG Llwyfen: Ada, nodyn i'ch atgoffa: mae pobl eich cwrs yn cwrdd ar ddydd Mawrth 8 Rhagfyr am 2pm, Elm"
            " Centre. Edrychwn ymlaen at eich gweld. Methu dod? Atebwch OUT neu ffoniwch 0191 498 0001.",
            id="cy: reminder",
        ),
    ],
)
def test_read_aloud(read: Rendered, text: str) -> None:
    """The whole text, word for word: a change of words is a change of this table."""
    assert read.text == text
