"""Attacks on the doors: forged floods, outages of ours, and what a stranger makes a phone receive or cost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientTimeout

from services.delivery.incoming.missed_texts import EVERY, MissedTexts
from services.delivery.providers.twilio_sms import Twilio
from services.gateway.settings import Settings
from services.sandbox.app import Sandbox
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings as SandboxSettings
from tests.gateway.conftest import broker, settings  # noqa: F401 - fixtures
from tests.gateway.gateway_harness import opened, text
from tests.harness import Harness, appointment
from tests.harness import text as text_event

OURS = "+15005550006"
PHONE = "+447700900001"


async def test_a_forged_flood_costs_no_stop(settings: Settings) -> None:  # noqa: F811
    """Forged requests to Twilio's routes get 403 however many come, and the STOP after them is taken."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        forged = [await door.text(token="c" * 32) for _ in range(30)]
        forged += [await door.send(token="c" * 32) for _ in range(30)]
        assert forged == [403] * 60
        assert await door.text(text(Body="STOP", OptOutType="STOP")) == 200


class Carrier:
    """Twilio, to whose list of incoming texts delivery is connected; its clock is turned by a test."""

    def __init__(self, harness: Harness, sandbox: Sandbox, twilio: Twilio) -> None:
        self.sandbox = sandbox
        self.twilio = twilio
        self.harness = harness
        self.missed = MissedTexts(harness.pool, twilio, harness.inbox.take)

    async def look(self) -> None:
        """Have delivery look at the list, as if it were a minute later each time."""
        await self.missed.run_once()
        await self.harness.pool.execute("UPDATE texts.provider_looks SET next_at = next_at - $1::interval", EVERY)

    async def kept(self) -> list[str]:
        rows = await self.harness.pool.fetch("SELECT id FROM texts.texts ORDER BY received_at")
        return [row["id"] for row in rows]

    async def stopped(self) -> bool:
        return bool(await self.harness.pool.fetchval("SELECT count(*) FROM people.opt_outs"))


@pytest.fixture
def ago() -> dict[str, timedelta]:
    """How long ago the sandbox's clock is, which the test turns."""
    return {"is": timedelta(hours=3)}


@pytest.fixture
async def carrier(harness: Harness, ago: dict[str, timedelta]) -> AsyncIterator[Carrier]:
    """A sandbox that plays Twilio, whose webhook finds nobody at our door."""
    wired = SandboxSettings.model_validate({"service_sender": OURS, "callback_tries": 1})
    async with Sandbox(wired, now=lambda: datetime.now(UTC) - ago["is"]) as sandbox:
        told = sandbox.settings
        twilio = Twilio(
            told.account_sid,
            told.auth_token,
            OURS,
            "http://127.0.0.1:9/s",
            sandbox.url,
            timeout=ClientTimeout(total=20),
        )
        carrier = Carrier(harness, sandbox, twilio)
        yield carrier
        await twilio.close()


async def had_an_outage(carrier: Carrier, hours: int = 4) -> None:
    """Delivery looked at the list before and was down since."""
    await carrier.look()
    await carrier.harness.pool.execute(
        "UPDATE texts.provider_looks SET compared_to = clock_timestamp() - $1::interval", timedelta(hours=hours)
    )


async def test_a_stop_during_an_outage_counts(carrier: Carrier) -> None:
    """A STOP whose webhook failed is found in Twilio's list and acts, once, however often the list is read."""
    await carrier.harness.clinic_says(appointment())
    await had_an_outage(carrier)
    stop = carrier.sandbox.reply(PHONE, "please stop texting me", OURS)
    await carrier.look()
    await carrier.look()
    assert await carrier.kept() == [stop.sid]
    assert await carrier.stopped()


async def test_the_webhook_and_the_list_act_once(carrier: Carrier) -> None:
    """What came by the webhook, before or after the list was read, is one text with one task."""
    await carrier.harness.clinic_says(appointment())
    await had_an_outage(carrier)
    before = carrier.sandbox.reply(PHONE, "what is this about", OURS)
    await carrier.harness.texts_come(text_event(before.body, PHONE, before.sid))
    missed = carrier.sandbox.reply(PHONE, "where do i park", OURS)
    await carrier.look()
    await carrier.harness.texts_come(text_event(missed.body, PHONE, missed.sid))
    await carrier.look()
    assert sorted(await carrier.kept()) == sorted([before.sid, missed.sid])
    assert len(await carrier.harness.tasks()) == 2


async def test_many_are_taken_in_over_pages(carrier: Carrier) -> None:
    """A day's outage of a busy number is made up for, in order, and our own texts in the list are none of theirs."""
    await had_an_outage(carrier)
    for number in range(230):
        carrier.sandbox.reply(f"+447700900{number % 3:03}", f"text {number}", OURS)
    await carrier.look()
    assert len(await carrier.kept()) == 230


async def test_young_texts_are_left_to_the_webhook(carrier: Carrier, ago: dict[str, timedelta]) -> None:
    """What has just come is still tried by Twilio: it is taken from the list only when it has settled."""
    await had_an_outage(carrier)
    ago["is"] = timedelta(0)
    carrier.sandbox.reply(PHONE, "STOP", OURS)
    await carrier.look()
    assert await carrier.kept() == []
    assert await carrier.harness.pool.fetchval(
        "SELECT compared_to < clock_timestamp() - interval '1 minute' FROM texts.provider_looks"
    )


async def test_nothing_before_the_first_start(carrier: Carrier) -> None:
    """A number's former life is not taken in: at the first look only what comes from then on counts."""
    carrier.sandbox.reply(PHONE, "STOP", OURS)
    await carrier.look()
    await carrier.look()
    assert await carrier.kept() == []


async def test_an_outage_of_the_list_loses_nothing(carrier: Carrier) -> None:
    """While Twilio shows no list, the time up to which it was compared stays, and the next look makes up for it."""
    await had_an_outage(carrier)
    missed = carrier.sandbox.reply(PHONE, "STOP", OURS)
    carrier.sandbox.set_faults(Faults(error_before=1))
    await carrier.look()
    assert await carrier.kept() == []
    carrier.sandbox.set_faults(Faults())
    await carrier.look()
    assert await carrier.kept() == [missed.sid]
