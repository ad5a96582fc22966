"""What e-mails change in calendars: an appointment that is booked, moves and is cancelled is one entry all the way."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from services.delivery.claiming.erasure import Erasure
from services.delivery.composing.calendars import LASTS, Organiser, invites
from services.delivery.providers.message import Invite
from shared.clinic.places import Place, Places
from shared.platform.database import Pool
from shared.rules.plan import CalendarEntry, Message, Plan
from shared.schedule import reconciliation
from shared.words.book import Rendered
from shared.words.wording import Language

THING = "urn:example:riverside/appointment/1001-2002"
START = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOOKED = CalendarEntry(thing=THING, sequence=0, start=START, end=START + HOUR, mode="in-person", place="r#MSK")
CLINIC = Organiser("clinic@example.org", "Riverside Hospital")
ADA = "ada@example.org"
PLACES = Places.of(
    [
        Place(
            source="r",
            clinic="MSK",
            name="Riverside Health Centre",
            phone="01632 960983",
            sender="Riverside",
            address="1 River Street",
            name_cy="Canolfan Glan yr Afon",
            address_cy="1 Stryd yr Afon",
        ),
        Place(source="r", clinic="GYM", name="Riverside Gym", phone="01632 960983", sender="Riverside"),
    ]
)


def rendered(title: str = "Hospital appointment", *languages: Language) -> Rendered:
    return Rendered(
        words="reminder",
        text="Dear Ada",
        subject="Your appointment",
        html="<p>",
        title=title,
        languages=languages or (Language.ENGLISH,),
    )


def invite(entry: CalendarEntry, title: str = "Hospital appointment", now: datetime = NOW) -> Invite:
    [one] = invites([entry], rendered(title), PLACES, CLINIC, ADA, now)
    return one


def read(one: Invite) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(one.content)
    assert isinstance(calendar, Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return calendar, event


@dataclass
class Reader:
    """A calendar as RFC 5546 has it (section 2.1.5).

    Of one UID the higher SEQUENCE counts, of equal ones the later DTSTAMP; CANCEL removes; what is older than the last
    that was seen is ignored.
    """

    seen: dict[str, tuple[tuple[int, datetime], Event | None]] = field(default_factory=dict)

    def take(self, received: Iterable[Invite]) -> "Reader":
        for one in received:
            calendar, event = read(one)
            uid, version = str(event["UID"]), (int(str(event["SEQUENCE"])), event.decoded("DTSTAMP"))
            if uid not in self.seen or self.seen[uid][0] < version:
                self.seen[uid] = (version, event if calendar["METHOD"] == "REQUEST" else None)
        return self

    @property
    def entries(self) -> list[datetime]:
        """When the entries that stand in it begin."""
        return sorted(event.decoded("DTSTART") for _, event in self.seen.values() if event)


def told(*entries: CalendarEntry) -> list[Invite]:
    """Mails about these, a day apart."""
    return [invite(entry, now=NOW + timedelta(days=day)) for day, entry in enumerate(entries)]


MOVED = replace(BOOKED, sequence=1, start=START + 2 * HOUR, end=START + 3 * HOUR)
GONE = replace(MOVED, sequence=2, cancelled=True)


def test_one_entry_moves_and_goes() -> None:
    """Booked, moved, cancelled: after each mail the calendar shows that one entry, at its new time, and then none."""
    reader = Reader()
    shown = [list(reader.take([one]).entries) for one in told(BOOKED, MOVED, GONE)]
    assert shown == [[START], [START + 2 * HOUR], []]


def test_a_time_that_comes_back_is_shown_again() -> None:
    """A to B and back to A: the calendar shows A, for the way back has a sequence of its own."""
    back = replace(BOOKED, sequence=2)
    again = replace(BOOKED, sequence=4)
    assert Reader().take(told(BOOKED, MOVED, back)).entries == [START]
    assert Reader().take(told(BOOKED, MOVED, back, replace(back, sequence=3, cancelled=True), again)).entries == [START]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_mails_may_come_in_any_order(order: tuple[int, ...]) -> None:
    """However the mails overtake each other, and though each comes twice, what was told last stands."""
    mails = told(BOOKED, MOVED, GONE)
    assert Reader().take([mails[i] for i in (*order, *order)]).entries == []
    mails = told(BOOKED, MOVED, replace(BOOKED, sequence=2))
    assert Reader().take([mails[i] for i in (*order, *order)]).entries == [START]


def test_of_equal_sequences_the_later_mail_stands() -> None:
    """Two mails that were planned before either was told have one sequence: the one that was written later counts."""
    first, second = told(BOOKED, replace(MOVED, sequence=0))
    assert Reader().take([first, second]).entries == Reader().take([second, first]).entries == [START + 2 * HOUR]


def test_two_appointments_are_two_entries() -> None:
    """Things do not touch each other's entries, and each of several stands in a file of its own."""
    other = replace(BOOKED, thing=f"{THING}3", start=START + 3 * HOUR, end=None)
    both = invites([BOOKED, other], rendered(), PLACES, CLINIC, ADA, NOW)
    assert [one.filename for one in both] == ["invite-1.ics", "invite-2.ics"]
    reader = Reader().take(both)
    assert reader.entries == [START, START + 3 * HOUR]
    assert reader.take([invite(replace(BOOKED, sequence=1, cancelled=True))]).entries == [START + 3 * HOUR]


