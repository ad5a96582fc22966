"""Twilio's SDK and SMTP against the sandbox: each answer and each silence is the right outcome, nothing goes twice."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from services.delivery.providers.message import Invite, LookupUnavailable, OutboundMessage
from services.delivery.providers.outcomes import (
    Accepted,
    Misconfigured,
    NotSent,
    OptedOut,
    Outcome,
    RefusedForGood,
    Unknown,
)
from services.delivery.providers.smtp_mail import SmtpRelay
from services.delivery.providers.twilio_sms import RETRIES, Twilio
from services.gateway.limit import door
from services.gateway.signatures import Signatures
from services.sandbox.app import Sandbox
from services.sandbox.entries import Status
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings
from shared.events.delivery_receipt import Receipt

FROM, ADA, BOB = "+15005550006", "+447700900001", "+447700900002"
TEXT = "Ada, your appointment is on Monday 7 December at 9am."
CALLBACK = "http://127.0.0.1:9/twilio/status"
QUICK = ClientTimeout(total=None, sock_read=1)
PATIENT = ClientTimeout(total=60)


def patience(faults: Faults) -> ClientTimeout:
    """How long to wait: little where no answer is to come, and else as long as a busy machine may take."""
    return QUICK if faults.latency or faults.hang_after or faults.half_open else PATIENT


def letter(
    to: str = ADA, text: str = TEXT, lasts: timedelta = timedelta(hours=2), channel: str = "sms"
) -> OutboundMessage:
    html = f"<p>{text}</p>"
    return OutboundMessage(
        message_id=uuid4(),
        claim_token=uuid4(),
        channel="email" if channel == "email" else "sms",
        address=to,
        text=text,
        lasts=lasts,
        subject="Your appointment",
        html=html,
    )


@asynccontextmanager
async def twilio(
    sandbox: Sandbox,
    *,
    url: str | None = None,
    token: str | None = None,
    sender: str = FROM,
    account: str | None = None,
    callback: str = CALLBACK,
    patience: ClientTimeout = PATIENT,
) -> AsyncIterator[Twilio]:
    settings = sandbox.settings
    provider = Twilio(
        account or settings.account_sid,
        token or settings.auth_token,
        sender,
        callback,
        url or sandbox.url,
        timeout=patience,
    )
    try:
        yield provider
    finally:
        await provider.close()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox whose callbacks are given up at once."""
    settings = Settings(
        status_delay=3600, callback_tries=1, blocked=frozenset({BOB}), landline=frozenset({"+442079460000"})
    )
    async with Sandbox(settings) as running:
        yield running


REFUSALS = [
    ("invalid number", "+15005550001", RefusedForGood("21211")),
    ("no route", "+15005550002", RefusedForGood("21612")),
    ("no permission", "+15005550003", RefusedForGood("21408")),
    ("opted out", "+15005550004", OptedOut("21610")),
    ("no mobile", "+15005550009", RefusedForGood("21614")),
    ("opted out at the sandbox", BOB, OptedOut("21610")),
    ("a landline", "+442079460000", RefusedForGood("21614")),
    ("no number at all", "Ada", RefusedForGood("21211")),
]


