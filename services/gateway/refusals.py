"""The reasons for refusing a request, with the HTTP status of each, and the counters of requests."""

from collections.abc import Mapping
from enum import StrEnum

from prometheus_client import Counter
from starlette.responses import Response

REQUESTS = Counter(
    "cocreate_gateway_requests", "Requests to the gateway, and what became of them", ["route", "outcome"]
)

EVENTS = Counter(
    "cocreate_gateway_events",
    "Events posted to the gateway, by the name of their token, and what became of them",
    ["token", "outcome"],
)


class RequestRefusal(StrEnum):
    """The reasons for refusing a request."""

    TOO_MANY = "too_many"
    TOO_MANY_OF_TWILIO = "too_many_of_twilio"
    AMBIGUOUS_LENGTH = "ambiguous_length"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_SIGNED = "not_signed"
    NO_SUCH_MESSAGE = "no_such_message"
    NOT_A_RECEIPT = "not_a_receipt"
    NOT_ONE_CLICK = "not_one_click"
    NOT_A_TEXT = "not_a_text"
    NOT_FROM_A_PHONE = "not_from_a_phone"
    NO_TOKEN = "no_token"  # noqa: S105 - a reason
    NOT_CLOUDEVENTS = "not_cloudevents"
    NOT_JSON = "not_json"
    NOT_ONE_EVENT = "not_one_event"
    NOT_A_BATCH = "not_a_batch"
    UNREADABLE_HEADER = "unreadable_header"
    TOO_MANY_EVENTS = "too_many_events"
    NOT_GOALS = "not_goals"
    NOT_A_TABLE = "not_a_table"
    NOT_A_GOAL = "not_a_goal"
    FORBIDDEN_SOURCE = "forbidden_source"
    KAFKA_AWAY = "kafka_away"
    RECORD_AWAY = "record_away"


STATUS: Mapping[RequestRefusal, int] = {
    RequestRefusal.TOO_MANY: 429,
    RequestRefusal.TOO_MANY_OF_TWILIO: 503,  # it is asked to try again after 5xx, and after 429 it would not
    RequestRefusal.AMBIGUOUS_LENGTH: 400,
    RequestRefusal.NOT_A_FORM: 415,
    RequestRefusal.UNREADABLE: 400,
    RequestRefusal.TOO_LARGE: 413,
    RequestRefusal.TOO_SLOW: 408,
    RequestRefusal.NOT_SIGNED: 403,
    RequestRefusal.NO_SUCH_MESSAGE: 404,
    RequestRefusal.NOT_A_RECEIPT: 400,
    RequestRefusal.NOT_ONE_CLICK: 400,
    RequestRefusal.NOT_A_TEXT: 400,
    RequestRefusal.NOT_FROM_A_PHONE: 400,
    RequestRefusal.NO_TOKEN: 401,
    RequestRefusal.NOT_CLOUDEVENTS: 415,
    RequestRefusal.NOT_JSON: 400,
    RequestRefusal.NOT_ONE_EVENT: 400,
    RequestRefusal.NOT_A_BATCH: 400,
    RequestRefusal.UNREADABLE_HEADER: 400,
    RequestRefusal.TOO_MANY_EVENTS: 413,
    RequestRefusal.NOT_GOALS: 415,
    RequestRefusal.NOT_A_TABLE: 400,
    RequestRefusal.NOT_A_GOAL: 422,
    RequestRefusal.FORBIDDEN_SOURCE: 403,
    RequestRefusal.KAFKA_AWAY: 503,
    RequestRefusal.RECORD_AWAY: 503,
}

RETRY_AFTER: Mapping[RequestRefusal, int] = {
    RequestRefusal.TOO_MANY: 1,  # s: the bucket has filled by then
    RequestRefusal.TOO_MANY_OF_TWILIO: 1,
    RequestRefusal.KAFKA_AWAY: 5,  # s: a broker's restart takes about as long
    RequestRefusal.RECORD_AWAY: 5,
}


def refused(route: str, refusal: RequestRefusal) -> Response:
    """Count a refusal, and answer with its status and an empty body."""
    REQUESTS.labels(route, refusal.value).inc()
    return Response(status_code=STATUS[refusal], headers=again(refusal))


def again(refusal: RequestRefusal) -> dict[str, str]:
    """The `Retry-After` header, for refusals after which a retry may succeed."""
    after = RETRY_AFTER.get(refusal)
    return {} if after is None else {"Retry-After": str(after)}


def taken(route: str) -> Response:
    """Count an accepted request, and answer with 204."""
    REQUESTS.labels(route, "taken").inc()
    return Response(status_code=204)
