"""A reunion as its organiser's list has it: whose list, when and where; and what of the same topic is on no list."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from services.cards.listed import mailbox
from shared.clinic.courses import Reunion
from shared.clinic.patient import Contact, PatientReference
from shared.events.types import LONGEST_CODE, Code, EventData, Instant, Zone

KIND = "reunion"

KEPT = "organiser_domain"
"""In what is kept, never in an event: by it the two are told apart."""


class ListedReunion(EventData):
    """What a list needs of a reunion's event.

    Attributes:
        kind: what it is called.
        organiser_email: where the list goes; kept with the details of people, sealed, and not here.
        organiser_domain: what stands behind its @, in small letters; empty where there is no address.

    """

    status: Literal["planned", "cancelled", "entered-in-error"] = "planned"
    start: Instant
    end: Instant | None = None
    clinic: Code | None = None
    zone: Zone | None = None
    kind: Literal["reunion", "taster"] = "reunion"
    organiser_email: Code | None = Field(default=None, exclude=True, repr=False)
    organiser_domain: str = ""

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="before")
    @classmethod
    def _is_a_reunion(cls, data: Any) -> Any:
        """Hold an event against all that a reunion is: what `reunions` refuses is no list either."""
        if isinstance(data, Mapping) and KEPT in data and "capacity" not in data:
            return data
        reunion = Reunion.model_validate(data)
        email = mailbox(reunion.organiser_email)
        domain = email.rpartition("@")[2] if email else ""
        return {**{name: getattr(reunion, name) for name in cls.model_fields if name != KEPT}, KEPT: domain}

    @property
    def patient(self) -> PatientReference | None:
        """Whose list it is: the organiser's, on the day of the reunion; None where it is nobody's.

        As a clinician, an organiser is another person every day.
        """
        email = mailbox(self.organiser_email)
        if email is None or self.status != "planned":
            return None
        name = f"organiser {email} {self.start.astimezone(self.zone or UTC):%Y-%m-%d}"
        contact = Contact(channel="email", value=email, may_answer=False)
        return PatientReference(id=name, contacts=(contact,)) if len(name) <= LONGEST_CODE else None

    def bare(self, reference: str) -> Self:
        """The same without the address; whose it is, the fact knows."""
        del reference
        return self.model_copy(update={"organiser_email": None})


class Passed(EventData):
    """A course or an enrolment: it is on no list, and nothing of it is kept. Who plans with it says what is wrong."""

    @property
    def patient(self) -> PatientReference | None:
        """Nobody's."""
        return None

    def bare(self, reference: str) -> Self:
        """The same: it holds nothing."""
        del reference
        return self
