"""The life of a message: what leads where, by our own statements and by anybody's, and what the clinic hears of it."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.platform import clock
from shared.platform.database import Pool
from shared.schedule import changes, transitions
from shared.schedule.changes import Wanted
from shared.schedule.states import MessageState, Why
from shared.schedule.transitions import TABLE, Change, Claim, Transition, legal_pairs

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=2)
SOON = NOW + timedelta(minutes=30)
TOKEN = uuid4()
CODE, SID = "30005", "SM1"
LEASE = Claim(
    claim_token=TOKEN,
    lease_until=SOON,
    channel="sms",
    address=b"\x01",
    words="agenda.sms/en.1",
    segments=1,
    key_id="k",
    sealed=b"\x02",
    asked="1 2",
    asked_words=True,
)

MADE: dict[Transition, Change] = {
    Transition.WITHDRAWN: transitions.withdrawn(),
    Transition.CLAIMED: transitions.claimed(LEASE),
    Transition.WAITS: transitions.waits(SOON, Why.PAUSED),
    Transition.WITHHELD: transitions.withheld(Why.DECEASED),
    Transition.EXHAUSTED: transitions.withheld(Why.REFUSED),
    Transition.ACCEPTED: transitions.accepted(SID),
    Transition.NOT_SENT: transitions.not_sent(Why.PROVIDER_BUSY, CODE, SOON),
    Transition.BLOCKED: transitions.blocked(CODE),
    Transition.REFUSED: transitions.refused(CODE),
    Transition.TIMED_OUT: transitions.timed_out(CODE, SOON),
    Transition.LEASE_LOST: transitions.lost_lease(NOW),
    Transition.FOUND: transitions.found(SID),
    Transition.GIVEN_BACK: transitions.given_back(NOW),
    Transition.RESENT: transitions.resent(NOW),
    Transition.PARKED: transitions.parked(),
    Transition.CONFIRMED: transitions.confirmed(SID),
    Transition.DELIVERED: transitions.delivered(SID),
    Transition.RETURNED: transitions.returned(SID, CODE, SOON),
    Transition.STOPPED: transitions.stopped(SID, CODE),
    Transition.UNDELIVERED: transitions.undelivered(SID, CODE, refused=True),
}
"""What each function of `transitions` makes."""

OF_THE_EVENT = {
    "planner": "'followup'",
    "kind": "'goal'",
    "category": "'goals'",
    "things": "ARRAY['urn:example:other']",
    "state": "'withdrawn'",
    "why": "'paused'",
    "channel": "'email'",
    "send_at": "send_at + interval '1 h'",
    "expires_at": "expires_at + interval '1 h'",
    "claimed_at": "send_at",
    "sent_at": "send_at",
    "attempt": "attempt + 1",
    "resends": "resends + 1",
}
"""What the status event tells beside id and version, and another value for each."""

NO_NEWS = (
    "due_at = due_at + interval '1 h'",
    "detail = 'x'",
    "key = NULL",
    "patient_id = gen_random_uuid()",
    "why = why",
)


def wanted(message_id: UUID, **more: Any) -> Wanted:
    what: dict[str, Any] = {
        "id": message_id,
        "key": str(message_id),
        "patient_id": uuid4(),
        "category": "appointments",
        "kind": "reminder",
        "template": "reminder",
        "says": '{"urn:example:1": {}}',
        "places": "s#MSK",
        "data": "{}",
        "calendar": None,
        "wanted": "digest",
        "send_at": NOW,
        "expires_at": EXPIRES,
        "urgent_by": None,
        "on_unknown": "resend",
        "answers_until": None,
        "ask_instead": False,
        "must_reach": False,
        "reply_to": None,
    }
    return Wanted(**{**what, **more})


@pytest.fixture
async def desk(pool: Pool) -> Pool:
    """A schedule whose clock stands."""
    async with pool.acquire() as connection:
        await clock.turn(connection, NOW, rate=0)
    return pool


async def stand(pool: Pool, state: MessageState = MessageState.SCHEDULED, *, resends: int = 0) -> UUID:
    """A message that stands there, put in that state past the rules, with the claim that it had."""
    message_id = uuid4()
    async with pool.acquire() as connection, connection.transaction():
        await changes.want(connection, "prompts", [wanted(message_id)], NOW)
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "UPDATE schedule.messages SET state = $2, resends = $3, claim_token = $4, address = '\\x01' WHERE id = $1",
            message_id,
            state,
            resends,
            TOKEN,
        )
        await connection.execute("SET LOCAL session_replication_role = origin")
        await connection.execute("DELETE FROM schedule.outbox")
    return message_id


async def make(pool: Pool, message_id: UUID, change: Change) -> bool:
    """Whether the change was made."""
    async with pool.acquire() as connection, connection.transaction():
        return [row["id"] for row in await changes.apply(connection, [(message_id, change)], NOW)] == [message_id]


async def row(pool: Pool, message_id: UUID) -> dict[str, Any]:
    return dict(await pool.fetchrow("SELECT * FROM schedule.messages WHERE id = $1", message_id) or {})


async def heard(pool: Pool) -> list[dict[str, Any]]:
    """The status events since the last look."""
    rows = await pool.fetch("WITH e AS (DELETE FROM schedule.outbox RETURNING *) SELECT event FROM e ORDER BY seq")
    return [json.loads(one["event"]) for one in rows]


def test_every_transition_can_be_made() -> None:
    """Each row of the table has its function, which makes that and nothing else; a plan's wish is an upsert."""
    assert set(MADE) == set(Transition) - {Transition.WANTED}
    assert all(change.transition is transition for transition, change in MADE.items())
    assert {legal.state for legal in TABLE.values()} == set(MessageState)


