"""What each message about a reunion may say, and which answers it understands."""

from collections.abc import Mapping

from services.reunions.messages import CATEGORY, News, ReunionKind
from shared.words.forms import Choice, Field, Form

WHAT = Choice(("reunion", "taster"))
NEWS = Choice(tuple(news.value for news in News))

MEETING: Mapping[str, Field | Choice] = {"what": WHAT, "start": Field.INSTANT, "place": Field.PLACE}
"""The reunion, or the taster session."""

INVITED: Mapping[str, Field | Choice] = {**MEETING, "reply_by": Field.INSTANT, "guests": Field.FLAG}
"""`guests`: whether more than one may come together."""

PARTY: Mapping[str, Field | Choice] = {**MEETING, "several": Field.FLAG, "party": Field.TEXT, "news": NEWS}
"""How many have a place, or wait for one together."""

LEFT: Mapping[str, Field | Choice] = {**MEETING, "open": Field.FLAG, "reply_by": Field.INSTANT}
"""`open`: whether they may still change their mind, until then."""

ANSWERS = frozenset({"IN", "OUT", "LATER", "9"})
"""What is understood while a question is open, whichever of it the words ask for: people change their mind at once."""

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
    # old: the time that they were told before
    Form(ReunionKind.MOVED, CATEGORY, {**MEETING, "old": Field.INSTANT, "waiting": Field.FLAG}, ANSWERS),
    Form(ReunionKind.CANCELLED, CATEGORY, MEETING),
)
