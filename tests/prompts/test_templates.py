"""The shipped words about appointments: all there, asked for by real plans, right in each branch, read aloud."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest

import services.prompts
from services.prompts.forms import FORMS
from services.prompts.messages import SESSION, PromptKind
from services.prompts.visits import ANSWER
from shared.clinic.appointment import Mode
from shared.clinic.places import Place, Places
from shared.rules.plan import Message
from shared.words.book import Book, Rendered
from shared.words.files import from_files
from shared.words.filling import Reader
from shared.words.forms import misfits
from shared.words.wording import Language, Part, Recipient, Slot
from tests.prompts.fixtures import SOURCE, Ward, london

FOLDER = Path(services.prompts.__file__).parent / "templates"
WORDINGS = from_files("prompts", FOLDER)
BOOK = Book(WORDINGS)

LADDER = (PromptKind.AGENDA, PromptKind.REMINDER, PromptKind.SHORT_NOTICE)
ANSWERS = {PromptKind.COMING: "1", PromptKind.NEW_TIME: "2", PromptKind.NOT_NEEDED: "3", PromptKind.LIST: "My back"}
"""What each acknowledgement answers."""
EVERY = sorted(form.name for form in FORMS)
NAMES = [name for name in EVERY if not name.startswith(SESSION)]  # sessions: `test_session_templates`
UNDATED = {PromptKind.LIST, f"{PromptKind.REMINDER}.week"}
"""The messages that are about no one day."""
FORM = {form.name: form for form in FORMS}
UNPLANNED = {PromptKind.BOOKED, PromptKind.NOT_FOR_NOW, f"{PromptKind.REMINDER}.week"}
"""The messages of which no plan is made here: their data is."""
READERS = (Recipient.PATIENT, Recipient.CARER)
WAYS = {"no answers": (False, False), "answers": (True, False), "free text": (True, True)}
"""Whether answers reach us, and whether somebody reads free text."""

Channel = Literal["sms", "email"]
CHANNELS: tuple[Channel, ...] = ("sms", "email")

LONG_AGO = "2026-09-01 12:00"
OLD, NEW = "2026-09-23 10:45", "2026-09-30 12:45"

PLACES = Places.of(
    Place(
        source=SOURCE,
        clinic=code,
        name=name,
        phone=phone,
        sender="Elm NHS",
        address="1 Elm Road",
        staffed=True,
        name_cy=name_cy,
        sender_cy="GIG Llwyfen",
    )
    for code, name, name_cy, phone in (
        ("MSK", "Elm Centre", "Canolfan Llwyfen", "0191 498 0001"),
        ("HILL", "Hill House", "Ty'r Bryn", "0191 498 0002"),
    )
)


def message(
    name: str,
    mode: Mode = Mode.IN_PERSON,
    old_mode: Mode = Mode.IN_PERSON,
    *,
    by_patient: bool = False,
    moves: bool = True,
    before: str = "",
    has_list: bool = False,
) -> Message:
    """A real message that uses these words; one that doesn't move is at another place. `before`: an earlier answer."""
    end = timedelta(minutes=45)
    ward = Ward()
    if name in ANSWERS:
        ward.says(LONG_AGO, NEW, mode=mode, end=london(NEW) + end).tell("agenda", "2026-09-23 16:00")
        if before:
            ward.answers(before, "2026-09-24 09:00")
        return ward.answers(ANSWERS[PromptKind(name)], "2026-09-24 12:00").wanted(name)
    if name in UNPLANNED:
        return unplanned(name, mode, several=by_patient)
    kind, _, several = name.partition(".")
    if kind in LADDER:
        created = "2026-09-28 12:00" if kind == PromptKind.SHORT_NOTICE else LONG_AGO
        ward.says(created, NEW, mode=mode, end=london(NEW) + end)
        if before or has_list:
            ward.tell("agenda", "2026-09-23 16:00")
        if before:
            ward.answers(before, "2026-09-24 12:00")
        if has_list:
            ward.answers("My back", "2026-09-24 12:01")
        if several:
            ward.says(created, "2026-09-30 10:45", id="1002", clinic="HILL")
        return ward.wanted(kind)
    ward.says(LONG_AGO, OLD, mode=old_mode, end=london(OLD) + end).tell("agenda", "2026-09-16 16:00")
    if kind == PromptKind.REINSTATED:
        ward.says("2026-09-17 12:00", OLD, status="cancelled").tell("cancelled", "2026-09-17 12:01")
    status = "cancelled" if kind == PromptKind.CANCELLED else "booked"
    start = NEW if moves and kind != PromptKind.CANCELLED else OLD
    data: dict[str, Any] = {"cancelled_by": "patient"} if by_patient else {}
    clinic = "MSK" if moves else "HILL"
    ward.says("2026-09-18 12:00", start, status=status, mode=mode, end=london(start) + end, clinic=clinic, **data)
    return ward.wanted(kind)


