"""Builds the OpenAPI description of `/goals`: the page, its form, and files of goals."""

from typing import Any

from services.gateway import goals
from services.gateway.cloudevents import BINARY, MOST_EVENTS
from services.gateway.events import MAX_BYTES, PROBLEM
from services.gateway.forms import FORM
from services.gateway.goal_pages import HINTS, LABELS, TOKEN
from services.gateway.refusals import STATUS
from shared.formats.csv.goals import COLUMNS, LONGEST, MOST_CONFIDENT, NEEDED

PATH = goals.PATH
HTML = "text/html"

Schema = dict[str, Any]

ANSWERS = {
    200: "The goal is written, and the page says as what.",
    202: "What became of each line of the file, in their order; any may be refused.",
    400: "The file as a whole cannot be read, or the form cannot.",
    401: "No token, or none that is known.",
    403: "The token does not speak for the source of this goal.",
    408: "The body took too long.",
    413: f"More than {MAX_BYTES // 1024} kB or {MOST_EVENTS} goals; of a form, more than a form can hold.",
    415: f"Neither {FORM} nor {goals.CSV}.",
    422: "A field of the form is wrong; the page says which, and has the others as they were.",
    429: "Too many at once; wait for their answers.",
    503: "Not everything that should be is written. Send the same again: a goal is the same however often it comes.",
}

PAGES = frozenset({200, 401, 403, 422, 429, 503})
"""Statuses of the answers to a form, which are pages."""

FILES = frozenset({202, 503})
"""Statuses of the answers to a file that hold a result for each line; other statuses refuse the whole file."""


def described() -> Schema:
    """The operations of the path."""
    return {
        "get": {
            "operationId": "showGoalForm",
            "summary": "The page on which a clinic types one goal",
            "responses": {"200": {"description": "The form. It runs and loads nothing.", "content": {HTML: {}}}},
        },
        "post": {
            "operationId": "postGoals",
            "summary": "Say that goals were set, or what became of them",
            "description": f"One goal as a form with the token in it, or as {goals.CSV} up to {MOST_EVENTS} with the "
            "token as a bearer. Each says how a goal is now. One without an id of its own is known by its patient and "
            "the day on which it was set, so the same again is the same goal.",
            "security": [{"token": []}, {}],
            "requestBody": {
                "required": True,
                "content": {
                    FORM: {"schema": _form()},
                    goals.CSV: {
                        "schema": {
                            "type": "string",
                            "description": "UTF-8; the first line names columns, in any order, of "
                            + ", ".join(COLUMNS)
                            + f"; {' and '.join(NEEDED)} are needed, and source where the token speaks for several",
                        }
                    },
                },
            },
            "responses": {str(status): _response(status) for status in sorted(ANSWERS)},
        },
    }


def _form() -> Schema:
    fields: Schema = {name: {"type": "string", "description": f"{LABELS[name]}: {HINTS[name]}"} for name in LABELS}
    for name, most in LONGEST.items():
        fields[name]["maxLength"] = most
    fields["confidence"]["pattern"] = f"^([0-9]|{MOST_CONFIDENT})?$"
    return {"type": "object", "required": ["patient", TOKEN], "properties": fields}


def _response(status: int) -> Schema:
    whole = {STATUS[refusal] for refusal in goals.CURES}
    content: Schema = {HTML: {}} if status in PAGES else {}
    if status in FILES:
        content[BINARY] = {"schema": {"$ref": "#/components/schemas/LineResults"}}
    if status in whole:
        content[PROBLEM] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": ANSWERS[status], "content": content}
