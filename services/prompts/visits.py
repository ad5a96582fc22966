"""Appointments as input of the rules: whether the patient is expected, when, and the messages sent about it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.prompts.beliefs import Arranged, AsRead, Statement, minute_of, reading_of, statement
from services.prompts.policy import Policy
from shared.clinic.appointment import Appointment, AppointmentStatus, Mode
from shared.clinic.clinic_policy import NO_POLICY, ClinicPolicy
from shared.clinic.joining import allowed_link
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact
from shared.rules.plan import Facts, SentHistory, SentMessage

BOOKED = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN})
"""Checked in is the paperwork, which many do from home days before; a patient who has arrived needs no reminder."""

CANCELLED = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR})

TO_BE_ARRANGED = frozenset({AppointmentStatus.PROPOSED, AppointmentStatus.PENDING, AppointmentStatus.WAITLIST})

KIND = "appointment"

ANSWER = "answer."
"""The prefix of the kinds of acknowledgements: they answer the patient, and give no news of the appointment."""


class Expectation(StrEnum):
    """Whether the patient is expected.

    `OFF`: not, and whoever was told of it must hear. `WAITING`: not for now, it is to be arranged. `OVER`: it was kept,
    or missed. `NEITHER`: not, and they know it; or nobody knows yet.
    """

    ON = "on"
    OFF = "off"
    WAITING = "waiting"
    OVER = "over"
    NEITHER = "neither"


class AskedFor(StrEnum):
    """The patient's last request by text, on which the clinic has not yet decided."""

    NONE = "none"
    NEW_TIME = "new_time"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One appointment of one patient, or one session of a course.

    Attributes:
        key: the thing's name in message keys; a patient who had the thing before has another key.
        arranged: its time, mode and place.
        where: the place as a reader knows it; see `Places.where`.
        site: the site of its place.
        own: what its clinic wants otherwise than the house.
        known_at: when it was booked, or its content for patients last changed.
        changed_at: when its content for patients last changed.
        learnt_at: time of the first event about it.
        said: the messages sent about it, or about what reads the same, oldest first, without acknowledgements.
        same: other things of the patient that read the same.
        wish: the patient's request; see `replies.heard`, as for `has_list`.
        has_list: whether the patient has texted items of the agenda.
        join_link: the link by which a video visit is joined; empty where there is none that may be sent.

    """

    thing: str
    key: str
    standing: Expectation
    arranged: Arranged
    end: datetime | None
    where: str
    site: str
    zone: ZoneInfo
    known_at: datetime
    changed_at: datetime
    learnt_at: datetime
    by_patient: bool
    said: tuple[Statement, ...]
    own: ClinicPolicy = NO_POLICY
    same: tuple[str, ...] = ()
    wish: AskedFor = AskedFor.NONE
    has_list: bool = False
    join_link: str = ""

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""
        return self.arranged.start

    @property
    def mode(self) -> Mode:
        """How patient and clinician meet."""
        return self.arranged.mode

    @property
    def place(self) -> str:
        """Key of its place."""
        return self.arranged.place

    @property
    def source(self) -> str:
        """Who speaks of it: visits of one source are held against each other, and no message is about those of two."""
        return self.place.partition("#")[0]

    @property
    def day(self) -> date:
        """The local day of the appointment."""
        return self.arranged.minute.date()

    @property
    def reading(self) -> AsRead:
        """What a reader sees of it."""
        return reading_of(self.arranged.minute, self.arranged.mode, self.where)

    @property
    def things(self) -> tuple[str, ...]:
        """It, and what reads the same."""
        return (self.thing, *self.same)

    @property
    def says(self) -> dict[str, dict[str, Any]]:
        """The content of a message about it, and about what reads the same: that it stands."""
        content = {**self.arranged.content, "on": True}
        return dict.fromkeys(self.things, content)

    @property
    def hour_is_known(self) -> bool:
        """Whether the clinic has said the hour: midnight is a day without one, for a call as for a visit."""
        return self.arranged.minute.time() != time.min

    def had_passed(self, told_start: datetime) -> bool:
        """Whether another time that was sent had passed when the appointment changed: then it is a new appointment."""
        return told_start != self.start and told_start <= self.changed_at

    def was_told(self, *kinds: str) -> bool:
        """Whether a message of one of these kinds was sent about it at its present day and minute."""
        return any(said.kind in kinds and said.reading.minute == self.arranged.minute for said in self.said)


def says(appointment: Appointment) -> str:
    """The content of an appointment that a patient would be sent: without seconds, room, clinician and paperwork."""
    start = appointment.start.replace(second=0, microsecond=0).isoformat() if appointment.start else ""
    content = [standing(appointment), start, appointment.mode, appointment.clinic or ""]
    return json.dumps([*content, appointment.zone.key] if appointment.zone else content)


def standing(appointment: Appointment) -> Expectation:
    """Whether the patient is expected."""
    if appointment.status in CANCELLED:
        return Expectation.OFF
    if appointment.status in BOOKED:
        return Expectation.ON if appointment.attends else Expectation.WAITING
    return Expectation.WAITING if appointment.status in TO_BE_ARRANGED else Expectation.OVER


def visits(facts: Facts, told: SentHistory, policy: Policy) -> tuple[Visit, ...]:
    """The appointments of a patient that have a time, or were sent with one; in order of their names."""
    of_kind = sorted((fact for fact in facts.things if fact.kind == KIND), key=lambda fact: fact.thing)
    found = [visit for fact in of_kind if (visit := _visit(fact, facts.places, told, policy)) is not None]
    return tuple(with_what_reads_the_same(found))


def with_what_reads_the_same(found: Sequence[Visit]) -> Iterator[Visit]:
    """Each visit, with all that was said of its day, minute, mode and place under other names of its source."""
    spoken: dict[tuple[str, AsRead], set[Statement]] = {}
    for visit in found:
        for one in visit.said:
            spoken.setdefault((visit.source, one.reading), set()).add(one)
    for visit in found:
        every = {*visit.said, *spoken.get((visit.source, visit.reading), ())}
        said = tuple(sorted(every, key=lambda one: (one.told_at, one.message_id, one.thing)))
        yield visit if said == visit.said else replace(visit, said=said)


def as_one(found: Iterable[Visit]) -> list[Visit]:
    """The visits, those of a source that read the same as one: booked twice, the patient comes once.

    The one that we heard of first stands for all.
    """
    alike: dict[tuple[str, AsRead], list[Visit]] = {}
    for visit in sorted(found, key=lambda one: (one.learnt_at, one.thing)):
        alike.setdefault((visit.source, visit.reading), []).append(visit)
    return [_together(those) for those in alike.values()]


def _together(alike: Sequence[Visit]) -> Visit:
    first, *others = alike
    return replace(first, same=tuple(one.thing for one in others)) if others else first


def _visit(fact: Fact, places: Places, told: SentHistory, policy: Policy) -> Visit | None:
    data = fact.data if isinstance(fact.data, Appointment) else None
    of_it = [sent for sent in told.about(fact.thing) if not sent.kind.startswith(ANSWER)]
    place = _place(fact.source, data, of_it)
    zone = (data and data.zone) or places.zone(place, policy.zone)
    said = tuple(statement(fact.thing, sent, places, zone) for sent in of_it)
    arranged = _arranged(data, said, place, zone, places)
    if arranged is None:
        return None
    return Visit(
        thing=fact.thing,
        key=f"{fact.thing}~{fact.holders_before}" if fact.holders_before else fact.thing,
        standing=standing(data) if data else Expectation.OFF,
        arranged=arranged,
        end=data.end if data else None,
        where=places.where(arranged.place),
        site=places.site(arranged.place),
        zone=zone,
        known_at=_known_at(fact, data),
        changed_at=fact.since_at,
        learnt_at=fact.first_at,
        by_patient=data is not None and data.cancelled_by == "patient",
        said=said,
        own=places.policy(arranged.place),
        join_link=allowed_link(getattr(data, "join_link", None), policy.link_domains),
    )


def _place(source: str, data: Appointment | None, told: Sequence[SentMessage]) -> str:
    """The key of its place; of what is gone, of the place that was told last."""
    if data is not None:
        return place_key(source, data.clinic)
    return str(told[-1].said["place"]) if told else ""


def _arranged(
    data: Appointment | None, said: Sequence[Statement], place: str, zone: ZoneInfo, places: Places
) -> Arranged | None:
    """As the clinic has it; where the appointment, or its time, is gone, as the patient was last told."""
    if data is not None and data.start is not None:
        minute = minute_of(data.start, zone)
        return Arranged(start=data.start, minute=minute, mode=data.mode, place=place, moves=places.moves(place))
    return said[-1].arranged if said else None


def _known_at(fact: Fact, data: Appointment | None) -> datetime:
    """When it was booked for this patient, or last changed. A `created` after the first event is wrong."""
    if fact.was_changed:
        return fact.since_at
    if data is None or data.created is None or fact.holders_before:
        return fact.first_at
    return min(data.created, fact.first_at)
