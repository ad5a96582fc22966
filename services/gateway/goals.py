"""`/goals`: takes goals from clinics by a form or a CSV file; written to Kafka, and only then answered."""

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.cloudevents import MOST_EVENTS, media_type
from services.gateway.entries import FormEntry, entry, line_results, lines, typed
from services.gateway.events import CURES as EVENTS_CURES
from services.gateway.events import MAX_BYTES, challenge, problem
from services.gateway.forms import FORM, Form, only, read_body, read_form
from services.gateway.goal_pages import KEPT_FOR_THE_NEXT, LOOK, STATUSES, TOKEN, PageNotice, page
from services.gateway.issued_tokens import RecordAway, TokenDesk
from services.gateway.judging import Results, Turned, judge, results, sources_of
from services.gateway.limit import Bucket, RequestsInHand
from services.gateway.publisher import Publisher
from services.gateway.refusals import EVENTS, REQUESTS, STATUS, RequestRefusal, again, refused
from services.gateway.rendering import answer
from services.gateway.signatures import LINES
from services.gateway.tokens import Token
from shared.clinic.goal import GoalStatus
from shared.events.cloudevents import RejectReason
from shared.formats.csv.tables import FieldFault, FileLine

log = logging.getLogger("cocreate.gateway")

PATH = "/goals"
CSV = "text/csv"

CURES: Mapping[RequestRefusal, str] = MappingProxyType(
    {
        RequestRefusal.NO_TOKEN: EVENTS_CURES[RequestRefusal.NO_TOKEN],
        RequestRefusal.NOT_GOALS: f"send {CSV}, in UTF-8 and not compressed; the page at this address sends a form",
        RequestRefusal.NOT_A_TABLE: "the file as a whole cannot be read; the detail says why",
        RequestRefusal.TOO_MANY_EVENTS: f"more than {MOST_EVENTS} goals; send fewer at a time",
        RequestRefusal.TOO_LARGE: EVENTS_CURES[RequestRefusal.TOO_LARGE],
        RequestRefusal.TOO_SLOW: EVENTS_CURES[RequestRefusal.TOO_SLOW],
        RequestRefusal.UNREADABLE: EVENTS_CURES[RequestRefusal.UNREADABLE],
        RequestRefusal.RECORD_AWAY: EVENTS_CURES[RequestRefusal.RECORD_AWAY],
        RequestRefusal.TOO_MANY: EVENTS_CURES[RequestRefusal.TOO_MANY],
    }
)
"""The cause and cure of each refusal of a whole file, for the client's developers."""

NOT_SENT = "Not sent"
UNKNOWN_TOKEN = FieldFault(TOKEN, "is none that is known; copy it again from whoever runs the gateway")
AWAY = PageNotice(
    NOT_SENT, ("The fault is ours. Please send it again in a few minutes: it is the same goal, taken once.",)
)
BUSY = PageNotice(NOT_SENT, ("Too many are sent with this token at once. Please send it again in a moment.",))
MENDING = (
    (
        "Was something wrong? Send it again with the same patient and day. With another patient or day it is another "
        "goal: send the wrong one once more as entered by mistake."
    ),
)


def goals_route(tokens: TokenDesk, publisher: Publisher, in_hand: RequestsInHand) -> Route:
    """The route `/goals`: GET shows the form; POST takes a form or a file, and answers once Kafka holds its goals."""
    return Route(PATH, _GoalsEndpoint(tokens, publisher, in_hand).answer, methods=["GET", "POST"])


