"""What a card may say. It goes to clinicians alone, and asks for no answer."""

from shared.words.forms import Field, Form

CATEGORY = "cards"
CARD = "card"

FORMS = (
    Form(
        CARD,
        CATEGORY,
        {
            "start": Field.INSTANT,  # of the first appointment: it tells the day
            "place": Field.PLACE,  # of the first; all are of one site
            "count": Field.TEXT,
            "visits": Field.AGENDAS,
        },
    ),
)
