"""Reads courses, enrolments and reunions from organisers' CSV files, as our own events.

There are three tables, which differ in their columns. A course has a line for each of its sessions and is published
whole: a missing line would remove a session. Refusals never quote the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from shared.calendar.zones import parse_zone
from shared.clinic.appointment import Mode
from shared.clinic.courses import MOST_PLACES, MOST_SESSIONS, EnrolmentStatus
from shared.clinic.joining import LONGEST_LINK, is_web_address
from shared.events.cloudevents import thing_of
from shared.events.types import LONGEST_CODE
from shared.formats.csv import tables
from shared.formats.csv.goals import NO_SOURCE, NOT_AN_ID, NOT_HERE
from shared.formats.csv.local_times import local_instant
from shared.formats.csv.tables import FieldFault, FileLine, Table
from shared.replies.answer_tokens import MOST_IN_PARTY

ZONE: Final = ZoneInfo("Europe/London")
"""The time zone of lines that name none."""

COURSES: Final = Table(
    "courses",
    ("course", "session", "start", "end", "clinic", "zone", "mode", "join_link", "status", "source"),
    ("course", "session", "start"),
)
ENROLMENTS: Final = Table(
    "enrolments",
    ("course", "patient", "status", "attended", "missed", "birth_date", "enrolment", "source"),
    ("course", "patient"),
)
REUNIONS: Final = Table(
    "reunions",
    (
        *("reunion", "start", "end", "clinic", "zone", "capacity", "most_in_party", "rsvp_by"),
        *("courses", "sites", "kind", "organiser_email", "status", "source"),
    ),
    ("reunion", "start", "capacity", "rsvp_by"),
)

NO_ZONE = "is no zone of the IANA time zone database; write it as Europe/London, or leave it empty"
NOT_COUNTED = "is no whole number from 1 to {}"
NOT_A_LINK = f"is no https address of up to {LONGEST_LINK} characters, without a port or a user"
NOT_NUMBERS = f"is no list of sessions' numbers from 1 to {MOST_SESSIONS}; write it as 1 2 3"
NOT_ONE_OF = "is none of {}; leave it empty for {}"
SESSION_TWICE = "is the number of a session above as well; each session of a course has its own"
OTHER_CLINIC = "is another than on this course's first line; a course has one venue"
OTHER_ZONE = "is another than on this course's first line; a course has one zone"
NOT_WHOLE = "another line of this course is wrong; a course is published whole, so mend that one first"
PERHAPS_NOT_WHOLE = "a line that tells no course is wrong and may be of this one; a course is published whole"

_NUMBER = re.compile(r"\d{1,5}", re.ASCII)

Row = Mapping[str, str]


def table_of(header: list[str]) -> Table | None:
    """The table that has these columns; None where none has."""
    if "reunion" in header:
        return REUNIONS
    if "enrolment" in header or {"course", "patient"} <= set(header):
        return ENROLMENTS
    return COURSES if "course" in header else None


def lines(text: str, source: str | None, now: datetime) -> tuple[FileLine, ...] | FieldFault:
    """Read the events of a CSV file with one of the three headers. A faulty line keeps back its own course alone.

    Args:
        text: the content of the file.
        source: the CloudEvents `source` of lines that name none.
        now: the time of the events.

    Returns:
        An entry for each event, by its first line, and one for each faulty line; or why the file cannot be read.

    """
    columns = tables.header(text)
    table = table_of(columns) or COURSES
    fault = table.fault(columns, source)
    if fault is not None:
        return fault
    read = [(number, _said(row, table, source)) for number, row in tables.rows(text, columns)]
    if table is COURSES:
        return tuple(_courses(read, now))
    make: Callable[[Row], dict[str, Any] | tuple[FieldFault, ...]] = _enrolment if table is ENROLMENTS else _reunion
    return tuple(_each(read, make, table, now))


def _each(
    read: list[tuple[int, Row | FieldFault]],
    make: Callable[[Row], dict[str, Any] | tuple[FieldFault, ...]],
    table: Table,
    now: datetime,
) -> Iterator[FileLine]:
    for number, row in read:
        found = (row,) if isinstance(row, FieldFault) else make(row)
        if isinstance(row, FieldFault) or isinstance(found, tuple):
            yield FileLine(number, None, found if isinstance(found, tuple) else ())
        elif table is ENROLMENTS:
            id_ = row["enrolment"] or str(uuid5(NAMESPACE_URL, f"{row['source']}\n{row['course']}\n{row['patient']}"))
            yield FileLine(number, _event("enrolment", id_, row["source"], found, now))
        else:
            yield FileLine(number, _event("reunion", row["reunion"], row["source"], found, now))


def _courses(read: list[tuple[int, Row | FieldFault]], now: datetime) -> Iterator[FileLine]:
    """A line for each course, by its first session's, and one for each line that is wrong."""
    nobodys = any(_is_nobodys(row) for _, row in read)
    named = sorted(((n, row) for n, row in read if not isinstance(row, FieldFault)), key=_of_course)
    whole = {name: list(group) for name, group in groupby(named, key=_of_course)}
    for number, row in read:
        if isinstance(row, FieldFault):
            yield FileLine(number, None, (row,))
            continue
        sessions = whole[_of_course((number, row))]
        wrong = tuple(_session_faults(row, [other for n, other in sessions if n < number]))
        if wrong:
            yield FileLine(number, None, wrong)
        elif number == sessions[0][0]:
            yield _course(sessions, now, nobodys=nobodys)


