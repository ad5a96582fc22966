"""Calendar entries in e-mails: a moved appointment moves in the reader's calendar, and a cancelled one disappears.

An entry is an iTIP object (RFC 5546), sent by mail (iMIP, RFC 6047). What makes calendars take two for one:

- `UID` is the same for ever: made of the thing's id and of nothing that may be set otherwise one day, a domain least of
  all; a UUID, as RFC 7986 section 5.3 asks for, so the hospital's own number is not in it.
- `SEQUENCE` rises; where it is equal, the later `DTSTAMP` wins (RFC 5546 section 2.1.5). A lower one is ignored.
- `ORGANIZER` is the sender's address of the mail: calendars ignore a change or a cancellation from another address.
  After a change of the sender's address, entries that were sent before can be neither moved nor cancelled.
- `ATTENDEE` is the reader's address as it was written to: Google loads an entry only for an address that it names.
- `METHOD` is CANCEL for a cancellation, in the object and in the part's `Content-Type`, with `STATUS:CANCELLED`. A
  REQUEST that is only marked as cancelled stays in the calendar (github.com/calcom/cal.diy/issues/29706), and so does
  one under a PUBLISH.
- A cancellation repeats start, end and title: RFC 5546 section 3.2.5 asks for none of them, but Outlook allows for
  no object without DTSTART and DTEND ([MS-OXCICAL] 2.1.3.1.1.20.8 and .10).
- Instants are in UTC: no VTIMEZONE, the part that calendars differ about the most.
- One object, one UID: of several, Outlook and Lightning take the first alone, and RFC 5546 section 3.2.2 forbids them.
  So each entry of a mail about several is an attachment of its own, to be opened; a mail about one is an invitation.

Answers to an invitation are not read: `RSVP=FALSE` and Microsoft's DISALLOW-COUNTER ask for none. PARTSTAT stays
NEEDS-ACTION, as Google's own invitations have it: only the reader can accept.
Other people may see the reader's calendar: the title is a wording made for that, CLASS is PRIVATE, there is no
DESCRIPTION, and LOCATION is an approved public name, only where there is somewhere to go. No alarm: that is the
reader's own choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid5

from icalendar import Calendar, Event, vCalAddress

from services.delivery.providers.message import Invite
from shared.clinic.appointment import Mode
from shared.clinic.places import Place, Places
from shared.platform.ids import NAMESPACE
from shared.rules.plan import CalendarEntry
from shared.words.book import Rendered
from shared.words.filling import LONGEST, clean
from shared.words.wording import Language

PRODUCT = "-//Cocreate//Cocreate//EN"

LASTS = timedelta(minutes=30)
"""Length of an entry whose appointment has no known end. Without an end each calendar assumes one: none, 30 minutes
([MS-ASCAL] 3.2.4.4), an hour, a day. This is the shortest that all of them show: an end must lie after its start (RFC
5545 section 3.8.2.2)."""

LONGEST_TITLE = 120  # characters: more than a lock screen shows

LOCAL = "!$'*+-/=._~@"  # what an address keeps in a mailto: URL (RFC 6068): calendars compare it as it is written


@dataclass(frozen=True, slots=True)
class Organiser:
    """The organiser of calendar entries: the sender's e-mail address, and its display name."""

    address: str
    name: str = ""


def invites(  # noqa: PLR0913, PLR0917 - what an entry is made of
    entries: Sequence[CalendarEntry],
    rendered: Rendered,
    places: Places,
    organiser: Organiser,
    attendee: str,
    now: datetime,
) -> tuple[Invite, ...]:
    """The changes that a message makes in its reader's calendar: one iTIP object for each entry.

    Args:
        entries: the calendar entries of the planned message.
        rendered: the rendered message, for the entries' title and language; without a title its subject is used.
        places: the registry, for the public name and address of a place.
        organiser: must not change between messages: see above.
        attendee: the recipient's e-mail address.
        now: the time of the claim. Of two equal sequences the later wins.

    """
    title = clean(rendered.title or rendered.subject, LONGEST_TITLE)
    several = len(entries) > 1
    return tuple(
        Invite(
            f"invite-{number}.ics" if several else "invite.ics",
            "CANCEL" if entry.cancelled else "REQUEST",
            _object(entry, title, _location(entry, places, rendered.languages), organiser, attendee, now),
        )
        for number, entry in enumerate(entries, 1)
    )


def uid(thing: str) -> str:
    """The UID of a thing in calendars: it never changes, and no identifier can be read from it."""
    return str(uuid5(NAMESPACE, f"calendar\n{thing}"))


def _object(  # noqa: PLR0913, PLR0917 - the same
    entry: CalendarEntry, title: str, location: str, organiser: Organiser, attendee: str, now: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if entry.cancelled else "REQUEST")
    event = Event()
    event.add("uid", uid(entry.thing))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", entry.start.astimezone(UTC))
    event.add("dtend", _end(entry).astimezone(UTC))
    event.add("summary", title)
    if location:
        event.add("location", location)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    event.add("organizer", _address(organiser.address, CN=_parameter(organiser.name)))
    event.add(
        "attendee",
        _address(attendee, CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="FALSE"),
    )
    event.add("x-microsoft-disallow-counter", "TRUE")  # [MS-OXCICAL] 2.1.3.1.1.20.38
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _end(entry: CalendarEntry) -> datetime:
    return entry.end if entry.end and entry.end > entry.start else entry.start + LASTS


def _location(entry: CalendarEntry, places: Places, languages: Sequence[Language]) -> str:
    """The name and address of the place, in each of the reader's languages; empty for a telephone or video call."""
    place = places.get(entry.place)
    if place is None or entry.mode != Mode.IN_PERSON:
        return ""
    told = (_name_and_address(place, language) for language in languages or (Language.ENGLISH,))
    return " / ".join(dict.fromkeys(told))


def _name_and_address(place: Place, language: Language) -> str:
    welsh = language is Language.WELSH
    name = (welsh and place.name_cy) or place.name
    address = (welsh and place.address_cy) or place.address
    return ", ".join(filter(None, (clean(name, LONGEST["name"]), clean(address, LONGEST["address"]))))


def _address(address: str, **parameters: str) -> vCalAddress:
    told = vCalAddress(f"mailto:{quote(address, safe=LOCAL)}")
    told.params.update({name: value for name, value in parameters.items() if value})
    return told


def _parameter(text: str) -> str:
    """A parameter's value without quotation marks: Outlook does not read their escapes (RFC 6868 is young)."""
    return clean(text, LONGEST["sender"]).replace('"', "'").replace("^", "")
