"""Twilio's webhook for status callbacks of our texts: written to Kafka before the request is answered."""

from datetime import UTC, datetime

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.publisher import Publisher
from services.gateway.receipts import event, message_of, receipt_of
from services.gateway.refusals import RequestRefusal, refused, taken
from services.gateway.signatures import Signatures
from shared.events.topic_names import RECEIPTS

PATH = "/twilio/status"


def status_route(signatures: Signatures, publisher: Publisher) -> Route:
    """The route `POST /twilio/status?message={uuid}`: 204 once `messaging.receipts` holds the receipt."""

    async def status(request: Request) -> Response:
        refusal = await _take(request)
        return taken(PATH) if refusal is None else refused(PATH, refusal)

    async def _take(request: Request) -> RequestRefusal | None:
        form = await signatures.signed_form(request)
        if isinstance(form, RequestRefusal):
            return form
        message = message_of(QueryParams(request.scope["query_string"]))
        if isinstance(message, RequestRefusal):
            return message
        receipt = receipt_of(form)
        if isinstance(receipt, RequestRefusal):
            return receipt
        return await publisher.keep(RECEIPTS, event(message, receipt, datetime.now(UTC)))

    return Route(PATH, status, methods=["POST"])
