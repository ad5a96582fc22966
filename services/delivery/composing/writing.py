"""Composes the outbound message that a decision sends: words, calendar entries and the unsubscribe link."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.delivery.composing import calendars
from services.delivery.due import ClaimContext, DueMessage, Send
from services.delivery.providers.message import OutboundMessage
from shared.words.book import Book, Rendered
from shared.words.filling import Reader, are_staffed
from shared.words.forms import Form
from shared.words.wording import Recipient

UTC = ZoneInfo("UTC")

ADULT_FROM = 16
"""Age from which the words are for the patient: who is 16 consents alone (Family Law Reform Act 1969, section 8)."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Composes outbound messages, with the settings that are the same for all of them.

    Attributes:
        can_answer: whether texts may ask for answers: the sender can receive, and answers are read.
        organiser: the organiser of calendar entries: the sender's e-mail address and name.
        unsubscribe: builds the unsubscribe link for a message and its category.

    """

    can_answer: bool
    organiser: calendars.Organiser
    unsubscribe: Callable[[UUID, str], str]

    def letter(
        self, due: DueMessage, send: Send, situation: ClaimContext, book: Book, form: Form | None = None
    ) -> "Composed":
        """The outbound message, the wordings that it uses, and the answers that it asks for.

        Raises:
            WordsError: the message has no wording, or its wording does not fit its data.

        """
        address, person, places, now = send.address, situation.person, situation.places, situation.now
        mail = address.channel == "email"
        # A text from this phone has reached us; but a reader who may not answer for the patient is asked nothing.
        reaches_us = (self.can_answer or due.answers is not None) and address.may_answer
        is_carer = address.role == "carer" or is_for_a_carer(due, situation)
        reader = Reader(
            recipient=Recipient.CLINICIAN if situation.shows else Recipient.CARER if is_carer else Recipient.PATIENT,
            first_name=person.first_name,
            # The preference is the patient's: who cares for a speaker of Welsh may read none.
            language="both" if is_carer and person.language == "cy" else person.language,
            now=now,
            can_answer=reaches_us,
            can_write=reaches_us,
            heard=situation.heard,
        )
        rendered = book.render(due.planner, due.template, address.channel, due.data, reader, places, due.places)
        letter = OutboundMessage(
            message_id=due.id,
            claim_token=uuid4(),
            channel=address.channel,
            address=address.value,
            text=rendered.text,
            lasts=(send.until or due.expires_at) - now,
            subject=rendered.subject,
            html=rendered.html,
            resend=due.resends,
            calendar=calendars.invites(due.calendar, rendered, places, self.organiser, address.value, now)
            if mail
            else (),
            unsubscribe=self.unsubscribe(due.id, due.category) if mail else "",
        )
        if mail or form is None or not reaches_us:
            return Composed(letter, rendered)
        reads = form.open_question and are_staffed(places, due.places)
        return Composed(letter, rendered, form.answers, asked_words=reads)


def is_for_a_carer(due: DueMessage, situation: ClaimContext) -> bool:
    """Whether the patient is a child today, whose phone is that of whoever has the child, whatever its role says.

    A place may write to patients from 13 on themselves; of several places that a message names the most careful counts.
    """
    places = situation.places
    zone = places.zone(due.places[0], UTC) if due.places else UTC
    age = situation.person.age_on(situation.now.astimezone(zone).date())
    adult_from = max((places.policy(key).adult_from or ADULT_FROM for key in due.places), default=ADULT_FROM)
    return age is not None and age < adult_from


@dataclass(frozen=True, slots=True)
class Composed:
    """An outbound message, its rendered words, the answer tokens it asks for, and whether it asks for own words."""

    letter: OutboundMessage
    words: Rendered
    asked: frozenset[str] = frozenset()
    asked_words: bool = False
