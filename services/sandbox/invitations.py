"""Extracts the calendar changes and the unsubscribe link of a mail."""

import re
from email.message import EmailMessage
from typing import cast

from icalendar import Calendar
from pydantic import ValidationError

from services.sandbox.entries import CalendarChange

_CALENDARS = frozenset({"text/calendar", "application/ics"})


def changes(message: EmailMessage) -> tuple[CalendarChange, ...]:
    """The calendar changes of a mail; a repeated object counts once, an unreadable one is left out."""
    sources = [
        cast("bytes", part.get_payload(decode=True) or b"").decode(errors="replace").replace("\r\n", "\n").strip()
        for part in message.walk()
        if part.get_content_type() in _CALENDARS
    ]
    found = [change(source) for source in dict.fromkeys(sources)]
    return tuple(one for one in found if one is not None)


def unsubscribe(message: EmailMessage) -> str | None:
    """The one-click unsubscribe link of a mail; None unless it has both headers that RFC 8058 requires."""
    if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        return None
    address = re.search(r"<(https?://[^<>]+)>", str(message["List-Unsubscribe"] or ""))
    return address and address[1]


def change(source: str) -> CalendarChange | None:
    """The calendar change in an iTIP object; None where the object is unreadable."""
    try:
        calendar = Calendar.from_ical(source)
        [event] = calendar.walk("VEVENT")
        return CalendarChange(
            method=str(calendar["METHOD"]),
            uid=str(event["UID"]),
            sequence=int(event.get("SEQUENCE", 0)),
            stamped_at=event.decoded("DTSTAMP"),
            title=str(event.get("SUMMARY", "")),
            start=event.decoded("DTSTART"),
            end=event.decoded("DTEND", None),
            location=str(event.get("LOCATION", "")),
            ics=source,
        )
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):  # whatever a stranger's file may hold
        return None
