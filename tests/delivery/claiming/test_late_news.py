"""News that comes late: a STOP by callback, a text that arrived after all, a stop of ours in the middle of a claim."""

import asyncio
from datetime import timedelta

from services.delivery.claiming import claims
from services.delivery.providers.outcomes import Unknown
from services.delivery.providers.rate import Pace
from services.delivery.sending.records import Result, record
from services.delivery.sending.sender import Sender
from tests.world import MONDAY, World, appointment, receipt

DUE = MONDAY + timedelta(days=14, hours=8)  # the agenda prompt of an appointment on day 21 is due by then
LEASE = timedelta(seconds=60)


async def claim(world: World, limit: int = 10) -> list[claims.Claimed]:
    claimed, _ = await world.claims(LEASE).claim(limit)
    return claimed


async def test_a_stop_by_callback_is_kept_and_tries_no_e_mail(world: World) -> None:
    """Where the carrier says only in a receipt that a patient has opted out, that holds, and no e-mail goes instead."""
    await world.clinic_says(appointment(email="ada@example.org"))
    (text,) = await world.deliver_at(DUE)
    sid = (await world.messages(state="sent"))[0]["provider_id"]
    await world.provider_says(receipt(text.message_id, "failed", sid, 21610))
    assert await world.deliver_at(DUE + timedelta(days=3)) == []
    assert {(kind, why) for kind, _, why in await world.standing()} == {
        ("agenda", "opted_out"),
        ("reminder", "opted_out"),
    }
    assert await world.pool.fetchval("SELECT count(*) FROM people.opt_outs") == 1


async def test_a_text_that_arrived_after_all_is_taken_back(world: World) -> None:
    """Given up, withdrawn for a cancellation, then reported as delivered: the patient hears of the cancellation."""
    await world.clinic_says(appointment())
    await world.turn(DUE)
    await world.beat()
    (claimed,) = await claim(world)
    await record(world.pool, [Result(claimed, Unknown("timeout"))])
    await world.turn(DUE + timedelta(minutes=2))
    await world.reconcile_unknown()
    await world.clinic_says(appointment(status="cancelled", at=DUE + timedelta(minutes=2)))
    assert await world.deliver() == []
    await world.provider_says(receipt(claimed.letter.message_id, "delivered", "SM" + "1" * 32))
    assert ["is cancelled" in letter.text for letter in await world.deliver()] == [True]


async def test_what_is_claimed_while_we_stop_is_sent(world: World) -> None:
    """A stop that comes while a claim is under way waits for it: nothing is left for its lease to run out."""
    await world.clinic_says(appointment())
    await world.turn(DUE)
    await world.beat()
    claiming, go_on = asyncio.Event(), asyncio.Event()

    async def slow_claim(limit: int, _: frozenset[str]) -> tuple[list[claims.Claimed], int]:
        claiming.set()
        await go_on.wait()
        return await claim(world, limit), 1

    async def write(results: list[Result]) -> None:
        await record(world.pool, results)

    paces = {"sms": Pace(1_000), "email": Pace(1_000)}
    sender = Sender(slow_claim, write, world.providers, paces, 5, LEASE, timedelta(0))
    round_in_hand = asyncio.create_task(sender.round())
    await claiming.wait()
    closing = asyncio.create_task(sender.close(10))
    go_on.set()
    await asyncio.gather(round_in_hand, closing)
    assert [state for _, state, _ in await world.standing()] == ["sent", "scheduled"]
