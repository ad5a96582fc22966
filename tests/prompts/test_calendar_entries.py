"""The calendar entries that go along with messages: one an appointment, which moves and goes with it."""

from itertools import pairwise

from hypothesis import given

from shared.rules.plan import CalendarEntry, Message
from tests.prompts.fixtures import SOURCE, Ward, london
from tests.prompts.test_histories import History, Story, histories

LONG_AGO = "2026-09-01 12:00"
A, B = "2026-12-08 09:00", "2026-12-15 09:00"
THING = f"{SOURCE}/appointment/1001"


def entry(message: Message) -> CalendarEntry:
    """The one entry of a message."""
    (only,) = message.calendar
    return only


def asked() -> Ward:
    """A patient who was asked for the agenda of A."""
    return Ward().says(LONG_AGO, A, end=london("2026-12-08 09:30")).tell("agenda", "2026-12-01 16:00")


def test_a_prompt_brings_the_appointment() -> None:
    """When it is and how long, how and where the two meet; nothing was told before."""
    message = Ward().says(LONG_AGO, A, end=london("2026-12-08 09:30"), mode="video").wanted("agenda")
    assert entry(message) == CalendarEntry(
        thing=THING, sequence=0, start=london(A), end=london("2026-12-08 09:30"), mode="video", place=f"{SOURCE}#MSK"
    )


def test_book_move_cancel() -> None:
    """A moved appointment moves its entry, a cancelled one takes it away: each of a higher sequence than before."""
    ward = asked().says("2026-12-02 12:00", B)
    moved = entry(ward.wanted("moved"))
    ward.tell("moved", "2026-12-02 12:01").says("2026-12-03 12:00", B, status="cancelled")
    cancelled = entry(ward.wanted("cancelled"))
    assert moved == CalendarEntry(
        thing=THING, sequence=1, start=london(B), end=None, mode="in-person", place=f"{SOURCE}#MSK"
    )
    assert cancelled == CalendarEntry(
        thing=THING, sequence=2, start=london(B), end=None, mode="in-person", place=f"{SOURCE}#MSK", cancelled=True
    )


def test_a_cancellation_is_of_what_was_told() -> None:
    """The entry that goes is at the time that the patient knows; the end of another time is not its end."""
    ward = asked().says("2026-12-02 12:00", B, status="cancelled", end=london("2026-12-15 09:30"))
    assert entry(ward.wanted("cancelled")) == CalendarEntry(
        thing=THING, sequence=1, start=london(A), end=None, mode="in-person", place=f"{SOURCE}#MSK", cancelled=True
    )


def test_back_on() -> None:
    """An appointment that goes ahead after all has its entry back."""
    ward = asked().says("2026-12-02 12:00", A, status="cancelled").tell("cancelled", "2026-12-02 12:01")
    back = entry(ward.says("2026-12-02 13:00", A).wanted("reinstated"))
    assert (back.sequence, back.cancelled) == (2, False)


def test_several_have_an_entry_each() -> None:
    """One message of two appointments: two entries, each of its own thing, place and sequence."""
    ward = asked().says("2026-12-01 17:00", "2026-12-08 15:00", id="1002", clinic="HILL")
    entries = ward.wanted("reminder").calendar
    assert [(e.thing.rpartition("/")[2], e.place.rpartition("#")[2], e.sequence) for e in entries] == [
        ("1001", "MSK", 1),
        ("1002", "HILL", 0),
    ]


@given(histories)
def test_a_later_entry_outranks_an_earlier_one(history: History) -> None:
    """Planned again at each event, an entry that says something new is of a higher sequence than the ones sent."""
    story = Story(history)
    sent: dict[str, list[CalendarEntry]] = {}
    for _, message in story.claimed:
        for one in message.calendar:
            sent.setdefault(one.thing, []).append(one)
    for entries in sent.values():
        for before, after in pairwise(entries):
            news = (before.start, before.mode, before.cancelled) != (after.start, after.mode, after.cancelled)
            assert after.sequence > before.sequence if news else after.sequence >= before.sequence
