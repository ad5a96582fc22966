"""Status callbacks: signed, in order, and on demand as badly behaved as Twilio's."""

import socket

from services.sandbox.app import Sandbox
from services.sandbox.faults import FaultMix, Faults
from services.sandbox.settings import Settings
from tests.sandbox.outside import ADA, PUBLIC, SENDER, Receiver, Sdk


async def test_a_message_is_sent_then_delivered(settings: Settings) -> None:
    """Two signed callbacks tell of sent and delivered; of queued there is none."""
    async with Receiver(settings) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        created = await sdk.create(status_callback=f"{receiver.url}/status?message=m%2F1")
        await sandbox.settled()
    assert receiver.statuses == ["sent", "delivered"]
    assert receiver.forms[0] == {
        "AccountSid": settings.account_sid,
        "ApiVersion": "2010-04-01",
        "From": SENDER,
        "MessageSid": created.sid,
        "MessageStatus": "sent",
        "SmsSid": created.sid,
        "SmsStatus": "sent",
        "To": ADA,
    }


async def test_an_unreachable_phone_fails_later() -> None:
    """A number marked unreachable is accepted, then undelivered with 30003, in callback and API."""
    settings = Settings(status_delay=0, unreachable=frozenset({ADA}))
    async with Receiver(settings) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        created = await sdk.create(status_callback=receiver.url + "/")
        await sandbox.settled()
        fetched = await sdk.fetch(created.sid)
    assert receiver.statuses == ["sent", "undelivered"]
    assert receiver.forms[-1]["ErrorCode"] == "30003"
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)
    assert fetched.error_message == "Unreachable destination handset"


async def test_the_signature_is_of_the_public_address() -> None:
    """With `callback_via` the public URL is signed, while the callback goes to where the receiver really is."""
    async with Receiver(Settings(), public=PUBLIC) as receiver:
        settings = Settings.model_validate({"status_delay": 0, "callback_via": receiver.url})
        async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
            await sdk.create(status_callback=f"{PUBLIC}/status/1?x=2")
            await sandbox.settled()
    assert receiver.paths == ["/status/1?x=2"] * 2


async def test_a_failing_receiver_is_tried_again(settings: Settings) -> None:
    """A callback that met a 5xx is posted again until it is taken; the one after it waits."""
    async with Receiver(settings, answers=(500, 503)) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create(status_callback=receiver.url + "/")
        await sandbox.settled()
    assert receiver.statuses == ["sent", "sent", "sent", "delivered"]


async def test_a_receiver_that_is_down_is_given_up(settings: Settings) -> None:
    """Without anybody to tell, a message is delivered all the same."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create(status_callback=f"http://127.0.0.1:{port}/")
        await sandbox.settled()
        assert sandbox.ledger.texts[0].status == "delivered"


async def test_callbacks_are_doubled_on_demand(settings: Settings) -> None:
    """With `callback_doubled` each callback comes twice."""
    async with Receiver(settings) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(Faults(callback_doubled=1))
        await sdk.create(status_callback=receiver.url + "/")
        await sandbox.settled()
    assert receiver.statuses == ["sent", "sent", "delivered", "delivered"]


async def test_callbacks_are_shuffled_on_demand(settings: Settings) -> None:
    """With `callback_shuffled` delivered comes before sent."""
    async with Receiver(settings) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(Faults(callback_shuffled=1))
        await sdk.create(status_callback=receiver.url + "/")
        await sandbox.settled()
    assert receiver.statuses == ["delivered", "sent"]


async def test_callbacks_are_late_on_demand(settings: Settings) -> None:
    """A late callback is overtaken by what isn't late."""
    faults = Faults(callback_late=0.5, callback_late_by=0.2)
    seed = next(n for n in range(99) if _late(faults.model_copy(update={"seed": n})) == (True, False))
    async with Receiver(settings) as receiver, Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(faults.model_copy(update={"seed": seed}))
        await sdk.create(status_callback=receiver.url + "/")
        await receiver.got(1)
        assert receiver.statuses == ["delivered"]
        await sandbox.settled()
    assert receiver.statuses == ["delivered", "sent"]


async def test_patients_answer(settings: Settings) -> None:
    """A reply is signed, goes to the number that texted last, and stands in the ledger."""
    async with Receiver(settings) as receiver:
        told = Settings.model_validate({"status_delay": 0, "inbound_url": f"{receiver.url}/inbound"})
        async with Sandbox(told) as sandbox, Sdk(sandbox) as sdk:
            await sdk.create(from_="+15005550010")
            reply = sandbox.reply(ADA, "7, I think")
            await sandbox.settled()
            assert [message.body for message in await sdk.list(to="+15005550010")] == ["7, I think"]
    assert receiver.paths == ["/inbound"]
    form = receiver.forms[0]
    assert (form["MessageSid"], form["From"], form["To"], form["Body"]) == (
        reply.sid,
        ADA,
        "+15005550010",
        "7, I think",
    )


def _late(faults: Faults) -> tuple[bool, ...]:
    return FaultMix(faults).for_callbacks(2).late
