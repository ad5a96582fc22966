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
    Form(name=OPTED_OUT, category=CATEGORY, fields={"place": Field.PLACE, "category": CATEGORIES}),
    Form(name=NOT_UNDERSTOOD, category=CATEGORY, fields={"place": Field.PLACE, "read_by": Field.INSTANT}),
    Form(name=URGENT, category=CATEGORY, fields={"place": Field.PLACE}),
)
