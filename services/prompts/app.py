"""The prompts service: appointments and courses in; agenda prompts, reminders and notices out."""

from pathlib import Path
from typing import Any

from faststream import FastStream

from services.prompts import sessions, visits
from services.prompts.forms import FORMS
from services.prompts.messages import PLANNER
from services.prompts.policy import Policy
from services.prompts.rules import plan
from services.prompts.settings import Settings
from services.prompts.visits import KIND
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.courses import COURSES, KINDS
from shared.events.cloudevents import EventKind
from shared.planning.planner import Planner
from shared.service.service import planner_app
from shared.settings import load

TYPE = "cocreate.appointment.v1"


def says(thing: Any) -> str:
    """The content of a thing's state that a patient would be sent, as text that is compared."""
    return visits.says(thing) if isinstance(thing, Appointment) else sessions.says(thing)


def planner(policy: Policy) -> Planner[Policy]:
    """The planner, with its topics, rule, wordings and forms."""
    return Planner(
        name=PLANNER,
        topics={APPOINTMENTS: {TYPE: EventKind(KIND, Appointment)}, COURSES: KINDS},
        plan=plan,
        content_digest=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
        shared_kinds=frozenset({"course", "reunion"}),
        revision=6,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.prompts.app:create_app`."""
    settings = settings or load(Settings)
    return planner_app(planner(settings.policy()), settings)
