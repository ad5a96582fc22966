"""The shipped words: all there, short, plain, and silent about what a patient comes for."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import services.prompts
from services.prompts.messages import ALIKE, Kind
from shared.clinic import Mode
from shared.places import Place, Places
from shared.plan import Message
from shared.words.book import PARTS, Book, Rendered, filling, from_files
from tests.prompts.ward import SOURCE, Ward, london

FOLDER = Path(services.prompts.__file__).parent / "templates"
BOOK = Book(from_files("prompts", FOLDER))

LADDER = (Kind.AGENDA, Kind.REMINDER, Kind.SHORT_NOTICE)
NAMES = sorted(
    [str(kind) for kind in Kind]
    + [f"{kind}.{mode}" for kind in set(Kind) - ALIKE for mode in (Mode.TELEPHONE, Mode.VIDEO)]
    + [f"{kind}.several" for kind in LADDER]
)

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, the default alphabet: a character outside it more than halves what a segment holds."""

LONG_AGO = "2026-09-01 12:00"
AS_LONG_AS_CAN_BE = ("2026-09-23 10:45", "2026-09-30 12:45")  # Wednesday 23 and 30 September

SHORT = Places.of(Place(SOURCE, code, "Elm Clinic", "0191 498 0001", "Elm NHS") for code in ("MSK", "HILL"))
LONG = Places.of(
    Place(
        SOURCE, code, name, phone, "Royal Riverside and Hillside Hospitals NHS", "Riverside House, 1 Long River Street"
    )
    for code, name, phone in (
        ("MSK", "Riverside and Hillside Community Centres", "020 7946 0101"),
        ("HILL", "Hillside and Riverside Community Centres", "020 7946 0102"),
    )
)


def segments(text: str) -> int:
    """How many parts a text is sent as: 160 characters in one, 153 in each of several."""
    return 1 if len(text) <= 160 else -(-len(text) // 153)


def message(name: str, old_mode: Mode = Mode.IN_PERSON, *, by_patient: bool = False, moves: bool = True) -> Message:
    """A real message that uses these words, as long as its data can make it."""
    kind, _, form = name.partition(".")
    mode = Mode(form) if form in set(Mode) else Mode.IN_PERSON
    old, new = AS_LONG_AS_CAN_BE
    end = timedelta(minutes=45)
    ward = Ward()
    if kind in LADDER:
        created = "2026-09-28 12:00" if kind == Kind.SHORT_NOTICE else LONG_AGO
        ward.says(created, new, mode=mode, end=london(new) + end)
        if form == "several":
            ward.says(created, "2026-09-30 10:45", id="1002", clinic="HILL")
        return ward.wanted(kind)
    ward.says(LONG_AGO, old, mode=old_mode, end=london(old) + end).tell("agenda", "2026-09-16 16:00")
    if kind == Kind.REINSTATED:
        ward.says("2026-09-17 12:00", old, status="cancelled").tell("cancelled", "2026-09-17 12:01")
    status = "cancelled" if kind == Kind.CANCELLED else "booked"
    moved_to = new if moves and kind != Kind.CANCELLED else old
    data: dict[str, Any] = {"cancelled_by": "patient"} if by_patient else {}
    clinic = "MSK" if moves else "HILL"
    ward.says("2026-09-18 12:00", moved_to, status=status, mode=mode, end=london(moved_to) + end, clinic=clinic, **data)
    return ward.wanted(kind)


def rendered(one: Message, channel: str, first_name: str | None = "Ada", places: Places = SHORT) -> Rendered:
    """What a patient reads."""
    return BOOK.render("prompts", one.template, channel, filling(one.data, first_name, places))


def variants(name: str) -> list[Message]:
    """All that this template may be asked to say."""
    return [
        message(name, old_mode, by_patient=by_patient, moves=moves)
        for old_mode, by_patient, moves in product(Mode, (False, True), (False, True))
        if moves or name in {"moved", "moved.telephone", "moved.video"}
    ]


def every_text(one: Message, first_name: str | None, places: Places) -> Mapping[str, str]:
    """The three parts of a message."""
    text, mail = rendered(one, "sms", first_name, places), rendered(one, "email", first_name, places)
    return {"sms": text.text, "subject": mail.subject, "email": mail.text}


def test_every_message_has_its_words() -> None:
    """Each kind and form has a text, a subject and an e-mail, and nothing else lies in the folder."""
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files == {f"en/{name}.{part}.txt" for name in NAMES for part in PARTS}


@pytest.mark.parametrize("name", NAMES)
def test_rules_ask_for_these_words(name: str) -> None:
    """No template is dead: a real plan asks for each."""
    assert message(name).template == name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "first_name", ["Ada", "Wilhelmina-Josephine", None], ids=["short name", "long name", "no name"]
)
@pytest.mark.parametrize("places", [SHORT, LONG], ids=["short places", "long places"])
class TestEveryText:
    """Whatever fills it."""

    def test_is_short(self, name: str, first_name: str | None, places: Places) -> None:
        """At most three segments, all in the default alphabet; a subject that a lock screen shows whole."""
        for one in variants(name):
            texts = every_text(one, first_name, places)
            assert segments(texts["sms"]) <= 3, texts["sms"]
            assert set(texts["sms"]) <= GSM_7
            assert len(texts["subject"]) <= 78

    def test_is_well_set(self, name: str, first_name: str | None, places: Places) -> None:
        """No doubled space, stop or empty paragraph, and nothing unfilled, whichever branch was taken."""
        for one in variants(name):
            texts = every_text(one, first_name, places)
            for text in texts.values():
                assert not re.search(r"  | \n|\n\n\n|\n |\.\.|,,| [.,]|[{}]|None|Undefined", text), text
                assert text == text.strip()
            assert texts["sms"].startswith(f"{first_name or 'Hello'}, ")
            assert texts["email"].startswith(f"Dear {first_name},\n\n" if first_name else "Hello,\n\n")

    def test_says_who_writes_and_whom_to_call(self, name: str, first_name: str | None, places: Places) -> None:
        """Each ends with the number to call and the sender."""
        place = next(iter(places.known.values()))
        for one in variants(name):
            texts = every_text(one, first_name, places)
            assert re.search(r"call 0\d{2,3} ", texts["sms"], re.IGNORECASE)
            assert texts["sms"].endswith(place.sender)
            assert texts["email"].endswith(place.sender)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", PARTS)
