"""Builds the OpenAPI 3.1 document of the routes for clinics from the models and tables that check requests."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import events, openapi_goals
from services.gateway.cloudevents import BATCH, BINARY, MOST_EVENTS, STRUCTURED
from services.gateway.entries import LineResults
from services.gateway.events import ALONE, CURES, PROBLEM, Problem
from services.gateway.judging import Results
from services.gateway.refusals import REQUESTS, STATUS
from shared.clinic import deaths
from shared.clinic.submissions import TOPICS
from shared.events.cloudevents import MAX_BYTES
from shared.events.types import LONGEST_CODE, EventData

PATH = "/openapi.json"
VERSION = "1.2.0"  # of what is described

Schema = dict[str, Any]

_CODE: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE}

ENVELOPE: Mapping[str, tuple[bool, str, Schema]] = {
    "specversion": (True, "the CloudEvents version", {"type": "string", "const": "1.0"}),
    "id": (True, "the event; the same id with the same time is the same event again, and changes nothing", _CODE),
    "source": (True, "who speaks, and under whom its ids are known; the token must be allowed it", _CODE),
    "type": (True, "which kind of event", {"type": "string"}),
    "subject": (True, "the thing: `1001` or `appointment/1001`", _CODE),
    "time": (
        False,
        "when the thing came to be so, at the source; without it an event that is posted again counts as the newest",
        {"type": "string", "format": "date-time"},
    ),
    "sequence": (False, "orders events of one time", _CODE),
    "datacontenttype": (False, "the type of the data", {"type": "string"}),
}
"""The attributes of an event: whether each is required, its meaning, and its schema."""

RESULTS = {
    202: "What became of each event, in their order. One event alone was accepted; of a batch any may be refused.",
    403: "The token does not speak for the source of this one event.",
    422: "This one event is none that a service would take.",
    503: "Not everything that should be is written; the results say what is. Post the rest, or all of it, again.",
}

HEADERS = {
    401: ("WWW-Authenticate", "Bearer (RFC 6750)"),
    429: ("Retry-After", "seconds; a gateway that has too much to do answers so without a body"),
    503: ("Retry-After", "seconds"),
}


def document(public_url: str) -> Schema:
    """The OpenAPI document of a gateway with this public address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cocreate: events from clinics",
            "version": VERSION,
            "description": "Appointments, patients, goals, courses and reunions, for clinics without Kafka: "
            "CloudEvents 1.0 over HTTP. Each event carries the whole present state of one thing. An event that is "
            "accepted is written for good.",
        },
        "servers": [{"url": public_url}],
        "paths": {
            events.PATH: {"post": _post()},
            openapi_goals.PATH: openapi_goals.described(),
            PATH: {
                "get": {
                    "operationId": "describe",
                    "summary": "This description",
                    "responses": {"200": {"description": "OpenAPI 3.1", "content": {BINARY: {}}}},
                }
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_models(), **{name: _event(type_, data) for name, type_, data in _kinds()}},
        },
    }


def openapi_route(public_url: str) -> Route:
    """The route `GET /openapi.json`, without a token: the document holds no secrets."""
    text = json.dumps(document(public_url))

    async def describe(_: Request) -> Response:
        REQUESTS.labels(PATH, "asked").inc()
        return Response(text, media_type="application/json")

    return Route(PATH, describe, methods=["GET"])


def _post() -> Schema:
    one: Schema = {"oneOf": [_ref(name) for name, _, _ in _kinds()]}
    data: Schema = {"anyOf": [_ref(data) for _, _, data in _kinds()]}
    return {
        "operationId": "postEvents",
        "summary": "Say how things are",
        "description": f"One event (`{STRUCTURED}`, or `{BINARY}` with its attributes in ce- headers, "
        f"percent-encoded), or up to {MOST_EVENTS} (`{BATCH}`). A request is at most {events.MAX_BYTES // 1024} kB, an "
        f"event {MAX_BYTES // 1024} kB. After 429 and 503, post the same again: an event is taken once, however often "
        "it comes.",
        "security": [{"token": []}],
        "parameters": [_header(name) for name in ENVELOPE if name != "datacontenttype"],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": one},
                BATCH: {"schema": {"type": "array", "maxItems": MOST_EVENTS, "items": one}},
                BINARY: {"schema": data},
            },
        },
        "responses": {str(status): _response(status) for status in sorted({*RESULTS, *_whole()})},
    }


def _response(status: int) -> Schema:
    said: dict[str, Schema] = {}
    if status in RESULTS or status in ALONE.values():
        said[BINARY] = {"schema": _ref("Results")}
    if status in _whole():
        said[PROBLEM] = {"schema": _ref("Problem")}
    described: Schema = {"description": RESULTS.get(status) or "; or ".join(_whole()[status]), "content": said}
    if status in HEADERS:
        name, meaning = HEADERS[status]
        described["headers"] = {name: {"description": meaning, "schema": {"type": "string"}}}
    return described


def _whole() -> dict[int, list[str]]:
    """The responses to requests that are refused whole, by status."""
    found: dict[int, list[str]] = {}
    for refusal, cure in CURES.items():
        found.setdefault(STATUS[refusal], []).append(cure)
    return found


def _header(name: str) -> Schema:
    _, meaning, shape = ENVELOPE[name]
    return {"name": f"ce-{name}", "in": "header", "description": f"binary mode: {meaning}", "schema": shape}


def _event(type_: str, data: str) -> Schema:
    shapes = {name: {**shape, "description": meaning} for name, (_, meaning, shape) in ENVELOPE.items()}
    shapes["type"] = {"const": type_, "description": ENVELOPE["type"][1]}
    needed = [name for name, (must, _, _) in ENVELOPE.items() if must]
    return {"type": "object", "required": [*needed, "data"], "properties": {**shapes, "data": _ref(data)}}


def _models() -> Schema:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(data, "validation") for _, data in _said_by_clinics()]
    models += [(said, "serialization") for said in (Results, LineResults, Problem)]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    schemas: Schema = found["$defs"]
    return schemas


def _kinds() -> Iterator[tuple[str, str, str]]:
    """For each kind of event the names of its schema, of its type and of its data's schema."""
    for type_, data in _said_by_clinics():
        yield f"{data.__name__}Event", type_, data.__name__


def _said_by_clinics() -> Iterator[tuple[str, type[EventData]]]:
    """The types of events that clinics may publish, with their data; only the NHS publishes deaths."""
    for kinds in TOPICS.values():
        for type_, kind in kinds.items():
            if kind.name != deaths.KIND:
                yield type_, kind.data


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