REQUIRED = {
    # RFC 5546, section 3.2.2, and what Outlook takes no object without: DTEND ([MS-OXCICAL] 2.1.3.1.1.20.8)
    "REQUEST": {"ATTENDEE", "DTSTAMP", "DTSTART", "DTEND", "ORGANIZER", "SEQUENCE", "SUMMARY", "UID"},
    # section 3.2.5: without STATUS one attendee alone would be uninvited
    "CANCEL": {"ATTENDEE", "DTSTAMP", "DTSTART", "DTEND", "ORGANIZER", "SEQUENCE", "UID", "STATUS"},
}


@pytest.mark.parametrize("entry", [BOOKED, MOVED, GONE], ids=["booked", "moved", "cancelled"])
def test_an_object_has_all_that_itip_asks_for(entry: CalendarEntry) -> None:
    """Every property that RFC 5546 requires is there once, none that it forbids, and nothing of a patient's health."""
    one = invite(entry)
    calendar, event = read(one)
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", one.method)
    assert calendar["PRODID"]
    assert [part.name for part in calendar.walk()] == ["VCALENDAR", "VEVENT"]  # no alarm, no time zone
    assert REQUIRED[one.method] <= event.keys()
    assert event.keys() & {"REQUEST-STATUS", "DURATION", "DESCRIPTION", "COMMENT", "CATEGORIES"} == set()
    assert [one.content.count(b"\r\n" + name) for name in (b"UID:", b"ORGANIZER", b"ATTENDEE", b"DTSTAMP:")] == [1] * 4
    assert event["STATUS"] == ("CANCELLED" if entry.cancelled else "CONFIRMED")
    assert (event["CLASS"], event["SEQUENCE"]) == ("PRIVATE", entry.sequence)
    assert event["ORGANIZER"] == "mailto:clinic@example.org"
    assert event["ORGANIZER"].params["CN"] == "Riverside Hospital"
    assert event["ATTENDEE"] == "mailto:ada@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_instants_are_in_utc() -> None:
    """Whatever zone an instant comes in, it is written in UTC: calendars differ the most about zones."""
    summer = datetime.fromisoformat("2026-07-01T09:00:00+01:00")
    content = invite(replace(BOOKED, start=summer, end=None), now=NOW).content
    for line in (b"DTSTART:20260701T080000Z", b"DTEND:20260701T083000Z", b"DTSTAMP:20261116T100000Z"):
        assert b"\r\n" + line + b"\r\n" in content


@pytest.mark.parametrize("end", [None, START, START - HOUR], ids=["unknown", "none at all", "before its start"])
def test_an_entry_ends_after_it_starts(end: datetime | None) -> None:
    """Where no end is known, or none that can be, an entry lasts half an hour: each calendar would make up its own."""
    _, event = read(invite(replace(BOOKED, end=end)))
    assert event.decoded("DTEND") == START + LASTS


WHERE = [
    ("in person", BOOKED, (Language.ENGLISH,), "Riverside Health Centre, 1 River Street"),
    ("in Welsh", BOOKED, (Language.WELSH,), "Canolfan Glan yr Afon, 1 Stryd yr Afon"),
    ("in both", BOOKED, (Language.WELSH, Language.ENGLISH),
     "Canolfan Glan yr Afon, 1 Stryd yr Afon / Riverside Health Centre, 1 River Street"),
    ("without an address", replace(BOOKED, place="r#GYM"), (Language.WELSH, Language.ENGLISH), "Riverside Gym"),
    ("cancelled", replace(BOOKED, cancelled=True), (Language.ENGLISH,), "Riverside Health Centre, 1 River Street"),
    ("by phone", replace(BOOKED, mode="telephone"), (Language.ENGLISH,), None),
    ("by video", replace(BOOKED, mode="video"), (Language.ENGLISH,), None),
    ("nowhere that is registered", replace(BOOKED, place="r#ONC"), (Language.ENGLISH,), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "languages", "location"), [case[1:] for case in WHERE], ids=[case[0] for case in WHERE]
)
def test_a_location_is_somewhere_to_go(
    entry: CalendarEntry, languages: tuple[Language, ...], location: str | None
) -> None:
    """Public names alone, in the reader's languages, and nothing for a call."""
    [one] = invites([entry], rendered("Hospital appointment", *languages), PLACES, CLINIC, ADA, NOW)
    assert read(one)[1].get("LOCATION") == location


