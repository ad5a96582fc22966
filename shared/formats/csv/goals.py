"""Reads goals from a form or a CSV file, as our own events.

No patient system publishes goals today, so staff type them, one line a goal. Refusals never quote the entry.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from shared.clinic.goal import GoalStatus
from shared.events.cloudevents import thing_of
from shared.events.types import LONGEST_CODE
from shared.formats.csv import tables
from shared.formats.csv.tables import FieldFault, FileLine, Table

TYPE: Final = "cocreate.goal.v1"
KIND: Final = "goal"

COLUMNS: Final = ("patient", "set_on", "review_on", "confidence", "clinic", "status", "goal", "source")
"""The fields of the form, and the columns of the file, in their order."""

NEEDED: Final = ("patient", "set_on")

LONGEST: Final[Mapping[str, int]] = {
    "patient": LONGEST_CODE,
    "clinic": LONGEST_CODE,
    "goal": LONGEST_CODE - len(f"{KIND}/"),  # so that the event's subject is one still
    "source": LONGEST_CODE,
}
"""The greatest length of identifiers, in characters."""

ZONE: Final = ZoneInfo("Europe/London")
"""The time zone that decides which day is today: a goal cannot have been set later."""

FIRST_DAY: Final = date(2000, 1, 1)
MOST_AHEAD: Final = timedelta(days=731)  # two years, one of them a leap year; what lies beyond is a slip of the finger

MOST_CONFIDENT: Final = 10  # "how sure are you, from 0 to 10?" (Co-creating Health)

NOT_HERE = "is empty; it is needed"
NOT_AN_ID = "holds more than {} characters, or some that cannot be seen; write the identifier alone"
ROUNDED = "was rounded by a spreadsheet; format the column as text, and write the identifier again"
NOT_A_DAY = "is no day; write it as 2026-12-01"
TOO_EARLY = "lies before the year 2000; look at the year"
NOT_YET = "lies ahead; write the day on which the goal was set"
REVIEW_BEFORE = "lies before the day on which the goal was set; one of the two is wrong"
REVIEW_TOO_LATE = "lies more than two years after the day on which the goal was set; look at the year"
NOT_SURE = f"is no whole number from 0 to {MOST_CONFIDENT}; leave it empty where it was not asked"
NO_STATUS = f"is none of {', '.join(GoalStatus)}; leave it empty for active"
NO_SOURCE = "is empty; say under whose ids the patient is known, as in that system's appointments"

TABLE: Final = Table("goals", COLUMNS, NEEDED)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,2}", re.ASCII)
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)  # 9.43477E+09: many identifiers, and none


def day_of(now: datetime) -> date:
    """Today, the default of the day on which a goal was set."""
    return now.astimezone(ZONE).date()


def goal(row: Mapping[str, str], source: str | None, now: datetime) -> dict[str, Any] | tuple[FieldFault, ...]:
    """One goal as an event, or all its faults.

    A goal without an id is identified by its patient and day: the same entry again is the same goal.

    Args:
        row: values by `COLUMNS`, as typed; a missing one counts as empty.
        source: the CloudEvents `source` of rows that name none.
        now: the time of the entry, which becomes the event's time.

    """
    typed = {name: row.get(name, "").strip() for name in COLUMNS}
    said = typed | {"source": (typed["source"] or source or "").strip().rstrip("/")}
    faults = tuple(_faults(said, day_of(now)))
    if faults:
        return faults
    patient, set_on = said["patient"], said["set_on"]
    id_ = said["goal"] or str(uuid5(NAMESPACE_URL, f"{said['source']}\n{patient}\n{set_on}"))
    data: dict[str, Any] = {"status": _status(said["status"]), "patient": {"id": patient}, "set_on": set_on}
    data |= {name: said[name] for name in ("review_on", "clinic") if said[name]}
    if said["confidence"]:
        data["confidence"] = int(said["confidence"])
    time = now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{thing_of(said['source'], KIND, id_)}\n{time}\n{sorted(data.items())}")),
        "source": said["source"],
        "type": TYPE,
        "subject": f"{KIND}/{id_}",
        "time": time,
        "data": data,
    }


def lines(text: str, source: str | None, now: datetime) -> tuple[FileLine, ...] | FieldFault:
    """Read the goals of a CSV file with a header, line by line. A faulty line keeps back no other.

    Returns:
        The lines that are not empty, or why the file as a whole cannot be read.

    """
    columns = tables.header(text)
    fault = TABLE.fault(columns, source)
    if fault is not None:
        return fault
    return tuple(_line(number, row, source, now) for number, row in tables.rows(text, columns))


def _line(number: int, row: Mapping[str, str] | FieldFault, source: str | None, now: datetime) -> FileLine:
    if isinstance(row, FieldFault):
        return FileLine(number, None, (row,))
    found = goal(row, source, now)
    return FileLine(number, None, found) if isinstance(found, tuple) else FileLine(number, found)


def _faults(said: Mapping[str, str], latest: date) -> Iterator[FieldFault]:
    if not said["source"]:
        yield FieldFault("source", NO_SOURCE)
    if not said["patient"]:
        yield FieldFault("patient", NOT_HERE)
    yield from _wrong_names(said)
    yield from _wrong_days(said["set_on"], said["review_on"], latest)
    if said["confidence"] and not (_NUMBER.fullmatch(said["confidence"]) and int(said["confidence"]) <= MOST_CONFIDENT):
        yield FieldFault("confidence", NOT_SURE)
    if _status(said["status"]) is None:
        yield FieldFault("status", NO_STATUS)


def _wrong_names(said: Mapping[str, str]) -> Iterator[FieldFault]:
    for name, most in LONGEST.items():
        if len(said[name]) > most or not said[name].isprintable():
            yield FieldFault(name, NOT_AN_ID.format(most))
        elif _ROUNDED.fullmatch(said[name]):
            yield FieldFault(name, ROUNDED)


def _wrong_days(set_on: str, review_on: str, latest: date) -> Iterator[FieldFault]:
    begun, asked = _day(set_on), _day(review_on)
    if begun is None:
        yield FieldFault("set_on", NOT_A_DAY if set_on else NOT_HERE)
    elif begun < FIRST_DAY:
        yield FieldFault("set_on", TOO_EARLY)
    elif begun > latest:
        yield FieldFault("set_on", NOT_YET)
    if review_on and asked is None:
        yield FieldFault("review_on", NOT_A_DAY)
    elif asked is not None and begun is not None:
        yield from _wrong_review(asked - begun)


def _wrong_review(after: timedelta) -> Iterator[FieldFault]:
    """What is wrong with a review so long after the goal was set."""
    if after < timedelta():
        yield FieldFault("review_on", REVIEW_BEFORE)
    elif after > MOST_AHEAD:
        yield FieldFault("review_on", REVIEW_TOO_LATE)


def _day(text: str) -> date | None:
    """A day in ISO 8601. 01/12/2026 is refused: it is January to some and December to others."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _status(text: str) -> str | None:
    """The status by its name, in upper or lower case; empty means active."""
    return next((status.value for status in GoalStatus if status == (text.lower() or GoalStatus.ACTIVE)), None)
