"""Unsubscribing by a link: the address that the message went to is stopped for that category, for good."""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.delivery.claiming.erasure import Erasure
from services.delivery.incoming.unsubscribes import Unsubscribes
from shared.events.cloudevents import Rejected
from shared.events.topic_names import INBOUND
from shared.patients import identity
from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient

DUE = MONDAY + timedelta(days=14, hours=8)
"""When the agenda of the first appointment is due."""
NEXT = DUE + timedelta(days=14)
"""When that of the second is."""
ADA = "ada@example.org"


def unsubscribe(message_id: UUID, category: str = "appointments", **changed: Any) -> dict[str, Any]:
    """An event as the gateway writes it."""
    return {
        "specversion": "1.0",
        "id": f"{message_id}/unsubscribe/{category}",
        "source": "urn:cocreate:gateway",
        "type": "cocreate.unsubscribe.v1",
        "subject": f"message/{message_id}",
        "time": MONDAY.isoformat(),
        "data": {"category": category},
        **changed,
    }


async def told(harness: Harness, *events: dict[str, Any] | bytes | None, key: bytes | None = None) -> list[Rejected]:
    """Unsubscribes, as one batch."""
    return await Unsubscribes(harness.pool).take([harness.record(event, INBOUND, key) for event in events])


async def opt_outs(harness: Harness) -> list[tuple[bytes, str, str]]:
    """What is stopped where, and who said so."""
    rows = await harness.pool.fetch("SELECT * FROM people.opt_outs ORDER BY id")
    return [(row["address"], row["category"], row["origin"]) for row in rows]


async def mailed(harness: Harness, **more: Any) -> UUID:
    """A first mail to Ada, who has a second appointment a month later."""
    also = {"phone": None, "email": ADA, **more}
    await harness.clinic_says(appointment(**also), appointment("1002", start=MONDAY + timedelta(days=35), **also))
    [letter] = await harness.deliver_at(DUE)
    assert (letter.channel, letter.address) == ("email", ADA)
    return letter.message_id


async def test_nothing_more_goes_there(harness: Harness) -> None:
    """From the next claim on, nothing of the category goes to the address; what was sent stays sent."""
    message_id = await mailed(harness)
    assert await told(harness, unsubscribe(message_id)) == []
    assert await opt_outs(harness) == [(harness.encryption.index(ADA), "appointments", "unsubscribe")]
    for days in range(30):
        assert await harness.deliver_at(DUE + timedelta(days=days)) == []
    assert ("withheld", "opted_out") in {(state, why) for _, state, why in await harness.standing()}
    assert [row["state"] for row in await harness.messages(id=message_id)] == ["sent"]


async def test_only_this_category(harness: Harness) -> None:
    """Who wants no more about goals still hears of appointments."""
    message_id = await mailed(harness)
    assert await told(harness, unsubscribe(message_id, "goals")) == []
    assert [letter.address for letter in await harness.deliver_at(NEXT)] == [ADA]


async def test_repeats_change_nothing(harness: Harness) -> None:
    """Twice in a batch, in two batches, or at two replicas at once: one row, and its first date stays."""
    message_id = await mailed(harness)
    both = (unsubscribe(message_id), unsubscribe(message_id))
    assert await told(harness, *both) == []
    since = await harness.pool.fetchval("SELECT since_at FROM people.opt_outs")
    await harness.turn(DUE + timedelta(days=3))
    assert await asyncio.gather(*(told(harness, *both) for _ in range(4))) == [[], [], [], []]
    assert len(await opt_outs(harness)) == 1
    assert await harness.pool.fetchval("SELECT since_at FROM people.opt_outs") == since == DUE


async def test_after_the_content_was_erased(harness: Harness) -> None:
    """A mail that is opened after years still stops them: the blind index of its address outlives its content."""
    message_id = await mailed(harness)
    await harness.deliver_at(DUE + timedelta(days=40))
    await harness.turn(DUE + timedelta(days=700))
    while await Erasure(harness.pool, timedelta(days=90)).run_once():
        pass
    [row] = await harness.messages(id=message_id)
    assert (row["key"], row["sealed"], row["data"]) == (None, None, None)
    assert await told(harness, unsubscribe(message_id)) == []
    assert await opt_outs(harness) == [(harness.encryption.index(ADA), "appointments", "unsubscribe")]


async def test_a_changed_address_is_another_matter(harness: Harness) -> None:
    """What was stopped is where the mail went, not where the patient's mail goes now."""
    message_id = await mailed(harness)
    await harness.registry_says(
        patient(at=DUE, contacts=[{"channel": "email", "value": "new@example.org"}], first_name="Ada")
    )
    assert await told(harness, unsubscribe(message_id)) == []
    assert [letter.address for letter in await harness.deliver_at(NEXT)] == ["new@example.org"]


async def test_whoever_shares_the_mailbox_is_stopped(harness: Harness) -> None:
    """The address is stopped for everybody who has it, and those to whom no mail went yet hear nothing either."""
    message_id = await mailed(harness)
    other = appointment("2001", patient="p2", phone=None, email=ADA, source=OTHER_SOURCE, first_name="Bob", at=DUE)
    await harness.clinic_says(other)
    assert await told(harness, unsubscribe(message_id)) == []
    assert await harness.deliver_at(DUE + timedelta(days=4)) == []


