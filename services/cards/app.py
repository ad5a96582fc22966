"""The cards service: appointments in; a card for each clinician, on the working day before, out."""

from pathlib import Path

from faststream import FastStream

from services.cards.forms import FORMS
from services.cards.listed import KIND, Listed, says
from services.cards.policy import Policy
from services.cards.rules import plan
from services.cards.settings import Settings
from shared.clinic import APPOINTMENTS
from shared.events import Kind
from shared.planning import Planner
from shared.runtime import planner_app
from shared.settings import load

TYPE = "cocreate.appointment.v1"


def planner(policy: Policy) -> Planner[Policy]:
    """Everything that makes this planner."""
    return Planner(
        name="cards",
        topics={APPOINTMENTS: {TYPE: Kind(KIND, Listed)}},
        plan=plan,
        says=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
        partial=True,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.cards.app:create_app`."""
    settings = settings or load(Settings)
    return planner_app(planner(settings.policy()), settings)
