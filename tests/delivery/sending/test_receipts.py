"""Receipts come unordered and repeated, before our own record or never; states only move forward."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.delivery.providers.outcomes import (
    ON_CALLBACK,
    ON_CREATE,
    Failure,
    Misconfigured,
    NotSent,
    RefusedForGood,
    Unknown,
    on_callback,
    on_create,
)
from services.delivery.sending.receipts import Sent, apply
from shared.events.delivery_receipt import Receipt
from shared.platform.clock import Moment
from shared.schedule import task_list, transitions
from shared.schedule.states import MessageState
from shared.schedule.transitions import Change
from tests.harness import MONDAY, Harness, appointment, patient, receipt

DUE = MONDAY + timedelta(days=14, hours=8)
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
SOON, LATE = NOW + timedelta(minutes=30), NOW + timedelta(hours=5)


def sent(state: MessageState = MessageState.SENT, **more: Any) -> Sent:
    what: dict[str, Any] = {"provider_id": "SM1", "past_ids": frozenset(), "attempt": 1, "resends": 0, "others": False}
    return Sent(state=state, **{"expires_at": LATE, **what, **more})


def said(status: str, error_code: int | None = None, sid: str = "SM1") -> Receipt:
    return Receipt(provider="twilio", provider_id=sid, status=status, error_code=error_code)


SENT, DELIVERED = transitions.confirmed("SM1"), transitions.delivered("SM1")


def failed(code: str, *, refused: bool = True) -> Change:
    return transitions.undelivered("SM1", code, refused=refused)


def other(code: str) -> Change:
    return transitions.returned("SM1", code, NOW, refused=True)


def again(code: str) -> Change:
    return transitions.returned("SM1", code, SOON)


def stopped_news(code: str) -> Change:
    return transitions.returned("SM1", code, NOW)


def opted_out(code: str) -> Change:
    return transitions.stopped("SM1", code)


CASES: list[tuple[str, Sent, Receipt, Change | None]] = [
    ("queued after sent", sent(), said("queued"), None),
    ("sent again", sent(), said("sent"), None),
    ("delivered", sent(), said("delivered"), DELIVERED),
    ("read", sent(), said("read"), DELIVERED),
    ("sent after delivered", sent(MessageState.DELIVERED), said("sent"), None),
    ("failed after delivered", sent(MessageState.DELIVERED), said("failed", 30003), None),
    ("delivered after failed", sent(MessageState.FAILED), said("delivered"), None),
    ("before our record", sent(MessageState.SENDING, provider_id=None), said("queued"), SENT),
    ("ends a doubt", sent(MessageState.UNKNOWN, provider_id=None), said("sent"), SENT),
    ("ends a parked one's doubt", sent(MessageState.PARKED, provider_id=None), said("delivered"), DELIVERED),
    ("a word unheard of", sent(MessageState.SENDING), said("partially_delivered"), None),
    (
        "an earlier attempt's",
        sent(MessageState.SENDING, provider_id=None, past_ids=frozenset({"SM1"})),
        said("failed"),
        None,
    ),
    ("another attempt's", sent(provider_id="SM2"), said("undelivered", 30003), None),
    ("withdrawn meanwhile", sent(MessageState.WITHDRAWN), said("delivered"), None),
    ("waits to be tried again", sent(MessageState.SCHEDULED), said("delivered"), None),
    ("given up and withdrawn", sent(MessageState.WITHDRAWN, provider_id=None, resends=1), said("delivered"), DELIVERED),
    ("given up and withheld", sent(MessageState.WITHHELD, provider_id=None, resends=1), said("delivered"), DELIVERED),
    ("waits to be resent", sent(MessageState.SCHEDULED, provider_id=None, resends=1), said("sent"), SENT),
    ("21610, another address", sent(others=True), said("failed", 21610), opted_out("21610")),
    ("30002", sent(), said("failed", 30002), again("30002")),
    ("30036", sent(), said("undelivered", 30036), again("30036")),
    ("30010", sent(), said("undelivered", 30010), again("30010")),
    ("30024", sent(), said("undelivered", 30024), again("30024")),
    ("30034", sent(), said("undelivered", 30034), again("30034")),
    ("30500", sent(), said("undelivered", 30500), again("30500")),
    ("60005", sent(), said("undelivered", 60005), again("60005")),
    ("30001", sent(), said("failed", 30001), again("30001")),
    ("30001, another address", sent(others=True), said("failed", 30001), again("30001")),
    ("30001, third attempt", sent(attempt=3), said("failed", 30001), failed("30001", refused=False)),
    ("30001, expires before", sent(expires_at=SOON), said("failed", 30001), failed("30001", refused=False)),
    ("30003, another address", sent(others=True), said("undelivered", 30003), other("30003")),
    ("30003, none", sent(), said("undelivered", 30003), again("30003")),
    ("30003, none, second attempt", sent(attempt=2), said("undelivered", 30003), failed("30003")),
    ("30003, expires before", sent(expires_at=SOON), said("undelivered", 30003), failed("30003")),
    ("30003, none, must reach", sent(must_reach=True), said("undelivered", 30003), again("30003")),
    (
        "30003, none, must reach, second attempt",
        sent(attempt=2, must_reach=True),
        said("undelivered", 30003),
        other("30003"),
    ),
    ("30005, none, must reach", sent(must_reach=True), said("undelivered", 30005), other("30005")),
    (
        "30005, none, must reach, expired",
        sent(must_reach=True, expires_at=NOW),
        said("undelivered", 30005),
        failed("30005"),
    ),
    ("21610, must reach: the claim calls", sent(must_reach=True), said("failed", 21610), stopped_news("21610")),
    (
        "21610, must reach, expired",
        sent(must_reach=True, expires_at=NOW),
        said("failed", 21610),
        opted_out("21610"),
    ),
    ("30001, must reach, third attempt", sent(attempt=3, must_reach=True), said("failed", 30001), other("30001")),
    (
        "30001, must reach, third attempt, expired",
        sent(attempt=3, must_reach=True, expires_at=NOW),
        said("failed", 30001),
        failed("30001", refused=False),
    ),
    ("30008, another address", sent(others=True), said("undelivered", 30008), other("30008")),
    ("30005", sent(), said("undelivered", 30005), failed("30005")),
    ("30005, another address", sent(others=True), said("undelivered", 30005), other("30005")),
    ("30006", sent(), said("undelivered", 30006), failed("30006")),
    ("30007, another address", sent(others=True), said("undelivered", 30007), other("30007")),
    ("30004", sent(), said("undelivered", 30004), failed("30004")),
    ("a code unheard of", sent(), said("failed", 39999), failed("39999")),
    ("no code", sent(), said("failed"), failed("failed")),
    ("canceled", sent(), said("canceled"), failed("canceled")),
    ("expired, another address", sent(others=True, expires_at=NOW), said("failed", 30005), failed("30005")),
]


@pytest.mark.parametrize(("before", "says", "change"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_receipt_makes_of_a_message(before: Sent, says: Receipt, change: Change | None) -> None:
    """Each state, status and code leads where the table says, and never back."""
    assert apply(before, says, Moment(NOW)) == change


@pytest.mark.parametrize("code", sorted(ON_CALLBACK))
def test_every_special_code_of_a_callback_is_in_the_table(code: int) -> None:
    """Every code in the table is treated as the table says, and somewhere above it is spelt out."""
    assert on_callback(code) is ON_CALLBACK[code]
    assert any(c[2].error_code == code for c in CASES)


def test_a_callback_s_code_that_is_not_in_the_table() -> None:
    """The stated default: never this address again."""
    assert {on_callback(code) for code in (None, 0, 1, 39999)} == {Failure.OTHER}


CREATE = [
    (400, 29999, RefusedForGood),
    (404, None, Misconfigured),
    (407, None, Misconfigured),
    (400, 21703, Misconfigured),
    (401, None, Misconfigured),
    (403, 29999, Misconfigured),
    (429, None, NotSent),
    (429, 29999, NotSent),
    (500, 20500, Unknown),
    (502, None, Unknown),
    (503, 29999, Unknown),
    (302, None, Unknown),
]


@pytest.mark.parametrize(("status", "code", "outcome"), CREATE)
def test_a_create_s_code_that_is_not_in_the_table(status: int, code: int | None, outcome: type) -> None:
    """The stated default follows from the HTTP status, and a 5xx tells nothing."""
    assert type(on_create(status, code)) is outcome


@pytest.mark.parametrize("code", sorted(ON_CREATE))
@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_every_special_code_of_a_create_outranks_its_status(code: int, status: int) -> None:
    """Whatever status it comes with, a code of the table is sorted by the table, and keeps its number."""
    outcome = on_create(status, code)
    assert type(outcome) is ON_CREATE[code]
    assert outcome == ON_CREATE[code](str(code))


async def delivered_once(harness: Harness) -> UUID:
    await harness.clinic_says(appointment())
    await harness.deliver_at(DUE)
    [row] = await harness.messages(state="sent")
    await harness.pool.execute("UPDATE schedule.messages SET provider_id = 'SM1' WHERE id = $1", row["id"])
    message_id: UUID = row["id"]
    return message_id


async def test_receipts_of_one_batch_may_come_in_any_order(harness: Harness) -> None:
    """Shuffled and doubled in one batch or in several, the last word is the furthest one."""
    message_id = await delivered_once(harness)
    shuffled = ["delivered", "queued", "sent", "delivered", "sending", "sent"]
    assert await harness.provider_says(*(receipt(message_id, status) for status in shuffled)) == []
    for status in shuffled:
        await harness.provider_says(receipt(message_id, status))
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["version"]) == ("delivered", 4)


async def test_a_bad_receipt_breaks_no_batch(harness: Harness) -> None:
    """A subject that names no message, a tombstone and half a JSON come back refused; the rest of the batch counts."""
    message_id = await delivered_once(harness)
    nowhere = receipt(message_id, "delivered") | {"subject": "message/not-a-uuid"}
    refused = await harness.receipts.take(
        [
            harness.record(nowhere, "messaging.receipts"),
            harness.record(None, "messaging.receipts", f"urn:cocreate:gateway/message/{message_id}".encode()),
            harness.record(b"{", "messaging.receipts"),
            harness.record(receipt(uuid4(), "delivered"), "messaging.receipts"),
            harness.record(receipt(message_id, "delivered"), "messaging.receipts"),
        ]
    )
    assert [one.reason for one in refused] == ["invalid_data", "unknown_key", "not_json"]
    assert [row["state"] for row in await harness.messages(id=message_id)] == ["delivered"]


async def test_two_messages_that_claim_one_sid_break_no_batch(harness: Harness) -> None:
    """A forged receipt that gives one message the other's id is refused alone."""
    message_id = await delivered_once(harness)
    await harness.clinic_says(appointment("2", patient="p2", phone="07700 900002", at=MONDAY))
    await harness.deliver()
    [forged] = [row["id"] for row in await harness.messages(state="sent") if row["id"] != message_id]
    await harness.pool.execute("UPDATE schedule.messages SET provider_id = NULL WHERE id = $1", forged)
    refused = await harness.provider_says(receipt(forged, "delivered", "SM1"), receipt(message_id, "delivered", "SM1"))
    assert [one.reason for one in refused] == ["not_handled"]
    assert [row["state"] for row in await harness.messages(id=message_id)] == ["delivered"]


