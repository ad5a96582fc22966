"""Unsubscribing by a link in an e-mail: mail clients post by themselves (RFC 8058), people press a button."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.gateway import pages
from services.gateway.forms import read_body
from services.gateway.publisher import Publisher
from services.gateway.records import OutgoingRecord, about
from services.gateway.refusals import REQUESTS, STATUS, RequestRefusal, again, refused
from shared.events.topic_names import INBOUND
from shared.events.unsubscribe import TYPE, Unsubscribed
from shared.security.signed_links import UNSUBSCRIBE, Signer, Unsubscribe

GONE = "You will get no more of these messages.\nNi chewch ragor o'r negeseuon hyn.\n"


PAGES: Mapping[RequestRefusal, str] = {
    RequestRefusal.NO_SUCH_MESSAGE: pages.BROKEN,
    RequestRefusal.KAFKA_AWAY: pages.LATER,
}


def unsubscribe_route(signer: Signer, publisher: Publisher) -> Route:
    """`/unsubscribe/{token}`: GET asks, and changes nothing; POST is answered once it lies in `messaging.inbound`.

    No redirect, no cookie, no sign-in: the token says all (RFC 8058, section 3.2).
    """

    async def unsubscribe(request: Request) -> Response:
        said = signer.read(request.path_params["token"])
        if said is None:
            return _refused(request, RequestRefusal.NO_SUCH_MESSAGE)
        if request.method != "POST":
            REQUESTS.labels(UNSUBSCRIBE, "asked").inc()
            return _page(pages.ask(said.category))
        refusal = await _take(request, said)
        if refusal is not None:
            return _refused(request, refusal)
        REQUESTS.labels(UNSUBSCRIBE, "taken").inc()
        if _by_a_person(request):
            return _page(pages.done(said.category))
        return PlainTextResponse(GONE, headers=dict(pages.HEADERS))

    async def _take(request: Request, said: Unsubscribe) -> RequestRefusal | None:
        body = await read_body(request)
        if isinstance(body, RequestRefusal):
            return body
        if not is_one_click(body):
            return RequestRefusal.NOT_ONE_CLICK
        return await publisher.keep(INBOUND, event(said, datetime.now(UTC)))

    return Route(UNSUBSCRIBE + "/{token}", unsubscribe, methods=["GET", "POST"])


def is_one_click(body: bytes) -> bool:
    """Whether a body says `List-Unsubscribe=One-Click`, as a form or as parts: RFC 8058, section 3.2, allows both."""
    said = body.lower()
    return b"list-unsubscribe" in said and b"one-click" in said


def event(said: Unsubscribe, now: datetime) -> OutgoingRecord:
    """What a link said, as an event. The same link again makes an event of the same id."""
    same = f"{said.message_id}/unsubscribe/{said.category}"
    return about(said.message_id, TYPE, same, Unsubscribed(category=said.category), now)


def _refused(request: Request, refusal: RequestRefusal) -> Response:
    """A refusal, with a page for a person where there is something that they can do."""
    page = PAGES.get(refusal)
    if page is None or not _by_a_person(request):
        return refused(UNSUBSCRIBE, refusal)
    REQUESTS.labels(UNSUBSCRIBE, refusal.value).inc()
    return _page(page, STATUS[refusal], again(refusal))


def _page(page: str, status: int = 200, more: dict[str, str] | None = None) -> Response:
    return HTMLResponse(page, status, {**pages.HEADERS, **(more or {})})


def _by_a_person(request: Request) -> bool:
    """Whether a browser asks, and not a mail client by itself: it wants to show the answer."""
    return "text/html" in request.headers.get("accept", "")
