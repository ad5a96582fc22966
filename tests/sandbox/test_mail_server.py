"""The mail server takes every mail and keeps it."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from services.sandbox.app import Sandbox
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings


def letter(own_id: str = "<1@clinic.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Riverside Clinic <clinic@example.org>"
    message["To"] = "Ada <ada@example.org>"
    message["Subject"] = "Grüße & more"
    message["Message-ID"] = own_id
    message.set_content("Dear Ada, Grüße\n")
    message.add_alternative("<p>Dear <b>Ada</b></p>", subtype="html")
    return message


async def send(sandbox: Sandbox, message: EmailMessage | bytes, *recipients: str) -> None:
    host, port = sandbox.smtp_address
    await aiosmtplib.send(
        message,
        sender="clinic@example.org",
        recipients=recipients or ("ada@example.org",),
        hostname=host,
        port=port,
        timeout=10,
    )


async def test_a_mail_is_kept_as_it_was_meant(settings: Settings) -> None:
    """Headers are decoded, text and HTML are kept apart, and the mailbox is the envelope's recipient."""
    async with Sandbox(settings) as sandbox:
        await send(sandbox, letter(), "ada@example.org", "carer@example.org")
        mails = sandbox.ledger.mails
    assert [mail.to for mail in mails] == ["ada@example.org", "carer@example.org"]
    kept = mails[0]
    assert (kept.sender, kept.subject) == ("Riverside Clinic <clinic@example.org>", "Grüße & more")
    assert (kept.text, kept.html) == ("Dear Ada, Grüße\n", "<p>Dear <b>Ada</b></p>\n")
    assert kept.message_id == "<1@clinic.example>"


async def test_a_mail_sent_twice_is_seen(settings: Settings) -> None:
    """The same Message-ID in the same mailbox is a double; another Message-ID isn't."""
    async with Sandbox(settings) as sandbox:
        for own_id in ("<1@x>", "<2@x>", "<1@x>"):
            await send(sandbox, letter(own_id))
        assert [later.message_id for _, later in sandbox.ledger.doubles()] == ["<1@x>"]


async def test_a_mail_that_is_hardly_one_is_kept(settings: Settings) -> None:
    """Unknown charsets and missing headers are no reason to lose a mail."""
    raw = b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH \xff\r\n"
    async with Sandbox(settings) as sandbox:
        await send(sandbox, raw)
        kept = sandbox.ledger.mails[0]
    assert (kept.sender, kept.subject, kept.message_id) == ("clinic@example.org", "", None)
    assert kept.text == "nuqneH \ufffd\n"


async def test_a_deferred_mail_is_not_kept(settings: Settings) -> None:
    """With `mail_deferred` the client meets a 451 and nothing is kept."""
    async with Sandbox(settings) as sandbox:
        sandbox.set_faults(Faults(mail_deferred=1))
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await send(sandbox, letter())
        assert caught.value.code == 451
        assert sandbox.ledger.mails == []


async def test_an_unanswered_mail_is_kept(settings: Settings) -> None:
    """With `mail_unanswered` the connection breaks after the final dot, although the mail was kept."""
    async with Sandbox(settings) as sandbox:
        sandbox.set_faults(Faults(mail_unanswered=1))
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await send(sandbox, letter())
        assert len(sandbox.ledger.mails) == 1