def _is_nobodys(row: Row | FieldFault) -> bool:
    return isinstance(row, FieldFault) or not row["course"] or not row["source"]


def _of_course(line: tuple[int, Row]) -> tuple[str, str]:
    return line[1]["source"], line[1]["course"]


def _course(sessions: list[tuple[int, Row]], now: datetime, *, nobodys: bool) -> FileLine:
    first, row = sessions[0]
    above = [one for _, one in sessions]
    if any(any(_session_faults(one, above[:count])) for count, one in enumerate(above)):
        return FileLine(first, None, (FieldFault(None, NOT_WHOLE),))
    if nobodys:
        return FileLine(first, None, (FieldFault(None, PERHAPS_NOT_WHOLE),))
    statuses = {one["status"].lower() for one in above}
    data: dict[str, Any] = {"status": statuses.pop() or "planned" if len(statuses) == 1 else "planned"}
    data |= {name: row[name] for name in ("clinic", "zone") if row[name]}
    data["sessions"] = [_session(one) for one in above]
    return FileLine(first, _event("course", row["course"], row["source"], data, now))


def _session(row: Row) -> dict[str, Any]:
    off = row["status"].lower() not in {"", "planned"}
    met = {"cancelled": off, "mode": row["mode"].lower(), "join_link": row["join_link"]}
    told = {name: value for name, value in met.items() if value}
    return {"number": int(row["session"]), **_times(row, "start", "end"), **told}


def _session_faults(row: Row, above: list[Row]) -> Iterator[FieldFault]:
    yield from _names(row, ("course",), ("clinic",))
    yield from _count(row, "session", MOST_SESSIONS)
    if row["session"] and row["session"] in {other["session"] for other in above}:
        yield FieldFault("session", SESSION_TWICE)
    yield from _wrong_times(row, ("start",), ("end",))
    yield from _status(row, ("planned", "cancelled", "entered-in-error"))
    if row["mode"].lower() not in {"", *Mode}:
        yield FieldFault("mode", NOT_ONE_OF.format(", ".join(Mode), Mode.IN_PERSON))
    if row["join_link"] and not is_web_address(row["join_link"]):
        yield FieldFault("join_link", NOT_A_LINK)
    for name, cause in (("clinic", OTHER_CLINIC), ("zone", OTHER_ZONE)):
        if above and row[name] != above[0][name]:
            yield FieldFault(name, cause)


def _enrolment(row: Row) -> dict[str, Any] | tuple[FieldFault, ...]:
    faults = [*_names(row, ("course", "patient"), ("enrolment",)), *_status(row, tuple(EnrolmentStatus))]
    faults += [
        FieldFault(name, NOT_NUMBERS)
        for name in ("attended", "missed")
        if any(not _NUMBER.fullmatch(n) or not 1 <= int(n) <= MOST_SESSIONS for n in _list(row[name]))
    ]
    if faults:
        return tuple(faults)
    data: dict[str, Any] = {"status": row["status"].lower() or "enrolled", "course": row["course"]}
    data["patient"] = {"id": row["patient"], **{name: row[name] for name in ("birth_date",) if row[name]}}
    return data | {name: [int(n) for n in _list(row[name])] for name in ("attended", "missed") if row[name]}


