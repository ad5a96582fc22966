"""The forms of messages about appointments and sessions: their placeholders and answers."""

from collections.abc import Mapping

from services.prompts.messages import CATEGORY, GROUPS, PromptKind
from services.prompts.visits import AskedFor
from shared.clinic.appointment import Mode
from shared.clinic.joining import HOW_TO_JOIN
from shared.words.forms import Choice, Field, Form

HOW = Choice(tuple(mode.value for mode in Mode))

ONE: Mapping[str, Field | Choice] = {
    "start": Field.INSTANT,
    "end": Field.INSTANT,  # the start once more where nobody said how long it takes
    "mode": HOW,
    "place": Field.PLACE,
    "join": Choice(("none", *HOW_TO_JOIN)),  # of a video visit: by the link, or as its clinic does
    "join_link": Field.LINK,
}
"""The placeholders of an appointment, or of a course's session."""

SEVERAL: Mapping[str, Field | Choice] = {
    "start": Field.INSTANT,  # the day of all, and the time of the first
    "place": Field.PLACE,  # of the first: it signs
    "count": Field.TEXT,
    "visits": Field.VISITS,
}
"""The placeholders of several appointments of one day. A 1 is of them all; a 2 would not identify one of them."""

WEEK: Mapping[str, Field | Choice] = {**SEVERAL, "visits": Field.SERIES}
"""The placeholders of several appointments of about a week."""

ABOUT_REPLIES: Mapping[str, Field | Choice] = {"asked": Field.FLAG, "has_list": Field.FLAG}
"""Whether a change was asked for one of several, and whether a list was sent."""

STANDING: Mapping[str, Field | Choice] = {"others": Field.OTHERS}
"""What still stands on the day of an appointment, or a session, that does not."""

OLD: Mapping[str, Field | Choice] = {"old": Field.INSTANT}
"""The time that the patient was sent before."""

INSTEAD: Mapping[str, Field | Choice] = {
    **OLD,
    "old_place": Field.PLACE,
    "names_old_place": Field.FLAG,  # something else stands on the old day, and the old place has the name it had
    **STANDING,
}
"""The time that was sent before, its place, and what else stands on that day."""

WISH = Choice(tuple(wish.value for wish in AskedFor))
"""The patient's request before a reminder: it stands until the clinic changes the appointment."""

WHAT = Choice(("one", "several", "course"))
"""The extent of a cancellation: one session, several that the patient was sent, or the whole course."""

COMING = frozenset({"1"})
NEW_TIME = frozenset({"2"})
ALL_THREE = frozenset({"1", "2", "3"})

FORMS = (
    Form(name=PromptKind.AGENDA, category=CATEGORY, fields=ONE, answers=NEW_TIME, open_question=True),
    Form(name=f"{PromptKind.AGENDA}.several", category=CATEGORY, fields=SEVERAL, open_question=True),
    Form(
        name=PromptKind.REMINDER,
        category=CATEGORY,
        fields={**ONE, "wish": WISH, "has_list": Field.FLAG},
        answers=ALL_THREE,
    ),
    Form(name=f"{PromptKind.REMINDER}.several", category=CATEGORY, fields={**SEVERAL, **ABOUT_REPLIES}, answers=COMING),
    Form(name=f"{PromptKind.REMINDER}.week", category=CATEGORY, fields={**WEEK, **ABOUT_REPLIES}, answers=COMING),
    Form(name=PromptKind.SHORT_NOTICE, category=CATEGORY, fields=ONE, answers=ALL_THREE, open_question=True),
    Form(name=f"{PromptKind.SHORT_NOTICE}.several", category=CATEGORY, fields=SEVERAL, answers=COMING),
    Form(name=PromptKind.BOOKED, category=CATEGORY, fields=ONE),
    Form(name=PromptKind.MOVED, category=CATEGORY, fields={**ONE, **INSTEAD, "old_mode": HOW}, answers=NEW_TIME),
    Form(name=PromptKind.CANCELLED, category=CATEGORY, fields={**ONE, "by_patient": Field.FLAG, **STANDING}),
    Form(name=PromptKind.NOT_FOR_NOW, category=CATEGORY, fields={**ONE, **STANDING}),
    Form(name=PromptKind.REINSTATED, category=CATEGORY, fields={**ONE, **OLD}, answers=NEW_TIME),
    Form(name=PromptKind.COMING, category=CATEGORY, fields={**ONE, "undoes": Field.FLAG}),
    Form(name=PromptKind.NEW_TIME, category=CATEGORY, fields=ONE, answers=COMING),
    Form(name=PromptKind.NOT_NEEDED, category=CATEGORY, fields=ONE, answers=COMING),
    Form(name=PromptKind.LIST, category=CATEGORY, fields={"place": Field.PLACE}),
    # No message about sessions asks for an answer: each gives a number to call.
    Form(name=PromptKind.SESSION_REMINDER, category=GROUPS, fields=ONE),
    Form(name=PromptKind.SESSION_ENCOURAGE, category=GROUPS, fields=ONE),
    # gone: all old times in person; several: of which the first is named; back: it was off
    Form(
        name=PromptKind.SESSION_MOVED,
        category=GROUPS,
        fields={**ONE, **INSTEAD, "gone": Field.OTHERS, "several": Field.FLAG, "back": Field.FLAG},
    ),
    # goes_on: whether sessions follow
    Form(
        name=PromptKind.SESSION_CANCELLED,
        category=GROUPS,
        fields={**ONE, "last": Field.INSTANT, "what": WHAT, "goes_on": Field.FLAG, **STANDING},
    ),
)

ASKING = frozenset(form.name for form in FORMS if form.answers or form.open_question)
"""The messages that ask for an answer by text."""