async def test_an_unreachable_phone_gets_one_more_try_then_fails(harness: Harness) -> None:
    """30003 twice: one more attempt half an hour later, which doubled receipts do not touch, then failed."""
    message_id = await delivered_once(harness)
    for _ in range(2):
        await harness.provider_says(receipt(message_id, "undelivered", error_code=30003))
    assert await harness.deliver_at(DUE + timedelta(minutes=29)) == []
    [letter] = await harness.deliver_at(DUE + timedelta(minutes=31))
    assert letter.message_id == message_id
    await harness.provider_says(receipt(message_id, "undelivered", error_code=30003))
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["past_ids"]) == ("sent", ["SM1"])
    await harness.provider_says(receipt(message_id, "undelivered", row["provider_id"], 30003))
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["why"]) == ("failed", "undelivered")
    assert await harness.deliver_at(DUE + timedelta(hours=3)) == []


async def test_a_failure_goes_to_the_next_address(harness: Harness) -> None:
    """A number that is not in service hands over to e-mail at once, with the same message."""
    await harness.clinic_says(appointment(email="ada@example.org"))
    [text] = await harness.deliver_at(DUE)
    await harness.provider_says(receipt(text.message_id, "undelivered", f"SM1-{text.message_id}", 30005))
    [mail] = await harness.deliver()
    assert (mail.channel, mail.message_id) == ("email", text.message_id)