def unplanned(name: str, mode: Mode, *, several: bool) -> Message:
    """A message with the data that its rule will bring, made of what other rules bring."""
    first = message("agenda", mode)
    one, others = first.data, message("agenda.several").data
    visits = others["visits"]
    later = {**visits[0], "start": {**visits[0]["start"], "at": london("2026-10-01 10:45").isoformat()}}
    week = [*visits, later] if several else [visits[0], later]
    match name:
        case PromptKind.BOOKED:
            data = one
        case PromptKind.NOT_FOR_NOW:
            data = {**one, "others": visits[: 1 + several] if mode is Mode.IN_PERSON else []}
        case _:
            data = {**others, "count": str(len(week)), "visits": week, "asked": several, "has_list": not several}
    places = tuple(dict.fromkeys([first.places[0], *(visit["place"]["place"] for visit in visits)]))
    return replace(first, kind=name, template=name, data=data, places=places)


def rendered(
    one: Message,
    channel: Channel = "sms",
    recipient: Recipient = Recipient.PATIENT,
    language: str = "en",
    way: str = "free text",
    first_name: str | None = "Ada",
    now: str = LONG_AGO,
) -> Rendered:
    """What somebody reads."""
    can_answer, can_write = WAYS[way]
    reader = Reader(
        recipient=recipient,
        first_name=first_name,
        language=language,
        now=london(now),
        can_answer=can_answer,
        can_write=can_write,
    )
    return BOOK.render("prompts", one.template, channel, one.data, reader, PLACES, one.places)


def variants(name: str) -> Iterator[Message]:
    """All that this message may be asked to say."""
    if name in ANSWERS:
        befores = ("", "2") if name == PromptKind.COMING else ("",)
        yield from (message(name, mode, before=before) for mode, before in product(Mode, befores))
        return
    if name in UNPLANNED:
        yield from (message(name, mode, by_patient=several) for mode, several in product(Mode, (False, True)))
        return
    kind = name.partition(".")[0]
    if kind == PromptKind.REMINDER:
        for mode, before, has_list in product(Mode, ("", "2", "3"), (True, False)):
            yield message(name, mode, before=before, has_list=has_list)
        return
    for mode, old_mode, moves, by_patient in product(Mode, Mode, (True, False), (False, True)):
        is_notice = kind not in LADDER
        unseen = not moves and (mode, old_mode) == (old_mode, mode) != (Mode.IN_PERSON, Mode.IN_PERSON)
        if (is_notice or (old_mode is Mode.IN_PERSON and moves)) and not (kind == PromptKind.MOVED and unseen):
            yield message(name, mode, old_mode, by_patient=by_patient, moves=moves)


