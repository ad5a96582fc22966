"""What a stolen server could do at Twilio, and what Twilio keeps of a patient."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from services.cli.commands.erase import texts_at_provider
from services.delivery.providers.message import OutboundMessage
from services.delivery.providers.outcomes import Accepted, Misconfigured
from services.delivery.providers.twilio_sms import Twilio
from services.delivery.settings import Settings
from services.sandbox.app import Sandbox
from services.sandbox.settings import Settings as SandboxSettings
from shared.settings import SettingsError, load
from tests.delivery.test_delivery_settings import WELL
from tests.harness import MONDAY, Harness, appointment

OURS, ADA = "+15005550006", "+447700900001"
KEY, DUE = "SK" + "0" * 31 + "1", MONDAY + timedelta(days=14, hours=8)


def letter() -> OutboundMessage:
    return OutboundMessage(
        message_id=uuid4(), claim_token=uuid4(), channel="sms", address=ADA, text="Hello", lasts=timedelta(hours=1)
    )


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Twilio, as the sandbox plays it."""
    async with Sandbox(SandboxSettings(callback_tries=1)) as running:
        yield running


def by_key(sandbox: Sandbox, secret: str = "secret") -> Twilio:  # noqa: S107 - the sandbox's
    return Twilio(sandbox.settings.account_sid, secret, OURS, "http://127.0.0.1:9/s", sandbox.url, api_key=KEY)


async def test_texts_go_by_an_api_key(sandbox: Sandbox) -> None:
    """Delivery sends with a key that signs nothing and can be withdrawn alone; a wrong secret is refused."""
    provider, wrong = by_key(sandbox), by_key(sandbox, "wrong")
    assert isinstance(await provider.send(letter()), Accepted)
    assert isinstance(await wrong.send(letter()), Misconfigured)
    await provider.close()
    await wrong.close()


@pytest.mark.parametrize(
    ("given", "secret"),
    [
        ({"twilio_api_key": KEY, "twilio_api_secret": "s", "twilio_auth_token": None}, "s"),
        ({"twilio_api_key": KEY, "twilio_api_secret": "s", "twilio_auth_token": "t"}, "s"),
        ({"twilio_auth_token": "t"}, "t"),
        ({"twilio_auth_token": None}, None),
        ({"twilio_api_key": KEY}, None),
        ({"twilio_api_secret": "s"}, None),
    ],
)
def test_who_logs_in(given: dict[str, str | None], secret: str | None) -> None:
    """The key where there is one, the token where there is none; half of a key, or nothing, stops the start."""
    settings = {**WELL, **given}
    if secret is None:
        with pytest.raises(SettingsError, match="TWILIO_API"):
            load(Settings, **settings)
    else:
        assert load(Settings, **settings).twilio_secret == secret


async def test_a_patient_s_texts_are_deleted_at_the_provider(harness: Harness, sandbox: Sandbox) -> None:
    """Ours and theirs are in no list afterwards; what was gone counts as gone, and what is said twice is done once."""
    provider = by_key(sandbox)
    harness.providers["sms"] = provider  # type: ignore[assignment]
    await harness.clinic_says(appointment())
    await harness.turn(DUE)
    await harness.beat()
    sender = harness.sender()
    await sender.run_once()
    await sender.close(10)
    reply = sandbox.reply(ADA, "my back hurts", OURS)
    await harness.phone_says("my back hurts", sid=reply.sid)
    async with harness.pool.acquire() as connection:
        patients = [row["id"] for row in await connection.fetch("SELECT id FROM people.patients")]
        ids = await texts_at_provider(connection, patients)
    assert reply.sid in ids
    assert len(ids) == 2
    assert await provider.erase_all([*ids, "SM" + "0" * 32]) == (3, 0)
    assert await provider.erase_all(ids) == (2, 0)
    assert [await provider.status(one) for one in ids] == [None, None]
    await provider.close()
