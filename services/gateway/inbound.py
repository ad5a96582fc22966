"""Twilio's webhook for patients' texts: written to Kafka before the request is answered."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.publisher import Publisher
from services.gateway.refusals import REQUESTS, RequestRefusal, refused
from services.gateway.signatures import Signatures
from services.gateway.texts import event, inbound_of
from shared.events.topic_names import INBOUND

PATH = "/twilio/inbound"

NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML without a reply: answers to patients are messages, and delivery sends each once."""


def inbound_route(signatures: Signatures, phone_key: bytes, publisher: Publisher) -> Route:
    """The route `POST /twilio/inbound`: 200 with empty TwiML once `messaging.inbound` holds the text."""

    async def inbound(request: Request) -> Response:
        refusal = await _take(request)
        if refusal is not None:
            return refused(PATH, refusal)
        REQUESTS.labels(PATH, "taken").inc()
        return Response(NOTHING, media_type="text/xml")

    async def _take(request: Request) -> RequestRefusal | None:
        form = await signatures.signed_form(request)
        if isinstance(form, RequestRefusal):
            return form
        text = inbound_of(form)
        if isinstance(text, RequestRefusal):
            return text
        return await publisher.keep(INBOUND, event(text, phone_key, datetime.now(UTC)))

    return Route(PATH, inbound, methods=["POST"])
