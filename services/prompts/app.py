"""The prompts service: appointments in; agenda prompts, reminders and notices out."""

from pathlib import Path

from faststream import FastStream

from services.prompts.forms import FORMS
from services.prompts.messages import PLANNER
from services.prompts.policy import Policy
from services.prompts.rules import plan
from services.prompts.settings import Settings
from services.prompts.visits import KIND, says
from shared.clinic import APPOINTMENTS, Appointment
from shared.events import Kind
from shared.planning import Planner
from shared.runtime import planner_app
from shared.settings import load

TYPE = "cocreate.appointment.v1"


def planner(policy: Policy) -> Planner[Policy]:
    """Everything that makes this planner."""
    return Planner(
        name=PLANNER,
        topics={APPOINTMENTS: {TYPE: Kind(KIND, Appointment)}},
        plan=plan,
        says=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
        revision=3,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.prompts.app:create_app`."""
    settings = settings or load(Settings)
    return planner_app(planner(settings.policy()), settings)
