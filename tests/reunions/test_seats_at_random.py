"""The rule of places, and what arrives at a list, in random orders of every answer, wake-up and change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.reunions.arriving import Arriving, ReunionState
from shared.calendar.sending_window import usual
from shared.clinic.courses import Reunion
from shared.rules.reply import Reply
from shared.rules.waiting_list import HOLDING, QUEUED, Act, ListEntry, SeatStatus, WaitingList, offer_end, seat

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
START = MONDAY + timedelta(days=28)
THING = "urn:riverside/reunion/1"
HOURS = usual(ZoneInfo("Europe/London"))

PEOPLE = st.integers(1, 8).map(lambda number: UUID(int=number))
STEPS = st.sampled_from([timedelta(minutes=1), timedelta(hours=7), timedelta(days=1), timedelta(days=3)])


def until(at: datetime) -> datetime:
    return offer_end(at, timedelta(hours=48), HOURS, START)


class Organising(RuleBasedStateMachine):
    """A reunion for eight people and few places, as it might go."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.reunion = Reunion.model_validate(
            {
                "start": START.isoformat(),
                "rsvp_by": (START - timedelta(days=7)).isoformat(),
                "capacity": 3,
                "most_in_party": 3,
                "courses": ["smp-1"],
            }
        )
        self.state = WaitingList()
        self.made: list[ListEntry] = []
        self.replies = 0
        self.lowered = 0
        self.before = WaitingList()
        self.are: dict[UUID, UUID] = {}

    @initialize(capacity=st.integers(3, 6))
    def publish(self, capacity: int) -> None:
        self.change(capacity=capacity)

    @rule(patient=PEOPLE, token=st.sampled_from(["IN", "IN", "IN", "OUT", "LATER"]), number=st.integers(0, 4))
    def answer(self, patient: UUID, token: str, number: int) -> None:
        self.replies += 1
        said = {THING: {"start": START.isoformat()}}
        number_said = number if token == "IN" and number else None  # noqa: S105 - a token
        reply = Reply(
            id=f"SM{self.replies}",
            at=self.now,
            planner="reunions",
            message_id=UUID(int=99),
            kind="invitation",
            said=said,
            token=token,
            number=number_said,
        )
        self.arrive([(self.are.get(patient, patient), reply)])

    @rule(step=STEPS)
    def pass_time(self, step: timedelta) -> None:
        self.now += step
        self.arrive([])

    @rule(capacity=st.integers(3, 8))
    def change(self, capacity: int) -> None:
        self.reunion = self.reunion.model_copy(update={"capacity": capacity})
        self.arrive([])

    @rule(days=st.integers(0, 20))
    def await_answers(self, days: int) -> None:
        self.reunion = self.reunion.model_copy(update={"rsvp_by": START - timedelta(days=days)})
        self.arrive([])

    @rule(status=st.sampled_from(["planned", "cancelled"]))
    def call_off(self, status: str) -> None:
        self.reunion = self.reunion.model_copy(update={"status": status})
        self.arrive([])

    @rule(one=PEOPLE, other=PEOPLE)
    def find_the_same(self, one: UUID, other: UUID) -> None:
        one, other = self.are.get(one, one), self.are.get(other, other)
        if one == other:
            return
        # Who turned out to be the same stood where the other did.
        stood = {one: self.state.seats[other]} if other in self.state.seats else {}
        self.before = replace(self.state, seats={**stood, **self.state.seats})
        same = ListEntry(arrival=self.state.last + 1, at=self.now, act=Act.SAME, patient_id=one, party=0, other=other)
        self.made.append(same)
        self.state = seat(self.state, [same], until)
        self.are |= dict.fromkeys((other, *(w for w, is_ in self.are.items() if is_ == other)), one)

    def arrive(self, replies: list[tuple[UUID, Reply]]) -> None:
        arriving = Arriving(self.state, until, self.now)
        arriving.take(ReunionState(self.reunion, frozenset(UUID(int=n) for n in range(1, 9))), replies)
        self.before, self.state = self.state, arriving.state
        self.made += [entry for entry, _ in arriving.entries]

    @invariant()
    def never_over_capacity(self) -> None:
        """More places are taken than there are only after a lowering, and then they only grow fewer."""
        assert self.state.taken <= max(self.state.capacity, self.before.taken)

    @invariant()
    def nobody_is_put_out(self) -> None:
        """Whoever is in stays in until they say otherwise themselves."""
        new = [entry for entry in self.made if entry.arrival > self.before.last]
        said = {one for entry in new for one in (entry.patient_id, entry.other)}
        for patient, was in self.before.seats.items():
            if was.standing is SeatStatus.IN and patient not in said:
                assert self.state.seats[patient] == was

    @invariant()
    def nobody_waits_beside_a_free_place(self) -> None:
        """While the list is open, the first whose party could ever fit does not fit now."""
        first = next((p for p in self.state.queue if self.state.seats[p].party <= self.state.capacity), None)
        if first is not None and not self.state.closed:
            assert self.state.seats[first].party > self.state.capacity - self.state.taken

    @invariant()
    def first_come_first_served(self) -> None:
        """Nobody who waits is passed: turns keep their order, and a place is given to the first, or by the first."""
        before = [p for p in self.before.queue if p in self.state.queue]
        assert [p for p in self.state.queue if p in before] == before
        passed = [p for p in before if self.state.seats[p].party <= self.state.capacity]
        for patient, one in self.state.seats.items():
            was = self.before.seats.get(patient)
            if one.standing is SeatStatus.IN and (was is None or was.standing not in HOLDING | QUEUED):
                assert not passed

    @invariant()
    def each_stands_in_one_place(self) -> None:
        """The queue is those who wait, each once; offers alone have an end, and whoever does not come has no party."""
        queued = [p for p, one in self.state.seats.items() if one.standing in QUEUED]
        assert sorted(self.state.queue) == sorted(queued)
        for one in self.state.seats.values():
            assert (one.until is not None) == (one.standing is SeatStatus.OFFERED)
            assert (one.party > 0) == (one.standing in HOLDING | QUEUED)

    @invariant()
    def no_offer_outlives_its_end(self) -> None:
        """While it is planned, whoever is offered a place may still take it."""
        if self.reunion.status == "planned":
            offers = [one.until for one in self.state.seats.values() if one.until]
            assert all(end > self.now or end >= START for end in offers)

    @invariant()
    def arrivals_count_up(self) -> None:
        """Entries are numbered without a gap, and all of them give what they gave one by one."""
        assert [entry.arrival for entry in self.made] == list(range(1, len(self.made) + 1))

    def teardown(self) -> None:
        assert seat(WaitingList(), self.made, until) == self.state


class TestOrganising(Organising.TestCase):  # type: ignore[valid-type,misc]  # made by hypothesis
    """Whatever happens in whatever order: places, turns and standings are right after each step."""
