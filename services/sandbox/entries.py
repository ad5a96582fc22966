"""The entries of the ledger: accepted texts, refused texts, and mails with their calendar changes."""

from enum import StrEnum
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Kind = Literal["sms", "email"]
OptOut = Literal["STOP", "START", "HELP"]
"""The keyword as which the carrier handles a text; Twilio's `OptOutType`."""


class Status(StrEnum):
    """The status of a text, in Twilio's words."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECEIVED = "received"


FINAL = frozenset({Status.DELIVERED, Status.UNDELIVERED, Status.RECEIVED})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, validate_by_name=True, validate_by_alias=True)


class SandboxText(_Frozen):
    """One accepted text: to a patient (`outbound-api`), from a patient, or the carrier's answer (`outbound-reply`)."""

    kind: Literal["sms"] = "sms"
    sid: str = Field(description="Twilio's id: SM and 32 hexadecimal digits.")
    direction: Literal["outbound-api", "inbound", "outbound-reply"] = "outbound-api"
    to: str
    sender: str = Field(validation_alias="from", serialization_alias="from")
    body: str
    status: Status = Status.QUEUED
    error_code: int | None = None
    created_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    updated_at: AwareDatetime
    validity: int = Field(default=36000, description="Seconds that the text may wait in the provider's queue.")
    service_sid: str | None = Field(default=None, description="The messaging service that it was sent through.")
    callback_url: str | None = None
    message_id: str | None = Field(default=None, description="The client's own id, found in the callback URL.")
    opt_out: OptOut | None = Field(default=None, description="As what the carrier took a text from a patient.")

    @property
    def patient(self) -> str:
        """The number of the patient's phone that shows this text."""
        return self.sender if self.direction == "inbound" else self.to


class RefusedText(_Frozen):
    """One text that the API refused; Twilio keeps none of these, but the sandbox's page shows them."""

    kind: Literal["refused"] = "refused"
    to: str
    sender: str = Field(validation_alias="from", serialization_alias="from")
    body: str
    error_code: int
    created_at: AwareDatetime


class CalendarChange(_Frozen):
    """One calendar change of a mail: an iTIP object (RFC 5546)."""

    method: str = Field(description="REQUEST or CANCEL; another one changes nothing.")
    uid: str
    sequence: int = 0
    stamped_at: AwareDatetime
    title: str = ""
    start: AwareDatetime
    end: AwareDatetime | None = None
    location: str = ""
    ics: str = Field(description="The whole object as it came.")


class ReceivedMail(_Frozen):
    """One mail in one mailbox: a mail to three recipients makes three entries."""

    kind: Literal["email"] = "email"
    sid: str = Field(description="The sandbox's own id: EM and 32 hexadecimal digits.")
    to: str = Field(description="The mailbox: the envelope's recipient, not the header.")
    sender: str = Field(validation_alias="from", serialization_alias="from")
    subject: str
    text: str | None = None
    html: str | None = None
    created_at: AwareDatetime
    message_id: str | None = Field(default=None, description="The Message-ID header, with its angle brackets.")
    unsubscribe: str | None = Field(default=None, description="Where one click stops mails like it (RFC 8058).")
    changes: tuple[CalendarChange, ...] = ()


_ID_NAMES = frozenset({"message", "message_id", "id"})
_SHORTEST_ID = 20  # a ULID has 26 characters, a UUID 32 or 36; "status-callbacks" is no id


def message_id(callback_url: str | None) -> str | None:
    """The client's own id of a message, from its status callback URL; None where the URL holds none.

    It is the query value `message`, `message_id` or `id`; else the first path segment or query value that
    looks like an id: 20 or more letters, digits, `-` and `_`, a digit among them.
    """
    if callback_url is None:
        return None
    url = urlsplit(callback_url)
    query = parse_qsl(url.query)
    named = [value for name, value in query if name.lower() in _ID_NAMES]
    looked_like = [part for part in (*url.path.split("/"), *(value for _, value in query)) if _is_opaque(part)]
    return next(iter((*named, *looked_like)), None)


def _is_opaque(part: str) -> bool:
    return (
        len(part) >= _SHORTEST_ID
        and all(char.isalnum() or char in "-_" for char in part)
        and any(char.isdigit() for char in part)
    )
