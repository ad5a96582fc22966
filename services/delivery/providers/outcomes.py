"""The outcomes of an attempt to send, a closed set, and the tables that map Twilio's error codes to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from shared.patients.dead_numbers import DeadNumber


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has accepted the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not sent; the attempt may be repeated."""

    code: str


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """Certainly not sent, and no attempt to this address will succeed."""

    code: str


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Certainly not sent: the recipient has opted out at the carrier."""

    code: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """Certainly not sent: the provider refuses our account or sender, for every recipient."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent or not sent: no answer came, a broken answer came, or our process died in between."""

    code: str


Outcome = Accepted | NotSent | RefusedForGood | OptedOut | Misconfigured | Unknown


# Twilio's error codes on creating a message (https://www.twilio.com/docs/api/errors), those that are treated specially.
ON_CREATE: Mapping[int, type[NotSent] | type[RefusedForGood] | type[OptedOut] | type[Misconfigured]] = {
    20003: Misconfigured,  # authentication failed
    20005: Misconfigured,  # account not active
    20404: Misconfigured,  # no such account
    20429: NotSent,  # too many requests; documented as not processed
    21211: RefusedForGood,  # invalid To number
    21212: Misconfigured,  # invalid From number
    21408: RefusedForGood,  # no permission for the region of the To number
    21601: Misconfigured,  # From cannot send texts
    21606: Misconfigured,  # From cannot send from this account
    21607: Misconfigured,  # a trial account may not send from this number
    21608: Misconfigured,  # a trial account, an unverified To number
    21609: Misconfigured,  # invalid StatusCallback
    21610: OptedOut,  # the recipient has replied STOP
    21611: NotSent,  # the sender's queue is full
    21612: RefusedForGood,  # no route to this number
    21614: RefusedForGood,  # To is no mobile number
    21617: RefusedForGood,  # body over 1,600 characters
    21635: RefusedForGood,  # To is a landline
    21659: Misconfigured,  # From is no Twilio number or short code
    21660: Misconfigured,  # From belongs to another account
    21701: Misconfigured,  # no such messaging service
    21702: Misconfigured,  # the messaging service cannot be used
    21703: Misconfigured,  # the messaging service has no numbers
    21704: Misconfigured,  # the messaging service cannot be used now
    21705: Misconfigured,  # the messaging service is not one
}


def on_create(status: int, code: int | None) -> Outcome:
    """The outcome of a refused request to create a message: by Twilio's code, or by the HTTP status for other codes.

    401 and 403 concern our account, and so does a 4xx without Twilio's code: a proxy or a wrong address sent it. A 429
    was not processed. Any other 4xx refuses this one message. A 5xx leaves the outcome unknown.
    """
    text = str(code or status)
    special = ON_CREATE.get(code or 0)
    if special is not None:
        return special(text)
    if status in (401, 403):
        return Misconfigured(text)
    if status == 429:  # noqa: PLR2004
        return NotSent(text)
    if 400 <= status < 500:  # noqa: PLR2004
        return RefusedForGood(text) if code else Misconfigured(text)
    return Unknown(text)


# Codes that tell of the number, and not of this message: on creating one, and in callbacks. Not among them: 30003, a
# phone that is switched off.
DEAD_NUMBERS: Mapping[str, DeadNumber] = {
    "21211": DeadNumber.NO_SUCH_NUMBER,  # invalid To number
    "21614": DeadNumber.NOT_A_MOBILE,
    "21635": DeadNumber.LANDLINE,
    "30005": DeadNumber.NO_SUCH_NUMBER,  # no such handset
    "30006": DeadNumber.LANDLINE,  # or a carrier that cannot be reached
}


class Failure(Enum):
    """The reaction to a failure that a status callback reports."""

    RETRY = auto()
    """Try the same address again, half an hour later."""
    OTHER_THEN_ONCE_MORE = auto()
    """Try the patient's other address; where there is none, this one once more, half an hour later."""
    OTHER = auto()
    """Never this address again; try the patient's other one."""
    OPTED_OUT = auto()
    """The recipient has opted out at the carrier: record the opt-out and try no other address."""


# Codes in status callbacks of failed and undelivered messages, those that are treated specially.
ON_CALLBACK: Mapping[int, Failure] = {
    21610: Failure.OPTED_OUT,  # the recipient has replied STOP; a messaging service finds out late
    30001: Failure.RETRY,  # queue overflow
    30002: Failure.RETRY,  # our account is suspended: about us, not about this number
    30010: Failure.RETRY,  # our price limit: about our account, as the next two
    30024: Failure.RETRY,  # our sender is not provisioned for this carrier yet
    30034: Failure.RETRY,  # our number is not registered
    30036: Failure.RETRY,  # its validity ended in the queue: the window had closed
    30003: Failure.OTHER_THEN_ONCE_MORE,  # handset unreachable
    30500: Failure.RETRY,  # Twilio's own fault
    60005: Failure.RETRY,  # the carrier's network failed
    30008: Failure.OTHER_THEN_ONCE_MORE,  # unknown error at the carrier
    30004: Failure.OTHER,  # blocked by the recipient or carrier
    30005: Failure.OTHER,  # no such handset
    30006: Failure.OTHER,  # landline or unreachable carrier
    30007: Failure.OTHER,  # filtered: never the same text again
}


def on_callback(code: int | None) -> Failure:
    """The reaction to a reported failure; for a code that is not in the table, never this address again."""
    return ON_CALLBACK.get(code or 0, Failure.OTHER)