class _GoalsEndpoint:
    """Answers the requests to `/goals`."""

    def __init__(self, tokens: TokenDesk, publisher: Publisher, in_hand: RequestsInHand) -> None:
        self._tokens = tokens
        self._publisher = publisher
        self._in_hand = in_hand
        self._knocks = Bucket(LINES, burst=1)

    async def answer(self, request: Request) -> Response:
        """Answer a request for the form, with a form, or with a file."""
        if request.method != "POST":
            REQUESTS.labels(PATH, "asked").inc()
            return _page(page({}))
        try:
            return await self._posted(request)
        except RecordAway:
            return problem(PATH, RequestRefusal.RECORD_AWAY, CURES[RequestRefusal.RECORD_AWAY])

    async def _posted(self, request: Request) -> Response:
        kind = media_type(request.headers.raw)
        if kind == CSV:
            return await self._file(request)
        return (
            problem(PATH, RequestRefusal.NOT_GOALS, CURES[RequestRefusal.NOT_GOALS])
            if kind != FORM
            else await self._form(request)
        )

    async def _form(self, request: Request) -> Response:
        form = await read_form(request)
        if isinstance(form, RequestRefusal):
            return refused(PATH, form)
        token = await self._tokens.known((only(form, TOKEN) or "").strip())
        if token is None:
            self._knocked()
            headers = {"WWW-Authenticate": challenge(request)["WWW-Authenticate"]}
            return _turned(
                RequestRefusal.NO_TOKEN, typed(form), PageNotice(NOT_SENT, faults=(UNKNOWN_TOKEN,)), more=headers
            )
        with self._in_hand.another(token.name) as may_go_on:
            if not may_go_on:
                return _turned(RequestRefusal.TOO_MANY, typed(form), BUSY, token)
            return await self._take(form, token)

    async def _take(self, form: Form, token: Token) -> Response:
        found = entry(form, token, datetime.now(UTC))
        if found.event is None:
            EVENTS.labels(token.name, RejectReason.INVALID_DATA).inc()
            return _turned(RequestRefusal.NOT_A_GOAL, found.typed, PageNotice(NOT_SENT, faults=found.faults), token)
        said = await self._publish([found.event], token)
        [result] = said.results
        if result.reason is Turned.KAFKA_AWAY:
            return _turned(RequestRefusal.KAFKA_AWAY, found.typed, AWAY, token)
        if result.reason is not None:
            refusal = (
                RequestRefusal.FORBIDDEN_SOURCE
                if result.reason is Turned.FORBIDDEN_SOURCE
                else RequestRefusal.NOT_A_GOAL
            )
            return _turned(
                refusal, found.typed, PageNotice(NOT_SENT, faults=(FieldFault(None, result.detail or ""),)), token
            )
        REQUESTS.labels(PATH, "taken").inc()
        return _page(page({name: found.typed[name] for name in KEPT_FOR_THE_NEXT}, sent(found), _choice(token)))

    async def _file(self, request: Request) -> Response:
        token = await self._tokens.whose(request.headers.getlist("authorization"))
        if token is None:
            self._knocked()
            return problem(PATH, RequestRefusal.NO_TOKEN, CURES[RequestRefusal.NO_TOKEN], challenge(request))
        with self._in_hand.another(token.name) as may_go_on:
            if not may_go_on:
                return problem(PATH, RequestRefusal.TOO_MANY, CURES[RequestRefusal.TOO_MANY])
            body = await read_body(request, MAX_BYTES)
            if isinstance(body, RequestRefusal):
                return problem(PATH, body, CURES[body])
            read = lines(body, token, datetime.now(UTC))
            if isinstance(read, FieldFault):
                return problem(PATH, RequestRefusal.NOT_A_TABLE, str(read))
            if isinstance(read, RequestRefusal):
                return problem(PATH, read, CURES[read])
            return await self._take_lines(read, token)

    async def _take_lines(self, read: tuple[FileLine, ...], token: Token) -> Response:
        said = line_results(read, await self._publish([line.event for line in read if line.event is not None], token))
        for _ in (line for line in read if line.event is None):
            EVENTS.labels(token.name, RejectReason.INVALID_DATA).inc()
        away = any(one.reason is Turned.KAFKA_AWAY for one in said.results)
        REQUESTS.labels(PATH, RequestRefusal.KAFKA_AWAY if away else "taken" if said.accepted else "refused").inc()
        status, headers = (STATUS[RequestRefusal.KAFKA_AWAY], again(RequestRefusal.KAFKA_AWAY)) if away else (202, {})
        return Response(said.model_dump_json(), status, headers, media_type="application/json")

    async def _publish(self, documents: list[dict[str, Any]], token: Token) -> Results:
        judged = judge(documents, token, datetime.now(UTC))
        await self._tokens.put_on_record(token, PATH, sources_of(judged))
        said = results(
            judged, await self._publisher.publish_all([one.record for one in judged if one.record is not None])
        )
        for one in said.results:
            EVENTS.labels(token.name, one.reason or one.status).inc()
        return said

    def _knocked(self) -> None:
        if self._knocks.take():
            log.warning("a request to %s bore no token of COCREATE_EVENT_TOKENS", PATH)


def sent(found: FormEntry) -> PageNotice:
    """The confirmation of a sent goal, with the values as the services will read them."""
    data = {} if found.event is None else found.event["data"]
    said = [
        f"{STATUSES[GoalStatus(data['status'])]}, set on {_day(data['set_on'])}, of patient {data['patient']['id']}."
    ]
    if "review_on" in data:
        said.append(f"To be asked on {_day(data['review_on'])}.")
    if "confidence" in data:
        said.append(f"Confidence {data['confidence']} of 10.")
    if "clinic" in data:
        said.append(f"Clinic {data['clinic']}.")
    return PageNotice("Sent", (" ".join(said), *MENDING), well=True)


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _choice(token: Token) -> list[str]:
    return sorted(token.sources)


def _turned(
    refusal: RequestRefusal,
    shown: Mapping[str, str],
    said: PageNotice,
    token: Token | None = None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """Count a refused form, and answer with the form filled in and its faults."""
    REQUESTS.labels(PATH, refusal.value).inc()
    sources = [] if token is None else _choice(token)
    return _page(page(shown, said, sources), STATUS[refusal], {**again(refusal), **(more or {})})


def _page(text: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    return answer(text, LOOK, status, more)
