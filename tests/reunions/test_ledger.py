"""Lists of places under their locks, in PostgreSQL: whatever comes at once, comes again, or is cut short."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.reunions.ledger import KEPT_FOR, before
from services.reunions.policy import Policy
from shared.clinic.courses import Reunion
from shared.clinic.places import Places
from shared.planning.planner import Before
from shared.platform.database import Pool
from shared.rules.facts import Fact
from shared.rules.plan import Facts
from shared.rules.reply import Reply
from shared.rules.task_requests import TaskKind
from shared.rules.waiting_list import Act, Seat, SeatStatus, WaitingList, seat
from shared.schedule import task_list, tasks, waiting_lists
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, SOURCE

THING = f"{SOURCE}/reunion/autumn"
START = MONDAY + timedelta(days=42)
RSVP_BY = MONDAY + timedelta(days=35)
SETTLE = before(Policy())


def reunion(**data: Any) -> Reunion:
    said = {"start": START.isoformat(), "rsvp_by": RSVP_BY.isoformat(), "capacity": 2, "courses": ["smp-1"]}
    return Reunion.model_validate(said | data)


def who(number: int) -> UUID:
    return UUID(int=number)


def reply(token: str, at: datetime = MONDAY, number: int | None = None, **more: Any) -> Reply:
    """An answer to an invitation; its moment is its name."""
    message = more.pop("message", "1")
    name = more.pop("id", f"SM-{message}-{at.isoformat()}-{token}")
    said = more.pop("said", {THING: {"start": START.isoformat()}})
    return Reply(
        id=name,
        at=at,
        planner=more.pop("planner", "reunions"),
        message_id=who(9),
        kind="invitation",
        said=said,
        token=token,
        number=number,
    )


def fact(data: Reunion, thing: str = THING) -> Fact:
    return Fact(
        thing=thing,
        patient_id=UUID(int=0),
        reference=b"",
        source=SOURCE,
        kind="reunion",
        version="1",
        seen=("1",),
        first_at=MONDAY,
        since_at=MONDAY,
        digest="",
        holders_before=0,
        data=data,
    )


def seen(answers: Mapping[int, Iterable[Reply]], data: Reunion) -> dict[UUID, Facts]:
    """What the engine knows of patients, by their numbers, with what each answered."""
    return {
        who(number): Facts(
            patient=str(who(number)), things=(), places=Places(), replies=tuple(replies), shared_things=(fact(data),)
        )
        for number, replies in answers.items()
    }


class Killed(Exception):
    pass


class Desk:
    """Batches as the engine takes them: one transaction, and the clock turned to when it is."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.said: dict[int, list[Reply]] = {}

    async def settle(self, *numbers: int, at: datetime = MONDAY, dies: bool = False, **data: Any) -> Before:
        """These patients are planned, all that they ever answered at hand; or it dies before it could commit."""
        known = seen({n: self.said.get(n, []) for n in numbers}, reunion(**data))
        async with self.pool.acquire() as connection, connection.transaction():
            settled = await SETTLE(connection, known, at)
            if dies:
                raise Killed
            return settled

    async def answers(
        self, number: int, token: str, party: int | None = None, at: datetime = MONDAY, **data: Any
    ) -> Before:
        """Somebody answers, and is planned at once."""
        said = self.said.setdefault(number, [])
        said.append(reply(token, at, party, id=f"SM-{number}-{len(said)}"))
        return await self.settle(number, at=at, **data)

    async def stands(self) -> dict[int, str]:
        """Where everybody stands, by the entries alone."""
        async with self.pool.acquire() as connection:
            entries = (await waiting_lists.read(connection, [THING]))[THING]
        state = seat(WaitingList(), entries, lambda at: at)
        return {patient.int: str(one.standing) for patient, one in state.seats.items()}

    async def acts(self) -> list[str]:
        """The list, act by act."""
        rows = await self.pool.fetch("SELECT act FROM reunions.entries WHERE reunion = $1 ORDER BY arrival", THING)
        return [row["act"] for row in rows]


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    return Desk(pool)


def mine(settled: Before, number: int) -> Seat:
    return settled.seats[who(number)][THING]


