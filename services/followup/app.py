"""The follow-up service: goals and appointments in; questions, acknowledgements, tasks and progress out."""

from pathlib import Path

from faststream import FastStream

from services.followup import goals, missed
from services.followup.conversations import PLANNER
from services.followup.forms import FORMS
from services.followup.policy import Policy
from services.followup.rules import plan
from services.followup.settings import Settings
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.goal import GOALS, Goal
from shared.events.cloudevents import EventKind
from shared.planning.planner import Planner
from shared.service.service import planner_app
from shared.settings import load

GOAL_TYPE = "cocreate.goal.v1"
APPOINTMENT_TYPE = "cocreate.appointment.v1"


def says(data: Goal | Appointment) -> str:
    """The content of a thing's state that a patient would be sent, as text that is compared."""
    return goals.says(data) if isinstance(data, Goal) else missed.says(data)


def planner(policy: Policy) -> Planner[Policy]:
    """The planner, with its topics, rule, wordings and forms."""
    return Planner(
        name=PLANNER,
        topics={
            GOALS: {GOAL_TYPE: EventKind(goals.KIND, Goal)},
            APPOINTMENTS: {APPOINTMENT_TYPE: EventKind(missed.KIND, Appointment)},
        },
        plan=plan,
        content_digest=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.followup.app:create_app`."""
    settings = settings or load(Settings)
    return planner_app(planner(settings.policy()), settings)