@pytest.mark.parametrize(("to", "outcome"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
async def test_a_refused_text_is_sorted_by_its_code(sandbox: Sandbox, to: str, outcome: Outcome) -> None:
    """Each of Twilio's error bodies becomes its outcome, and nothing is in the ledger."""
    async with twilio(sandbox) as provider:
        assert await provider.send(letter(to)) == outcome
    assert sandbox.ledger.texts == []


SENDERS = [
    ("invalid From", {"sender": "+15005550001"}, Misconfigured("21212")),
    ("From cannot send", {"sender": "+15005550007"}, Misconfigured("21606")),
    ("queue full", {"sender": "+15005550008"}, NotSent("21611")),
    ("wrong token", {"token": "wrong"}, Misconfigured("20003")),
    ("another account", {"account": "AC" + "9" * 32}, Misconfigured("20003")),
]


@pytest.mark.parametrize(("given", "outcome"), [case[1:] for case in SENDERS], ids=[case[0] for case in SENDERS])
async def test_what_is_wrong_with_us_is_no_fault_of_the_number(
    sandbox: Sandbox, given: dict[str, Any], outcome: Outcome
) -> None:
    """A wrong account or sender is a matter of settings, and a full queue of time."""
    async with twilio(sandbox, **given) as provider:
        assert await provider.send(letter()) == outcome


FAULTS = [
    ("429", Faults(too_many=1), NotSent, 0),
    ("500 before accepting", Faults(error_before=1), Unknown, 0),
    ("500 after accepting", Faults(error_after=1), Unknown, 1),
    ("accept then hang", Faults(hang_after=1), Unknown, 1),
    ("half-open", Faults(half_open=1), Unknown, 0),
    ("reset before", Faults(reset_before=1), Unknown, 0),
    ("reset after", Faults(reset_after=1), Unknown, 1),
    ("too slow", Faults(latency=5), Unknown, 0),
    ("none", Faults(), Accepted, 1),
]


@pytest.mark.parametrize(("faults", "outcome", "kept"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
async def test_a_fault_is_unknown_unless_it_surely_was_not_sent(
    sandbox: Sandbox, faults: Faults, outcome: type, kept: int
) -> None:
    """A timeout, a reset and a 5xx are unknown; a 429 was not processed; one send makes one create at most."""
    async with twilio(sandbox, patience=patience(faults)) as provider:
        sandbox.set_faults(faults)
        assert type(await provider.send(letter())) is outcome
        sandbox.set_faults(Faults())
    assert len(sandbox.ledger.texts) == kept


async def test_a_provider_that_is_not_there_was_sent_nothing(sandbox: Sandbox) -> None:
    """Connection refused, no such host and a handshake that is none: nothing was written."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://nobody.invalid", sandbox.url.replace("http:", "https:")):
        async with twilio(sandbox, url=url) as provider:
            assert await provider.send(letter()) == NotSent("connect")


@pytest.mark.parametrize(
    ("lasts", "validity"),
    [(timedelta(hours=2), 7200), (timedelta(days=9), 36_000), (timedelta(seconds=-5), 1), (timedelta(0), 1)],
)
async def test_a_text_dies_with_its_use(sandbox: Sandbox, lasts: timedelta, validity: int) -> None:
    """`ValidityPeriod` is what is left of a message's life, within what Twilio takes."""
    async with twilio(sandbox) as provider:
        await provider.send(letter(lasts=lasts))
    assert [text.validity for text in sandbox.ledger.texts] == [validity]


async def test_the_callback_names_the_message_and_nobody(sandbox: Sandbox) -> None:
    """The callback's address holds our opaque id and neither number nor name; a messaging service can be the sender."""
    one = letter()
    async with twilio(sandbox, sender="MG" + "1" * 32) as provider:
        await provider.send(one)
    [text] = sandbox.ledger.texts
    assert text.callback_url == f"{CALLBACK}?message={one.message_id}"
    assert text.service_sid == "MG" + "1" * 32


async def test_a_callback_s_retries_stand_behind_the_message_and_outside_the_signature(sandbox: Sandbox) -> None:
    """Overrides end the address; what Twilio signs and requests, all before the `#`, is what the gateway checks."""
    one = letter()
    async with twilio(sandbox, callback=CALLBACK + RETRIES) as provider:
        await provider.send(one)
    [text] = sandbox.ledger.texts
    assert text.callback_url == f"{CALLBACK}?message={one.message_id}#rt=7000&rc=5&rp=5xx,ct,rt"
    assert text.message_id == str(one.message_id)
    requested, _, fragment = text.callback_url.partition("#")
    _, _, query = requested.partition("?")
    form = ImmutableMultiDict({"MessageSid": text.sid, "MessageStatus": "delivered"})
    gateway, twilios = Signatures("http://127.0.0.1:9", ["token"], door(1)), RequestValidator("token")
    assert gateway.hold("/twilio/status", query, form, twilios.compute_signature(requested, form))
    assert not gateway.hold("/twilio/status", query, form, twilios.compute_signature(text.callback_url, form))
    assert {pair.partition("=")[0] for pair in fragment.split("&")} == {"rt", "rc", "rp"}


async def test_a_text_is_looked_up_by_its_sid(sandbox: Sandbox) -> None:
    """What became of it is said as a callback would say it; a text that Twilio has no more is no outage."""
    async with twilio(sandbox) as provider:
        sids = []
        for to in (ADA, "+447700900003", "+447700900004"):
            sent = await provider.send(letter(to))
            assert isinstance(sent, Accepted)
            sids.append(sent.provider_id)
        sandbox.ledger.move(sids[1], Status.DELIVERED, datetime.now(UTC))
        sandbox.ledger.move(sids[2], Status.UNDELIVERED, datetime.now(UTC), 30003)
        assert [await provider.status(sid) for sid in sids] == [
            Receipt(provider="twilio", provider_id=sids[0], status="queued"),
            Receipt(provider="twilio", provider_id=sids[1], status="delivered"),
            Receipt(provider="twilio", provider_id=sids[2], status="undelivered", error_code=30003),
        ]
        assert await provider.status("SM" + "0" * 32) is None


NOT_SHOWN = [
    ("429", Faults(too_many=1), {}, "20429"),
    ("500", Faults(error_before=1), {}, "20500"),
    ("no answer", Faults(half_open=1), {}, "SocketTimeoutError"),
    ("reset", Faults(reset_before=1), {}, "ServerDisconnectedError|ClientOSError"),
    ("wrong token", Faults(), {"token": "wrong"}, "20003"),
    ("nobody there", Faults(), {"url": "http://127.0.0.1:9"}, "ClientConnectorError"),
]


@pytest.mark.parametrize(
    ("faults", "given", "why"), [case[1:] for case in NOT_SHOWN], ids=[case[0] for case in NOT_SHOWN]
)
async def test_a_text_that_is_not_shown_is_not_forgotten(
    sandbox: Sandbox, faults: Faults, given: dict[str, Any], why: str
) -> None:
    """Where Twilio does not answer, or somebody else does, that is said, by a code that tells of nobody."""
    async with twilio(sandbox, patience=patience(faults), **given) as provider:
        sandbox.set_faults(faults)
        with pytest.raises(LookupUnavailable, match=f"^({why})$"):
            await provider.status("SM" + "0" * 32)
        sandbox.set_faults(Faults())


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "<h1>Not Found</h1>"), (404, '{"message": "no"}'), (200, "<h1>Hello</h1>"), (200, "{}"), (200, "[]")],
)
async def test_what_is_no_answer_of_twilio_s_tells_nothing(sandbox: Sandbox, status: int, body: str) -> None:
    """A page of a proxy's, and an answer without a status, forget no text and break nothing."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as proxy, twilio(sandbox, url=str(proxy.make_url(""))) as provider:
        with pytest.raises(LookupUnavailable):
            await provider.status("SM" + "0" * 32)


async def test_a_look_up_finds_the_exact_words_alone(sandbox: Sandbox) -> None:
    """Found by number and exact words, never one that is known as another's, nor one of long before."""
    since = datetime.now(UTC)
    async with twilio(sandbox) as provider:
        first = await provider.send(letter())
        await provider.send(letter(text=TEXT + " "))
        await provider.send(letter(to="+447700900003"))
        second = await provider.send(letter())
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        none: frozenset[str] = frozenset()
        sids = {first.provider_id, second.provider_id}
        assert await provider.find(letter(), since, none) in sids
        assert await provider.find(letter(), since, frozenset({first.provider_id})) == second.provider_id
        assert await provider.find(letter(), since, frozenset(sids)) is None
        assert await provider.find(letter(text="Other words"), since, none) is None
        assert await provider.find(letter(to="+447700900009"), since, none) is None
        assert await provider.find(letter(), since + timedelta(hours=1), none) is None


@pytest.mark.parametrize(
    "faults", [Faults(error_before=1), Faults(half_open=1), Faults(reset_before=1), Faults(too_many=1)]
)
async def test_a_list_that_is_not_shown_is_no_empty_list(sandbox: Sandbox, faults: Faults) -> None:
    """Where the list cannot be read, that is said: only a list that was seen justifies sending again."""
    async with twilio(sandbox, patience=patience(faults)) as provider:
        sandbox.set_faults(faults)
        with pytest.raises(LookupUnavailable):
            await provider.find(letter(), datetime.now(UTC), frozenset())
        sandbox.set_faults(Faults())


async def test_nothing_that_is_logged_tells_of_anybody(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever happens to a text, no log line of ours or of the SDK holds its number or its words."""
    caplog.set_level(logging.DEBUG)
    for faults in (Faults(), Faults(error_after=1), Faults(hang_after=1), Faults(too_many=1)):
        async with twilio(sandbox, patience=patience(faults)) as provider:
            sandbox.set_faults(faults)
            await provider.send(letter())
    sandbox.set_faults(Faults())
    async with twilio(sandbox) as provider:
        await provider.send(letter("+15005550001"))
        await provider.find(letter(), datetime.now(UTC), frozenset())
        await provider.status(sandbox.ledger.texts[0].sid)
    assert "7700" not in caplog.text
    assert "appointment is on" not in caplog.text
    assert ADA not in repr(letter())


def mail(sandbox: Sandbox, name: str = 'Riverside, the "NHS" hospital') -> SmtpRelay:
    host, port = sandbox.smtp_address
    return SmtpRelay(f"smtp+plain://{host}:{port}", "clinic@example.org", name)


async def test_a_mail_arrives_as_text_and_page(sandbox: Sandbox) -> None:
    """Both parts, a subject, a sender's name with a comma in it, and a Message-ID that stays over a resend."""
    one = letter("ada@example.org", channel="email")
    provider = mail(sandbox)
    assert await provider.send(one) == await provider.send(one) == Accepted(f"<{one.message_id}@example.org>")
    kept, again = sandbox.ledger.mails
    assert (kept.text, kept.html, kept.subject) == (TEXT + "\n", f"<p>{TEXT}</p>\n", "Your appointment")
    assert kept.sender == '"Riverside, the \\"NHS\\" hospital" <clinic@example.org>'
    assert kept.message_id == again.message_id
    assert len(sandbox.ledger.doubles()) == 1


def ics(number: int, method: str = "REQUEST", title: str = "Apwyntiad ŵ 🏥") -> bytes:
    """An entry such as calendars get."""
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{number}"),
        *("DTSTAMP:20261116T100000Z", "DTSTART:20261201T143000Z", "DTEND:20261201T150000Z", f"SEQUENCE:{number}"),
        *(f"SUMMARY:{title}", "LOCATION:Riverside", "END:VEVENT", "END:VCALENDAR", ""),
    )
    return "\r\n".join(lines).encode()


ONE = (Invite("invite.ics", "REQUEST", ics(1)),)
GONE = (Invite("invite.ics", "CANCEL", ics(2, "CANCEL")),)
TWO = (Invite("invite-1.ics", "REQUEST", ics(1)), Invite("invite-2.ics", "CANCEL", ics(2, "CANCEL")))

PLAIN = ["multipart/alternative", "text/plain", "text/html"]
INVITED = ["multipart/mixed", *PLAIN, "text/calendar", "application/ics"]

STRUCTURES = [
    ("no entry", (), PLAIN),
    ("one entry", ONE, INVITED),
    ("one that goes", GONE, INVITED),
    ("two", TWO, ["multipart/mixed", *PLAIN, "application/ics", "application/ics"]),
]


def composed(one: OutboundMessage, url: str = "smtps://relay.example.org") -> tuple[bytes, EmailMessage]:
    """A message as it is written, and as it is read."""
    content = SmtpRelay(url, "clinic@example.org", "Ysbyty Glan ŵ").compose(one).as_bytes()
    return content, message_from_bytes(content, policy=policy.default)


@pytest.mark.parametrize(
    ("calendar", "structure"), [case[1:] for case in STRUCTURES], ids=[case[0] for case in STRUCTURES]
)
def test_a_mail_about_one_entry_is_an_invitation(calendar: tuple[Invite, ...], structure: list[str]) -> None:
    """One entry is an alternative to the words, with its method, and a file; several are files; none is neither."""
    _, read = composed(replace(letter("ada@example.org", channel="email"), calendar=calendar))
    assert [part.get_content_type() for part in read.walk()] == structure
    files = list(read.iter_attachments())
    assert [part.get_filename() for part in files] == [invite.filename for invite in calendar]
    assert [part.get_content() for part in files] == [invite.content for invite in calendar]
    for part in read.walk():
        if part.get_content_type() == "text/calendar":
            assert part.get_payload(decode=True) == calendar[0].content
            assert dict(part["Content-Type"].params) == {"charset": "utf-8", "method": calendar[0].method}
            assert part["Content-Disposition"] is None


LONG = [
    ("Welsh", "Mae'ch apwyntiad ddydd Mawrth yng Nghanolfan Glan yr Afon, ŵ ŷ â. " * 40),
    ("one long word", "ŵ" * 3000),
    ("one long word in ASCII", "x" * 3000),
    ("another script", "अदा, आपकी अपॉइंटमेंट है। " * 60),
    ("dots and Froms", ".\n..\nFrom me\n.\n"),
    ("blank lines", "a\n\n\nb \nc"),
]


@pytest.mark.parametrize("text", [case[1] for case in LONG], ids=[case[0] for case in LONG])
def test_a_mail_passes_any_relay(text: str) -> None:
    """Seven bits and short lines, whatever the words: none is rewritten on its way, and all arrive."""
    subject = " ".join(text.split())[:200]
    one = replace(letter("ada@example.org", text, channel="email"), subject=subject, calendar=ONE)
    content, read = composed(one)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, head.split(b"\r\n"))) <= 998
    plain, page = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None
    assert page is not None
    seen = [part.get_content().replace("\r\n", "\n") for part in (plain, page)]
    assert seen == [text.rstrip("\n") + "\n", f"<p>{text}</p>\n"]
    assert read["Subject"] == subject


