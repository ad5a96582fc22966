"""The forms of messages about reunions: their placeholders and answers."""

from collections.abc import Mapping

from services.reunions.messages import CATEGORY, ReunionKind, SeatNews
from shared.words.forms import Choice, Field, Form

WHAT = Choice(("reunion", "taster"))
NEWS = Choice(tuple(news.value for news in SeatNews))

MEETING: Mapping[str, Field | Choice] = {"what": WHAT, "start": Field.INSTANT, "place": Field.PLACE}
"""The placeholders of a reunion or taster session."""

INVITED: Mapping[str, Field | Choice] = {**MEETING, "reply_by": Field.INSTANT, "guests": Field.FLAG}
"""The placeholders of an invitation. `guests`: whether a party may have more than one person."""

PARTY: Mapping[str, Field | Choice] = {**MEETING, "several": Field.FLAG, "party": Field.TEXT, "news": NEWS}
"""The placeholders of a message about the places of a party, or its wait for them."""

LEFT: Mapping[str, Field | Choice] = {**MEETING, "open": Field.FLAG, "reply_by": Field.INSTANT}
"""The placeholders after an answer without a place. `open`: whether the patient may still change their mind."""

ANSWERS = frozenset({"IN", "OUT", "LATER", "9"})
"""The answers while a question is open, even those that its wording does not ask for: people change their mind."""

FORMS = (
    Form(name=ReunionKind.INVITATION, category=CATEGORY, fields=INVITED, answers=ANSWERS),
    Form(name=ReunionKind.AGAIN, category=CATEGORY, fields=INVITED, answers=ANSWERS),
    Form(name=ReunionKind.OFFERED, category=CATEGORY, fields={**PARTY, "reply_by": Field.INSTANT}, answers=ANSWERS),
    # fewer: whether they asked for more places than they have
    Form(name=ReunionKind.IN, category=CATEGORY, fields={**PARTY, "fewer": Field.FLAG}, answers=ANSWERS),
    Form(name=ReunionKind.WAITING, category=CATEGORY, fields=PARTY, answers=ANSWERS),
    Form(name=ReunionKind.OUT, category=CATEGORY, fields=LEFT, answers=ANSWERS),
    Form(name=ReunionKind.LATER, category=CATEGORY, fields=LEFT, answers=ANSWERS),
    Form(name=ReunionKind.LAPSED, category=CATEGORY, fields=LEFT, answers=ANSWERS),
    Form(name=ReunionKind.CLOSED, category=CATEGORY, fields=MEETING),
    Form(
        name=ReunionKind.PARTY,
        category=CATEGORY,
        fields={**MEETING, "most": Field.TEXT, "guests": Field.FLAG},
        answers=ANSWERS,
    ),
    Form(name=ReunionKind.CONFIRM, category=CATEGORY, fields=MEETING, answers=ANSWERS),
    Form(name=ReunionKind.REMINDER, category=CATEGORY, fields=MEETING, answers=ANSWERS),
    # old: the time in the last message
    Form(
        name=ReunionKind.MOVED,
        category=CATEGORY,
        fields={**MEETING, "old": Field.INSTANT, "waiting": Field.FLAG},
        answers=ANSWERS,
    ),
    Form(name=ReunionKind.CANCELLED, category=CATEGORY, fields=MEETING),
)
