"""What is handed to a provider, and the seam that two providers fill."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from services.delivery.providers.outcomes import Outcome
from shared.patients.person import Channel


@dataclass(frozen=True, slots=True)
class Invite:
    """One entry of a calendar on its way: an iTIP object, and the method that it stands under (RFC 5546)."""

    filename: str
    method: Literal["REQUEST", "CANCEL"]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message, addressed and in words. Its `repr` shows neither.

    Attributes:
        lasts: how much longer it is useful; a text that the network cannot deliver by then is dropped there.
        resend: 0, or 1 where it is sent once more after the provider's list showed nothing.
        calendar: what an e-mail changes in its reader's calendar.
        unsubscribe: the address at which the reader stops e-mails of this kind; empty: there is none.

    """

    message_id: UUID
    claim_token: UUID
    channel: Channel
    address: str = field(repr=False)
    text: str = field(repr=False)
    lasts: timedelta
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    resend: int = 0
    calendar: tuple[Invite, ...] = field(default=(), repr=False)
    unsubscribe: str = field(default="", repr=False)


class Provider(Protocol):
    """Somebody who delivers. `send` never raises for what a provider may answer, and never tries twice by itself."""

    async def send(self, letter: OutboundMessage) -> Outcome:
        """Hand it over, once."""

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        """The provider's id of a message handed over since then that may be this one, unless it is a `known` one.

        Raises:
            CannotLook: the provider keeps no list, or does not show it now.

        """

    async def close(self) -> None:
        """Let go of connections."""


class CannotLook(Exception):
    """The provider keeps no list of what it has, or does not show it now."""