NAMES = [
    ("Welsh", "Tŷ Ŵyl yr Afon"),
    ("words of other letters alone", "ŵ ŷ â ô î"),
    ("long", "Bwrdd Iechyd Prifysgol Glan yr Afon, Tŷ Ŵyl a Chanolfan Iechyd Llŷn ac Ynys Môn"),
    ("another script", "अदा अपॉइंटमेंट"),
    ("commas and quotes", 'Riverside, the "NHS" hospital'),
    ("a comma in Welsh", 'Tŷ Ŵyl, "GIG"'),
]


@pytest.mark.parametrize("name", [case[1] for case in NAMES], ids=[case[0] for case in NAMES])
@pytest.mark.parametrize("before", range(0, 80, 7))
def test_a_header_in_any_language_arrives_as_it_was_meant(before: int, name: str) -> None:
    """Wherever a line of it ends, no space between two words is lost, and none is added (RFC 2047, section 6.2)."""
    named = f"{'x' * before} {name}".strip()
    one = replace(letter("ada@example.org", channel="email"), subject=named)
    content = SmtpRelay("smtps://relay.example.org", "clinic@example.org", named).compose(one).as_bytes()
    read = message_from_bytes(content, policy=policy.compat32)  # the newer one adds spaces where it reads names
    subject, sender = (read[header].replace("\r\n", "") for header in ("Subject", "From"))
    shown, address = parseaddr(sender)
    assert [str(make_header(decode_header(text))).strip() for text in (subject, shown)] == [named, named]
    assert address == "clinic@example.org"
    head, _, _ = content.partition(b"\r\n\r\n")
    assert [word for word in head.split() if word.startswith(b"=?") and len(word) > 75] == []