@pytest.mark.parametrize("transition", Transition)
def test_a_reason_that_the_table_does_not_have_is_refused(transition: Transition) -> None:
    """A change cannot be made for a reason that is none of its own."""
    for why in set(Why) - TABLE[transition].whys:
        with pytest.raises(ValueError, match=r"add it to shared\.schedule\.transitions\.TABLE"):
            Change(transition=transition, why=why)


async def test_the_database_has_the_table(pool: Pool) -> None:
    """What the database allows is what the program does, pair by pair."""
    rows = await pool.fetch("SELECT from_state, to_state, resent FROM schedule.transitions")
    assert {(one["from_state"], one["to_state"]): one["resent"] for one in rows} == legal_pairs()


async def test_what_is_waved_through_is_always_legal(pool: Pool) -> None:
    """The trigger that refuses spares the look-up for the pairs that the table has of any message, and for no other."""
    trigger = await pool.fetchval("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'refuse'")
    pairs = {tuple(pair.strip('"').split()) for pair in trigger.partition("'{")[2].partition("}'")[0].split(",")}
    assert pairs == {(before, after) for (before, after), resent in legal_pairs().items() if not resent} - {
        (state.value, state.value) for state in MessageState
    }


async def test_a_change_is_of_its_statement(desk: Pool) -> None:
    """Whoever changes several messages at once changes them at one instant, and each statement at its own."""
    first, second = await stand(desk), await stand(desk)
    await desk.execute("UPDATE clock.setting SET rate = 1")
    rows = await desk.fetch("UPDATE schedule.messages SET why = 'paused' RETURNING changed_at")
    await desk.execute("UPDATE schedule.messages SET why = 'no_contact' WHERE id = $1", second)
    at, later = (await row(desk, first))["changed_at"], (await row(desk, second))["changed_at"]
    assert {one["changed_at"] for one in rows} == {at}
    assert later > at


@pytest.mark.parametrize("transition", MADE)
async def test_a_change_leads_from_where_the_table_says(desk: Pool, transition: Transition) -> None:
    """From each state, sent once more or not, a change is made where the table has it, and else nothing happens."""
    legal = TABLE[transition]
    for resends in (0, 1):
        for before in MessageState:
            message_id = await stand(desk, before, resends=resends)
            is_legal = before in legal.before or (resends > 0 and before in legal.resent)
            assert await make(desk, message_id, MADE[transition]) is is_legal, (before, resends)
            after = await row(desk, message_id)
            assert after["state"] == (legal.state if is_legal else before)
            if is_legal:
                assert after["why"] in legal.whys
            assert len(await heard(desk)) == int(is_legal)
            await desk.execute("DELETE FROM schedule.messages")  # no two have one name at the provider


@pytest.mark.parametrize("before", MessageState)
async def test_a_plan_brings_back_only_what_was_never_told(desk: Pool, before: MessageState) -> None:
    """What a plan wants otherwise is brought up to date where the table says so, and else stays."""
    message_id = await stand(desk, before)
    async with desk.acquire() as connection:
        await changes.want(connection, "prompts", [wanted(message_id, wanted="another", kind="moved")], NOW)
    is_legal = before in TABLE[Transition.WANTED].before
    after = await row(desk, message_id)
    assert (after["state"], after["kind"]) == (("scheduled", "moved") if is_legal else (before, "reminder"))
    assert len(await heard(desk)) == int(is_legal)


@pytest.mark.parametrize("transition", [t for t in MADE if MADE[t].claim is None])
async def test_a_change_of_another_claim_is_none(desk: Pool, transition: Transition) -> None:
    """What an answer to an older claim would change stays as it is."""
    before = min(TABLE[transition].before)
    message_id = await stand(desk, before)
    assert not await make(desk, message_id, MADE[transition].fenced(uuid4()))
    assert (await row(desk, message_id))["state"] == before
    assert await make(desk, message_id, MADE[transition].fenced(TOKEN))


