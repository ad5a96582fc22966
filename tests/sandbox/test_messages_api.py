"""The twilio SDK can't tell the sandbox from Twilio."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped, unused-ignore]
from twilio.rest import Client  # type: ignore[import-untyped, unused-ignore]

from services.sandbox.app import Sandbox
from services.sandbox.settings import Settings
from tests.sandbox.outside import ADA, PUBLIC, SENDER, Sdk, async_http

NOON = datetime(2026, 12, 1, 12, 0, 0, 250_000, tzinfo=UTC)

REFUSED = [
    pytest.param({"to": ""}, 400, 21604, id="no recipient"),
    pytest.param({"from_": ""}, 400, 21603, id="no sender"),
    pytest.param({"body": ""}, 400, 21602, id="no body"),
    pytest.param({"to": "07700900001"}, 400, 21211, id="no country code"),
    pytest.param({"to": "+44"}, 400, 21211, id="too short"),
    pytest.param({"to": SENDER}, 400, 21266, id="to oneself"),
    pytest.param({"to": "+15005550001"}, 400, 21211, id="test number: invalid"),
    pytest.param({"to": "+15005550002"}, 400, 21612, id="test number: not routable"),
    pytest.param({"to": "+15005550003"}, 400, 21408, id="test number: no permission"),
    pytest.param({"to": "+15005550004"}, 400, 21610, id="test number: opted out"),
    pytest.param({"to": "+15005550009"}, 400, 21614, id="test number: not mobile"),
    pytest.param({"from_": "+15005550001"}, 400, 21212, id="test sender: invalid"),
    pytest.param({"from_": "+15005550007"}, 400, 21606, id="test sender: not ours"),
    pytest.param({"from_": "+15005550008"}, 429, 21611, id="test sender: queue full"),
    pytest.param({"from_": "not a sender!"}, 400, 21212, id="sender of no kind"),
    pytest.param({"to": "+447700900010"}, 400, 21610, id="marked as blocked"),
    pytest.param({"to": "+447700900011"}, 400, 21614, id="marked as a landline"),
    pytest.param({"body": "x" * 1601}, 400, 21617, id="too long"),
    pytest.param({"status_callback": "ftp://example.org/1"}, 400, 21609, id="callback by FTP"),
    pytest.param({"status_callback": "nowhere"}, 400, 21609, id="callback to nowhere"),
    pytest.param({"validity_period": 36_001}, 400, 90007, id="valid for too long"),
    pytest.param({"validity_period": 0}, 400, 90014, id="valid for no time"),
]


async def test_a_created_message_reads_back_as_the_sdk_expects_it(settings: Settings) -> None:
    """Create and fetch give every field in the SDK's own types, dates to the second in UTC."""
    async with Sandbox(settings, now=lambda: NOON) as sandbox, Sdk(sandbox) as sdk:
        created = await sdk.create(body="Grüß Gott", status_callback=None, validity_period=600)
        assert (created.status, created.date_sent, created.error_code) == ("queued", None, None)
        assert created.date_created == NOON.replace(microsecond=0)
        await sandbox.settled()
        fetched = await sdk.fetch(created.sid)
    assert fetched.sid.startswith("SM")
    assert len(fetched.sid) == 34
    assert (fetched.to, fetched.from_, fetched.body) == (ADA, SENDER, "Grüß Gott")
    assert (fetched.status, fetched.direction, fetched.num_segments) == ("delivered", "outbound-api", "1")
    assert fetched.date_sent == fetched.date_updated == NOON.replace(microsecond=0)
    assert sandbox.ledger.texts[0].validity == 600


async def test_the_asynchronous_sdk_works_too(settings: Settings) -> None:
    """Create, list and fetch work through the SDK's aiohttp client."""
    async with Sandbox(settings) as sandbox, async_http(sandbox) as http:
        client = Client(settings.account_sid, settings.auth_token, http_client=http)
        created = await client.messages.create_async(to=ADA, from_=SENDER, body="Hello")
        fetched = await client.messages(created.sid).fetch_async()
        listed = await client.messages.list_async(to=ADA)
    assert [fetched.sid] == [created.sid] == [message.sid for message in listed]


@pytest.mark.parametrize(("wrong", "status", "code"), REFUSED)
async def test_what_twilio_refuses_is_refused(wrong: dict[str, object], status: int, code: int) -> None:
    """Each mistake gives Twilio's HTTP status and code, and nothing is accepted."""
    settings = Settings(blocked=frozenset({"+447700900010"}), landline=frozenset({"+447700900011"}))
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        with pytest.raises(TwilioRestException) as caught:
            await sdk.create(**wrong)  # type: ignore[arg-type]
        assert (caught.value.status, caught.value.code) == (status, code)
        assert sandbox.ledger.entries == []


