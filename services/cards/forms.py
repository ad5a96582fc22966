"""The forms of cards and organisers' lists, which go to staff alone and ask for no answer."""

from shared.words.forms import Choice, Field, Form

CATEGORY = "cards"
CARD = "card"
ATTENDANCE = "attendance"

APPOINTMENTS_OF, PLACES_OF = "prompts", "reunions"
"""The planners that know whose an appointment is, and who has a place at a reunion."""

FORMS = (
    Form(
        name=CARD,
        category=CATEGORY,
        fields={
            "start": Field.INSTANT,  # of the first appointment: it tells the day
            "place": Field.PLACE,  # of the first; all are of one site
            "count": Field.TEXT,
            "visits": Field.AGENDAS,
        },
        shows=APPOINTMENTS_OF,
    ),
    Form(
        name=ATTENDANCE,
        category=CATEGORY,
        fields={
            "what": Choice(("reunion", "taster")),
            "start": Field.INSTANT,
            "place": Field.PLACE,
            "people": Field.ATTENDANCE,
        },
        shows=PLACES_OF,
    ),
)