async def test_it_says_where_these_stand_and_who_else_moved(desk: Desk) -> None:
    """Whoever is planned sees their own place; whoever moved because of them is named, to be planned again."""
    assert mine(await desk.answers(1, "IN"), 1).standing is SeatStatus.IN
    assert mine(await desk.answers(2, "IN"), 2).standing is SeatStatus.IN
    third = await desk.answers(3, "IN")
    assert mine(third, 3).standing is SeatStatus.WAITING
    assert not third.others
    freed = await desk.answers(1, "OUT")
    assert mine(freed, 1).standing is SeatStatus.OUT
    assert freed.others == {who(3)}
    offered = mine(await desk.settle(3), 3)
    assert offered.standing is SeatStatus.OFFERED
    assert offered.until == MONDAY + timedelta(hours=48)


async def test_whoever_never_answered_has_no_seat(desk: Desk) -> None:
    """The invited stand nowhere until they answer, and the list knows its capacity from the first look."""
    settled = await desk.settle(1, 2)
    assert settled == Before({who(1): {}, who(2): {}})
    assert await desk.acts() == ["capacity"]


async def test_an_answer_counts_once(desk: Desk) -> None:
    """Planned again and again, nobody's answer is written twice."""
    await desk.answers(1, "IN")
    for _ in range(3):
        assert mine(await desk.settle(1), 1).since == 2
    assert await desk.acts() == ["capacity", "in"]


@pytest.mark.parametrize(
    ("token", "number", "at", "data", "act"),
    [
        pytest.param("IN", None, MONDAY, {}, "in", id="in time"),
        pytest.param("IN", None, RSVP_BY, {}, "in", id="at the last moment"),
        pytest.param("IN", None, RSVP_BY + timedelta(seconds=1), {}, "void", id="after it"),
        pytest.param("OUT", None, RSVP_BY + timedelta(days=1), {}, "out", id="no, after it"),
        pytest.param("LATER", None, START, {}, "void", id="when it starts"),
        pytest.param("IN", None, MONDAY, {"status": "cancelled"}, "void", id="of what is cancelled"),
        pytest.param("OUT", None, MONDAY, {"status": "entered-in-error"}, "void", id="or never was"),
        pytest.param("IN", 2, MONDAY, {}, "void", id="with a guest, where none are"),
        pytest.param("IN", 2, MONDAY, {"most_in_party": 2}, "in", id="where they are"),
        pytest.param("IN", 0, MONDAY, {"most_in_party": 2}, "void", id="a party of nobody"),
        pytest.param("IN", 1, MONDAY, {}, "in", id="alone, in so many words"),
    ],
)
async def test_what_counts_as_an_answer(
    desk: Desk, token: str, number: int | None, at: datetime, data: dict[str, Any], act: str
) -> None:
    """An answer that came too late, or cannot be, changes nothing, and is judged once."""
    await desk.answers(1, token, number, at=at, **data)
    assert act in await desk.acts()
    before_it = await desk.acts()
    await desk.settle(1, at=MONDAY, most_in_party=2)
    assert [one for one in await desk.acts() if one not in {"open", "capacity"}] == [
        one for one in before_it if one != "capacity"
    ]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(reply("IN", planner="prompts"), id="to another planner's message"),
        pytest.param(reply("IN", said={f"{SOURCE}/reunion/spring": {}}), id="about another reunion"),
        pytest.param(reply("IN", said={THING: {}, "urn:x/reunion/2": {}}), id="about two at once"),
        pytest.param(reply("9"), id="with another token"),
    ],
)
async def test_answers_to_something_else(desk: Desk, other: Reply) -> None:
    """What does not answer our message about this reunion is no answer to it."""
    desk.said[1] = [other]
    await desk.settle(1)
    assert await desk.acts() == ["capacity"]


async def test_in_without_a_number_is_the_party_as_before(desk: Desk) -> None:
    """Whoever was offered places for three and says IN takes three."""
    guests: dict[str, Any] = {"most_in_party": 3, "capacity": 3}
    await desk.answers(1, "IN", 1, **guests)
    await desk.answers(2, "IN", 3, **guests)
    await desk.answers(1, "OUT", **guests)
    taken = mine(await desk.answers(2, "IN", **guests), 2)
    assert (taken.standing, taken.party) == (SeatStatus.IN, 3)


