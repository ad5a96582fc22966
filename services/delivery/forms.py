"""What delivery itself says to whoever texts: that they have opted out, that a person reads it, whom to call now."""

from shared.patients.person import ALL
from shared.words.forms import Choice, Field, Form

PLANNER = "delivery"
"""Under this name answers stand in the schedule. Nobody plans them: what has been asked for stays asked for."""

CATEGORY = "answers"
"""Answers to what patients write: they are not what anybody opts out of."""

CATEGORIES = Choice((ALL, "appointments", "goals", "groups"))

OPTED_OUT = "opted_out"
NOT_UNDERSTOOD = "not_understood"
URGENT = "urgent"

FORMS = (
    Form(OPTED_OUT, CATEGORY, {"place": Field.PLACE, "category": CATEGORIES}),
    Form(NOT_UNDERSTOOD, CATEGORY, {"place": Field.PLACE, "read_by": Field.INSTANT}),
    Form(URGENT, CATEGORY, {"place": Field.PLACE}),
)
