"""Whatever organisers publish and whenever delivery comes round, some things hold of every plan for a course."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.prompts.course_rules import LEADING
from services.prompts.forms import FORMS
from services.prompts.messages import PromptKind
from shared.clinic.courses import Enrolment, EnrolmentStatus, course_name
from shared.rules.plan import CalendarEntry, Message
from shared.words.forms import misfits
from tests.prompts.course_fixtures import School
from tests.prompts.fixtures import LONDON, PLACES, POLICY, SOURCE, patient_id

NEWS = {PromptKind.SESSION_MOVED, PromptKind.SESSION_CANCELLED}
FORM = {form.name: form for form in FORMS}
BEGINS = datetime(2026, 10, 28, 15, tzinfo=LONDON)
STARTS = [
    f"2026-{day} {hour}:00" for day in ("10-29", "10-30", "11-03", "11-04", "11-05", "11-10") for hour in (10, 14)
]

Happening = Callable[[School, str], object]
"""What an organiser publishes at a time."""


def course(id: str, starts: dict[int, str], off: tuple[int, ...], status: str, clinic: str) -> Happening:  # noqa: A002
    """A course is published."""
    return lambda school, at: school.course(at, starts, off, id, status, clinic)


def enrolment(id: str, course_id: str, patient: str, status: str, missed: frozenset[int]) -> Happening:  # noqa: A002
    """An enrolment is published."""
    return lambda school, at: school.enrols(at, course_id, id, patient, status=status, missed=tuple(missed))


def gone(kind: str, id: str) -> Happening:  # noqa: A002
    """A tombstone is published."""
    return lambda school, at: school.drops(at, kind, id)


numbers = st.integers(1, 4)
courses = st.builds(
    course,
    st.sampled_from(["C1", "C1", "C1", "C2"]),
    st.dictionaries(numbers, st.sampled_from(STARTS), min_size=1, max_size=4),
    st.lists(numbers, max_size=2, unique=True).map(tuple),
    st.sampled_from(["planned"] * 8 + ["cancelled", "entered-in-error"]),
    st.sampled_from(["MSK", "MSK", "MSK-2", "HILL"]),
)


def enrolments(patients: str) -> st.SearchStrategy[Happening]:
    """Those of these patients."""
    return st.builds(
        enrolment,
        st.sampled_from(["E1", "E1", "E2"]),
        st.sampled_from(["C1", "C1", "C1", "C2"]),
        st.sampled_from(patients.split()),
        st.sampled_from([EnrolmentStatus.ENROLLED] * 8 + [*EnrolmentStatus]),
        st.frozensets(numbers, max_size=3),
    )


tombstones = st.one_of(st.just(gone("course", "C1")), st.just(gone("enrolment", "E1")))
claims = st.lists(st.sampled_from([True, True, True, True, False]), min_size=8, max_size=8).map(tuple)
gaps = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 36).map(lambda hours: timedelta(hours=hours)),
)
Step = tuple[timedelta, tuple[bool, ...], Happening]
"""After how long, which of the messages that are due by then delivery has claimed, and what happens then."""

histories = st.lists(
    st.tuples(gaps, claims, st.one_of(courses, courses, enrolments("p1 p1 p1 p1 p1 p1 p1 p2"), tombstones)), max_size=16
)
states = st.lists(st.one_of(courses, enrolments("p1")), max_size=12)


def clock(at: datetime) -> str:
    """By London's clock, as organisers' events are written in tests."""
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}"


class Term(School):
    """A school to which a history happens. A claim doesn't plan the patient again, an event does."""

    def __init__(self, history: Iterable[Step]) -> None:
        super().__init__()
        self.now = BEGINS
        self.claimed: list[tuple[datetime, Message]] = []
        self._schedule: dict[str, Message] = {}
        # As organisers begin, well before.
        self.course("2026-10-01 12:00", dict(enumerate(STARTS[:4] + STARTS[-2:], 1))).enrols("2026-10-01 12:00")
        self.replan()
        for gap, claims_it, step in history:
            self.now += gap
            self.deliver(claims_it)
            step(self, clock(self.now))
            self.replan()

    def replan(self) -> None:
        """p1 is planned again."""
        done = {message.key for _, message in self.claimed}
        self._schedule = {message.key: message for message in self.plan().messages if message.key not in done}

    def deliver(self, claims: Iterable[bool]) -> None:
        """What is due by now is claimed, the oldest first."""
        due = [message for message in self._schedule.values() if message.send_at <= self.now < message.expires_at]
        for message, claims_it in zip(sorted(due, key=lambda m: (m.send_at, m.key)), claims, strict=False):
            if claims_it:
                self.claimed.append((self.now, self._schedule.pop(message.key)))
                self.claim(message, self.now)