def test_every_message_has_its_words() -> None:
    """Each form has all its parts, for patients and carers, in both languages; nothing else lies in the folder.

    Only an acknowledgement, which brings no calendar entry, has no title for one.
    """
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files == {f"{language}/{name}.toml" for language in Language for name in EVERY}
    assert {wording.slot for wording in WORDINGS} == {
        Slot(planner="prompts", name=name, part=part, language=language, recipient=recipient)
        for name, part, language, recipient in product(EVERY, Part, Language, READERS)
        if not name.startswith(ANSWER) or part is not Part.CALENDAR
    }


@pytest.mark.parametrize("name", NAMES)
def test_rules_ask_for_these_words(name: str) -> None:
    """No wording is dead: a real plan asks for each, and brings exactly what its form declares."""
    found = list(variants(name))
    assert {one.template for one in found} == {name}
    assert {misfits(FORM[name], one.data) for one in found} == {()}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_well_set(name: str, recipient: Recipient, language: Language) -> None:
    """No doubled space, stop or empty paragraph, and nothing unfilled, whichever branch was taken."""
    for one, way, first_name in product(variants(name), WAYS, ("Ada", None)):
        text = rendered(one, "sms", recipient, language, way, first_name)
        mail = rendered(one, "email", recipient, language, way, first_name)
        for words in (text.text, mail.text, mail.subject, mail.title):
            assert not re.search(r"  | \n|\n\n\n|\n |\.\.|,,| [.,]|[{}]|None|Undefined", words), words
            assert words == words.strip()
        sender, _, text_itself = text.text.partition(": ")
        assert sender == ("GIG Llwyfen" if language is Language.WELSH else "Elm NHS")
        begins = r"(Ada|Hello|Helo), |(Ada|The person you care for) |(Mae|Bydd|Fydd) (gan|apwyntiad) "
        assert re.match(
            r"(Thank you|Diolch)( for letting us know| am roi gwybod)?\. |" + begins
            if name.startswith(ANSWER)
            else begins,
            text_itself,
        )
        assert re.search(r"(call|ffoniwch) 0191 498 000", text.text, re.IGNORECASE)


@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_answers_are_asked_for_only_where_they_reach_us(name: str, recipient: Recipient) -> None:
    """No reply is asked for where none comes in, no own words where nobody reads them, and neither by e-mail."""
    asks = {"en": (r"[Rr]eply", r"[Tt]ext us"), "cy": (r"Atebwch", r"anfonwch (neges|hynny)")}
    for one, (language, (token, own_words)) in product(variants(name), asks.items()):
        texts = {way: rendered(one, "sms", recipient, language, way).text for way in WAYS}
        assert not re.search(token, texts["no answers"])
        asks_for_one = bool(FORM[name].answers) and not one.data.get("asked")
        assert bool(re.search(token, texts["answers"])) == asks_for_one
        for way, text in texts.items():
            asked = FORM[name].open_question and way == "free text"
            assert bool(re.search(own_words, text, re.IGNORECASE)) == asked, text
            warned = bool(re.search(r"don't read texts straight|darllen negeseuon yn syth", text))
            assert warned == (asked or name == PromptKind.LIST)
        mail = rendered(one, "email", recipient, language).text
        assert not re.search(f"{token}|{own_words}", mail, re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNDATED])
def test_a_lock_screen_shows_no_more_than_an_appointment(name: str) -> None:
    """A subject has a day, and what became of it: no name, place, sender, time or mode. So has a carer's."""
    for one, recipient, language in product(variants(name), READERS, Language):
        mail = rendered(one, "email", recipient, language)
        telling = r"Ada|Elm|Hill|Llwyfen|Bryn|\d[ap]m|phone|video|ffôn|fideo"
        assert not re.search(telling, mail.subject)
        assert re.search(r"(30|23) (September|Medi)", mail.subject)
        if name.startswith(ANSWER):
            continue
        assert re.fullmatch(r"(Ada: a|A)(ppointment|pwyntiad)( Ada|, Elm NHS|, GIG Llwyfen)?", mail.title)


