"""The page shows each phone and mailbox, safely and live."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiohttp
import aiosmtplib

from services.sandbox.app import Sandbox
from services.sandbox.entries import SandboxText
from services.sandbox.settings import Settings
from tests.sandbox.outside import ADA, SENDER, Receiver, Sdk

EVIL = "<script>alert('x')</script> & \"quotes\""


async def read(session: aiohttp.ClientSession, path: str = "/") -> str:
    async with session.get(path) as response:
        assert response.status == 200
        return await response.text()


async def updates(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[int, dict[str, object]]]:
    revision = 0
    async for line in response.content:
        name, _, value = line.decode().strip().partition(": ")
        if name == "id":
            revision = int(value)
        elif name == "data":
            yield revision, json.loads(value)


async def test_a_phone_shows_its_conversation(settings: Settings) -> None:
    """Both sides of a conversation, their status and whose phone it is are in the page without any script."""
    async with Sandbox(settings, label={ADA: "Ada, opted out"}) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create(body="How confident are you?")
        sandbox.reply(ADA, "about 7")
        await sandbox.settled()
        async with aiohttp.ClientSession(sandbox.url) as session:
            html = await read(session)
    for seen in ("+44 7700 900001", "Ada, opted out", "How confident are you?", "delivered", "about 7"):
        assert seen in html


async def test_what_was_sent_twice_is_marked(settings: Settings) -> None:
    """A second text with the same id is marked and counted."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        for _ in range(2):
            await sdk.create(status_callback="http://127.0.0.1:9/?message=1")
        async with aiohttp.ClientSession(sandbox.url) as session:
            html = await read(session)
    assert html.count('<strong class="twice">Sent twice</strong>') == 1


async def test_nothing_escapes(settings: Settings) -> None:
    """Markup in texts, labels and mails is shown, never run; HTML mail stays in a frame without scripts."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "clinic@example.org", "ada@example.org", EVIL
    mail.set_content(EVIL)
    mail.add_alternative(f"<h1>Hello</h1>{EVIL}", subtype="html")
    async with Sandbox(settings, label=lambda _: EVIL) as sandbox, Sdk(sandbox) as sdk:
        await sdk.create(body=EVIL)
        host, port = sandbox.smtp_address
        await aiosmtplib.send(mail, hostname=host, port=port)
        async with aiohttp.ClientSession(sandbox.url) as session:
            html = await read(session)
            async with session.get("/") as response:
                policy = response.headers["Content-Security-Policy"]
    assert "<script>alert" not in html
    assert "&lt;h1&gt;Hello&lt;/h1&gt;" in html
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in html
    assert "default-src 'none'; script-src 'self'" in policy


async def test_the_search_finds_numbers_names_and_addresses(settings: Settings) -> None:
    """A search works without a script, however a number is written, and says when it finds nothing."""
    async with Sandbox(settings, label={ADA: "Ada Fielding"}) as sandbox, Sdk(sandbox) as sdk:
        for to in (ADA, "+447700900002"):
            await sdk.create(to=to)
        async with aiohttp.ClientSession(sandbox.url) as session:
            for sought in ("fielding", "07700 900001", "%2B44 7700 900 001", "900001"):
                html = await read(session, f"/?q={sought}")
                assert "+44 7700 900001" in html
                assert "+44 7700 900002" not in html
            assert "Nothing found." in await read(session, "/?q=nobody")


async def test_changes_arrive_live(settings: Settings) -> None:
    """A stream gives what changed since the page was made, then each change, and reconnecting misses nothing."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk, aiohttp.ClientSession(sandbox.url) as session:
        await sdk.create(body="before")
        await sandbox.settled()
        async with session.get("/events", params={"after": 0}) as response, asyncio.timeout(10):
            stream = updates(response)
            revision, update = await anext(stream)
            assert "before" in json.dumps(update["cards"])
            await sdk.create(to="+447700900002", body="after")
            while "delivered" not in json.dumps(update) or "after" not in json.dumps(update):
                _, update = await anext(stream)
            assert ADA.removeprefix("+") not in json.dumps(update["cards"])
        headers = {"Last-Event-ID": str(revision)}
        async with session.get("/events", headers=headers) as response, asyncio.timeout(10):
            _, update = await anext(updates(response))
            assert "after" in json.dumps(update)


async def test_two_hundred_phones_are_quick(settings: Settings) -> None:
    """A page of 200 phones costs less than half a second of a processor; the rest is counted and can be searched."""
    async with Sandbox(settings) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        for number in range(900):
            sandbox.reply(f"+447700900{number:03d}", "Hello " * 20)
        started = time.process_time()
        html = await read(session)
        assert time.process_time() - started < 0.5
        assert html.count('class="card phone"') == 200
        assert '<span class="found" aria-live="polite">900</span>' in html
        assert "+44 7700 900000" in await read(session, "/?q=900000")


async def test_a_reply_can_be_written_on_the_page() -> None:
    """A reply from the page reaches the client's webhook; one from another site is refused."""
    async with Receiver(Settings()) as receiver:
        settings = Settings.model_validate({"inbound_url": f"{receiver.url}/inbound"})
        async with Sandbox(settings) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
            form = {"from": ADA, "body": " yes please "}
            for origin, status in ((sandbox.url, 200), ("https://evil.example", 403), ("null", 403)):
                async with session.post("/replies", data=form, headers={"Origin": origin}) as response:
                    assert response.status == status
            await receiver.got(1)
    assert [(form["From"], form["Body"], form["To"]) for form in receiver.forms] == [(ADA, "yes please", SENDER)]


async def test_the_ledger_is_given_as_json(settings: Settings) -> None:
    """`/ledger.json` holds the entries as they can be read back, and the doubles."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk, aiohttp.ClientSession(sandbox.url) as session:
        for _ in range(2):
            await sdk.create(status_callback="http://127.0.0.1:9/?message=1")
        async with session.get("/ledger.json") as response:
            given = await response.json()
    assert [entry["from"] for entry in given["entries"]] == [SENDER, SENDER]
    assert SandboxText.model_validate(given["entries"][0]).message_id == "1"
    assert given["doubles"] == [[entry["sid"] for entry in given["entries"]]]