async def test_the_edges_of_what_is_allowed(settings: Settings) -> None:
    """1600 characters, ten hours, names as senders, spaced numbers and messaging services are accepted."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        longest = await sdk.create(body="x" * 1600, validity_period=36_000)
        assert longest.num_segments == "11"
        named = await sdk.create(to="+44 7700 900001", from_="NHS Clinic")
        assert (named.to, named.from_) == (ADA, "NHS Clinic")
        served = await sdk.create(from_=None, messaging_service_sid="MG" + "0" * 32)  # type: ignore[arg-type]
        assert (served.from_, served.messaging_service_sid) == (settings.service_sender, "MG" + "0" * 32)


async def test_a_stranger_is_refused(settings: Settings) -> None:
    """A wrong token gives 401 and 20003."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox, token="guessed") as sdk:
        with pytest.raises(TwilioRestException) as caught:
            await sdk.create()
    assert (caught.value.status, caught.value.code) == (401, 20003)


async def test_what_is_not_there_is_not_found(settings: Settings) -> None:
    """An unknown SID, another account and any other path give 404 and 20404."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        for missing in (sdk.fetch("SM" + "0" * 32), asyncio.to_thread(sdk.client.calls("CA" + "0" * 32).fetch)):
            with pytest.raises(TwilioRestException) as caught:
                await missing
            assert (caught.value.status, caught.value.code) == (404, 20404)
        with pytest.raises(TwilioException) as listed:
            await asyncio.to_thread(sdk.client.api.v2010.accounts("AC" + "9" * 32).messages.list)
        assert "20404" in listed.value.args[1].text


async def test_lists_are_filtered(settings: Settings) -> None:
    """To, From and the three date filters select as Twilio's do; both ends of a span count."""
    moments = [NOON + timedelta(hours=hours) for hours in (0, 1, 24)]
    clock = {"now": moments[0]}
    async with Sandbox(settings, now=lambda: clock["now"]) as sandbox, Sdk(sandbox) as sdk:
        for number, moment in enumerate(moments):
            clock["now"] = moment
            await sdk.create(to=f"+44770090000{number}", from_=SENDER if number else "Clinic", body=str(number))
            await sandbox.settled()

        async def bodies(**filters: object) -> str:
            return "".join(message.body for message in await sdk.list(**filters))

        assert await bodies() == "210"
        assert await bodies(to=ADA) == "1"
        assert await bodies(from_="Clinic") == "0"
        assert await bodies(date_sent=moments[0]) == "10"
        assert await bodies(date_sent_after=moments[1]) == "21"
        assert await bodies(date_sent_before=moments[1]) == "10"
        assert await bodies(date_sent_after=moments[1], date_sent_before=moments[1], to=ADA) == "1"
        assert await bodies(to="+447700900999") == ""


async def test_a_queued_message_has_no_date_to_be_found_by() -> None:
    """Until it is sent, a message is listed by number but not by date."""
    async with Sandbox(Settings(status_delay=3600)) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create()
        assert len(await sdk.list(to=ADA)) == 1
        assert await sdk.list(to=ADA, date_sent_after=datetime(2000, 1, 1, tzinfo=UTC)) == []


async def test_the_sdk_pages_through_long_lists(settings: Settings) -> None:
    """Paging gives every message once, newest first, even while new ones arrive."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sids = [(await sdk.create(body=str(number))).sid for number in range(7)]
        assert [message.sid for message in await sdk.list(page_size=3)] == sids[::-1]
        first = await asyncio.to_thread(sdk.client.messages.page, to=ADA, page_size=3)
        await sdk.create(body="meanwhile")
        second = await asyncio.to_thread(first.next_page)
        assert [message.sid for message in second] == sids[3:0:-1]
        back = await asyncio.to_thread(second.previous_page)
        assert len(list(back)) == 3


async def test_a_malformed_list_is_refused(settings: Settings) -> None:
    """A date that is none gives 400 and 20001."""
    async with Sandbox(settings) as sandbox, aiohttp.ClientSession() as session:
        credentials = aiohttp.encode_basic_auth(settings.account_sid, settings.auth_token)
        url = f"{sandbox.url}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"
        headers = {"Authorization": credentials}
        async with session.get(url, params={"DateSent>": "soon"}, headers=headers) as response:
            assert response.status == 400
            assert (await response.json())["code"] == 20001


async def test_the_clients_own_id_is_found_in_the_callback_url(settings: Settings) -> None:
    """The ledger knows a message by the opaque id in its callback URL."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create(status_callback=f"{PUBLIC}/status?message=m-1")
    assert sandbox.ledger.texts[0].message_id == "m-1"
