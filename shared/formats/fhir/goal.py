"""Reads a FHIR Goal (R4) as our own: patient, start and status, never the goal itself."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from shared.clinic.goal import GoalStatus
from shared.events.types import EARLIEST, LATEST
from shared.formats.fhir.elements import (
    BundleEntry,
    ReadResource,
    UnusableResource,
    codes,
    contained,
    instant,
    record,
    records,
    resolve,
)
from shared.formats.fhir.subject import NAMELESS, UNRESOLVED_SUBJECT, name_of, reference

ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"

# hl7.org/fhir/R4/valueset-goal-status.html. About a goal that is not pursued yet, or not for now, we ask nothing.
_LIFECYCLE: Final[Mapping[str, GoalStatus]] = {
    "proposed": GoalStatus.ON_HOLD,
    "planned": GoalStatus.ON_HOLD,
    "accepted": GoalStatus.ACTIVE,
    "active": GoalStatus.ACTIVE,
    "on-hold": GoalStatus.ON_HOLD,
    "completed": GoalStatus.ABANDONED,  # "no longer being sought"; whether it was met the achievement says
    "cancelled": GoalStatus.ABANDONED,
    "rejected": GoalStatus.ABANDONED,
    "entered-in-error": GoalStatus.ENTERED_IN_ERROR,
}
_NOT_BEGUN: Final = frozenset({"proposed", "planned"})

# hl7.org/fhir/R4/valueset-goal-achievement.html: `sustaining` is met and still worked on: an active one stays so.
_MET: Final = frozenset({"achieved", "sustaining"})
_HOPELESS: Final = "not-attainable"

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

UNKNOWN_LIFECYCLE = f"its lifecycleStatus is none of FHIR's: write one of {', '.join(_LIFECYCLE)}"
NO_START_DATE = "it has no startDate that is a whole day: write the day on which it was set, like 2026-12-01"
NOT_A_PATIENTS = "its subject is no patient: add a subject that is a reference such as Patient/123"


def goal(resource: Mapping[str, Any], known: Mapping[str, BundleEntry]) -> ReadResource | UnusableResource:
    """Read a Goal resource of R4.

    Description, category, measures, `addresses`, notes and outcomes reveal conditions: they are not read. FHIR has no
    element for the agreed review day, nor for the patient's confidence. A due date is not a review day: it is when the
    goal should be met, months ahead, and a question on that day would come far too late.

    Args:
        resource: the Goal.
        known: the other resources of the document, by the URLs that references use.

    """
    notes: list[str] = []
    lifecycle = resource.get("lifecycleStatus")
    status = _status(lifecycle, resource, notes) if isinstance(lifecycle, str) else None
    if status is None:
        return UnusableResource(UNKNOWN_LIFECYCLE)
    set_on = _set_on(resource, status, notes)
    if set_on is None:
        return UnusableResource(NO_START_DATE)
    patient = _patient(resource, known, notes)
    if isinstance(patient, UnusableResource):
        return patient
    data = {"status": status.value, "patient": patient, "set_on": set_on.isoformat()}
    if any("dueDate" in one or "dueDuration" in one for one in records(resource.get("target"))):
        notes.append("a due date says by when it should be met, not when to ask: review_on is left out")
    return ReadResource(data, tuple(dict.fromkeys(notes)))


def _patient(
    resource: Mapping[str, Any], known: Mapping[str, BundleEntry], notes: list[str]
) -> dict[str, Any] | UnusableResource:
    """Whose goal it is."""
    subject = record(resource.get("subject"))
    target = resolve(subject, known, contained(resource))
    if target.kind != "Patient":
        lost = target.kind is None and str(subject.get("reference") or "").startswith(("urn:", "#"))
        return UnusableResource(UNRESOLVED_SUBJECT if lost else NOT_A_PATIENTS)
    name = name_of(target)
    return UnusableResource(NAMELESS) if name is None else reference(name, [target], notes)


def _status(lifecycle: str, resource: Mapping[str, Any], notes: list[str]) -> GoalStatus | None:
    """The status of the goal: the achievement decides where the lifecycle leaves it open."""
    status = _LIFECYCLE.get(lifecycle)
    achievement = codes(resource.get("achievementStatus"), ACHIEVEMENT)
    if lifecycle in _NOT_BEGUN:
        notes.append("nobody pursues it yet: nothing is asked of it until its lifecycleStatus is active")
    if lifecycle == "completed":
        if _MET.intersection(achievement):
            return GoalStatus.ACHIEVED
        notes.append("it is completed, and not said to be achieved: it counts as abandoned")
    if status is GoalStatus.ACTIVE and "achieved" in achievement:
        notes.append("it is active and achieved: it counts as achieved")
        return GoalStatus.ACHIEVED
    if status is GoalStatus.ACTIVE and _HOPELESS in achievement:
        notes.append("it is active and not attainable: it counts as abandoned")
        return GoalStatus.ABANDONED
    return status


def _set_on(resource: Mapping[str, Any], status: GoalStatus, notes: list[str]) -> date | None:
    """The day on which the goal was set.

    For an active goal it decides when the patient is asked, so no other day replaces it. A goal that ends must end even
    where its start is unknown, so the day of its status may stand in.
    """
    day = _day(resource.get("startDate"))
    if day is not None or status is GoalStatus.ACTIVE:
        return day
    updated = instant(record(resource.get("meta")).get("lastUpdated"))
    other = _day(resource.get("statusDate")) or (updated.date() if updated else None)
    if other is not None:
        notes.append("no startDate that is a whole day: the day of its status stands for it")
    return other


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if EARLIEST.date() <= day < LATEST.date() else None