TOKEN = "https://gateway.example.org/unsubscribe/" + "0123456789abcdef" * 12

STOPS = [
    ("short", "https://g.example.org/u/1", True, True),
    ("long", TOKEN, True, True),
    ("in the clear", "http://127.0.0.1:8080/u/1", False, True),
    ("none", "", False, False),
    ("by mail", "mailto:stop@example.org", False, False),
    ("with a line", "https://g.example.org/\r\nBcc: eve@example.org", False, False),
    ("with a bracket", "https://g.example.org/>,<mailto:eve@example.org", False, False),
    ("not in ASCII", "https://g.example.org/ŵ", False, False),
    ("too long for a line", "https://g.example.org/" + "x" * 998, False, False),
]


@pytest.mark.parametrize(
    ("url", "by_relay", "by_sandbox"), [case[1:] for case in STOPS], ids=[case[0] for case in STOPS]
)
def test_one_click_stops_mails_of_a_kind(url: str, *, by_relay: bool, by_sandbox: bool) -> None:
    """RFC 8058: both headers, HTTPS, in one line as it is; the sandbox, where all is in the clear, takes HTTP too."""
    one = replace(letter("ada@example.org", channel="email"), unsubscribe=url)
    for relay, offered in (("smtps://relay.example.org", by_relay), ("smtp+plain://127.0.0.1:2525", by_sandbox)):
        content, read = composed(one, relay)
        header = f"\r\nList-Unsubscribe: <{url}>\r\n".encode()
        assert (header in content) is ("List-Unsubscribe" in read) is offered
        assert read["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if offered else None)
        assert "Bcc" not in read


async def test_a_header_cannot_be_broken_out_of(sandbox: Sandbox) -> None:
    """A line break in a subject or an address: refused, never a header of somebody else's."""
    provider = mail(sandbox)
    one = letter("ada@example.org", channel="email")
    for evil in (replace(one, subject="Hi\r\nBcc: eve@example.org"), replace(one, address="ada@example.org\r\nBcc: e")):
        assert type(await provider.send(evil)) is RefusedForGood
    assert sandbox.ledger.mails == []


async def test_the_sandbox_reads_what_a_mail_changes_in_a_calendar(sandbox: Sandbox) -> None:
    """What went over the wire is read as it was meant: once each, though an invitation stands in a mail twice."""
    provider = mail(sandbox)
    for calendar in (ONE, TWO):
        one = replace(letter("ada@example.org", channel="email"), calendar=calendar, unsubscribe=TOKEN)
        assert type(await provider.send(one)) is Accepted
    first, second = sandbox.ledger.mails
    assert [(change.method, change.sequence, change.title) for change in first.changes] == [
        ("REQUEST", 1, "Apwyntiad ŵ 🏥")
    ]
    assert [(change.method, change.uid) for change in second.changes] == [("REQUEST", "1"), ("CANCEL", "2")]
    assert first.unsubscribe == second.unsubscribe == TOKEN


Script = dict[bytes, bytes | None]
"""What a relay answers to each command; None: it breaks the connection off."""

FINE: Script = {
    b"": b"220 hi",
    b"EHLO": b"250 hi",
    b"MAIL": b"250 ok",
    b"RCPT": b"250 ok",
    b"DATA": b"354 go",
    b".": b"250 kept",
}


@asynccontextmanager
async def relay(script: Script) -> AsyncIterator[SmtpRelay]:
    """A relay that follows a script."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(to: bytes) -> bool:
            answer = script.get(to, b"500 what")
            if answer is not None:
                writer.write(answer + b"\r\n")
                await writer.drain()
            return answer is not None

        in_data = False
        going = await say(b"")
        while going and (line := await reader.readline()):
            if in_data and line != b".\r\n":
                continue
            command = b"." if in_data else line[:4].upper()
            in_data = command == b"DATA" and (script[b"DATA"] or b"").startswith(b"354")
            going = await say(command)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield SmtpRelay(f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}", "clinic@example.org")
    finally:
        server.close()
        await server.wait_closed()


SMTP_CASES: list[tuple[str, Script, type]] = [
    ("all is well", {}, Accepted),
    ("busy at the door", {b"": b"421 later"}, NotSent),
    ("shut at the door", {b"": b"554 no service"}, Misconfigured),
    ("gone at the door", {b"": None}, NotSent),
    ("sender deferred", {b"MAIL": b"451 later"}, NotSent),
    ("sender refused", {b"MAIL": b"550 who are you"}, Misconfigured),
    ("gone after MAIL", {b"MAIL": None}, NotSent),
    ("recipient deferred", {b"RCPT": b"450 greylisted"}, NotSent),
    ("recipient refused", {b"RCPT": b"550 no such mailbox"}, RefusedForGood),
    ("gone after RCPT", {b"RCPT": None}, NotSent),
    ("DATA deferred", {b"DATA": b"451 later"}, NotSent),
    ("DATA refused", {b"DATA": b"554 no"}, RefusedForGood),
    ("gone at DATA", {b"DATA": None}, Unknown),
    ("content deferred", {b".": b"452 full"}, NotSent),
    ("content refused", {b".": b"550 spam"}, RefusedForGood),
    ("gone after the final dot", {b".": None}, Unknown),
]


@pytest.mark.parametrize(("script", "outcome"), [case[1:] for case in SMTP_CASES], ids=[case[0] for case in SMTP_CASES])
async def test_a_mail_is_unknown_from_data_on_alone(script: Script, outcome: type) -> None:
    """Before DATA a break means not sent, after it unknown; 4xx is for now; 5xx before a recipient is about us."""
    async with relay(FINE | script) as provider:
        assert type(await provider.send(letter("ada@example.org", channel="email"))) is outcome


@pytest.mark.parametrize(
    ("faults", "outcome", "kept"), [(Faults(mail_deferred=1), NotSent, 0), (Faults(mail_unanswered=1), Unknown, 1)]
)
async def test_a_mail_meets_the_sandbox_s_faults(sandbox: Sandbox, faults: Faults, outcome: type, kept: int) -> None:
    """A deferred mail was not sent; one that breaks after the final dot is unknown, though it is there (RFC 1047)."""
    sandbox.set_faults(faults)
    assert type(await mail(sandbox).send(letter("ada@example.org", channel="email"))) is outcome
    assert len(sandbox.ledger.mails) == kept


@pytest.mark.parametrize("url", ["smtp://{}:{}", "smtps://{}:{}"])
async def test_no_mail_goes_out_in_the_clear(sandbox: Sandbox, url: str) -> None:
    """A relay that offers no TLS gets nothing."""
    provider = SmtpRelay(url.format(*sandbox.smtp_address), "clinic@example.org")
    assert type(await provider.send(letter("ada@example.org", channel="email"))) is NotSent
    assert sandbox.ledger.mails == []


ODD = [("non-ASCII local part", "jörg@example.org"), ("a surrogate", "a\udc80@example.org")]


@pytest.mark.parametrize("address", [case[1] for case in ODD], ids=[case[0] for case in ODD])
async def test_an_address_that_no_relay_takes_is_refused(sandbox: Sandbox, address: str) -> None:
    """What cannot be written on an envelope was surely not sent, and the next address is tried."""
    assert type(await mail(sandbox).send(letter(address, channel="email"))) is RefusedForGood


async def test_a_mail_cannot_be_looked_up(sandbox: Sandbox) -> None:
    """SMTP keeps no list."""
    with pytest.raises(LookupUnavailable):
        await mail(sandbox).find(letter(channel="email"), datetime.now(UTC), frozenset())
