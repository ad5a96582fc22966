"""Reads the body or the form of a request, with limits on size, fields and time."""

import asyncio
import re
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request

from services.gateway.refusals import RequestRefusal

FORM = "application/x-www-form-urlencoded"
MAX_BYTES = 64 * 1024  # a webhook of Twilio's is about 1 kB, with a text of 1,600 emoji 20 kB
MAX_FIELDS = 200
BODY_SECONDS = 10.0  # Twilio has given up after 15

SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")  # Twilio, "String identifier (SID)"

Form = ImmutableMultiDict[str, str]


async def read_form(request: Request) -> Form | RequestRefusal:
    """The form in a request, with repeated and empty fields, or the reason why the request is refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return RequestRefusal.NOT_A_FORM
    body = await read_body(request)
    return body if isinstance(body, RequestRefusal) else parse(body)


async def read_body(request: Request, most: int = MAX_BYTES) -> bytes | RequestRefusal:
    """The body of a request, of at most `most` bytes, or the reason why the request is refused."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _capped(request, most)
    except TimeoutError:
        return RequestRefusal.TOO_SLOW
    except ClientDisconnect:
        return RequestRefusal.UNREADABLE
    return RequestRefusal.TOO_LARGE if body is None else body


def parse(body: bytes) -> Form | RequestRefusal:
    """The form in a body, or the reason why the body is refused."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:  # bytes that are not ASCII, escapes that are not UTF-8, too many fields
        return RequestRefusal.UNREADABLE
    return ImmutableMultiDict(pairs)


async def _capped(request: Request, most: int) -> bytes | None:
    """The body; None as soon as it exceeds `most` bytes, with or without a Content-Length."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def only(form: Form, name: str) -> str | None:
    """The single value of a field; None where the field is missing or repeated."""
    values = form.getlist(name)
    return values[0] if len(values) == 1 else None


def only_or(form: Form, name: str, otherwise: str) -> str | None:
    """The single value of a field, or `otherwise` where it is missing or empty; None where it is repeated."""
    values = form.getlist(name) or [otherwise]
    return (values[0] or otherwise) if len(values) == 1 else None