def _reunion(row: Row) -> dict[str, Any] | tuple[FieldFault, ...]:
    faults = tuple(_reunion_faults(row))
    if faults:
        return faults
    data: dict[str, Any] = {"status": row["status"].lower() or "planned", **_times(row, "start", "end", "rsvp_by")}
    data |= {name: row[name] for name in ("clinic", "zone", "organiser_email") if row[name]}
    data |= {name: int(row[name]) for name in ("capacity", "most_in_party") if row[name]}
    data |= {name: _list(row[name], ";") for name in ("courses", "sites") if row[name]}
    return data | ({"kind": row["kind"].lower()} if row["kind"] else {})


def _reunion_faults(row: Row) -> Iterator[FieldFault]:
    yield from _names(row, ("reunion",), ("clinic", "organiser_email"))
    yield from _count(row, "capacity", MOST_PLACES)
    yield from _count(row, "most_in_party", MOST_IN_PARTY) if row["most_in_party"] else ()
    yield from _wrong_times(row, ("start", "rsvp_by"), ("end",))
    yield from _status(row, ("planned", "cancelled", "entered-in-error"))
    if row["kind"].lower() not in {"", "reunion", "taster"}:
        yield FieldFault("kind", NOT_ONE_OF.format("reunion, taster", "reunion"))
    for name in ("courses", "sites"):
        if any(len(one) > LONGEST_CODE or not one.isprintable() for one in _list(row[name], ";")):
            yield FieldFault(name, NOT_AN_ID.format(LONGEST_CODE))


def _names(row: Row, needed: tuple[str, ...], others: tuple[str, ...]) -> Iterator[FieldFault]:
    """The faults of identifiers; the id of a thing must leave room for the kind before it."""
    if not row["source"]:
        yield FieldFault("source", NO_SOURCE)
    yield from (FieldFault(name, NOT_HERE) for name in needed if not row[name])
    for name in (*needed, *others, "source"):
        most = LONGEST_CODE - len(f"{name}/") if name in {"course", "enrolment", "reunion"} else LONGEST_CODE
        if len(row[name]) > most or not row[name].isprintable():
            yield FieldFault(name, NOT_AN_ID.format(most))


def _count(row: Row, name: str, most: int) -> Iterator[FieldFault]:
    if not row[name]:
        yield FieldFault(name, NOT_HERE)
    elif not _NUMBER.fullmatch(row[name]) or not 1 <= int(row[name]) <= most:
        yield FieldFault(name, NOT_COUNTED.format(most))


def _status(row: Row, known: tuple[str, ...]) -> Iterator[FieldFault]:
    if row["status"].lower() not in {"", *known}:
        yield FieldFault("status", NOT_ONE_OF.format(", ".join(known), known[0]))


def _wrong_times(row: Row, needed: tuple[str, ...], others: tuple[str, ...]) -> Iterator[FieldFault]:
    zone = _zone(row)
    if zone is None:
        yield FieldFault("zone", NO_ZONE)
        return
    for name in (*needed, *others):
        if not row[name] and name in needed:
            yield FieldFault(name, NOT_HERE)
        elif row[name] and isinstance(cause := local_instant(row[name], zone), str):
            yield FieldFault(name, cause)


def _times(row: Row, *names: str) -> dict[str, str]:
    zone = _zone(row) or ZONE
    found = {name: local_instant(row[name], zone) for name in names if row[name]}
    return {name: _utc(at) for name, at in found.items() if isinstance(at, datetime)}


def _zone(row: Row) -> ZoneInfo | None:
    try:
        return parse_zone(row["zone"]) if row["zone"] else ZONE
    except ValueError:
        return None


def _list(text: str, parts: str | None = None) -> list[str]:
    """The items of a list, separated by blanks, commas and semicolons, or by this mark."""
    if parts is None:
        return text.replace(";", " ").replace(",", " ").split()
    return [one.strip() for one in text.split(parts) if one.strip()]


def _said(row: Row | FieldFault, table: Table, source: str | None) -> Row | FieldFault:
    if isinstance(row, FieldFault):
        return row
    typed = {name: row.get(name, "").strip() for name in table.columns}
    return typed | {"source": (typed["source"] or source or "").strip().rstrip("/")}


def _event(kind: str, id_: str, source: str, data: dict[str, Any], now: datetime) -> dict[str, Any]:
    time = _utc(now)
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{thing_of(source, kind, id_)}\n{time}\n{sorted(data.items())}")),
        "source": source,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{id_}",
        "time": time,
        "data": data,
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
