"""The outbound message, and the interface that a provider implements."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from services.delivery.providers.outcomes import Outcome
from shared.events.inbound_text import Inbound
from shared.patients.person import Channel


@dataclass(frozen=True, slots=True)
class Invite:
    """One calendar attachment of an e-mail: an iTIP object and its method (RFC 5546)."""

    filename: str
    method: Literal["REQUEST", "CANCEL"]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message with its address and words, ready for a provider. Its `repr` shows neither address nor words.

    Attributes:
        lasts: validity from now; the network drops a text that it cannot deliver within it.
        resend: 0, or 1 where the message is sent again because the provider's list did not show it.
        calendar: calendar attachments of an e-mail.
        unsubscribe: link by which the reader stops e-mails of this category; empty: no link.

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


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text in the provider's list of what it received for us, and when the provider received it."""

    text: Inbound
    received_at: datetime


class Provider(Protocol):
    """A carrier of messages. `send` returns every answer of the carrier as an outcome, and never retries."""

    async def send(self, letter: OutboundMessage) -> Outcome:
        """Hand the message over, once."""

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        """The provider's id of a message handed over since then that may be this one; ids in `known` are left out.

        Raises:
            CannotLook: the provider keeps no list, or does not show it now.

        """

    async def close(self) -> None:
        """Close the connections."""


class LookupUnavailable(Exception):
    """The provider keeps no list of sent messages, or does not show it now."""
