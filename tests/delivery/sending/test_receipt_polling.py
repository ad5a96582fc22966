"""Texts of which nobody tells us: looked up at the sandbox's API, a few times, and taken in as a callback would be."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientTimeout

from services.delivery.providers.message import OutboundMessage
from services.delivery.providers.outcomes import Outcome
from services.delivery.providers.twilio_sms import Twilio
from services.delivery.sending.receipt_polling import BATCH, SILENT, TAKEN_FOR, ReceiptPoller, next_step
from services.sandbox.app import Sandbox
from services.sandbox.entries import Status
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings
from shared.events.delivery_receipt import Receipt
from shared.platform import clock
from tests.harness import MONDAY, Harness, appointment, receipt

DUE = MONDAY + timedelta(days=14, hours=8)
FIRST = timedelta(minutes=15)
QUICK = ClientTimeout(total=None, sock_read=1)
PATIENT = ClientTimeout(total=60)
NOBODY: frozenset[str] = frozenset()

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

STEPS = [
    ("just sent", FIRST, timedelta(0), 15 * M),
    ("after the first look", FIRST, 15 * M, H),
    ("a late first look", FIRST, 59 * M, H),
    ("after the second", FIRST, H, 6 * H),
    ("a very late first look", FIRST, 7 * H, 23 * H),
    ("after the last", FIRST, 23 * H, D),
    ("given up", FIRST, D, 2 * D),
    ("long over", FIRST, 5 * D, 2 * D),
    ("patient", 3 * H, timedelta(0), 3 * H),
    ("patient, after the first look", 3 * H, 3 * H, 6 * H),
    ("very patient", 23 * H + M, 23 * H + M, D),
]


@pytest.mark.parametrize(("first", "silent_for", "step"), [case[1:] for case in STEPS], ids=[case[0] for case in STEPS])
def test_when_a_silent_text_comes_up_next(first: timedelta, silent_for: timedelta, step: timedelta) -> None:
    """A quarter of an hour, one, six and 23 hours after it was sent; given up after a day; what was missed is past."""
    assert next_step(silent_for, first) == step


class Line:
    """Twilio over HTTP, that remembers what it was handed and asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._twilio = self._reached(PATIENT)
        self.letters: list[OutboundMessage] = []
        self.asked: list[str] = []

    def _reached(self, patience: ClientTimeout) -> Twilio:
        token = self._sandbox.settings.auth_token
        callback = "http://127.0.0.1:9/twilio/status"
        sid, url = self._sandbox.settings.account_sid, self._sandbox.url
        return Twilio(sid, token, "+15005550006", callback, url, timeout=patience)

    async def waits(self, patience: ClientTimeout) -> None:
        """Wait so long for an answer from now on: little while none is to come, and else as a busy machine needs."""
        await self._twilio.close()
        self._twilio = self._reached(patience)

    async def send(self, letter: OutboundMessage) -> Outcome:
        self.letters.append(letter)
        return await self._twilio.send(letter)

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        return await self._twilio.find(letter, since, known)

    async def status(self, provider_id: str) -> Receipt | None:
        self.asked.append(provider_id)
        return await self._twilio.status(provider_id)

    async def close(self) -> None:
        await self._twilio.close()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox where a text gets on only when a test says so, and nobody is told."""
    async with Sandbox(Settings(status_delay=3600, callback_tries=1)) as running:
        yield running


@pytest.fixture
async def line(sandbox: Sandbox, harness: Harness) -> AsyncIterator[Line]:
    """The world's texts go to the sandbox."""
    line = Line(sandbox)
    harness.providers["sms"] = line  # type: ignore[assignment]
    yield line
    await line.close()


def silent(harness: Harness, line: Line, first: timedelta = FIRST, blocked: frozenset[str] = NOBODY) -> ReceiptPoller:
    """A delivery replica's part that looks silent texts up."""
    return ReceiptPoller(harness.pool, line, harness.receipts.take, lambda: blocked, first)


def counted(outcome: str) -> float:
    value: float = SILENT.labels(outcome)._value.get()
    return value


async def one_text(harness: Harness, **more: Any) -> tuple[UUID, str]:
    """One text at the provider, by its id and the provider's."""
    await harness.clinic_says(appointment(**more))
    [letter] = await harness.deliver_at(DUE)
    [row] = await harness.messages(id=letter.message_id)
    assert (row["state"], row["channel"]) == ("sent", "sms")
    return row["id"], row["provider_id"]


