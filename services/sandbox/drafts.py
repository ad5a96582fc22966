"""Checks a request to create a message as Twilio does: a draft of the text, or Twilio's refusal."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit

import phonenumbers

from services.sandbox.refusals import ApiRefusal, refusal

BODY_LIMIT = 1600  # characters
VALIDITY_LIMIT = 36_000  # seconds: ten hours

# https://www.twilio.com/docs/iam/test-credentials: numbers that always fail in one way
_TEST_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_TEST_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

_E164 = re.compile(r"\+[1-9]\d{1,14}")
_SHORT_CODE = re.compile(r"\d{3,6}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that cannot be texted, and the sender of a messaging service.

    `blocked` takes a phone and the number that would text it, and gives whether the phone has opted out.
    """

    blocked: Callable[[str, str], bool]
    landline: AbstractSet[str]
    service_sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text that Twilio would accept."""

    to: str
    sender: str
    body: str
    callback_url: str | None
    service_sid: str | None
    validity: int


def read_draft(form: Mapping[str, str], numbers: Numbers) -> Draft | ApiRefusal:
    """The draft in the form of a create request, or the refusal for the first fault."""
    given = {name: value for name, value in form.items() if value}  # an empty field is none
    to, body = given.get("To", ""), given.get("Body", "")
    service_sid, callback_url = given.get("MessagingServiceSid"), given.get("StatusCallback")
    sender = given.get("From", numbers.service_sender if service_sid else "")
    validity = given.get("ValidityPeriod", str(VALIDITY_LIMIT))
    wrong = (
        _missing(to, sender, body)
        or _wrong_sender(sender)
        or _wrong_recipient(to, sender, numbers)
        or _wrong_details(body, callback_url, validity)
    )
    return wrong or Draft(
        to=e164(to) or to,
        sender=sender,
        body=body,
        callback_url=callback_url,
        service_sid=service_sid,
        validity=int(validity),
    )


def _missing(to: str, sender: str, body: str) -> ApiRefusal | None:
    if not to:
        return refusal(21604)
    if not sender:
        return refusal(21603)
    return None if body else refusal(21602)


def _wrong_sender(sender: str) -> ApiRefusal | None:
    if sender in _TEST_FROM:
        return refusal(_TEST_FROM[sender], sender=sender)
    known = any(pattern.fullmatch(sender) for pattern in (_E164, _SHORT_CODE, _ALPHANUMERIC))
    return None if known else refusal(21212, sender=sender)


def _wrong_recipient(to: str, sender: str, numbers: Numbers) -> ApiRefusal | None:
    number = e164(to)
    if number is None:
        return refusal(21211, to=to)
    if number == sender:
        return refusal(21266, to=to)
    if number in _TEST_TO:
        return refusal(_TEST_TO[number], to=to, sender=sender)
    if numbers.blocked(number, sender):
        return refusal(21610)
    return refusal(21614, to=to) if number in numbers.landline else None


def _wrong_details(body: str, callback_url: str | None, validity: str) -> ApiRefusal | None:
    if len(body) > BODY_LIMIT:
        return refusal(21617)
    if callback_url is not None and not _is_web(callback_url):
        return refusal(21609, url=callback_url)
    if not validity.isdecimal() or int(validity) == 0:
        return refusal(90014)
    return refusal(90007) if int(validity) > VALIDITY_LIMIT else None


def e164(number: str) -> str | None:
    """The number in E.164; None where it cannot be dialled. Drama numbers (07700 900xxx) count as diallable."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
