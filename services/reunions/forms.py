"""What an invitation to a group's meeting may say, and which answers it understands."""

from collections.abc import Mapping

from shared.words.forms import Choice, Field, Form

CATEGORY = "groups"

MEETING: Mapping[str, Field | Choice] = {
    "start": Field.INSTANT,
    "place": Field.PLACE,
    "reply_by": Field.INSTANT,
}

FORMS = (
    Form("invitation", CATEGORY, MEETING, frozenset({"IN", "OUT", "LATER", "9"})),
    Form("place_offered", CATEGORY, MEETING, frozenset({"IN", "OUT"})),
)
