"""Attacks on the doors: forged floods, outages of ours, and what a stranger makes a phone receive or cost."""

import asyncio
import re
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientTimeout

from services.delivery.incoming.missed_texts import EVERY, MissedTexts
from services.delivery.providers.twilio_sms import Twilio
from services.gateway.settings import Settings
from services.sandbox.app import Sandbox
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings as SandboxSettings
from tests.gateway.conftest import broker, settings  # noqa: F401 - fixtures
from tests.gateway.gateway_harness import Door, free_port, opened, text
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


async def raw(port: int, request: bytes) -> bytes:
    """What the door answers to these bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


SMUGGLED = b"0\r\n\r\nGET /secret HTTP/1.1\r\nHost: x\r\n\r\n"
AMBIGUOUS = {
    "both": b"Content-Length: %d\r\nTransfer-Encoding: chunked" % len(SMUGGLED),
    "the other way": b"Transfer-Encoding: chunked\r\nContent-Length: %d" % len(SMUGGLED),
    "two lengths": b"Content-Length: 3\r\nContent-Length: %d" % len(SMUGGLED),
}


@pytest.mark.parametrize("lengths", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.parametrize("path", [b"/twilio/inbound", b"/nothing"])
async def test_no_request_hides_in_another(settings: Settings, path: bytes, lengths: bytes) -> None:  # noqa: F811
    """A body of two lengths is refused with 400, and what lies behind it is not answered."""
    async with opened(settings) as door:
        head = b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path, lengths)
        answer = await raw(int(door.url.rpartition(":")[2]), head + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "path", ["/twilio/inbound", "/twilio/status", "/unsubscribe/x", "/nothing", "/events", "/goals"]
)
async def test_no_answer_is_guessed_or_names_its_server(settings: Settings, path: str) -> None:  # noqa: F811
    """Every answer, refusals too, says once that its type is what it says, and none says what serves it."""
    async with opened(settings) as door, door.session.get(f"{door.url}{path}") as answer:
        assert answer.headers.getall("X-Content-Type-Options") == ["nosniff"]
        assert "Server" not in answer.headers


CONF = Path(__file__).parents[2] / "deploy" / "nginx" / "gateway.conf"
NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """A real nginx with the configuration of deploy/, without TLS, before a gateway's port; its own port."""
    started: list[subprocess.Popen[bytes]] = []

    def before(gateway: int) -> int:
        port, text = free_port(), CONF.read_text()
        text = re.sub(r"\n *ssl_[^\n]*", "", text).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
        text = text.replace("gateway:8000", f"127.0.0.1:{gateway}").replace("header_timeout 10s", "header_timeout 1s")
        (tmp_path / "logs").mkdir()
        paths = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy"))
        paths += "".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("fastcgi", "uwsgi", "scgi"))
        main = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/e; events {{}}\n"
        (tmp_path / "nginx.conf").write_text(f"{main}http {{ access_log off; {paths}\n{text}\n}}")
        assert NGINX is not None
        started.append(subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]))  # noqa: S603
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.05)
        raise AssertionError((tmp_path / "e").read_text())

    yield before
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(NGINX is None, reason="needs nginx (apt-get install nginx-light)")
async def test_the_proxy_keeps_the_slow_and_the_many_out(
    settings: Settings,  # noqa: F811
    proxy: Callable[[int], int],
) -> None:
    """A signed text passes; a slow header, a smuggled request, a large body and a hundred connections do not."""
    async with opened(settings) as door:
        port = proxy(int(door.url.rpartition(":")[2]))
        front = Door(f"http://127.0.0.1:{port}", door.session)
        assert await front.text(text(Body="STOP")) == 200
        began = time.monotonic()
        assert await raw(port, b"POST /twilio/inbound HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert time.monotonic() - began < 5
        both = b"POST / HTTP/1.1\r\nHost: x\r\n" + AMBIGUOUS["both"] + b"\r\n\r\n" + SMUGGLED
        assert (await raw(port, both)).startswith(b"HTTP/1.1 400 ")
        large = b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n"
        answer = await raw(port, large)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"nginx/" not in answer
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(80)]
        for _, writer in held:  # nginx counts a connection once its header is whole: these wait with their bodies
            writer.write(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
            await writer.drain()
        await asyncio.sleep(0.2)
        refused = [await asyncio.wait_for(reader.read(12), 0.2) for reader, _ in held[64:]]
        assert refused == [b"HTTP/1.1 503"] * len(refused)
        for _, writer in held:
            writer.close()
