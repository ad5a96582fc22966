"""The reunions service: courses, enrolments and reunions in; invitations, places, reminders and notices out."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from faststream import FastStream

from services.reunions import ledger
from services.reunions.arranged import KIND
from services.reunions.due import ReunionsDue
from services.reunions.forms import FORMS
from services.reunions.meetings import COURSE, PLANNER, says
from services.reunions.policy import Policy
from services.reunions.rules import plan
from services.reunions.settings import Settings
from shared.clinic.courses import COURSES, KINDS
from shared.planning.planner import Planner
from shared.service.service import Service, planner_app
from shared.settings import load

DUE_SECONDS = 600.0
"""Seconds between checks for reunions that are due. They fall due on a day, so some minutes matter to no reader."""


def planner(policy: Policy) -> Planner[Policy]:
    """The planner, with its topics, rule, wordings and forms."""
    return Planner(
        name=PLANNER,
        topics={COURSES: KINDS},
        plan=plan,
        content_digest=says,
        policy=policy,
        words=Path(__file__).parent / "templates",
        forms=FORMS,
        shared_kinds=frozenset({COURSE, KIND}),
        before=ledger.before(policy),
        revision=2,
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.reunions.app:create_app`."""
    settings = settings or load(Settings)
    policy = settings.policy()

    def due(service: Service) -> Callable[[], Awaitable[object]]:
        return ReunionsDue(service.pool, policy).run_once

    return planner_app(planner(policy), settings, loops=[(DUE_SECONDS, f"{PLANNER} due", due)])