def test_an_entry_tells_nothing_of_where_it_came_from() -> None:
    """Neither the hospital's own number nor the clinic's code is in it, and no two things share a name."""
    content = invite(BOOKED).content
    for told_nowhere in (b"1001", b"urn:example", b"MSK"):
        assert told_nowhere not in content
    uids = {str(read(invite(replace(BOOKED, thing=f"{THING}/{n}")))[1]["UID"]) for n in range(100)}
    assert len(uids) == 100
    assert str(UUID(min(uids))) in uids  # RFC 7986, section 5.3


def test_an_entry_without_a_title_has_the_mail_s_subject() -> None:
    """A message whose words bring no title still moves and cancels what an earlier one put there."""
    assert read(invite(GONE, title=""))[1]["SUMMARY"] == "Your appointment"


@given(title=st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
@example(title="Apwyntiad ysbyty ŵ ŷ 🏥 " * 6)
@example(title="x\r\nATTENDEE:mailto:eve@example.org\r\nx")
@example(title="a,b;c\\n\\;d\"e^'f")
def test_every_title_is_one_property_of_folded_lines(title: str) -> None:
    """Lines end in CRLF, have at most 75 octets and cut no letter (RFC 5545, section 3.1); one title stays one."""
    content = invite(BOOKED, title=title).content
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
    _, event = read(invite(BOOKED, title=title))
    assert event["ATTENDEE"] == "mailto:ada@example.org"
    assert not any(letter in str(event["SUMMARY"]) for letter in "\r\n\0")


ADDRESSES = [
    ("plain", "ada@example.org", "mailto:ada@example.org"),
    ("with a tag", "ada+nhs@example.org", "mailto:ada+nhs@example.org"),
    ("with an apostrophe", "o'brien@example.org", "mailto:o'brien@example.org"),
    ("with a question mark", "ada?cc=eve@example.org", "mailto:ada%3Fcc=eve@example.org"),
    ("with a line", "ada@example.org\r\nX-EVIL:1", "mailto:ada@example.org%0D%0AX-EVIL%3A1"),
]


@pytest.mark.parametrize(("address", "attendee"), [case[1:] for case in ADDRESSES], ids=[case[0] for case in ADDRESSES])
def test_the_attendee_is_the_address_as_it_is_written(address: str, attendee: str) -> None:
    """Google loads an entry only for the address that it names: what need not be encoded isn't; nothing breaks out."""
    [one] = invites([BOOKED], rendered(), PLACES, Organiser(CLINIC.address, 'The "best" clinic'), address, NOW)
    _, event = read(one)
    assert event["ATTENDEE"] == attendee
    assert event["ORGANIZER"].params["CN"] == "The 'best' clinic"


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001 - bounds


@given(
    entry=st.builds(
        CalendarEntry,
        thing=st.text(),
        sequence=st.integers(0, 2**31 - 1),
        start=INSTANTS,
        end=st.none() | INSTANTS,
        mode=st.text(),
        place=st.text(),
        cancelled=st.booleans(),
    )
)
def test_an_entry_survives_json(entry: CalendarEntry) -> None:
    """What a plan wants is what the claim reads, and equal instants are written alike."""
    again = CalendarEntry.from_json(entry.as_json())
    # In UTC: an hour that occurs twice equals nothing of another zone (PEP 495).
    assert again == replace(entry, start=entry.start.astimezone(UTC), end=entry.end and entry.end.astimezone(UTC))
    assert again.as_json() == entry.as_json()


def message(*entries: CalendarEntry) -> Message:
    says: dict[str, dict[str, Any]] = {THING: {"start": START.isoformat()}}
    return Message(
        key="key",
        kind="reminder",
        template="reminder",
        category="appointments",
        send_at=NOW,
        expires_at=START,
        says=says,
        places=("r#MSK",),
        data={},
        calendar=entries,
    )


# The database says itself when a change was; on its own, that can be corrected.
LONG_OVER = """
UPDATE schedule.messages SET state = 'withdrawn', expires_at = '2020-01-01';
UPDATE schedule.messages SET changed_at = '2020-01-01'
"""


async def test_the_schedule_keeps_what_a_plan_wants_of_a_calendar(pool: Pool) -> None:
    """Entries are part of what is wanted: another time is brought up to date, and erased with the message's content."""
    patient = uuid4()

    async def kept(*entries: CalendarEntry) -> list[CalendarEntry]:
        async with pool.acquire() as connection, connection.transaction():
            await reconciliation.reconcile(connection, "prompts", {patient: Plan((message(*entries),))}, NOW)
        stored = await pool.fetchval("SELECT calendar FROM schedule.messages WHERE patient_id = $1", patient)
        return [CalendarEntry.from_json(entry) for entry in json.loads(stored or "[]")]

    assert await kept(BOOKED) == [BOOKED]
    assert await kept(MOVED, GONE) == [MOVED, GONE]
    assert await kept() == []
    assert await kept(BOOKED) == [BOOKED]
    await pool.execute(LONG_OVER)
    await Erasure(pool, timedelta(days=1)).run_once()
    assert await pool.fetchval("SELECT calendar FROM schedule.messages") is None
