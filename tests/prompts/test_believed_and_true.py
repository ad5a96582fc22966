"""What a patient last read of each hour is true, once news has settled: whatever clinics' systems do meanwhile.

The oracle knows nothing of ids: it reads each message as its reader does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.prompts.messages import PromptKind
from shared.rules.plan import Message
from tests.prompts.course_fixtures import School
from tests.prompts.fixtures import DALES, LONDON, PLACES, SOURCE, Ward

NOTICES = {
    PromptKind.MOVED,
    PromptKind.CANCELLED,
    PromptKind.NOT_FOR_NOW,
    PromptKind.REINSTATED,
    PromptKind.SESSION_MOVED,
    PromptKind.SESSION_CANCELLED,
}
BEGINS = datetime(2026, 12, 7, 8, tzinfo=LONDON)  # a Monday
STARTS = [BEGINS + timedelta(days=day, hours=hour) for day in (2, 8, 9, 15) for hour in (2, 6)]
MIDNIGHTS = [BEGINS + timedelta(days=day, hours=-8) for day in (8, 9)]
"""Days of which nobody has said the hour."""

Hour = tuple[str, str, str, str]
"""Who writes, when by the clinic's clock, how, and at which place by its name."""


@dataclass(frozen=True)
class Booking:
    """What a booking system publishes of one appointment; `start` None: a tombstone."""

    id: str
    start: datetime | None
    clinic: str = "MSK"
    status: str = "booked"
    mode: str = "in-person"
    seconds: int = 0

    @property
    def source(self) -> str:
        """Whose clinic it is."""
        return DALES if self.clinic == "EYE" else SOURCE

    def hour(self) -> Hour | None:
        """The hour at which somebody waits for the patient; None where nobody does, or nobody has said when."""
        if self.start is None or self.status != "booked" or self.start in MIDNIGHTS:
            return None
        place = PLACES.name(f"{self.source}#{self.clinic}") if self.mode == "in-person" else ""
        return self.source, f"{self.start:%Y-%m-%dT%H:%M}", self.mode, place

    def may_be_at(self, hour: Hour) -> bool:
        """Whether this is booked for the day of that hour, and nobody has said when."""
        is_open = self.start in MIDNIGHTS and self.status == "booked"
        return self.start is not None and is_open and hour[1].startswith(f"{self.start:%Y-%m-%d}")


def read(last: dict[Hour, bool], message: Message) -> None:
    """Reads a message: which hours stand by it, and which do not."""
    on: dict[Hour, bool] = {}
    for said in message.says.values():
        if "minute" not in said:
            continue
        for old in said.get("instead_of", ()):
            last[hour_of(old)] = False
        if said["on"] and said.get("named", True):
            on[hour_of(said)] = True
        elif not said["on"]:
            last[hour_of(said)] = False
    last.update(on)


def hour_of(said: Mapping[str, Any]) -> Hour:
    """The hour that a message shows."""
    place = PLACES.name(said["place"]) if said["mode"] == "in-person" else ""
    return said["place"].partition("#")[0], said["minute"], said["mode"], place