async def many_texts(harness: Harness, number: int) -> None:
    await harness.clinic_says(
        *(appointment(str(i), patient=f"p{i}", phone=f"07700 900{i:03}") for i in range(1, number + 1))
    )
    await harness.deliver_at(DUE)
    assert len(await harness.messages(state="sent")) == number


AGES = [
    (timedelta(0), 0),
    (14 * M, 0),
    (15 * M, 1),
    (16 * M, 1),
    (59 * M, 1),
    (60 * M, 2),
    (5 * H, 2),
    (6 * H, 3),
    (22 * H, 3),
    (23 * H, 4),
    (D - M, 4),
    (D, 4),
    (D + H, 4),
    (3 * D, 4),
    (30 * D, 4),
]


async def test_a_silent_text_is_looked_up_a_few_times(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """At each age it has been asked for as often as the table says; then it is given up, which is counted once."""
    message_id, sid = await one_text(harness)
    [text] = sandbox.ledger.texts
    sandbox.ledger.move(text.sid, Status.SENT, datetime.now(UTC))
    given_up, waits = counted("given_up"), counted("waits")
    poller, seen = silent(harness, line), []
    for age, _ in AGES:
        await harness.turn(DUE + age)
        assert not await poller.run_once()
        seen.append((age, len(line.asked)))
    assert seen == AGES
    assert set(line.asked) == {sid}
    assert (counted("given_up") - given_up, counted("waits") - waits) == (1, 4)
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["why"], row["changed_at"]) == ("sent", "accepted", DUE)


async def test_missed_looks_are_not_made_up_for(harness: Harness, line: Line) -> None:
    """A service that was down for seven hours asks once, and then at 23 hours."""
    await one_text(harness)
    for age, asked in [(7 * H, 1), (8 * H, 1), (23 * H, 2)]:
        await harness.turn(DUE + age)
        await silent(harness, line).run_once()
        assert len(line.asked) == asked


async def test_a_look_changes_no_more_than_its_time(harness: Harness, line: Line) -> None:
    """A look that tells nothing new changes no version, so that nobody is told of it."""
    message_id, _ = await one_text(harness)
    [before] = await harness.messages(id=message_id)
    events = await harness.pool.fetchval("SELECT count(*) FROM schedule.outbox")
    await harness.turn(DUE + FIRST)
    await silent(harness, line).run_once()
    [after] = await harness.messages(id=message_id)
    assert after | {"due_at": before["due_at"]} == before
    assert after["due_at"] == DUE + H
    assert await harness.pool.fetchval("SELECT count(*) FROM schedule.outbox") == events


async def test_a_text_that_arrived_unheard_is_delivered(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """The provider says `delivered`, and so the message is; it is asked for no more."""
    message_id, sid = await one_text(harness)
    sandbox.ledger.move(sid, Status.DELIVERED, datetime.now(UTC))
    told = counted("told")
    for age in (FIRST, H, 6 * H, 23 * H, D):
        await harness.turn(DUE + age)
        await silent(harness, line).run_once()
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["why"]) == ("delivered", "delivered")
    assert line.asked == [sid]
    assert counted("told") - told == 1


FAILED: list[tuple[str, dict[str, Any]]] = [("another address", {"email": "ada@example.org"}), ("none", {})]
ALIKE = ("state", "why", "detail", "due_at", "past_ids", "version", "attempt", "resends", "claimed_at", "sent_at")


@pytest.mark.parametrize("contacts", [case[1] for case in FAILED], ids=[case[0] for case in FAILED])
async def test_a_failure_that_is_found_goes_the_way_of_one_that_is_told(
    harness: Harness, sandbox: Sandbox, line: Line, contacts: dict[str, Any]
) -> None:
    """Of two texts that fail alike one is told by callback and one found: both go alike to the next address, if any."""
    told, sid = await one_text(harness, **contacts)
    others = contacts and {"email": "ben@example.org"}
    await harness.clinic_says(appointment("2", patient="p2", phone="07700 900002", **others))
    [letter] = await harness.deliver()
    found = letter.message_id
    [row] = await harness.messages(id=found)
    sandbox.ledger.move(row["provider_id"], Status.UNDELIVERED, datetime.now(UTC), 30003)
    await harness.turn(DUE + FIRST)
    await harness.provider_says(receipt(told, "undelivered", sid, 30003))
    await silent(harness, line).run_once()
    assert line.asked == [row["provider_id"]]
    [first], [second] = await harness.messages(id=told), await harness.messages(id=found)
    assert [first[name] for name in ALIKE] == [second[name] for name in ALIKE]
    assert [one["tried"] == [one["address"]] for one in (first, second)] == [bool(contacts)] * 2
    again = await harness.deliver_at(DUE + FIRST + 30 * M)
    channel = "email" if contacts else "sms"
    assert {(one.message_id, one.channel) for one in again} == {(told, channel), (found, channel)}


