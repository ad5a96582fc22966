"""A status callback of Twilio's becomes an event. Pure; no telephone number gets past here."""

import re
from datetime import datetime
from uuid import UUID

from services.gateway.forms import SID, Form, only
from services.gateway.records import OutgoingRecord, about
from services.gateway.refusals import RequestRefusal
from shared.events.delivery_receipt import TYPE, Receipt

_STATUS = re.compile(r"[a-z_]{1,30}")  # whether we know the word is for the reader to decide
_ERROR_CODE = re.compile(r"[0-9]{1,9}")


def message_of(query: Form) -> UUID | RequestRefusal:
    """The message that a callback address names: `?message={uuid}`, in the usual spelling."""
    text = only(query, "message") or ""
    try:
        message = UUID(text)
    except ValueError:
        return RequestRefusal.NO_SUCH_MESSAGE
    return message if str(message) == text.lower() else RequestRefusal.NO_SUCH_MESSAGE


def receipt_of(form: Form) -> Receipt | RequestRefusal:
    """What a status callback says; of its other fields (To, From, Body) nothing is kept."""
    sid, status = only(form, "MessageSid") or "", only(form, "MessageStatus") or ""
    code = only(form, "ErrorCode") if "ErrorCode" in form else ""
    if not SID.fullmatch(sid) or not _STATUS.fullmatch(status) or code is None:
        return RequestRefusal.NOT_A_RECEIPT
    if code and not _ERROR_CODE.fullmatch(code):
        return RequestRefusal.NOT_A_RECEIPT
    return Receipt(provider="twilio", provider_id=sid, status=status, error_code=int(code) if code else None)


def event(message: UUID, receipt: Receipt, now: datetime) -> OutgoingRecord:
    """The receipt as an event. The same callback again has the same id."""
    return about(message, TYPE, f"{receipt.provider_id}/{receipt.status}", receipt, now)