async def test_a_claim_is_kept_while_its_answer_may_come(desk: Pool) -> None:
    """Sending, unknown and parked keep what a late answer is known by; what has ended, or waits again, does not."""
    message_id = await stand(desk)
    kept = []
    steps = ("CLAIMED", "TIMED_OUT", "PARKED", "NOT_SENT", "CLAIMED", "LEASE_LOST", "RESENT", "CLAIMED", "ACCEPTED")
    for step in steps:
        assert await make(desk, message_id, MADE[Transition[step]])
        now = await row(desk, message_id)
        kept.append((now["claim_token"] == TOKEN, now["lease_until"] is not None, now["claimed_at"] is not None))
    gone, doubt, leased = (False, False, False), (True, False, True), (True, True, True)
    assert kept == [leased, doubt, doubt, gone, leased, doubt, gone, leased, (False, False, True)]
    last = await row(desk, message_id)
    assert (last["attempt"], last["resends"], last["provider_id"], last["sent_at"]) == (3, 1, SID, NOW)


async def test_nothing_is_looked_at_after_it_expired(desk: Pool) -> None:
    """However late a next look is asked for, it is by the expiry at the latest."""
    message_id = await stand(desk)
    await make(desk, message_id, transitions.waits(EXPIRES + timedelta(days=9), Why.PAUSED))
    assert (await row(desk, message_id))["due_at"] == EXPIRES


class TestAnybodysSql:
    """What somebody with `psql` changes."""

    async def test_a_change_by_hand_is_told(self, desk: Pool) -> None:
        """An operator withdraws a message, and the clinic hears of it, with the next version and the clock's time."""
        message_id = await stand(desk)
        later = NOW + timedelta(hours=1)
        async with desk.acquire() as connection:
            await clock.turn(connection, later, rate=0)
        await desk.execute("UPDATE schedule.messages SET state = 'withdrawn' WHERE id = $1", message_id)
        [event] = await heard(desk)
        assert (event["id"], event["data"]["state"]) == (f"{message_id}/2", "withdrawn")
        assert datetime.fromisoformat(event["time"]) == later == (await row(desk, message_id))["changed_at"]

    async def test_an_illegal_change_is_refused(self, desk: Pool) -> None:
        """What has arrived cannot be withdrawn: the error says where it stands, and what it can become instead."""
        message_id = await stand(desk, MessageState.SENT)
        with pytest.raises(asyncpg.CheckViolationError, match=f"message {message_id} is sent and cannot") as raised:
            await desk.execute("UPDATE schedule.messages SET state = 'withdrawn' WHERE id = $1", message_id)
        cure = "It can become delivered, failed, scheduled, unknown, withheld: see schedule.transitions."
        assert raised.value.hint == cure
        ended = await stand(desk, MessageState.DELIVERED)
        with pytest.raises(asyncpg.CheckViolationError) as raised:
            await desk.execute("UPDATE schedule.messages SET state = 'sent' WHERE id = $1", ended)
        assert raised.value.hint == "It is at its end: leave it as it is."
        assert await heard(desk) == []

    async def test_one_illegal_change_undoes_its_statement(self, desk: Pool) -> None:
        """Of a bulk update with one illegal change nothing is done, and nothing told."""
        waiting, arrived = await stand(desk), await stand(desk, MessageState.DELIVERED)
        with pytest.raises(asyncpg.CheckViolationError):
            await desk.execute("UPDATE schedule.messages SET state = 'withdrawn'")
        assert [(await row(desk, one))["state"] for one in (waiting, arrived)] == ["scheduled", "delivered"]
        assert await heard(desk) == []

    async def test_a_bulk_change_is_told_of_each_at_one_instant(self, desk: Pool) -> None:
        """A hundred messages that one statement withdraws are a hundred events of one time, though the clock runs."""
        async with desk.acquire() as connection:
            await changes.want(connection, "prompts", [wanted(uuid4()) for _ in range(100)], NOW)
            await clock.turn(connection, NOW, rate=100_000)
        await heard(desk)
        await desk.execute("UPDATE schedule.messages SET state = 'withdrawn', why = 'no_longer_wanted'")
        events = await heard(desk)
        assert len({event["id"] for event in events}) == 100
        assert len({event["time"] for event in events}) == 1
        assert {event["data"]["version"] for event in events} == {2}

    @pytest.mark.parametrize("what", NO_NEWS)
    async def test_what_the_event_does_not_tell_is_no_news(self, desk: Pool, what: str) -> None:
        """When it is looked at next, whose it is and that its content is gone: no event, no version, no new time."""
        message_id = await stand(desk)
        before = await row(desk, message_id)
        await desk.execute(f"UPDATE schedule.messages SET {what}")  # noqa: S608 - a test's own
        after = await row(desk, message_id)
        assert (after["version"], after["changed_at"]) == (before["version"], before["changed_at"])
        assert await heard(desk) == []

    @pytest.mark.parametrize("name", OF_THE_EVENT)
    async def test_whatever_the_event_tells_is_news(self, desk: Pool, name: str) -> None:
        """A change of any field of the event is told, once."""
        message_id = await stand(desk)
        await desk.execute(f"UPDATE schedule.messages SET {name} = {OF_THE_EVENT[name]}")  # noqa: S608 - as above
        [event] = await heard(desk)
        assert event["id"] == f"{message_id}/2"
        assert set(event["data"]) == {"id", "version", *OF_THE_EVENT}

    @pytest.mark.parametrize("version", [0, 1, 7])
    async def test_nobody_sets_the_version(self, desk: Pool, version: int) -> None:
        """Versions go up by one, whatever is asked for, so that no two events have one id."""
        message_id = await stand(desk)
        await desk.execute("UPDATE schedule.messages SET state = 'withdrawn', version = $1", version)
        await desk.execute("UPDATE schedule.messages SET version = $1", version)
        told = [event["data"]["version"] for event in await heard(desk)]
        assert told == [2, 3] if version != 2 else [2]
        assert (await row(desk, message_id))["version"] == told[-1]