class Delivery:
    """A ward whose messages go out as soon as they are due, at any hour."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.now = BEGINS
        self.last: dict[Hour, bool] = {}
        self.sent: list[tuple[datetime, Message]] = []

    def until(self, then: datetime) -> None:
        """What falls due until then goes out, one after the other."""
        while True:
            done = {message.key for _, message in self.sent}
            due = [m for m in self.ward.plan().messages if m.key not in done and m.send_at < m.expires_at]
            due = [m for m in due if m.send_at <= then and max(m.send_at, self.now) < m.expires_at]
            if not due:
                break
            message = min(due, key=lambda m: (m.send_at, m.key))
            self.now = max(self.now, message.send_at)
            self.sent.append((self.now, message))
            self.ward.claim(message, self.now)
            read(self.last, message)
        self.now = then

    def notices(self) -> int:
        """How many notices went."""
        return sum(message.kind in NOTICES for _, message in self.sent)


bookings = st.builds(
    Booking,
    id=st.sampled_from("AABBCD"),
    start=st.sampled_from([*STARTS, *STARTS, *MIDNIGHTS, None]),
    clinic=st.sampled_from(["MSK", "MSK", "MSK-2", "HILL", "EYE"]),
    status=st.sampled_from(["booked"] * 5 + ["cancelled", "cancelled", "entered-in-error", "waitlist", "pending"]),
    mode=st.sampled_from(["in-person"] * 4 + ["telephone"]),
    seconds=st.sampled_from([0, 0, 0, 30]),
)
gaps = st.one_of(
    st.integers(1, 14).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 60).map(lambda hours: timedelta(hours=hours)),
)
histories = st.lists(st.tuples(gaps, bookings), min_size=2, max_size=14)

A, B = STARTS[2], STARTS[4]


def live(history: Iterable[tuple[timedelta, Booking]]) -> tuple[Delivery, dict[tuple[str, str], Booking]]:
    """A history, as it is told; and the newest of each appointment."""
    told, newest = Delivery(Ward()), {}
    for gap, booking in history:
        told.until(told.now + gap)
        at = f"{told.now:%Y-%m-%d %H:%M}"
        if booking.start is None:
            told.ward.deletes(at, booking.id, booking.source)
        else:
            start = f"{booking.start:%Y-%m-%d %H:%M}:{booking.seconds:02d}"
            own = {"mode": booking.mode, "clinic": booking.clinic, "source": booking.source}
            told.ward.says(at, start, booking.id, status=booking.status, **own)
        newest[booking.source, booking.id] = booking
    return told, newest


@given(histories)
@settings(max_examples=200)
@example([(timedelta(hours=1), Booking("A", A)), (timedelta(hours=30), Booking("A", A, status="cancelled"))])
@example(
    [
        (timedelta(hours=1), Booking("A", STARTS[4])),
        (timedelta(hours=197), Booking("B", STARTS[3])),
        (timedelta(hours=5), Booking("A", STARTS[0])),
    ]
)
def test_what_was_last_read_of_each_hour_is_true(history: list[tuple[timedelta, Booking]]) -> None:
    """Never "do not come" last about an hour that stands, and never silence about a told one that does not."""
    told, newest = live(history)
    last_change = told.now
    told.until(told.now + timedelta(minutes=16))
    stands = {hour for booking in newest.values() if (hour := booking.hour()) is not None}
    for hour, comes in told.last.items():
        assert not hour[1].endswith("T00:00")
        if datetime.fromisoformat(hour[1]).replace(tzinfo=LONDON) > last_change:
            found_out = comes and any(booking.may_be_at(hour) for booking in newest.values())
            assert comes == (hour in stands) or found_out, (hour, comes)


@given(histories)
def test_one_change_is_one_text_at_most(history: list[tuple[timedelta, Booking]]) -> None:
    """Each event changes one appointment: of it the patient hears once at most, and never the same twice running."""
    told, _ = live(history)
    told.until(told.now + timedelta(hours=1))
    assert told.notices() <= len(history)
    every = [(message.kind, repr(message.says)) for _, message in told.sent if message.kind in NOTICES]
    for (kind, says), (after, again) in pairwise(every):
        assert (kind, says) != (after, again)


@given(histories)
def test_no_message_is_of_two_trusts(history: list[tuple[timedelta, Booking]]) -> None:
    """Never two sources in one text, nor in one answer."""
    told, _ = live(history)
    for message in (*told.ward.plan().messages, *(message for _, message in told.sent)):
        assert len({place.partition("#")[0] for place in message.places}) == 1
        assert len({thing.partition("/appointment/")[0] for thing in message.says}) == 1


@given(
    st.lists(
        st.tuples(
            gaps,
            st.dictionaries(st.integers(1, 4), st.sampled_from(STARTS), max_size=4),
            st.frozensets(st.integers(1, 4), max_size=1),
            st.sampled_from(["planned"] * 8 + ["cancelled"]),
            st.sampled_from(["MSK", "MSK", "MSK-2", "HILL"]),
            st.sampled_from(["enrolled"] * 8 + ["entered-in-error"]),
            st.sampled_from([0, 0, 30]),
            st.sampled_from(["C1", "C1", "C2"]),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=200)
def test_the_same_holds_of_sessions(history: Sequence[Any]) -> None:
    """Of sessions too, however they are numbered and of whichever course; of several that move one is named."""
    school = School().course("2026-10-01 12:00", {1: f"{A:%Y-%m-%d %H:%M}", 2: f"{B:%Y-%m-%d %H:%M}"})
    told = Delivery(school.enrols("2026-10-01 12:01"))
    held = {"C1": {(SOURCE, f"{start:%Y-%m-%dT%H:%M}", "in-person", "Hill Clinic") for start in (A, B)}}
    for gap, starts, off, status, clinic, part, seconds, course in history:
        told.until(told.now + gap)
        at = f"{told.now:%Y-%m-%d %H:%M}"
        shown = {n: f"{start:%Y-%m-%d %H:%M}:{seconds:02d}" for n, start in starts.items()} or {9: "2027-03-01 10:00"}
        school.course(at, shown, tuple(off & starts.keys()), id=course, status=status, clinic=clinic)
        school.enrols(at, course, id=f"E{course[1]}", status=part)
        takes_part = status == "planned" and part == "enrolled"
        place = PLACES.name(f"{SOURCE}#{clinic}")
        on = {start for n, start in starts.items() if n not in off} if takes_part else set()
        held[course] = {(SOURCE, f"{start:%Y-%m-%dT%H:%M}", "in-person", place) for start in on}
    last_change = told.now
    told.until(told.now + timedelta(minutes=16))
    stands = held["C1"] | held.get("C2", set())
    for hour, comes in told.last.items():
        if datetime.fromisoformat(hour[1]).replace(tzinfo=LONDON) > last_change:
            assert not comes or hour in stands, (hour, comes)
            assert comes or hour not in stands or not _was_named(told, hour), (hour, comes)


def _was_named(told: Delivery, hour: Hour) -> bool:
    """Whether a message named this hour as one that is off, and not only among several that have changed."""
    return any(
        hour_of(said) == hour and not said["on"]
        for _, message in told.sent
        for said in message.says.values()
        if "minute" in said
    )