TEXT, MAIL = {"channel": "sms", "value": "07700 900001"}, {"channel": "email", "value": "ada@example.org"}


async def needing(harness: Harness, *formats: str) -> UUID:
    """A text to somebody who has a number and a mailbox, and needs these formats."""
    await harness.registry_says(patient(first_name="Ada", formats=formats, contacts=[TEXT, MAIL]))
    await harness.clinic_says(appointment(phone=None))
    [text] = await harness.deliver_at(DUE)
    return text.message_id


async def their_provider_says(harness: Harness, message_id: UUID, code: int) -> None:
    [row] = await harness.messages(id=message_id)
    await harness.provider_says(receipt(message_id, "undelivered", row["provider_id"], code))


async def asked_for(harness: Harness) -> list[tuple[UUID | None, str]]:
    """The messages for which a person has been asked, and what these needed."""
    async with harness.pool.acquire() as connection:
        ids = await connection.fetch("SELECT message_id FROM tasks.tasks ORDER BY raised_at")
        listed = await task_list.list_tasks(connection)
    return [(row["message_id"], one.detail) for row, one in zip(ids, listed, strict=True)]


async def test_the_only_address_that_can_be_read_gets_one_more_try(harness: Harness) -> None:
    """An e-mail that its patient cannot read is no next address: 30003 is tried once more, then a person is asked."""
    message_id = await needing(harness, "text")
    await their_provider_says(harness, message_id, 30003)
    assert await harness.deliver_at(DUE + timedelta(minutes=29)) == []
    [letter] = await harness.deliver_at(DUE + timedelta(minutes=31))
    assert (letter.channel, letter.message_id) == ("sms", message_id)
    await their_provider_says(harness, message_id, 30003)
    assert await harness.deliver() == []
    [row] = await harness.messages(id=message_id)
    assert (row["state"], row["why"]) == ("withheld", "other_format")
    assert await asked_for(harness) == [(message_id, "text")]


