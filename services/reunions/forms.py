"""The forms of messages about reunions: their placeholders and answers."""

from collections.abc import Mapping

from services.reunions.messages import CATEGORY, News, ReunionKind
from shared.words.forms import Choice, Field, Form

WHAT = Choice(("reunion", "taster"))
NEWS = Choice(tuple(news.value for news in News))

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
    Form(ReunionKind.INVITATION, CATEGORY, INVITED, ANSWERS),
    Form(ReunionKind.AGAIN, CATEGORY, INVITED, ANSWERS),
    Form(ReunionKind.OFFERED, CATEGORY, {**PARTY, "reply_by": Field.INSTANT}, ANSWERS),
    # fewer: whether they asked for more places than they have
    Form(ReunionKind.IN, CATEGORY, {**PARTY, "fewer": Field.FLAG}, ANSWERS),
    Form(ReunionKind.WAITING, CATEGORY, PARTY, ANSWERS),
    Form(ReunionKind.OUT, CATEGORY, LEFT, ANSWERS),
    Form(ReunionKind.LATER, CATEGORY, LEFT, ANSWERS),
    Form(ReunionKind.LAPSED, CATEGORY, LEFT, ANSWERS),
    Form(ReunionKind.CLOSED, CATEGORY, MEETING),
    Form(ReunionKind.PARTY, CATEGORY, {**MEETING, "most": Field.TEXT, "guests": Field.FLAG}, ANSWERS),
    Form(ReunionKind.CONFIRM, CATEGORY, MEETING, ANSWERS),
    Form(ReunionKind.REMINDER, CATEGORY, MEETING, ANSWERS),
    # old: the time in the last message
    Form(ReunionKind.MOVED, CATEGORY, {**MEETING, "old": Field.INSTANT, "waiting": Field.FLAG}, ANSWERS),
    Form(ReunionKind.CANCELLED, CATEGORY, MEETING),
)
