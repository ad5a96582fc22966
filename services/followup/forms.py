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
    Form(FollowUpKind.GOAL, GOALS, GOAL, HOW_IT_WENT, open_question=True),
    Form(FollowUpKind.AGAIN, GOALS, GOAL, HOW_IT_WENT, open_question=True),
    Form(FollowUpKind.DID_IT, GOALS, ANSWERED, SURE),
    Form(FollowUpKind.DID_SOME, GOALS, ANSWERED, SURE, open_question=True),
    Form(FollowUpKind.NOT_YET, GOALS, ANSWERED, TALK, open_question=True),
    # low: a number below which the patient is not sure; called: whether somebody will call
    Form(FollowUpKind.SURE, GOALS, {**ANSWERED, "low": Field.FLAG, "called": Field.FLAG}),
    Form(FollowUpKind.TALK, GOALS, {**ANSWERED, "call_by": Field.INSTANT}),
    Form(FollowUpKind.WORDS, GOALS, ANSWERED),
    Form(FollowUpKind.MISSED, APPOINTMENTS, {"start": Field.INSTANT, "place": Field.PLACE}, frozenset({"2", "3"})),
    Form(FollowUpKind.NEW_TIME, APPOINTMENTS, ANSWERED),
    Form(FollowUpKind.NOT_NEEDED, APPOINTMENTS, ANSWERED),
)
