"""What goal follow-up, and the note after a missed appointment, may say, and which answers they understand."""

from collections.abc import Mapping

from shared.words.forms import Choice, Field, Form

GOALS = "goals"
APPOINTMENTS = "appointments"

SURE = frozenset({"SURE"})

GOAL: Mapping[str, Field | Choice] = {
    "place": Field.PLACE,
    "set_at": Field.INSTANT,  # never what the goal is: a phone is shared, a lock screen is read
}

ANSWERED: Mapping[str, Field | Choice] = {"place": Field.PLACE}

FORMS = (
    Form("goal", GOALS, GOAL, frozenset({"A", "B", "C", "9"})),
    Form("goal.did_it", GOALS, ANSWERED, SURE),
    Form("goal.did_some", GOALS, ANSWERED, SURE, open_question=True),
    Form("goal.not_yet", GOALS, ANSWERED, frozenset({"TALK"}), open_question=True),
    Form("missed", APPOINTMENTS, {"start": Field.INSTANT, "place": Field.PLACE}, frozenset({"2", "3"})),
)