async def test_a_number_out_of_service_asks_a_person_for_whoever_reads_nothing_else(harness: Harness) -> None:
    """30005 of the only address that can be read: a person is asked at once, once, as before any text was sent."""
    message_id = await needing(harness, "braille", "text")
    for _ in range(2):
        await their_provider_says(harness, message_id, 30005)
    assert await harness.deliver() == []
    assert await asked_for(harness) == [(message_id, "braille, text")]


async def test_a_refused_number_asks_a_person_for_whoever_reads_nothing_else(harness: Harness) -> None:
    """The same where the provider does not take it at all; whoever has no needs, and no address, has simply failed."""
    await harness.registry_says(patient(first_name="Ada", formats=["text"], contacts=[TEXT, MAIL]))
    await harness.clinic_says(appointment(phone=None), appointment("2", patient="p2", phone="07700 900002"))
    harness.texts.answers = [RefusedForGood("21211"), RefusedForGood("21211")]
    assert {letter.channel for letter in await harness.deliver_at(DUE)} == {"sms"}
    became = {(row["state"], row["why"]) for row in await harness.messages(kind="agenda")}
    assert became == {("withheld", "other_format"), ("failed", "refused")}
    [(message_id, detail)] = await asked_for(harness)
    [row] = await harness.messages(why="other_format")
    assert (message_id, detail) == (row["id"], "text")


async def test_a_failure_of_a_cancelled_appointment_ends_there(harness: Harness) -> None:
    """What failed is no longer told: the planner looks again before the next address, and withdraws."""
    message_id = await delivered_once(harness)
    await harness.provider_says(receipt(message_id, "undelivered", error_code=30003))
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    assert await harness.deliver_at(DUE + timedelta(minutes=31)) == []
    assert {state for _, state, _ in await harness.standing()} == {"withdrawn"}
