"""News that comes late: a STOP by callback, a text that arrived after all, a stop of ours in the middle of a claim."""

import asyncio
from datetime import timedelta

from services.delivery.claiming import claims
from services.delivery.providers.outcomes import Unknown
from services.delivery.providers.rate import EvenRate
from services.delivery.sending.records import SendResult, record
from services.delivery.sending.sender import Sender
from tests.harness import MONDAY, Harness, appointment, receipt

DUE = MONDAY + timedelta(days=14, hours=8)  # the agenda prompt of an appointment on day 21 is due by then
LEASE = timedelta(seconds=60)


async def claim(harness: Harness, limit: int = 10) -> list[claims.Claimed]:
    claimed, _ = await harness.claims(LEASE).claim(limit)
    return claimed


async def test_a_stop_by_callback_is_kept_and_tries_no_e_mail(harness: Harness) -> None:
    """Where the carrier says only in a receipt that a patient has opted out, that holds, and no e-mail goes instead."""
    await harness.clinic_says(appointment(email="ada@example.org"))
    (text,) = await harness.deliver_at(DUE)
    sid = (await harness.messages(state="sent"))[0]["provider_id"]
    await harness.provider_says(receipt(text.message_id, "failed", sid, 21610))
    assert await harness.deliver_at(DUE + timedelta(days=3)) == []
    assert {(kind, why) for kind, _, why in await harness.standing()} == {
        ("agenda", "opted_out"),
        ("reminder", "opted_out"),
    }
    assert await harness.pool.fetchval("SELECT count(*) FROM people.opt_outs") == 1


async def test_a_text_that_arrived_after_all_is_taken_back(harness: Harness) -> None:
    """Given up, withdrawn for a cancellation, then reported as delivered: the patient hears of the cancellation."""
    await harness.clinic_says(appointment())
    await harness.turn(DUE)
    await harness.beat()
    (claimed,) = await claim(harness)
    await record(harness.pool, [SendResult(claimed, Unknown("timeout"))])
    await harness.turn(DUE + timedelta(minutes=2))
    await harness.reconcile_unknown()
    await harness.clinic_says(appointment(status="cancelled", at=DUE + timedelta(minutes=2)))
    assert await harness.deliver() == []
    await harness.provider_says(receipt(claimed.letter.message_id, "delivered", "SM" + "1" * 32))
    assert ["is cancelled" in letter.text for letter in await harness.deliver()] == [True]


async def test_what_is_claimed_while_we_stop_is_sent(harness: Harness) -> None:
    """A stop that comes while a claim is under way waits for it: nothing is left for its lease to run out."""
    await harness.clinic_says(appointment())
    await harness.turn(DUE)
    await harness.beat()
    claiming, go_on = asyncio.Event(), asyncio.Event()

    async def slow_claim(limit: int, _: frozenset[str]) -> tuple[list[claims.Claimed], int]:
        claiming.set()
        await go_on.wait()
        return await claim(harness, limit), 1

    async def write(results: list[SendResult]) -> None:
        await record(harness.pool, results)

    paces = {"sms": EvenRate(1_000), "email": EvenRate(1_000)}
    sender = Sender(slow_claim, write, harness.providers, paces, 5, LEASE, timedelta(0))
    round_in_hand = asyncio.create_task(sender.run_once())
    await claiming.wait()
    closing = asyncio.create_task(sender.close(10))
    go_on.set()
    await asyncio.gather(round_in_hand, closing)
    assert [state for _, state, _ in await harness.standing()] == ["sent", "scheduled"]