@given(histories)
def test_every_plan_is_sound(history: list[Step]) -> None:
    """Due in the window or at once, news once it has settled; useful for a while, with a key and declared data."""
    term = Term(history)
    messages = term.plan().messages
    assert len({message.key for message in messages}) == len(messages)
    for message in messages:
        settled = message.send_at <= term.now + POLICY.settles and message.kind in NEWS
        assert settled or message.send_at <= term.now or POLICY.window(LONDON).is_open(message.send_at)
        assert message.send_at < message.expires_at
        assert message.category == "groups"
        assert misfits(FORM[message.template], message.data) == ()
        assert message.calendar
        assert {entry.thing for entry in message.calendar} <= set(message.says)


@given(histories)
def test_a_time_and_place_is_led_up_to_once(history: list[Step]) -> None:
    """Nobody has two reminders of one session, nor a reminder and encouragement, whatever its number was."""
    told = [
        (said["start"], PLACES.site(said["place"]), thing.rpartition("/session/")[0])
        for _, message in Term(history).claimed
        if message.kind in LEADING
        for thing, said in message.says.items()
        if "/session/" in thing
    ]
    assert len(told) == len(set(told))


@given(histories)
def test_only_those_who_take_part_are_expected(history: list[Step]) -> None:
    """Of a course in which they don't take part nothing is said but that it's off, if they were told that it's on."""
    term = Term(history)
    mine = term.known_of(patient_id("p1")).of(Enrolment)
    part = {course_name(SOURCE, data.course) for _, data in mine if data.status is EnrolmentStatus.ENROLLED}
    for message in term.plan().messages:
        held = [thing for thing in message.says if "/session/" in thing]
        last = [said for thing in held if (said := term.told().last(thing)) is not None]
        assert message.kind == "session.cancelled" or {thing.rpartition("/session/")[0] for thing in held} <= part
        assert message.kind in LEADING or last
        assert message.kind != "session.cancelled" or all(said.said["on"] for said in last)


@given(histories)
def test_notices_end(history: list[Step]) -> None:
    """Once each is told, none is wanted, and what leads up to sessions is left as it was."""
    term = Term(history)
    before = term.plan().messages
    for message in before:
        if message.kind not in LEADING:
            term.claim(message, message.send_at)
    after = term.plan().messages
    assert [message for message in after if message.kind not in LEADING] == []
    assert {message.key for message in before if message.kind in LEADING} <= {message.key for message in after}


@given(states, st.randoms())
def test_any_order_of_arrival_comes_to_the_same(published: list[Happening], random: Random) -> None:
    """Courses, enrolments and their changes may arrive in any order: the newest of each stands.

    None changes hands or is gone here: a fact counts its holders, and nothing can be gone that nobody heard of.
    """
    before = BEGINS - timedelta(days=30)
    events = [(clock(before + timedelta(minutes=number)), happens) for number, happens in enumerate(published)]
    plans = []
    for _ in range(2):
        school = School()
        for at, happens in events:
            happens(school, at)
        plans.append(school.plan().messages)
        random.shuffle(events)
    assert plans[0] == plans[1]


@given(histories)
def test_a_later_entry_outranks_an_earlier_one(history: list[Step]) -> None:
    """A calendar entry that says something new is of a higher sequence than those that were sent before."""
    sent: dict[str, list[CalendarEntry]] = {}
    for _, message in Term(history).claimed:
        for one in message.calendar:
            sent.setdefault(one.thing, []).append(one)
    for entries in sent.values():
        for before, after in pairwise(entries):
            assert after.sequence > before.sequence


def test_histories_are_of_use() -> None:
    """A usual history claims something: the properties above are not empty."""
    claimed = Term([(timedelta(hours=6), (True,) * 8, lambda school, at: (school, at)) for _ in range(80)]).claimed
    assert [message.kind for _, message in claimed] == ["session.reminder"] * 6
    assert all(at.astimezone(UTC) >= message.send_at for at, message in claimed)
