"""The forms of delivery's own answers to texts: opt-out confirmed, staff will read it, whom to call in danger."""

from shared.patients.person import ALL
from shared.words.forms import Choice, Field, Form

PLANNER = "delivery"
"""The planner's name of these answers in the schedule. No plan withdraws them: they belong to no planner."""

CATEGORY = "answers"
"""The category of answers to texts; patients cannot opt out of it."""

CATEGORIES = Choice((ALL, "appointments", "goals", "groups"))

OPTED_OUT = "opted_out"
NOT_UNDERSTOOD = "not_understood"
URGENT = "urgent"

FORMS = (
    Form(OPTED_OUT, CATEGORY, {"place": Field.PLACE, "category": CATEGORIES}),
    Form(NOT_UNDERSTOOD, CATEGORY, {"place": Field.PLACE, "read_by": Field.INSTANT}),
    Form(URGENT, CATEGORY, {"place": Field.PLACE}),
)
