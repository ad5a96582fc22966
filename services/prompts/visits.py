"""Appointments as input of the rules: whether the patient is expected, when, and the messages sent about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.prompts.policy import Policy
from shared.clinic.appointment import Appointment, AppointmentStatus, Mode
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact
from shared.rules.plan import Facts, SentHistory, SentMessage

BOOKED = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN})
"""Checked in is the paperwork, which many do from home days before; a patient who has arrived needs no reminder."""

CANCELLED = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR})

KIND = "appointment"

ANSWER = "answer."
"""The prefix of the kinds of acknowledgements: they answer the patient, and give no news of the appointment."""


class Expectation(StrEnum):
    """Whether the patient is expected. `NEITHER`: over, or not agreed yet; no message is due."""

    ON = "on"
    OFF = "off"
    NEITHER = "neither"


class AskedFor(StrEnum):
    """The patient's last request by text, on which the clinic has not yet decided."""

    NONE = "none"
    NEW_TIME = "new_time"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAppointment:
    """The content of a sent message about an appointment."""

    message_id: str
    kind: str
    told_at: datetime
    start: datetime
    mode: str
    place: str
    site: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One appointment of one patient.

    Attributes:
        key: the thing's name in message keys; a patient who had the thing before has another key.
        known_at: when it was booked, or its content for patients last changed.
        changed_at: when its content for patients last changed.
        learnt_at: time of the first event about it.
        said: the messages sent about it, oldest first, without acknowledgements.
        wish: the patient's request; see `replies.heard`, as for `has_list`.
        has_list: whether the patient has texted items of the agenda.

    """

    thing: str
    key: str
    standing: Expectation
    start: datetime
    end: datetime | None
    mode: Mode
    place: str
    site: str
    zone: ZoneInfo
    known_at: datetime
    changed_at: datetime
    learnt_at: datetime
    by_patient: bool
    said: tuple[SentAppointment, ...]
    wish: AskedFor = AskedFor.NONE
    has_list: bool = False

    @property
    def day(self) -> date:
        """The local day of the appointment."""
        return self.start.astimezone(self.zone).date()

    @property
    def says(self) -> Mapping[str, Any]:
        """The content of a message about it."""
        on = self.standing is Expectation.ON
        return {"start": self.start.isoformat(), "mode": self.mode.value, "place": self.place, "on": on}

    @property
    def last(self) -> SentAppointment | None:
        """The last message about it; None where the time in it had passed when it changed: it is a new appointment."""
        last = self.said[-1] if self.said else None
        return None if last is not None and self.had_passed(last.start) else last

    def had_passed(self, told_start: datetime) -> bool:
        """Whether another time that was sent had passed when the appointment changed: then it is a new appointment."""
        return told_start != self.start and told_start <= self.changed_at

    def was_told(self, kind: str) -> bool:
        """Whether a message of this kind was sent about it at its present time."""
        return any(said.kind == kind and said.start == self.start for said in self.said)


def says(appointment: Appointment) -> str:
    """The content of an appointment that a patient would be sent: without room, clinician and paperwork."""
    start = appointment.start.isoformat() if appointment.start else ""
    return json.dumps([standing(appointment), start, appointment.mode, appointment.clinic or ""])


def standing(appointment: Appointment) -> Expectation:
    """Whether the patient is expected."""
    if appointment.status in CANCELLED:
        return Expectation.OFF
    return Expectation.ON if appointment.status in BOOKED and appointment.attends else Expectation.NEITHER


def visits(facts: Facts, told: SentHistory, policy: Policy) -> tuple[Visit, ...]:
    """The appointments of a patient that have a time, or were sent with one; in order of their names."""
    of_kind = sorted((fact for fact in facts.things if fact.kind == KIND), key=lambda fact: fact.thing)
    found = (_visit(fact, facts.places, told, policy) for fact in of_kind)
    return tuple(visit for visit in found if visit is not None)


def _visit(fact: Fact, places: Places, told: SentHistory, policy: Policy) -> Visit | None:
    told_of_it = (saying for saying in told.about(fact.thing) if not saying.kind.startswith(ANSWER))
    said = tuple(sent_appointment(saying, places) for saying in told_of_it)
    data = fact.data if isinstance(fact.data, Appointment) else None
    arranged = _arranged(fact.source, data, said)
    if arranged is None:
        return None
    return Visit(
        thing=fact.thing,
        key=f"{fact.thing}~{fact.holders_before}" if fact.holders_before else fact.thing,
        standing=standing(data) if data else Expectation.OFF,
        start=arranged.start,
        end=arranged.end,
        mode=arranged.mode,
        place=arranged.place,
        site=places.site(arranged.place),
        zone=arranged.zone or places.zone(arranged.place, policy.zone),
        known_at=_known_at(fact, data),
        changed_at=fact.since_at,
        learnt_at=fact.first_at,
        by_patient=data is not None and data.cancelled_by == "patient",
        said=said,
    )


@dataclass(frozen=True, slots=True)
class Arranged:
    """When, how and where a patient is expected. `zone`: None where only the place tells it."""

    start: datetime
    end: datetime | None
    mode: Mode
    place: str
    zone: ZoneInfo | None


def _arranged(source: str, data: Appointment | None, said: Sequence[SentAppointment]) -> Arranged | None:
    """As the clinic has it; where the appointment, or its time, is gone, as the patient was last told."""
    last = said[-1] if said else None
    if data is None:
        return None if last is None else Arranged(last.start, None, Mode(last.mode), last.place, None)
    start = last.start if data.start is None and last is not None else data.start
    return None if start is None else Arranged(start, data.end, data.mode, place_key(source, data.clinic), data.zone)


def _known_at(fact: Fact, data: Appointment | None) -> datetime:
    """When it was booked for this patient, or last changed. A `created` after the first event is wrong."""
    if fact.was_changed:
        return fact.since_at
    if data is None or data.created is None or fact.holders_before:
        return fact.first_at
    return min(data.created, fact.first_at)


def sent_appointment(saying: SentMessage, places: Places) -> SentAppointment:
    """The content of a sent message about an appointment or a session."""
    said = saying.said
    return SentAppointment(
        message_id=str(saying.message_id),
        kind=saying.kind,
        told_at=saying.told_at,
        start=datetime.fromisoformat(said["start"]),
        mode=said["mode"],
        place=said["place"],
        site=places.site(said["place"]),
        on=bool(said["on"]),
    )
