"""The cards service: appointments and reunions in; lists for clinicians and organisers, on the day before, out."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from faststream import FastStream

from services.cards import gatherings, listed
from services.cards.forms import FORMS
from services.cards.gatherings import ListedReunion, Unlisted
from services.cards.listed import ListedAppointment
from services.cards.policy import Policy
from services.cards.rules import plan, says
from services.cards.settings import Settings
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.events.cloudevents import EventKind
from shared.planning.planner import Planner
from shared.service.service import planner_app
from shared.settings import load

TOPICS: Mapping[str, Mapping[str, EventKind[Any]]] = MappingProxyType(
    {
        APPOINTMENTS: {"cocreate.appointment.v1": EventKind(listed.KIND, ListedAppointment)},
        COURSES: {
            "cocreate.course.v1": EventKind("course", Unlisted),
            "cocreate.enrolment.v1": EventKind("enrolment", Unlisted),
            "cocreate.reunion.v1": EventKind(gatherings.KIND, ListedReunion),
        },
    }
)


def planner(policy: Policy) -> Planner[Policy]:
    """The planner, with its topics, rule, wordings and forms."""
    return Planner(
        name="cards",
        topics=TOPICS,
        plan=plan,
        content_digest=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
        partial=True,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.cards.app:create_app`."""
    settings = settings or load(Settings)
    return planner_app(planner(settings.policy()), settings)
