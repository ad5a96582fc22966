"""`cocreate courses`: each course with its sessions and enrolments, and references to unknown courses and places."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.cli.commands.dangling import dangling
from services.cli.harmless import tamed
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import out
from services.cli.where import reachable, settings
from services.reunions.invitees import TAKES_PART, is_graduate
from services.reunions.settings import Settings as ReunionsSettings
from shared.clinic import places
from shared.clinic.courses import KINDS, Course, Enrolment
from shared.clinic.places import Places, place_key
from shared.planning import fact_store
from shared.planning.fact_store import NO_PATIENT
from shared.platform import clock
from shared.rules.facts import Fact

PLANNER = "reunions"

COLUMNS = (
    Column("course", Fit.THING),
    Column("status"),
    Column("sessions", Fit.NUMBER),
    Column("the next, or the last"),
    Column("where", Fit.PROSE),
    Column("enrolled", Fit.NUMBER),
    Column("graduates", Fit.NUMBER),
)


def list_courses() -> None:
    """Print all courses, and a sentence for each reference to an unknown course or place."""
    policy = settings(ReunionsSettings).policy()
    facts, registry, now = asyncio.run(_read())
    held = [(fact, fact.data) for fact in facts if isinstance(fact.data, Course)]
    if held:
        rows = []
        for fact, course in sorted(held, key=lambda one: one[0].thing):
            place = registry.get(place_key(fact.source, course.clinic))
            people = _people(fact.thing, facts)
            sessions = sorted(session.start for session in course.sessions if not session.cancelled)
            shown = next((start for start in sessions if start >= now), sessions[-1] if sessions else None)
            zone = course.zone or registry.zone(place_key(fact.source, course.clinic), policy.zone)
            row = (
                fact.thing,
                course.status,
                str(len(sessions)),
                f"{shown.astimezone(zone):%a %d %b %Y %H:%M}" if shown else "",
                place.name if place else "not in the registry",
                str(sum(one.status in TAKES_PART for one in people)),
                str(sum(is_graduate(one, course, policy.graduate_share) for one in people)),
            )
            rows.append(row)
        show(Listing(title="Courses", columns=COLUMNS, rows=rows))
    else:
        out.print("No courses yet. Publish one: [bold]cocreate publish courses.csv[/]")
    for sentence in dangling(facts, registry):
        out.print(f"[yellow]•[/] {tamed(sentence)}", highlight=False, soft_wrap=True)


def _people(thing: str, facts: Sequence[Fact]) -> list[Enrolment]:
    """The enrolments in a course, one for each patient: of several the one with the most attended sessions."""
    enrolled = [
        (f.patient_id, f.data) for f in facts if isinstance(f.data, Enrolment) and thing in f.data.refers(f.source)
    ]
    return list(dict(sorted(enrolled, key=lambda one: len(one[1].attended))).values())


async def _read() -> tuple[list[Fact], Places, datetime]:
    shapes = {kind.name: kind.data for kind in KINDS.values()}
    async with reachable(settings(ReunionsSettings)) as pool, pool.acquire() as connection:
        everybody = [NO_PATIENT, *await fact_store.patients(connection, PLANNER)]
        found = await fact_store.load(connection, PLANNER, everybody, shapes)
        return (
            [one for one in found if one.data is not None],
            await places.load(connection),
            (await clock.read(connection)).now,
        )
