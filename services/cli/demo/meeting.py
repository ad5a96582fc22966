"""The demo's course and reunion: reminders of sessions, patients who stop coming, and a reunion that fills.

The course meets twice a week here, so that a fortnight shows most of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.cli.demo.patients import DemoPatients
from services.cli.demo.personas import ORGANISER, SOURCE, Persona, Post
from shared.clinic.courses import COURSES

REUNION = f"{SOURCE}/reunion/AUTUMN"

SESSIONS = (-10, -6, -3, 1, 4, 8, 11)
"""The days of the course's seven sessions, at two in the afternoon."""
MOVED, CANCELLED = 5, 6
"""Numbers of the sessions that are moved and cancelled, each after its reminders were sent."""

MEETS = 11
"""The day of the reunion."""

# Who is asked on the first day, from ten to half past four, answers so many hours later: always in the same order.
SAME_DAY, NEXT_MORNING, NEXT_AFTERNOON, THIRD_DAY = 0.4, 20, 27, 44


def tell(troupe: DemoPatients) -> None:
    """Add the stories of the course and of the reunion."""
    _course(troupe)
    _reunion(troupe)


def _course(troupe: DemoPatients) -> None:
    """Add a course: one patient always attends, two stop and are welcomed back, one leaves; two sessions change."""
    sessions: list[dict[str, Any]] = [{"number": n, "start": troupe.at(day, 14)} for n, day in enumerate(SESSIONS, 1)]
    plans = [(troupe.at(0, 7, 50), _plan(sessions))]
    sessions[MOVED - 1]["start"] += timedelta(hours=2)
    plans.append((troupe.at(SESSIONS[MOVED - 1] - 1, 16, 30), _plan(sessions)))
    sessions[CANCELLED - 1]["cancelled"] = True
    plans.append((troupe.at(SESSIONS[CANCELLED - 1] - 1, 16, 30), _plan(sessions)))
    troupe.other_posts += (_says("course", "WINTER", at, sessions=plan, clinic="C2") for at, plan in plans)
    for about, missed, leaves in (
        ("comes to every session of a course", (), None),
        ("missed two sessions, and comes again", (2, 3), None),
        ("stops coming to a course", (4, 5, 7), None),
        ("leaves a course", (3,), 5),
    ):
        person = troupe.someone(about)
        troupe.shows(person)
        troupe.other_posts += _takes_part(troupe, person, missed, leaves)


def _takes_part(troupe: DemoPatients, person: Persona, missed: Sequence[int], leaves: int | None) -> Iterator[Post]:
    """A patient's enrolment events: at the start, after each session, and on the day on which the patient leaves."""
    held = [(number, day) for number, day in enumerate(SESSIONS, 1) if number != CANCELLED]
    notes = [(troupe.at(0, 7, 51), 0), *((troupe.at(day, 17, 30), day) for _, day in held if day > 0)]
    for at, today in notes:
        if leaves is None or today < leaves:
            over = [number for number, day in held if day <= today]
            yield _enrolled(
                person, "WINTER", at, (n for n in over if n not in missed), (n for n in over if n in missed)
            )
    if leaves is not None:
        yield _enrolled(person, "WINTER", troupe.at(leaves, 10), (1, 2), (3,), status="withdrawn")


def _reunion(troupe: DemoPatients) -> None:
    """Add a reunion of four places, taken by three patients and a guest; two come free, and one offer lapses."""
    weekly = [{"number": n, "start": troupe.at(-7 * (15 - n), 14)} for n in range(1, 8)]
    troupe.other_posts.append(_says("course", "SUMMER", troupe.at(0, 7, 52), sessions=_plan(weekly), clinic="C2"))
    graduates = [
        ("comes to a reunion, then cannot", (("IN", "IN", SAME_DAY), ("OUT", "out, sorry", 46))),
        ("brings a guest to a reunion", (("IN", "In 2 please", SAME_DAY),)),
        ("comes to a reunion, then cannot either", (("IN", "in", SAME_DAY), ("OUT", "OUT", 70))),
        ("waits, is offered a place and takes it", (("IN", "in", NEXT_MORNING), ("IN", "IN", 2))),
        ("waits, is offered a place and lets it go", (("IN", "In!", NEXT_AFTERNOON),)),
        ("waits longest, and gets that place", (("IN", "in", THIRD_DAY), ("IN", "in", 2))),
        ("would rather come next time", (("LATER", "Later", SAME_DAY),)),
    ]
    for about, answers in graduates:
        person = troupe.someone(about)
        troupe.other_posts.append(
            _enrolled(person, "SUMMER", troupe.at(0, 7, 53), range(1, 7), (7,), status="completed")
        )
        for token, body, after in answers:
            troupe.answers(person, token, body, after=after)
    left = troupe.someone("left that course: is not invited")
    troupe.other_posts.append(_enrolled(left, "SUMMER", troupe.at(0, 7, 53), (1, 2), range(3, 8)))
    meeting = {"start": troupe.at(MEETS, 10), "end": troupe.at(MEETS, 12), "rsvp_by": troupe.at(MEETS - 2, 18)}
    troupe.other_posts.append(
        _says(
            "reunion",
            "AUTUMN",
            troupe.at(0, 7, 54),
            **{name: at.isoformat() for name, at in meeting.items()},
            clinic="C2",
            capacity=4,
            most_in_party=2,
            courses=["SUMMER"],
            organiser_email=ORGANISER,
        )
    )


def _plan(sessions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sessions of a course in the shape of its event, each of two hours."""
    return [
        {**one, "start": one["start"].isoformat(), "end": (one["start"] + timedelta(hours=2)).isoformat()}
        for one in sessions
    ]


def _enrolled(person: Persona, course: str, at: datetime, *came: Iterable[int], status: str = "enrolled") -> Post:
    """An enrolment event of a patient; `came`: the numbers of attended sessions, then those of missed ones."""
    attended, missed = map(list, came)
    part = {"course": course, "status": status, "attended": attended, "missed": missed}
    return _says("enrolment", f"{course}-{person.id}", at, patient=person.reference, **part)


def _says(kind: str, name: str, at: datetime, **data: Any) -> Post:
    """An event with the whole state of a course, an enrolment or a reunion."""
    subject = f"{kind}/{name}"
    event = {
        "specversion": "1.0",
        "id": f"{name}-{at:%d%H%M}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": subject,
        "time": at.isoformat(),
        "data": data,
    }
    return Post(at, COURSES, f"{SOURCE}/{subject}", event)