@pytest.mark.parametrize("recipient", READERS)
@pytest.mark.parametrize("kind", [*LADDER, PromptKind.MOVED, PromptKind.REINSTATED, PromptKind.COMING])
def test_calls_and_video_have_words_of_their_own(kind: PromptKind, recipient: Recipient) -> None:
    """A call has a range and may come from a hidden number; neither it nor a video says where to come to."""
    said = {
        "en": ("between 12.45pm and 1.30pm", "ur number may be hidden", r"\bphone\b", "video"),
        "cy": ("rhwng 12.45pm ac 1.30pm", "Efallai na welwch ein rhif", r"ffonio|dros y ff[oô]n", "fideo"),
    }
    for (language, (span, hidden, by_phone, by_video)), channel in product(said.items(), CHANNELS):
        call = rendered(message(kind, Mode.TELEPHONE), channel, recipient, language).text
        assert span in call
        assert hidden in call
        assert re.search(by_phone, call)
        video = rendered(message(kind, Mode.VIDEO), channel, recipient, language).text
        assert by_video in video
        assert "12.45pm" in video
        assert not re.search(r"Elm Centre|Canolfan|Elm Road", call + video)


@pytest.mark.parametrize(
    ("mode", "old_mode", "moves", "says", "says_not"),
    [
        pytest.param(
            Mode.IN_PERSON, Mode.IN_PERSON, True, "Please do not come on Wednesday 23", "in person", id="time"
        ),
        pytest.param(Mode.IN_PERSON, Mode.IN_PERSON, False, "Hill House", "do not come", id="place alone"),
        pytest.param(
            Mode.IN_PERSON, Mode.TELEPHONE, True, "Please come in person. This replaces", "do not", id="call → visit"
        ),
        pytest.param(
            Mode.TELEPHONE, Mode.IN_PERSON, True, "do not come in on Wednesday 23", "replaces", id="visit → call"
        ),
        pytest.param(
            Mode.TELEPHONE, Mode.IN_PERSON, False, "Please do not come in.", "replaces", id="visit → call, same time"
        ),
        pytest.param(Mode.VIDEO, Mode.TELEPHONE, True, "This replaces Wednesday 23", "do not come", id="call → video"),
    ],
)
@pytest.mark.parametrize("recipient", READERS)
def test_a_move_says_what_no_longer_holds(
    mode: Mode, old_mode: Mode, moves: bool, says: str, says_not: str, recipient: Recipient
) -> None:
    """Whoever would come for nothing is told not to; nobody is told not to come to a call."""
    for channel in CHANNELS:
        text = rendered(message("moved", mode, old_mode, moves=moves), channel, recipient).text
        assert says in text
        assert says_not not in text


@pytest.mark.parametrize(
    ("old_mode", "by_patient", "says", "says_not"),
    [
        pytest.param(
            Mode.IN_PERSON, False, "is cancelled. Please do not come. We are sorry.", "as you asked", id="clinic"
        ),
        pytest.param(Mode.IN_PERSON, True, "is cancelled, as you asked. Please do not come.", "sorry", id="patient"),
        pytest.param(Mode.TELEPHONE, False, "is cancelled. We are sorry.", "come", id="a call"),
    ],
)
def test_a_cancellation(old_mode: Mode, by_patient: bool, says: str, says_not: str) -> None:
    """Nobody is told that they asked for it unless they did, nor that we're sorry for what they asked for."""
    for channel in CHANNELS:
        text = rendered(message("cancelled", old_mode=old_mode, by_patient=by_patient), channel).text
        assert says in text
        assert says_not not in text


def test_several_name_each_number() -> None:
    """Two appointments with two numbers to call: the patient knows which is whose."""
    text = rendered(message("agenda.several")).text
    assert "you have 2 appointments on Wednesday 30 September: 10.45am, at Hill House; 12.45pm, at Elm Centre." in text
    assert "call 0191 498 0002 (for 10.45am), or 0191 498 0001 (for 12.45pm)." in text
