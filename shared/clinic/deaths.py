"""Death notifications: events of the NHS's Multicast Notification Service about the death status of a patient."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from shared.clinic.nhs_number import nhs_number
from shared.events import cloudevents
from shared.events.cloudevents import Event, EventKind, Record, Rejected, RejectReason, Version
from shared.events.types import EventData

TYPE = "pds-death-notification-2"
KIND = "death"
REMOVED = "U"

_NO_NUMBER = "subject: no NHS number with a right check digit"


class Notice(EventData):
    """`pds-death-notification-2`: the death status of an NHS number has changed at the Personal Demographics Service.

    The NHS sends the event without data, for a removal as well: the status is to be looked up at the event's `dataref`
    (https://digital.nhs.uk/developer/api-catalogue/multicast-notification-service/death-notification-event). So an
    event without a status counts as a death. A publisher that has looked the status up adds it, under the name and with
    the codes of version 1 of the event, which are also those of `UKCore-DeathNotificationStatus`.
    """

    deathNotificationStatus: Literal["1", "2", "U"] | None = Field(  # noqa: N815 - the NHS's name
        default=None,
        description="1: informal, by a GP or a trust; 2: formal, by the registrar; U: removed, the patient is alive",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_data(cls, value: Any) -> Any:
        return {} if value is None else value

    @property
    def deceased(self) -> bool:
        """Whether the patient counts as deceased; an informal notice counts as a formal one does."""
        return self.deathNotificationStatus != REMOVED


KINDS: Mapping[str, EventKind[Notice]] = {TYPE: EventKind(KIND, Notice)}


def read(record: Record, kinds: Mapping[str, EventKind[Any]], now: datetime) -> Event | Rejected:
    """Read a record as `shared.events.cloudevents.read` does; reject a death notice without a valid NHS number.

    Of two notices of the same time, the one with the status counts as newer, however late the other comes: it is the
    same change, looked up.
    """
    result = cloudevents.read(record, kinds, now)
    if isinstance(result, Rejected) or result.kind != KIND:
        return result
    if number_of(result.thing) is None:
        return Rejected(record, RejectReason.INVALID_DATA, _NO_NUMBER, time=result.version.time)
    if isinstance(result.data, Notice) and result.data.deathNotificationStatus is not None:
        return replace(result, version=Version.of(result.version.time, "told", record))
    return result


def number_of(thing: str) -> str | None:
    """The NHS number in the name of a death notice; None where the number is invalid, or the thing is no notice."""
    _, is_notice, subject = thing.rpartition(f"/{KIND}/")
    return nhs_number(subject) if is_notice and "/" not in subject else None  # a source may have any path


def key_of(event: Event) -> bytes | None:
    """The Kafka key of an event: its thing, so that its events stay in order; None for a death notice.

    The name of a death notice holds an NHS number, which no key may show. A notice needs no key: the newest counts,
    in whatever order notices come.
    """
    return None if event.kind == KIND else event.thing.encode()