async def test_an_offer_ends_when_its_time_is_over(desk: Desk) -> None:
    """At its end the next is offered the place, for 48 hours from then; an answer that came before the end counts."""
    for number in (1, 2, 3, 4, 5):
        await desk.answers(number, "IN")
    freed = await desk.answers(1, "OUT")
    assert freed.others == {who(3)}
    end = mine(await desk.settle(3), 3).until
    assert end is not None
    assert mine(await desk.settle(3, at=end - timedelta(seconds=1)), 3).standing is SeatStatus.OFFERED
    lapsed = await desk.settle(3, at=end)
    assert mine(lapsed, 3).standing is SeatStatus.LAPSED
    assert lapsed.others == {who(4)}
    next_end = mine(await desk.settle(4, at=end), 4).until
    assert next_end == end + timedelta(hours=48)
    desk.said[4].append(reply("IN", next_end, id="SM-in-time"))
    taken = await desk.settle(4, at=next_end + timedelta(hours=1))
    assert mine(taken, 4).standing is SeatStatus.IN
    assert await desk.stands() == {1: "out", 2: "in", 3: "lapsed", 4: "in", 5: "waiting"}


async def test_an_offer_of_somebody_whom_nobody_plans_holds_nobody_up(desk: Desk) -> None:
    """A day after its end an offer lapses, though its patient is concerned no longer."""
    for number in (1, 2, 3, 4):
        await desk.answers(number, "IN")
    await desk.answers(1, "OUT")
    end = mine(await desk.settle(3), 3).until
    assert end is not None
    assert not (await desk.settle(2, at=end + timedelta(hours=23))).others
    assert (await desk.settle(2, at=end + timedelta(hours=24))).others == {who(3), who(4)}


async def test_the_list_closes(desk: Desk) -> None:
    """Whoever waits at `rsvp_by` waits no more, whoever is planned first; later answers come to nothing."""
    for number in (1, 2, 3):
        await desk.answers(number, "IN")
    closed = await desk.settle(1, at=RSVP_BY)
    assert closed.others == {who(3)}
    assert mine(await desk.settle(3, at=RSVP_BY), 3).standing is SeatStatus.CLOSED
    await desk.answers(1, "OUT", at=RSVP_BY + timedelta(days=1))
    await desk.answers(4, "IN", at=RSVP_BY + timedelta(days=1))
    assert await desk.stands() == {1: "out", 2: "in", 3: "closed"}


async def test_an_answer_in_time_that_is_read_late(desk: Desk) -> None:
    """It takes a free place after the close; a list that opens again goes on where it was."""
    await desk.answers(1, "IN")
    await desk.settle(1, at=RSVP_BY + timedelta(hours=1))
    desk.said[2] = [reply("IN", RSVP_BY - timedelta(minutes=1), id="SM-late")]
    desk.said[3] = [reply("IN", RSVP_BY - timedelta(seconds=1), id="SM-later")]
    await desk.settle(2, 3, at=RSVP_BY + timedelta(hours=2))
    assert await desk.stands() == {1: "in", 2: "in", 3: "closed"}
    longer = (RSVP_BY + timedelta(days=3)).isoformat()
    opened = await desk.settle(1, at=RSVP_BY + timedelta(hours=3), rsvp_by=longer, capacity=3)
    assert opened.others == {who(3)}
    assert (await desk.acts())[-2:] == ["capacity", "open"]
    assert (await desk.stands())[3] == "offered"


async def test_answers_are_taken_in_the_order_in_which_they_came(desk: Desk) -> None:
    """Of one batch, the earlier answer is the earlier arrival, and one person's last word stands."""
    for number in (1, 2, 3):
        desk.said[number] = [reply("IN", MONDAY - timedelta(minutes=number), id=f"SM-{number}")]
    desk.said[3].append(reply("OUT", MONDAY, id="SM-3-out"))
    await desk.settle(1, 2, 3)
    assert await desk.stands() == {3: "out", 2: "in", 1: "offered"}


async def test_capacity_moves_the_list(desk: Desk) -> None:
    """More places are offered to those who wait; fewer put nobody out, and a person is asked to find room."""
    for number in (1, 2, 3):
        await desk.answers(number, "IN")
    assert (await desk.settle(1, capacity=3)).others == {who(3)}
    assert not (await desk.settle(1, capacity=1)).others
    (task,) = await open_tasks(desk)
    assert (task.kind, task.why, task.things, task.expires_at) == (
        TaskKind.OVER_CAPACITY,
        Why.FEWER_PLACES,
        (THING,),
        START,
    )
    await desk.answers(2, "OUT", capacity=1)
    assert len(await open_tasks(desk)) == 1
    await desk.answers(3, "OUT", capacity=1)
    assert await open_tasks(desk) == []
    async with desk.pool.acquire() as connection:
        (closed,) = await task_list.list_tasks(connection, state="closed")
    assert closed.outcome is Outcome.NO_LONGER_WANTED


