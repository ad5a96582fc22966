"""The forms of messages about goals and missed appointments: their placeholders and answers."""

from collections.abc import Mapping

from services.followup.messages import APPOINTMENTS, GOALS, FollowUpKind
from shared.words.forms import Choice, Field, Form

GOAL: Mapping[str, Field | Choice] = {
    "place": Field.PLACE,
    "set_at": Field.INSTANT,  # never what the goal is: a phone is shared, a lock screen is read
    "several": Field.FLAG,  # whether it asks about several goals: then the day is that of the first
}

ANSWERED: Mapping[str, Field | Choice] = {"place": Field.PLACE}

HOW_IT_WENT = frozenset({"A", "B", "C", "9"})
SURE = frozenset({"SURE"})
TALK = frozenset({"TALK"})

FORMS = (
    Form(name=FollowUpKind.GOAL, category=GOALS, fields=GOAL, answers=HOW_IT_WENT, open_question=True),
    Form(name=FollowUpKind.AGAIN, category=GOALS, fields=GOAL, answers=HOW_IT_WENT, open_question=True),
    Form(name=FollowUpKind.DID_IT, category=GOALS, fields=ANSWERED, answers=SURE),
    Form(name=FollowUpKind.DID_SOME, category=GOALS, fields=ANSWERED, answers=SURE, open_question=True),
    Form(name=FollowUpKind.NOT_YET, category=GOALS, fields=ANSWERED, answers=TALK, open_question=True),
    # low: a number below which the patient is not sure; called: whether somebody will call
    Form(name=FollowUpKind.SURE, category=GOALS, fields={**ANSWERED, "low": Field.FLAG, "called": Field.FLAG}),
    Form(name=FollowUpKind.TALK, category=GOALS, fields={**ANSWERED, "call_by": Field.INSTANT}),
    Form(name=FollowUpKind.WORDS, category=GOALS, fields=ANSWERED),
    Form(
        name=FollowUpKind.MISSED,
        category=APPOINTMENTS,
        fields={"start": Field.INSTANT, "place": Field.PLACE},
        answers=frozenset({"2", "3"}),
    ),
    Form(name=FollowUpKind.NEW_TIME, category=APPOINTMENTS, fields=ANSWERED),
    Form(name=FollowUpKind.NOT_NEEDED, category=APPOINTMENTS, fields=ANSWERED),
)