STEPS = st.lists(
    st.one_of(st.sampled_from(sorted(MADE)), st.sampled_from(MessageState).map(lambda state: ("by hand", state))),
    max_size=12,
)


@settings(max_examples=60)
@given(steps=STEPS)
async def test_any_sequence_of_changes_goes_by_the_table(desk: Pool, steps: list[Any]) -> None:
    """Ours and by hand, in any order: where the table leads the message goes, each step is told once, none is else."""
    message_id = await stand(desk)
    state, resends, version = MessageState.SCHEDULED, 0, 1
    for step in steps:
        if isinstance(step, Transition):
            legal = TABLE[step]
            is_legal = state in legal.before or (resends > 0 and state in legal.resent)
            before = await row(desk, message_id)
            assert await make(desk, message_id, replace(MADE[step], provider_id=None)) is is_legal
            target = legal.state
            resends += is_legal and step is Transition.RESENT
            is_news = is_legal and _told(before) != _told(await row(desk, message_id))
        else:
            target = step[1]
            late = legal_pairs().get((state, target))
            is_legal = target is state or (late is not None and (resends > 0 or not late))
            is_news = is_legal and target is not state
            try:
                await desk.execute("UPDATE schedule.messages SET state = $2 WHERE id = $1", message_id, target)
            except asyncpg.CheckViolationError:
                assert not is_legal, (state, target)
            else:
                assert is_legal, (state, target)
        state = target if is_legal else state
        version += is_news
        after = await row(desk, message_id)
        assert (after["state"], after["version"]) == (state, version)
        assert [event["id"] for event in await heard(desk)] == ([f"{message_id}/{version}"] if is_news else [])


def _told(message: dict[str, Any]) -> list[Any]:
    return [message[name] for name in OF_THE_EVENT]


ROOT = Path(__file__).parents[3]
OWNER = ROOT / "shared" / "schedule" / "changes.py"
FREE = {"due_at", "patient_id", "key", "data", "calendar", "sealed", "key_id", "detail"}
"""What other modules may write: when to look again, whose it is, and that its content is gone."""


FORGETTING = ROOT / "shared" / "schedule" / "forgetting.py"
ERASED = {"things", "says", "places", "wanted", "reply_to", "asked", "tried", "address"}
"""What is emptied as well where a patient is erased."""


def _written() -> Iterator[tuple[Path, str]]:
    """Each string of ours that writes to the table of messages."""
    for path in sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("services/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if re.search(r"(UPDATE|INTO|DELETE FROM)\s+schedule\.messages", text):
                yield path, text


def test_one_module_changes_states() -> None:
    """Nobody but `shared/schedule/changes.py` creates a message or changes its state."""
    written = list(_written())
    assert {path for path, _ in written} > {OWNER}
    for path, sql in written:
        if path != OWNER:
            assert sql.lstrip().startswith("UPDATE"), path
            assigned = re.split(r"\b(?:FROM|WHERE)\b", sql.split(" SET ", 1)[1])[0]
            free = FREE | ERASED if path == FORGETTING else FREE
            assert set(re.findall(r"(\w+) = ", assigned)) <= free, path
