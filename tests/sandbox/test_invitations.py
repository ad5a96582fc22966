"""The sandbox shows what a mail changes in a calendar, and where one click stops mails like it."""

from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest

from services.sandbox.app import Sandbox
from services.sandbox.invitations import changes, unsubscribe
from services.sandbox.settings import Settings

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
METHOD:{method}
BEGIN:VEVENT
UID:1
DTSTAMP:20261116T100000Z
DTSTART:20261201T143000Z
DTEND:20261201T150000Z
SEQUENCE:{sequence}
SUMMARY:{title}
LOCATION:Riverside Health Centre
END:VEVENT
END:VCALENDAR
"""


def invitation(method: str = "REQUEST", sequence: int = 0, title: str = "Appointment") -> str:
    return EVENT.format(method=method, sequence=sequence, title=title)


def mail(*calendars: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinic@example.org", "ada@example.org", "Your appointment"
    message.set_content("Dear Ada")
    for calendar in calendars:
        message.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
        message.add_attachment(calendar.encode(), maintype="application", subtype="ics", filename="invite.ics")
    return message


async def page_after(*messages: EmailMessage) -> str:
    async with Sandbox(Settings()) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        host, port = sandbox.smtp_address
        for message in messages:
            await aiosmtplib.send(message, hostname=host, port=port)
        async with session.get("/") as response:
            return await response.text()


async def test_a_mail_shows_its_calendar_entry() -> None:
    """Title, time by the page's clock, place, what becomes of it and its sequence: once, though it comes twice."""
    html = await page_after(mail(invitation(title="Hospital appointment", sequence=3)))
    for seen in ("Hospital appointment", "Tue 1 Dec 14:30", "to 15:00", "Riverside Health Centre", "sequence 3"):
        assert html.count(seen) == 1
    assert html.count("Added or updated") == 1
    assert html.count('class="slip"') == 1


async def test_a_cancelled_entry_is_struck_out() -> None:
    """An entry that goes is marked as gone."""
    html = await page_after(mail(invitation("CANCEL", 4)))
    assert html.count('class="slip gone"') == html.count(">Cancelled<") == 1


async def test_an_entry_cannot_break_out_of_the_page() -> None:
    """Markup in a title is shown, never run."""
    assert "<script>alert" not in await page_after(mail(invitation(title="<script>alert(1)</script>")))


UNREADABLE = [
    ("no calendar", "hello"),
    ("no method", invitation().replace("METHOD:REQUEST\n", "")),
    ("no start", invitation().replace("DTSTART:20261201T143000Z\n", "")),
    ("a start that is none", invitation().replace("20261201T143000Z", "soon")),
    ("a whole day", invitation().replace("DTSTART:20261201T143000Z", "DTSTART;VALUE=DATE:20261201")),
    ("no zone", invitation().replace("DTSTART:20261201T143000Z", "DTSTART:20261201T143000")),
    ("a sequence that is none", invitation().replace("SEQUENCE:0", "SEQUENCE:x")),
    ("cut off", invitation()[:90]),
    ("nothing", ""),
]


@pytest.mark.parametrize("calendar", [case[1] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_what_cannot_be_read_changes_nothing(calendar: str) -> None:
    """A calendar that no client could read is left out; the mail is kept all the same."""
    assert changes(mail(calendar)) == ()


CLICKS = [
    ("both headers", "<https://g.example.org/u/1>", "List-Unsubscribe=One-Click", "https://g.example.org/u/1"),
    ("no promise", "<https://g.example.org/u/1>", None, None),
    ("by mail alone", "<mailto:stop@example.org>", "List-Unsubscribe=One-Click", None),
    ("no address", None, "List-Unsubscribe=One-Click", None),
]


@pytest.mark.parametrize(
    ("address", "promise", "found"), [case[1:] for case in CLICKS], ids=[case[0] for case in CLICKS]
)
def test_one_click_needs_both_headers(address: str | None, promise: str | None, found: str | None) -> None:
    """As mailboxes do (RFC 8058): an address on the web, and the promise that one POST to it is enough."""
    message = mail()
    for name, value in (("List-Unsubscribe", address), ("List-Unsubscribe-Post", promise)):
        if value:
            message[name] = value
    assert unsubscribe(message) == found
