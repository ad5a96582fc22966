"""Turns goals from the form or from a CSV file into events of a source that the token may publish for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.cloudevents import MOST_EVENTS
from services.gateway.forms import Form, only
from services.gateway.goal_pages import LABELS, TOKEN
from services.gateway.judging import EventResult, Results
from services.gateway.refusals import RequestRefusal
from services.gateway.tokens import Token
from shared.clinic.goal import GoalStatus
from shared.events.cloudevents import RejectReason
from shared.formats.csv import goals
from shared.formats.csv.goals import COLUMNS
from shared.formats.csv.tables import FieldFault, FileLine

TWICE = "is there twice; send it once"
CHOOSE = "is needed, for this token speaks for several; choose one"
NOT_YOURS = "is none that this token speaks for; choose another, or ask whoever runs the gateway to add it"
_LINE_ENDS = re.compile(rb"[\r\n]+")

WHICH_GOAL = "is needed unless the goal is a new one: it says which goal is meant"


class LineResult(EventResult):
    """What became of one line of a file."""

    line: int = Field(description="its number in the file, from 1; the header is the first")
    subject: str | None = Field(description="the goal that it was about, where it could be read")


class LineResults(BaseModel):
    """What became of the lines of a file."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    accepted: int = Field(ge=0, description="how many are written and will be read")
    refused: int = Field(ge=0, description="how many are not; mend these alone and post them again")
    results: tuple[LineResult, ...] = Field(description="one for each line that says something, in their order")


@dataclass(frozen=True, slots=True)
class FormEntry:
    """The fields of a form with the event made from them, or with their faults."""

    typed: Mapping[str, str]
    event: dict[str, Any] | None = None
    faults: tuple[FieldFault, ...] = ()


def typed(form: Form) -> dict[str, str]:
    """The values of the form's fields, to fill the form again; without the token."""
    return {name: only(form, name) or "" for name in COLUMNS}


def entry(form: Form, token: Token, now: datetime) -> FormEntry:
    """The goal of a form as an event of a source that this token may publish for, or the form's faults.

    A new goal is set today by default. A change of an older goal must give that goal's day: patient and day identify
    a goal, so today's would belong to a goal that does not exist.
    """
    said = typed(form)
    source, set_on = _source(said["source"], token), _set_on(said, now)
    faults = [FieldFault(name, TWICE) for name in LABELS if name != TOKEN and len(form.getlist(name)) > 1]
    if source not in token.sources:
        faults.append(FieldFault("source", NOT_YOURS if source else CHOOSE))
    if isinstance(set_on, FieldFault):
        faults.append(set_on)
    else:
        said["set_on"] = set_on
    if faults:
        return FormEntry(said, faults=(*faults, *_further(faults, goals.goal(said, source or "-", now))))
    found = goals.goal(said | {"source": source}, source, now)
    return FormEntry(said, faults=found) if isinstance(found, tuple) else FormEntry(said, found)


def _source(chosen: str, token: Token) -> str:
    """Which source is meant: the one chosen, or the only one that the token speaks for; empty where that is open."""
    return chosen.strip().rstrip("/") or (next(iter(token.sources)) if len(token.sources) == 1 else "")


def _set_on(said: Mapping[str, str], now: datetime) -> str | FieldFault:
    """The day as it was typed; where none was, today for a new goal."""
    if said["set_on"].strip():
        return said["set_on"]
    is_new = said["status"].strip().lower() in {"", GoalStatus.ACTIVE}
    return goals.day_of(now).isoformat() if is_new else FieldFault("set_on", WHICH_GOAL)


def _further(faults: Sequence[FieldFault], found: dict[str, Any] | tuple[FieldFault, ...]) -> tuple[FieldFault, ...]:
    """What else is wrong, in fields of which nothing is said yet."""
    named = {fault.column for fault in faults}
    return tuple(fault for fault in found if fault.column not in named) if isinstance(found, tuple) else ()


def lines(body: bytes, token: Token, now: datetime) -> tuple[FileLine, ...] | FieldFault | RequestRefusal:
    """The lines of a CSV file of goals. Where the token has one source only, lines may leave the source out.

    Lines are counted before they are parsed: parsing a megabyte of short lines would take seconds.
    """
    if sum(bool(line.strip(b", \t")) for line in _LINE_ENDS.split(body)) > 1 + MOST_EVENTS:
        return RequestRefusal.TOO_MANY_EVENTS
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return FieldFault(None, 'the file is not UTF-8; save it as "CSV UTF-8"')
    return goals.lines(text, next(iter(token.sources)) if len(token.sources) == 1 else None, now)


def line_results(read: Sequence[FileLine], said: Results) -> LineResults:
    """The result of each line; `said` holds the results of those lines that made an event, in their order."""
    of_events = iter(said.results)
    every = tuple(
        _refused(line)
        if line.event is None
        else LineResult(line=line.number, subject=line.event["subject"], **next(of_events).model_dump())
        for line in read
    )
    accepted = sum(one.status == "accepted" for one in every)
    return LineResults(accepted=accepted, refused=len(every) - accepted, results=every)


def _refused(line: FileLine) -> LineResult:
    return LineResult(
        line=line.number,
        subject=None,
        id=None,
        source=None,
        status="refused",
        reason=RejectReason.INVALID_DATA,
        detail="; ".join(map(str, line.faults)),
    )