async def test_a_text_that_is_sent_again_is_silent_anew(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """After a failure was found, the next attempt has its own name and its own quarter of an hour."""
    _, sid = await one_text(harness)
    sandbox.ledger.move(sid, Status.UNDELIVERED, datetime.now(UTC), 30003)
    await harness.turn(DUE + FIRST)
    await silent(harness, line).run_once()
    again = DUE + FIRST + 30 * M
    [letter] = await harness.deliver_at(again)
    [row] = await harness.messages(id=letter.message_id)
    for age, asked in [(14 * M, 1), (15 * M, 2)]:
        await harness.turn(again + age)
        await silent(harness, line).run_once()
        assert len(line.asked) == asked
    assert line.asked == [sid, row["provider_id"]]


async def test_a_text_that_the_provider_forgot_is_let_go(harness: Harness, line: Line) -> None:
    """A 404 is no failure of the text: it stays sent, is counted, and is asked for no more."""
    message_id, _ = await one_text(harness)
    sid = "SM" + "0" * 32
    await harness.pool.execute("UPDATE schedule.messages SET provider_id = $1 WHERE id = $2", sid, message_id)
    forgotten = counted("forgotten")
    for age in (FIRST, H, 23 * H, D):
        await harness.turn(DUE + age)
        await silent(harness, line).run_once()
    [row] = await harness.messages(id=message_id)
    assert row["state"] == "sent"
    assert line.asked == [sid]
    assert counted("forgotten") - forgotten == 1


OUTAGES = [
    ("500", Faults(error_before=1)),
    ("no answer", Faults(half_open=1)),
    ("reset", Faults(reset_before=1)),
    ("429", Faults(too_many=1)),
    ("too slow", Faults(latency=5)),
]


@pytest.mark.parametrize("faults", [case[1] for case in OUTAGES], ids=[case[0] for case in OUTAGES])
async def test_an_outage_is_one_line_and_few_requests(
    harness: Harness, sandbox: Sandbox, line: Line, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    """A round ends at the first request that fails; what it took comes up again; one line, and one at the end."""
    caplog.set_level(logging.DEBUG)
    await many_texts(harness, 3)
    for row in await harness.messages(state="sent"):
        sandbox.ledger.move(row["provider_id"], Status.DELIVERED, datetime.now(UTC))
    caplog.clear()
    sandbox.set_faults(faults)
    await line.waits(QUICK)
    poller = silent(harness, line)
    for number in range(3):
        await harness.turn(DUE + FIRST + number * (TAKEN_FOR + M))
        assert not await poller.run_once()
        assert not await poller.run_once()
    assert len(line.asked) == 3
    assert len(await harness.messages(state="sent")) == 3
    sandbox.set_faults(Faults())
    await line.waits(PATIENT)
    await harness.turn(DUE + FIRST + 3 * (TAKEN_FOR + M))
    await poller.run_once()
    assert len(await harness.messages(state="delivered")) == 3
    lines = [record for record in caplog.records if record.name == "cocreate.delivery"]
    assert [record.levelname for record in lines] == ["WARNING", "INFO"]
    assert "7700" not in caplog.text
    assert "Ada" not in caplog.text


async def test_what_is_never_seen_in_an_outage_is_given_up_too(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """Where the provider shows nothing for a day, its texts are counted as given up, without another request."""
    await many_texts(harness, 2)
    sandbox.set_faults(Faults(error_before=1))
    poller, given_up = silent(harness, line), counted("given_up")
    await harness.turn(DUE + 23 * H + 55 * M)
    await poller.run_once()
    for age in (D, D + 6 * M, 3 * D):
        await harness.turn(DUE + age)
        await poller.run_once()
    assert len(line.asked) == 1
    assert counted("given_up") - given_up == 2


async def test_two_replicas_ask_once_for_each(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """Two replicas at once look every text up, each once, no more than a batch in a round."""
    number = 2 * BATCH + 5
    await many_texts(harness, number)
    sids = {row["provider_id"] for row in await harness.messages(state="sent")}
    for sid in sids:
        sandbox.ledger.move(sid, Status.DELIVERED, datetime.now(UTC))
    await harness.turn(DUE + FIRST + 9 * M)  # so many texts take a while to go, and each is looked up after its own
    replicas = [silent(harness, line), silent(harness, line)]
    assert await asyncio.gather(*(replica.run_once() for replica in replicas)) == [True, True]
    assert len(line.asked) == 2 * BATCH
    assert not any(await asyncio.gather(*(replica.run_once() for replica in replicas)))
    assert sorted(line.asked) == sorted(sids)
    assert len(await harness.messages(state="delivered")) == number


async def test_a_replica_that_dies_in_the_middle_loses_no_look(harness: Harness, line: Line) -> None:
    """What it had taken comes up again ten minutes later."""
    await one_text(harness)
    await harness.turn(DUE + FIRST)

    class Dying:
        async def status(self, provider_id: str) -> Receipt | None:
            raise asyncio.CancelledError(provider_id)

    with pytest.raises(asyncio.CancelledError):
        await ReceiptPoller(harness.pool, Dying(), harness.receipts.take, lambda: NOBODY, FIRST).run_once()
    for after, asked in [(9 * M, 0), (10 * M, 1)]:
        await harness.turn(DUE + FIRST + after)
        await silent(harness, line).run_once()
        assert len(line.asked) == asked


async def test_nothing_is_asked_while_the_sender_is_blocked(harness: Harness, line: Line) -> None:
    """While the provider refuses our account nothing is asked; a round that meets that in the middle ends."""
    await many_texts(harness, 3)
    await harness.turn(DUE + FIRST)
    assert not await silent(harness, line, blocked=frozenset({"sms"})).run_once()
    assert line.asked == []
    meanwhile = ReceiptPoller(
        harness.pool, line, harness.receipts.take, lambda: frozenset({"sms"} if line.asked else ()), FIRST
    )
    await meanwhile.run_once()
    assert len(line.asked) == 1
    await harness.turn(DUE + FIRST + TAKEN_FOR)
    await silent(harness, line, blocked=frozenset({"email"})).run_once()
    assert len(line.asked) == 3


async def test_only_silent_texts_are_asked_for(harness: Harness, line: Line) -> None:
    """Not e-mails, nor what arrived, failed, waits, or is erased."""
    await many_texts(harness, 5)
    await harness.clinic_says(appointment("9", patient="p9", phone=None, email="cy@example.org"))
    await harness.deliver()
    texts = [row["id"] for row in await harness.messages(channel="sms")]
    for message_id, change in zip(
        texts,
        ("state = 'delivered'", "state = 'failed'", "state = 'unknown'", "key = NULL", "provider_id = NULL"),
        strict=True,
    ):
        await harness.pool.execute(f"UPDATE schedule.messages SET {change} WHERE id = $1", message_id)  # noqa: S608
    await harness.turn(DUE + FIRST)
    await silent(harness, line).run_once()
    assert line.asked == []


async def test_a_callback_that_is_quicker_counts(harness: Harness, sandbox: Sandbox, line: Line) -> None:
    """A receipt that comes between the question and the answer stands, whatever the answer was."""
    message_id, sid = await one_text(harness)
    await harness.turn(DUE + FIRST)
    sandbox.ledger.move(sid, Status.UNDELIVERED, datetime.now(UTC), 30003)

    class Slow:
        async def status(self, provider_id: str) -> Receipt | None:
            answer = await line.status(provider_id)
            await harness.provider_says(receipt(message_id, "delivered", sid))
            return answer

    await ReceiptPoller(harness.pool, Slow(), harness.receipts.take, lambda: NOBODY, FIRST).run_once()
    assert [row["state"] for row in await harness.messages(id=message_id)] == ["delivered"]


async def test_a_hurried_clock_hurries_nobody(harness: Harness, line: Line) -> None:
    """Where the clock runs sixty times as fast, a quarter of an hour is a machine's, as callbacks take a machine's."""
    await one_text(harness)
    for age, asked in [(FIRST, 0), (59 * FIRST, 0), (60 * FIRST, 1), (59 * H, 1), (60 * H, 2)]:
        async with harness.pool.acquire() as connection:
            await clock.turn(connection, DUE + age, rate=60)
        await silent(harness, line).run_once()
        assert len(line.asked) == asked


async def test_what_cannot_be_taken_in_is_not_asked_for_again(harness: Harness, line: Line, sandbox: Sandbox) -> None:
    """A fault of ours about one text costs that text's news, not a request every ten minutes."""
    _, sid = await one_text(harness)
    sandbox.ledger.move(sid, Status.DELIVERED, datetime.now(UTC))
    refused = counted("refused")

    async def broken(records: Any) -> list[Any]:
        return list(records)

    for age in (FIRST, H, 23 * H):
        await harness.turn(DUE + age)
        await ReceiptPoller(harness.pool, line, broken, lambda: NOBODY, FIRST).run_once()
    assert line.asked == [sid]
    assert counted("refused") - refused == 1