async def test_another_spelling_is_the_same_mailbox(harness: Harness) -> None:
    """A feed that spells the address otherwise, of this patient or of who shares it, brings no mail back."""
    message_id = await mailed(harness, email="Ada@Example.org")
    respelt = patient(at=DUE, contacts=[{"channel": "email", "value": "ADA@example.org"}], first_name="Ada")
    await harness.registry_says(respelt)
    other = appointment("2001", patient="p2", phone=None, email="aDa@example.org", source=OTHER_SOURCE, at=DUE)
    await harness.clinic_says(other)
    assert await told(harness, unsubscribe(message_id)) == []
    assert await harness.deliver_at(DUE + timedelta(days=4)) == []
    assert await harness.deliver_at(NEXT) == []


async def test_what_waits_is_looked_at_again(harness: Harness) -> None:
    """A message that waits because the patient is paused is nudged; once nothing else holds it, it is withheld."""
    message_id = await mailed(harness)
    await harness.registry_says(patient(at=DUE, paused=True))
    assert await harness.deliver_at(NEXT) == []
    [waiting] = await harness.messages(why="paused")
    assert waiting["due_at"] > waiting["send_at"]
    assert await told(harness, unsubscribe(message_id)) == []
    [nudged] = await harness.messages(id=waiting["id"])
    assert nudged["due_at"] == nudged["send_at"]
    await harness.registry_says(patient(at=NEXT, paused=False))
    assert await harness.deliver() == []
    assert [(r["state"], r["why"]) for r in await harness.messages(id=waiting["id"])] == [("withheld", "opted_out")]


async def test_a_claim_waits_or_knows(harness: Harness) -> None:
    """While an unsubscribe holds the patient, nothing of theirs is claimed; once it commits, the claim knows of it."""
    message_id = await mailed(harness)
    [patient_id] = {row["patient_id"] for row in await harness.messages()}
    async with harness.pool.acquire() as connection, connection.transaction():
        await identity.lock(connection, [patient_id])
        stopping = asyncio.create_task(told(harness, unsubscribe(message_id)))
        assert await harness.deliver_at(NEXT) == []
        assert not stopping.done()
    assert await stopping == []
    assert await harness.deliver() == []
    assert len(await opt_outs(harness)) == 1


async def test_patients_who_were_merged(harness: Harness) -> None:
    """A message to somebody who has since become one with another patient is still a message that was sent."""
    message_id = await mailed(harness)
    number = {"nhs_number": "9434765919"}
    await harness.registry_says(patient(at=DUE, **number), patient("p9", at=DUE, source=OTHER_SOURCE, **number))
    assert await told(harness, unsubscribe(message_id)) == []
    assert len(await opt_outs(harness)) == 1


@pytest.mark.parametrize(
    ("event", "key", "reason"),
    [
        pytest.param(unsubscribe(uuid4()), None, "not_handled", id="no message of ours"),
        pytest.param(unsubscribe(uuid4(), subject="message/1001"), None, "invalid_data", id="no message at all"),
        pytest.param(unsubscribe(uuid4(), "Everything, please!"), None, "invalid_data", id="no category"),
        pytest.param(unsubscribe(uuid4(), data={}), None, "invalid_data", id="nothing"),
        pytest.param(unsubscribe(uuid4(), type="cocreate.receipt.v1"), None, "unknown_type", id="something else"),
        pytest.param(b"{", None, "not_json", id="half a JSON"),
        pytest.param(None, f"urn:cocreate:gateway/message/{uuid4()}".encode(), "unknown_key", id="a tombstone"),
    ],
)
async def test_what_cannot_be_done_is_kept(
    harness: Harness, event: dict[str, Any] | bytes | None, key: bytes | None, reason: str
) -> None:
    """What is no unsubscribe, or of no message that was sent, comes back with its reason and stops nobody."""
    [refused] = await told(harness, event, key=key)
    assert refused.reason == reason
    assert await opt_outs(harness) == []


async def test_a_bad_one_stops_no_other(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """In a batch with strangers and rubbish the good one counts; no log names a patient, a message or an address."""
    message_id = await mailed(harness)
    caplog.set_level(logging.DEBUG, "cocreate")
    stranger = uuid4()
    refused = await told(harness, b"{", unsubscribe(stranger), unsubscribe(message_id))
    assert [one.reason for one in refused] == ["not_json", "not_handled"]
    assert len(await opt_outs(harness)) == 1
    assert "1 addresses opted out" in caplog.text
    assert not any(word in caplog.text for word in (ADA, "Ada", str(message_id), str(stranger)))


async def test_a_message_that_never_left(harness: Harness) -> None:
    """A link to a message that waits still is nobody's: no mail held it. Nothing is stopped, and it is kept."""
    await harness.clinic_says(appointment(phone=None, email=ADA))
    [row, *_] = await harness.messages(state="scheduled")
    [refused] = await told(harness, unsubscribe(row["id"]))
    assert refused.reason == "not_handled"
    assert await opt_outs(harness) == []
