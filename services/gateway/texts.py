"""Turns a patient's text into an event; number and words are in its data and nowhere else."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from services.gateway.forms import SID, Form, only, only_or
from services.gateway.records import OutgoingRecord, cloud_event
from services.gateway.refusals import RequestRefusal
from shared.events.inbound_text import KIND, LONGEST_BODY, MOST_PICTURES, PHONE, TYPE, Inbound

_OURS = re.compile(r"[!-~]{1,64}")  # a number, a short code or the name of a service
_NUMBER = re.compile(r"[0-9]{1,3}")
_SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType({"MessageSid": SID, "To": _OURS, "NumMedia": _NUMBER})
_OPT_OUTS = frozenset({"STOP", "START", "HELP"})

KEY_BYTES = 16  # of 32: two phones that shared a key would only share a partition


def inbound_of(form: Form) -> Inbound | RequestRefusal:
    """The text in Twilio's request, without its other fields (cities, media).

    An unexpected value from Twilio must not lose a patient's text: an unknown kind of opt-out is left out, for the
    words hold it too; a null character, which PostgreSQL cannot store, is removed from the words.
    """
    given = _fields(form)
    if given is None:
        return RequestRefusal.NOT_A_TEXT
    if not PHONE.fullmatch(given["From"]):  # a name, or withheld: no patient could be found or answered by it
        return RequestRefusal.NOT_FROM_A_PHONE
    opt_out = given["OptOutType"].upper()
    return Inbound.model_validate(
        {
            "provider": "twilio",
            "provider_id": given["MessageSid"],
            "sender": given["From"],
            "recipient": given["To"],
            "body": given["Body"].replace("\0", "")[:LONGEST_BODY],
            "opt_out": opt_out if opt_out in _OPT_OUTS else None,
            "pictures": min(int(given["NumMedia"]), MOST_PICTURES),
        }
    )


def _fields(form: Form) -> dict[str, str] | None:
    """The fields of a text that we read; None where one is missing, is there twice or is not what Twilio writes."""
    read = {
        **{name: only(form, name) for name in ("MessageSid", "From", "To", "Body")},
        "NumMedia": only_or(form, "NumMedia", "0"),
        "OptOutType": only_or(form, "OptOutType", ""),
    }
    given = {name: value for name, value in read.items() if value is not None}
    whole = len(given) == len(read) and all(shape.fullmatch(given[name]) for name, shape in _SHAPES.items())
    return given if whole else None


def event(text: Inbound, phone_key: bytes, now: datetime) -> OutgoingRecord:
    """The text as an event. A repeated text has the same id; the texts of one phone are read in order.

    The record's key does not reveal the number: without `phone_key`, trying all numbers finds nothing.
    """
    key = hmac.digest(phone_key, text.sender.encode(), "sha256")[:KEY_BYTES].hex()
    return OutgoingRecord(key.encode(), cloud_event(f"{KIND}/{text.provider_id}", TYPE, text.provider_id, text, now))