class TestEveryTemplate:
    """As it is shipped."""

    def test_names_no_condition(self, name: str, part: str) -> None:
        """No condition, specialty, clinic type, clinician, goal or test: phones are shared, lock screens are read."""
        telling = (
            r"clinic\b|ward|department|unit\b|ology|therap|surg|oncol|renal|diabet|pain|mental|matern|scan|blood|test|"
            r"result|treatment|diagnos|condition|disease|doctor|nurse|consultant|Dr\b|goal|health"
        )
        assert not re.search(telling, body(name, part), re.IGNORECASE)

    def test_asks_for_no_reserved_word(self, name: str, part: str) -> None:
        """Words that the carrier takes before us are never asked for, nor any answer in capitals."""
        text = re.sub(r"{[{%].*?[}%]}", "", body(name, part))
        assert not re.search(r"\b[A-Z]{2,}\b", text)
        assert not re.search(
            r"\b(reply|text|send|answer) (us )?(with )?['\"]?(stop|end|quit|cancel|yes|start|help|info)\b",
            text,
            re.IGNORECASE,
        )

    def test_has_no_link(self, name: str, part: str) -> None:
        """Links are hardly opened, and teach people to follow them."""
        assert not re.search(r"https?:|www\.|\.uk\b", body(name, part))


def body(name: str, part: str) -> str:
    """A template as it is shipped."""
    return (FOLDER / "en" / f"{name}.{part}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_subject_shows_no_more_than_an_appointment(name: str) -> None:
    """A day, and what became of it: no name, place, sender, time or mode."""
    subject = body(name, "subject")
    assert re.fullmatch(r"[A-Za-z :]*\bappointments?\b[A-Za-z :]*{{ (start|old)\|day }}[a-z ]*\n", subject)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ALIKE])
def test_calls_and_video_have_words_of_their_own(kind: Kind) -> None:
    """A call has a range and may come from a hidden number; neither it nor a video says where to come to."""
    call, video = message(f"{kind}.telephone"), message(f"{kind}.video")
    for channel in ("sms", "email"):
        text = rendered(call, channel).text
        assert "between 12.45pm and 1.30pm" in text
        assert "ur number may be hidden" in text
        assert "phone you" in text
        assert "Elm Clinic" not in text
        text = rendered(video, channel).text
        assert "video" in text
        assert "12.45pm" in text
        assert "Elm Clinic" not in text


@pytest.mark.parametrize("kind", [Kind.AGENDA, Kind.SHORT_NOTICE])
@pytest.mark.parametrize("form", ["", ".telephone", ".video", ".several"])
def test_a_text_that_asks_says_when_it_is_read(kind: Kind, form: str) -> None:
    """Free text can carry distress: whoever may write is told that it isn't read at once, and whom to call."""
    text = rendered(message(f"{kind}{form}"), "sms").text
    assert "What do you most want to talk about? Text us back. We don't read texts straight away" in text
    assert "if it's urgent, or you need a new time, call 0191 498 0001. Elm NHS" in text


@pytest.mark.parametrize(
    ("name", "old_mode", "moves", "says", "says_not"),
    [
        pytest.param("moved", Mode.IN_PERSON, True, "Please do not come on Wednesday 23", "in person", id="time"),
        pytest.param("moved", Mode.IN_PERSON, False, "10.45am", "do not come", id="place alone"),
        pytest.param(
            "moved", Mode.TELEPHONE, True, "Please come in person. This replaces", "do not", id="call → visit"
        ),
        pytest.param(
            "moved.telephone", Mode.IN_PERSON, True, "do not come in on Wednesday 23", "replaces", id="visit → call"
        ),
        pytest.param("moved.telephone", Mode.IN_PERSON, False, "Please do not come in.", "replaces", id="same time"),
        pytest.param(
            "moved.video", Mode.TELEPHONE, True, "This replaces Wednesday 23", "do not come", id="call → video"
        ),
    ],
)
def test_a_move_says_what_no_longer_holds(name: str, old_mode: Mode, moves: bool, says: str, says_not: str) -> None:
    """Whoever would come for nothing is told not to; nobody is told not to come to a call."""
    for channel in ("sms", "email"):
        text = rendered(message(name, old_mode, moves=moves), channel).text
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
    for channel in ("sms", "email"):
        text = rendered(message("cancelled", old_mode, by_patient=by_patient), channel).text
        assert says in text
        assert says_not not in text


def test_several_name_each_number() -> None:
    """Two appointments with two numbers to call: the patient knows which is whose."""
    text = rendered(message("agenda.several"), "sms", places=LONG).text
    assert "you have 2 appointments on Wednesday 30 September: 10.45am, at Hillside" in text
    assert "call 020 7946 0102 about 10.45am, or 020 7946 0101 about 12.45pm." in text
