"""What delivery itself says in answer to a patient: that they have opted out, and that it did not understand."""

from shared.person import ALL
from shared.words.forms import Choice, Field, Form

CATEGORY = "answers"
"""Answers to what patients write: they are not what anybody opts out of."""

CATEGORIES = Choice((ALL, "appointments", "goals", "groups"))

FORMS = (
    Form("opted_out", CATEGORY, {"place": Field.PLACE, "category": CATEGORIES}),
    Form("not_understood", CATEGORY, {"place": Field.PLACE, "read_by": Field.INSTANT}),
)
