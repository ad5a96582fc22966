"""The unsubscribe link of e-mails: mail clients post it with one click (RFC 8058), people confirm on a page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.gateway import pages
from services.gateway.forms import read_body
from services.gateway.publisher import Publisher
from services.gateway.records import OutgoingRecord, about
from services.gateway.refusals import REQUESTS, STATUS, RequestRefusal, again, refused
from services.gateway.rendering import answer, headers
from shared.events.topic_names import INBOUND
from shared.events.unsubscribe import TYPE, Unsubscribed
from shared.security.signed_links import UNSUBSCRIBE, Signer, Unsubscribe

GONE = "You will get no more of these messages.\nNi chewch ragor o'r negeseuon hyn.\n"


PAGES: Mapping[RequestRefusal, Callable[[], str]] = {
    RequestRefusal.NO_SUCH_MESSAGE: pages.broken,
    RequestRefusal.KAFKA_AWAY: pages.later,
}


def unsubscribe_route(signer: Signer, publisher: Publisher) -> Route:
    """The route `/unsubscribe/{token}`: GET shows a page and changes nothing; POST unsubscribes.

    POST is answered once `messaging.inbound` holds the event. There is no redirect, no cookie and no sign-in: the token
    holds everything (RFC 8058, section 3.2).
    """

    async def unsubscribe(request: Request) -> Response:
        said = signer.read(request.path_params["token"])
        if said is None:
            return _refused(request, RequestRefusal.NO_SUCH_MESSAGE)
        if request.method != "POST":
            REQUESTS.labels(UNSUBSCRIBE, "asked").inc()
            return answer(pages.ask(said.category), pages.LOOK)
        refusal = await _take(request, said)
        if refusal is not None:
            return _refused(request, refusal)
        REQUESTS.labels(UNSUBSCRIBE, "taken").inc()
        if _by_a_person(request):
            return answer(pages.done(said.category), pages.LOOK)
        return PlainTextResponse(GONE, headers=dict(headers(pages.LOOK)))

    async def _take(request: Request, said: Unsubscribe) -> RequestRefusal | None:
        body = await read_body(request)
        if isinstance(body, RequestRefusal):
            return body
        if not is_one_click(body):
            return RequestRefusal.NOT_ONE_CLICK
        return await publisher.keep(INBOUND, event(said, datetime.now(UTC)))

    return Route(UNSUBSCRIBE + "/{token}", unsubscribe, methods=["GET", "POST"])


def is_one_click(body: bytes) -> bool:
    """Whether a body holds `List-Unsubscribe=One-Click`, URL-encoded or multipart: RFC 8058, section 3.2, has both."""
    said = body.lower()
    return b"list-unsubscribe" in said and b"one-click" in said


def event(said: Unsubscribe, now: datetime) -> OutgoingRecord:
    """The unsubscription as an event; a repeated click gives the same event id."""
    same = f"{said.message_id}/unsubscribe/{said.category}"
    return about(said.message_id, TYPE, same, Unsubscribed(category=said.category), now)


def _refused(request: Request, refusal: RequestRefusal) -> Response:
    """The answer to a refused request; a page for a person, where the person can do something about it."""
    page = PAGES.get(refusal)
    if page is None or not _by_a_person(request):
        return refused(UNSUBSCRIBE, refusal)
    REQUESTS.labels(UNSUBSCRIBE, refusal.value).inc()
    return answer(page(), pages.LOOK, STATUS[refusal], again(refusal))


def _by_a_person(request: Request) -> bool:
    """Whether a browser made the request and not a mail client: a browser accepts HTML."""
    return "text/html" in request.headers.get("accept", "")
