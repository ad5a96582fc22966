"""The forms of cards and organisers' lists, which go to staff alone and ask for no answer."""

from shared.words.forms import Choice, Field, Form

CATEGORY = "cards"
CARD = "card"
ATTENDANCE = "attendance"

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
    ),
)
