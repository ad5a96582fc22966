"""The description of what clinics may post: it holds together, and says what the routes do."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from services.gateway import events, goals, openapi_goals
from services.gateway.app import create_app
from services.gateway.cloudevents import BATCH, BINARY, MOST_EVENTS, STRUCTURED
from services.gateway.entries import LineResults
from services.gateway.events import ALONE, CURES
from services.gateway.goal_pages import LABELS
from services.gateway.judging import Results, Turned
from services.gateway.openapi import ENVELOPE, document
from services.gateway.refusals import STATUS
from services.gateway.settings import Settings
from shared.clinic.appointment import Appointment
from shared.clinic.courses import Course, Enrolment, Reunion
from shared.clinic.goal import Goal
from shared.clinic.patient import Patient
from shared.clinic.submissions import TOPICS, Submission, submission
from tests.gateway.gateway_harness import PUBLIC
from tests.gateway.posting import READERS, Clinic, appointment

WHOLE = document(PUBLIC)
POST = WHOLE["paths"]["/events"]["post"]
NOT_FOR_CLINICS = {"/twilio/status", "/twilio/inbound", "/unsubscribe/{token}"}


def every(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every(inner)


def test_it_validates() -> None:
    """It is an OpenAPI 3.1 document by the specification's own schema, and its schemas are JSON Schema 2020-12."""
    assert list(OpenAPIV31SpecValidator(WHOLE).iter_errors()) == []


def test_its_parts_are_there() -> None:
    """It says which version it is, each reference leads to a schema, and each schema is led to."""
    assert WHOLE["openapi"] == "3.1.0"
    assert {"title", "version"} <= WHOLE["info"].keys()
    schemas = WHOLE["components"]["schemas"]
    used = {node["$ref"] for node in every(WHOLE) if "$ref" in node}
    assert used == {f"#/components/schemas/{name}" for name in schemas}
    operations = [operation for path in WHOLE["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(response["description"] for operation in operations for response in operation["responses"].values())
    named = {name for operation in operations for need in operation.get("security", ()) for name in need}
    assert named == set(WHOLE["components"]["securitySchemes"])


def test_it_matches_the_routes(open_to_clinics: Settings) -> None:
    """What it describes are the routes for clinics, with their methods, and no others are theirs."""
    routes = {r.path: r.methods for r in create_app(open_to_clinics).routes if isinstance(r, Route)}
    described = {path: {method.upper() for method in operations} for path, operations in WHOLE["paths"].items()}
    assert set(routes) == set(described) | NOT_FOR_CLINICS
    assert {path: (routes[path] or set()) - {"HEAD"} for path in described} == described


def test_it_names_every_answer() -> None:
    """Each status that the route can answer with is described, with the body that it has, and no other."""
    whole = {STATUS[refusal] for refusal in CURES}
    of_events = {202, 422, *ALONE.values()}
    assert {int(status) for status in POST["responses"]} == whole | of_events
    for status, response in POST["responses"].items():
        assert (events.PROBLEM in response["content"]) == (int(status) in whole)
        assert (BINARY in response["content"]) == (int(status) in of_events)


def test_it_describes_what_is_read() -> None:
    """Bodies, limits, attributes and fields are those that the gateway and the services read."""
    assert set(POST["requestBody"]["content"]) == {STRUCTURED, BATCH, BINARY}
    assert POST["requestBody"]["content"][BATCH]["schema"]["maxItems"] == MOST_EVENTS
    schemas = WHOLE["components"]["schemas"]
    for model in (Appointment, Course, Enrolment, Goal, Patient, Reunion, Results, LineResults):
        assert set(schemas[model.__name__]["properties"]) == set(model.model_fields)
    assert schemas["AppointmentEvent"]["properties"]["type"]["const"] in TOPICS["clinic.appointments"]
    assert {reason.value for reason in Turned} <= set(json.dumps(schemas["Turned"]).replace('"', " ").split())


def test_it_describes_goals() -> None:
    """The form has the fields that the page has, and each answer to a file that is refused whole is described."""
    described = WHOLE["paths"]["/goals"]["post"]
    body = described["requestBody"]["content"]
    assert set(body["application/x-www-form-urlencoded"]["schema"]["properties"]) == set(LABELS)
    whole = {str(STATUS[refusal]) for refusal in goals.CURES}
    assert whole <= set(described["responses"])
    assert {s for s, r in described["responses"].items() if events.PROBLEM in r["content"]} == whole
    assert {int(s) for s, r in described["responses"].items() if "text/html" in r["content"]} == openapi_goals.PAGES


@pytest.mark.parametrize("name", [*ENVELOPE, "data"])
def test_what_must_be_there(name: str) -> None:
    """The attributes that it calls needed are those without which an event is refused."""
    schema = WHOLE["components"]["schemas"]["AppointmentEvent"]
    found = submission({k: value for k, value in appointment().items() if k != name}, datetime.now(UTC))
    assert isinstance(found, Submission) == (name not in schema["required"])


def test_the_services_take_these_types() -> None:
    """What may be submitted is exactly what the services read, topic by topic."""
    assert {topic: dict(kinds) for topic, kinds in TOPICS.items()} == {t: dict(kinds) for t, kinds in READERS.items()}


async def test_it_is_served(clinic: Clinic) -> None:
    """Whoever asks gets it, without a token."""
    async with clinic.door.session.get(f"{clinic.door.url}/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == WHOLE
