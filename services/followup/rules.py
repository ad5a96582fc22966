"""The rule of the follow-up planner: messages, tasks and events for goals and missed appointments.

The patient is asked about a goal on its day (`questions`), and once more after a silence (`silence`); replies are
acknowledged and published to the clinic (`replies`), and where the goal does not go well a task asks for a call
(`support`). A patient who missed an appointment gets a message (`missed`) and may ask for another (`rebooking`). The
numbers and their sources: `policy`.
"""

from collections.abc import Sequence

from services.followup import missed, rebooking
from services.followup.policy import Policy
from services.followup.questions import asked_wakeup, planned_questions, question
from services.followup.replies import acknowledgements, progress
from services.followup.silence import Waiting, waiting
from services.followup.support import support
from services.followup.view import View
from shared.rules.plan import Facts, Plan, SentHistory, together


def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """All that goals and missed appointments now want for this patient."""
    return together(
        goals_want(View.of(facts, told, policy)), missed.want(facts, told, policy), rebooking.want(facts, policy)
    )


def goals_want(view: View) -> Plan:
    """Questions, acknowledgements, calls and progress."""
    silent = list(waiting(view))
    calls = list(support(view, silent))
    return together(
        _first_questions(view),
        _questions_after_silence(silent),
        Plan(
            messages=tuple(ack for one in view.rounds for ack in acknowledgements(one, calls, view)),
            responses=tuple(told for one in view.rounds for told in progress(one, view)),
        ),
        Plan(task_requests=tuple(call.request for call in calls), responses=tuple(call.response for call in calls)),
    )


def _first_questions(view: View) -> Plan:
    asked = list(planned_questions(view))
    return Plan(
        messages=tuple(question(asking, view.policy) for asking in asked),
        wakeups=tuple(asking.wakeup for asking in asked),
    )


def _questions_after_silence(silent: Sequence[Waiting]) -> Plan:
    once_more = [message for waits in silent if (message := waits.question)]
    return Plan(
        messages=tuple(once_more),
        wakeups=(
            *(wakeup for waits in silent for wakeup in waits.wakeups()),
            *(asked_wakeup(message.key, message.expires_at) for message in once_more),
        ),
    )