async def test_each_lowering_is_told_once(desk: Desk) -> None:
    """A task that a person has closed stays closed; another lowering is another task; a cancelled reunion has none."""
    for number in (1, 2):
        await desk.answers(number, "IN")
    await desk.settle(1, capacity=1)
    (first,) = await open_tasks(desk)
    async with desk.pool.acquire() as connection:
        await tasks.close(connection, first.id, Outcome.DONE, "ada", MONDAY)
    desk.said[3] = []
    await desk.answers(3, "IN", capacity=1)
    assert await open_tasks(desk) == []
    await desk.settle(1, capacity=2)
    await desk.settle(1, capacity=1)
    (second,) = await open_tasks(desk)
    assert second.id != first.id
    await desk.settle(1, capacity=1, status="cancelled")
    assert await open_tasks(desk) == []


async def open_tasks(desk: Desk) -> list[task_list.TaskView]:
    async with desk.pool.acquire() as connection:
        return await task_list.list_tasks(connection)


async def test_two_patients_who_are_one_have_one_place(desk: Desk) -> None:
    """From the merge on they have one place; whom that moves is found at the next look, whoever is planned."""
    for number in (1, 2, 3):
        await desk.answers(number, "IN")
    async with desk.pool.acquire() as connection, connection.transaction():
        await waiting_lists.move(connection, who(2), who(1), MONDAY)
    desk.said[1] += desk.said.pop(2)
    settled = await desk.settle(1)
    assert mine(settled, 1).standing is SeatStatus.IN
    assert settled.others == {who(3)}
    assert await desk.stands() == {1: "in", 3: "offered"}
    assert not (await desk.settle(1)).others


async def test_long_past_reunions_are_left_alone(desk: Desk) -> None:
    """A month after it started nobody looks at its list, nor locks it."""
    assert (await desk.settle(1, at=START + KEPT_FOR)).seats == {who(1): {}}
    assert await desk.acts() == []


ANSWERING = 300
PLACES = 40


async def crowd(desk: Desk, numbers: Iterable[int], batch: int = 10) -> frozenset[UUID]:
    """One replica: takes its share by batches, some of them twice, one of them cut short; who else moved."""
    others: set[UUID] = set()
    share = list(numbers)
    for begin in range(0, len(share), batch):
        those = share[begin : begin + batch]
        with pytest.raises(Killed):
            await desk.settle(*those, dies=True, capacity=PLACES)
        for _ in range(1 + begin % 3 // 2):
            others |= (await desk.settle(*those, capacity=PLACES)).others
    return frozenset(others)


@pytest.mark.parametrize("run", range(3))
async def test_three_hundred_answers_for_forty_places(desk: Desk, run: int) -> None:
    """With three replicas at once: forty are in, the others wait by arrival, and no entry is lost or doubled."""
    desk.said = {n: [reply("IN", MONDAY + timedelta(seconds=n), id=f"SM-{n}")] for n in range(1, ANSWERING + 1)}
    shares = (range(1 + share, ANSWERING + 1, 3) for share in range(3))
    moved = await asyncio.gather(*(crowd(desk, share) for share in shares))
    assert moved == [frozenset()] * 3
    async with desk.pool.acquire() as connection:
        (listed,) = (await waiting_lists.read(connection, [THING])).values()
    state = seat(WaitingList(), listed, lambda at: at)
    came = [entry.patient_id for entry in listed if entry.act is Act.IN]
    assert sorted(p.int for p in came if p) == list(range(1, ANSWERING + 1))
    assert Counter(one.standing for one in state.seats.values()) == {
        SeatStatus.IN: PLACES,
        SeatStatus.WAITING: ANSWERING - PLACES,
    }
    assert {p for p in came[:PLACES] if p} == {p for p, one in state.seats.items() if one.standing is SeatStatus.IN}
    assert list(state.queue) == came[PLACES:]
    assert [entry.arrival for entry in listed] == list(range(1, len(listed) + 1))


async def test_what_is_cut_short_changes_nothing(desk: Desk) -> None:
    """A batch that is killed before it commits leaves no entry, and the next one gives the same arrivals."""
    desk.said = {1: [reply("IN", id="SM-1")], 2: [reply("IN", id="SM-2")]}
    with pytest.raises(Killed):
        await desk.settle(2, dies=True)
    assert await desk.acts() == []
    assert mine(await desk.settle(1), 1).since == 2
