"""`POST /events`: takes events from clinics without Kafka; checked, written to Kafka, and only then answered."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.cloudevents import BATCH, BINARY, MOST_EVENTS, STRUCTURED, Posted, mode_of, posted
from services.gateway.forms import BODY_SECONDS, read_body
from services.gateway.issued_tokens import RecordAway, TokenDesk
from services.gateway.judging import Results, Turned, judge, results, sources_of
from services.gateway.limit import Bucket, RequestsInHand
from services.gateway.publisher import Publisher
from services.gateway.refusals import EVENTS, REQUESTS, STATUS, RequestRefusal, again
from services.gateway.signatures import LINES
from services.gateway.tokens import Token
from shared.events.cloudevents import RejectReason

log = logging.getLogger("cocreate.gateway")

PATH = "/events"

MAX_BYTES = 1024 * 1024  # a thousand appointments; events are cut to 500 a request
MOST_AT_ONCE = 16  # requests of one token in hand: 16 MB at most, and no client delays the others

PROBLEM = "application/problem+json"  # RFC 9457
CHALLENGE = 'Bearer realm="events"'  # RFC 6750, section 3

CURES: Mapping[RequestRefusal, str] = MappingProxyType(
    {
        RequestRefusal.NO_TOKEN: "no token, or none that is known; send Authorization: Bearer and the token",
        RequestRefusal.NOT_CLOUDEVENTS: (
            f"send {STRUCTURED}, {BATCH}, or {BINARY} with ce- headers; UTF-8, not compressed"
        ),
        RequestRefusal.NOT_JSON: "the body is not JSON in UTF-8",
        RequestRefusal.NOT_ONE_EVENT: f"the body is no JSON object; send several events as {BATCH}",
        RequestRefusal.NOT_A_BATCH: f"the body is no JSON array; send one event as {STRUCTURED}",
        RequestRefusal.UNREADABLE_HEADER: "a ce- header is there twice, or is not percent-encoded UTF-8",
        RequestRefusal.TOO_MANY_EVENTS: f"more than {MOST_EVENTS} events; send fewer at a time",
        RequestRefusal.TOO_LARGE: f"larger than {MAX_BYTES // 1024} kB; send fewer events at a time",
        RequestRefusal.TOO_SLOW: f"the body took longer than {BODY_SECONDS:g} s; send fewer events at a time",
        RequestRefusal.UNREADABLE: "the body ended before it was whole",
        RequestRefusal.RECORD_AWAY: "who posted cannot be put on record now; nothing was taken, post it again",
        RequestRefusal.TOO_MANY: f"more than {MOST_AT_ONCE} requests with this token at once; wait for their answers",
    }
)
"""The cause and cure of each refusal of a whole request, for the client's developers."""

ALONE: Mapping[RejectReason | Turned, int] = MappingProxyType(
    {
        RejectReason.TOO_LARGE: 413,
        RejectReason.NOT_JSON: 400,
        RejectReason.NOT_A_CLOUDEVENT: 400,
        Turned.FORBIDDEN_SOURCE: 403,
        RejectReason.FORBIDDEN_TOPIC: 403,
        Turned.KAFKA_AWAY: 503,
    }
)
"""The HTTP status for a single refused event, for clients that read only the status; 422 for other reasons."""


class Problem(BaseModel):
    """Why a request is refused whole (RFC 9457)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    title: str = Field(description="why, for programs")
    status: int
    detail: str = Field(description="why, and what to do, for people")


def events_route(tokens: TokenDesk, publisher: Publisher, in_hand: RequestsInHand) -> Route:
    """The route `POST /events`: 202 with a result for each event, once Kafka holds the accepted ones."""
    lines = Bucket(LINES, burst=1)

    async def events(request: Request) -> Response:
        try:
            return await _answered(request)
        except RecordAway:
            return problem(PATH, RequestRefusal.RECORD_AWAY, CURES[RequestRefusal.RECORD_AWAY])

    async def _answered(request: Request) -> Response:
        token = await tokens.whose(request.headers.getlist("authorization"))
        if token is None:
            if lines.take():
                log.warning("a request to %s bore no token of COCREATE_EVENT_TOKENS", PATH)
            return problem(PATH, RequestRefusal.NO_TOKEN, CURES[RequestRefusal.NO_TOKEN], challenge(request))
        with in_hand.another(token.name) as may_go_on:
            if not may_go_on:
                return problem(PATH, RequestRefusal.TOO_MANY, CURES[RequestRefusal.TOO_MANY])
            said = await _read(request)
            return problem(PATH, said, CURES[said]) if isinstance(said, RequestRefusal) else await _take(said, token)

    async def _take(said: Posted, token: Token) -> Response:
        judged = judge(said.documents, token, datetime.now(UTC))
        await tokens.put_on_record(token, PATH, sources_of(judged))
        kept = await publisher.publish_all([one.record for one in judged if one.record is not None])
        return _answer(results(judged, kept), token, batch=said.batch)

    return Route(PATH, events, methods=["POST"])


async def _read(request: Request) -> Posted | RequestRefusal:
    headers = request.headers.raw
    mode = mode_of(headers)
    if isinstance(mode, RequestRefusal):
        return mode
    body = await read_body(request, MAX_BYTES)
    return body if isinstance(body, RequestRefusal) else posted(mode, headers, body)


def _answer(said: Results, token: Token, *, batch: bool) -> Response:
    for one in said.results:
        EVENTS.labels(token.name, one.reason or one.status).inc()
    status = status_of(said, batch=batch)
    away = status == STATUS[RequestRefusal.KAFKA_AWAY]
    REQUESTS.labels(PATH, RequestRefusal.KAFKA_AWAY if away else "taken" if said.accepted else "refused").inc()
    headers = again(RequestRefusal.KAFKA_AWAY) if away else {}
    return Response(said.model_dump_json(), status, headers, media_type="application/json")


def status_of(said: Results, *, batch: bool) -> int:
    """The HTTP status of the answer: 503 where Kafka did not take a valid event, the event's own for a single event."""
    reasons = [one.reason for one in said.results if one.reason is not None]
    if Turned.KAFKA_AWAY in reasons:
        return ALONE[Turned.KAFKA_AWAY]
    return ALONE.get(reasons[0], 422) if reasons and not batch else 202


def problem(route: str, refusal: RequestRefusal, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Count the refusal of a whole request, and build its answer."""
    REQUESTS.labels(route, refusal.value).inc()
    said = Problem(title=refusal.value, status=STATUS[refusal], detail=detail)
    return Response(said.model_dump_json(), STATUS[refusal], {**again(refusal), **(headers or {})}, media_type=PROBLEM)


def challenge(request: Request) -> dict[str, str]:
    """The `WWW-Authenticate` header of an answer to a request without a known token."""
    tried = "authorization" in request.headers
    return {"WWW-Authenticate": CHALLENGE + (', error="invalid_token"' if tried else "")}
