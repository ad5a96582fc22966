"""What is arranged of a reunion, for everybody alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.clinic.courses import Reunion
from shared.clinic.places import place_key

KIND = "reunion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangedReunion:
    """What is arranged of a reunion.

    Attributes:
        zone: of the clocks there; None where only the place tells it.
        rsvp_by: when the list closes.
        most: how many may come together.

    """

    kind: str
    start: datetime
    end: datetime | None
    place: str
    zone: ZoneInfo | None
    rsvp_by: datetime
    most: int


def arranged_by(source: str, data: Reunion) -> ArrangedReunion:
    """As its organiser has it."""
    return ArrangedReunion(
        kind=data.kind,
        start=data.start,
        end=data.end,
        place=place_key(source, data.clinic),
        zone=data.zone,
        rsvp_by=data.rsvp_by,
        most=data.most_in_party,
    )


class Told(Protocol):
    """What a message told of a reunion."""

    @property
    def start(self) -> datetime | None:
        """When it is; None where that is erased."""

    @property
    def place(self) -> str:
        """The key of its place."""


def as_told(last: Told | None) -> ArrangedReunion | None:
    """As a patient was last told, where the reunion is gone; None where they were not, or that is erased."""
    if last is None or last.start is None:
        return None
    return ArrangedReunion(
        kind=KIND, start=last.start, end=None, place=last.place, zone=None, rsvp_by=last.start, most=1
    )
