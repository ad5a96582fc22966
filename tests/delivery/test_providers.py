"""Twilio's SDK and SMTP against the sandbox: each answer and each silence is the right outcome, nothing goes twice."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiohttp import ClientTimeout

from services.delivery.letters import CannotLook, Letter
from services.delivery.outcomes import Accepted, Misconfigured, NotSent, OptedOut, Outcome, Refused, Unknown
from services.delivery.smtp_mail import Mail
from services.delivery.twilio_sms import Twilio
from services.sandbox.app import Sandbox
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings

FROM, ADA, BOB = "+15005550006", "+447700900001", "+447700900002"
TEXT = "Ada, your appointment is on Monday 7 December at 9am."
CALLBACK = "http://127.0.0.1:9/twilio/status"
QUICK = ClientTimeout(total=0.5, connect=0.3, sock_read=0.4)


def letter(to: str = ADA, text: str = TEXT, lasts: timedelta = timedelta(hours=2), channel: str = "sms") -> Letter:
    html = f"<p>{text}</p>"
    return Letter(uuid4(), uuid4(), "email" if channel == "email" else "sms", to, text, lasts, "Your appointment", html)


@asynccontextmanager
async def twilio(
    sandbox: Sandbox,
    *,
    url: str | None = None,
    token: str | None = None,
    sender: str = FROM,
    account: str | None = None,
) -> AsyncIterator[Twilio]:
    settings = sandbox.settings
    provider = Twilio(
        account or settings.account_sid,
        token or settings.auth_token,
        sender,
        CALLBACK,
        url or sandbox.url,
        timeout=QUICK,
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
    ("invalid number", "+15005550001", Refused("21211")),
    ("no route", "+15005550002", Refused("21612")),
    ("no permission", "+15005550003", Refused("21408")),
    ("opted out", "+15005550004", OptedOut("21610")),
    ("no mobile", "+15005550009", Refused("21614")),
    ("opted out at the sandbox", BOB, OptedOut("21610")),
    ("a landline", "+442079460000", Refused("21614")),
    ("no number at all", "Ada", Refused("21211")),
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
    sandbox: Sandbox, given: dict[str, str], outcome: Outcome
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
    async with twilio(sandbox) as provider:
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
    async with twilio(sandbox) as provider:
        sandbox.set_faults(faults)
        with pytest.raises(CannotLook):
            await provider.find(letter(), datetime.now(UTC), frozenset())
        sandbox.set_faults(Faults())


async def test_nothing_that_is_logged_tells_of_anybody(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever happens to a text, no log line of ours or of the SDK holds its number or its words."""
    caplog.set_level(logging.DEBUG)
    async with twilio(sandbox) as provider:
        for faults in (Faults(), Faults(error_after=1), Faults(hang_after=1), Faults(too_many=1)):
            sandbox.set_faults(faults)
            await provider.send(letter())
        sandbox.set_faults(Faults())
        await provider.send(letter("+15005550001"))
        await provider.find(letter(), datetime.now(UTC), frozenset())
    assert "7700" not in caplog.text
    assert "appointment is on" not in caplog.text
    assert ADA not in repr(letter())


def mail(sandbox: Sandbox, name: str = 'Riverside, the "NHS" hospital') -> Mail:
    host, port = sandbox.smtp_address
    return Mail(f"smtp+plain://{host}:{port}", "clinic@example.org", name)


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
async def relay(script: Script) -> AsyncIterator[Mail]:
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
        yield Mail(f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}", "clinic@example.org")
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
    ("recipient refused", {b"RCPT": b"550 no such mailbox"}, Refused),
    ("gone after RCPT", {b"RCPT": None}, NotSent),
    ("DATA deferred", {b"DATA": b"451 later"}, NotSent),
    ("DATA refused", {b"DATA": b"554 no"}, Refused),
    ("gone at DATA", {b"DATA": None}, Unknown),
    ("content deferred", {b".": b"452 full"}, NotSent),
    ("content refused", {b".": b"550 spam"}, Refused),
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
    provider = Mail(url.format(*sandbox.smtp_address), "clinic@example.org")
    assert type(await provider.send(letter("ada@example.org", channel="email"))) is NotSent
    assert sandbox.ledger.mails == []


ODD = [("non-ASCII local part", "jörg@example.org"), ("a surrogate", "a\udc80@example.org")]


@pytest.mark.parametrize("address", [case[1] for case in ODD], ids=[case[0] for case in ODD])
async def test_an_address_that_no_relay_takes_is_refused(sandbox: Sandbox, address: str) -> None:
    """What cannot be written on an envelope was surely not sent, and the next address is tried."""
    assert type(await mail(sandbox).send(letter(address, channel="email"))) is Refused


async def test_a_mail_cannot_be_looked_up(sandbox: Sandbox) -> None:
    """SMTP keeps no list."""
    with pytest.raises(CannotLook):
        await mail(sandbox).find(letter(channel="email"), datetime.now(UTC), frozenset())
