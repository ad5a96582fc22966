"""Turns Twilio's status callback into an event, without its telephone numbers."""

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
    """The id of our message in a callback's query, `?message={uuid}`, in the canonical spelling."""
    text = only(query, "message") or ""
    try:
        message = UUID(text)
    except ValueError:
        return RequestRefusal.NO_SUCH_MESSAGE
    return message if str(message) == text.lower() else RequestRefusal.NO_SUCH_MESSAGE


def receipt_of(form: Form) -> Receipt | RequestRefusal:
    """The delivery receipt in a status callback, without its other fields (To, From, Body)."""
    sid, status = only(form, "MessageSid") or "", only(form, "MessageStatus") or ""
    code = only(form, "ErrorCode") if "ErrorCode" in form else ""
    if not SID.fullmatch(sid) or not _STATUS.fullmatch(status) or code is None:
        return RequestRefusal.NOT_A_RECEIPT
    if code and not _ERROR_CODE.fullmatch(code):
        return RequestRefusal.NOT_A_RECEIPT
    return Receipt(provider="twilio", provider_id=sid, status=status, error_code=int(code) if code else None)


def event(message: UUID, receipt: Receipt, now: datetime) -> OutgoingRecord:
    """The receipt as an event; a repeated callback gives the same event id."""
    return about(message, TYPE, f"{receipt.provider_id}/{receipt.status}", receipt, now)
