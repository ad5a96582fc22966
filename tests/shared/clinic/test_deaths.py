"""What a death notice of the NHS says, and which of two counts."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic import deaths
from shared.clinic.deaths import Notice
from shared.clinic.patient import Patient
from shared.events.cloudevents import Event, EventKind, Record, Rejected
from tests.harness import MONDAY

NUMBER = "9434765919"
SPINE = "https://fhir.nhs.uk/Id/nhsSpineASID/200000000001"
KINDS: dict[str, EventKind[Any]] = {"cocreate.patient.v1": EventKind("patient", Patient), **deaths.KINDS}
GONE = object()
"""In a case: without this attribute."""


def notice(**attributes: Any) -> dict[str, Any]:
    """A notice of the shape in which the NHS sends it, with these attributes instead."""
    event = {
        "specversion": "1.0",
        "id": "0b8f3f0e-4b7b-4d0f-9a39-6a5f0f0a0001",
        "source": SPINE,
        "type": "pds-death-notification-2",
        "time": MONDAY.isoformat(),
        "dataref": f"https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/{NUMBER}",
        "subject": NUMBER,
        **attributes,
    }
    return {name: value for name, value in event.items() if value is not GONE}


def read(event: Any, offset: int = 0) -> Event | Rejected:
    """As the people service reads it."""
    record = Record(
        topic="clinic.patients",
        partition=0,
        offset=offset,
        timestamp=MONDAY,
        key=None,
        value=json.dumps(event).encode(),
    )
    return deaths.read(record, KINDS, MONDAY)


def taken(event: Any, offset: int = 0) -> Event:
    """One that must be an event."""
    result = read(event, offset)
    assert isinstance(result, Event), result
    return result


@pytest.mark.parametrize(
    ("attributes", "deceased"),
    [
        pytest.param({}, True, id="as the NHS sends it"),
        pytest.param({"data": None}, True, id="data null"),
        pytest.param({"data": {}}, True, id="data that says nothing"),
        pytest.param({"data": {"deathNotificationStatus": None}}, True, id="status null"),
        pytest.param({"data": {"deathNotificationStatus": "1"}}, True, id="informal"),
        pytest.param({"data": {"deathNotificationStatus": "2", "versionId": 'W/"16"'}}, True, id="formal"),
        pytest.param({"data": {"deathNotificationStatus": "U"}}, False, id="removed"),
        pytest.param({"subject": "943 476 5919"}, True, id="spaced"),
        pytest.param({"subject": f"death/{NUMBER}"}, True, id="with its kind"),
        pytest.param({"source": "https://example.org/death/feed/"}, True, id="a source with a path"),
    ],
)
def test_what_a_notice_says(attributes: dict[str, Any], deceased: bool) -> None:
    """Every notice tells of a death but the one that says in so many words that it was removed."""
    event = taken(notice(**attributes))
    assert isinstance(event.data, Notice)
    assert event.data.deceased is deceased
    assert deaths.number_of(event.thing) == NUMBER


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        pytest.param({"subject": "9434765918"}, "invalid_data", id="wrong check digit"),
        pytest.param({"subject": "9999999999"}, "invalid_data", id="placeholder"),
        pytest.param({"subject": "Patient"}, "invalid_data", id="no number"),
        pytest.param({"subject": f"Patient/{NUMBER}"}, "invalid_data", id="a reference"),
        pytest.param({"subject": GONE}, "not_a_cloudevent", id="no subject"),
        pytest.param({"subject": {"nhsNumber": NUMBER}}, "not_a_cloudevent", id="version 1: a subject with a name"),
        pytest.param({"id": GONE}, "not_a_cloudevent", id="no id"),
        pytest.param({"type": "pds-death-notification-1"}, "unknown_type", id="version 1"),
        pytest.param({"time": "2026-11-16T09:00:00"}, "naive_time", id="no zone"),
        pytest.param({"time": (MONDAY + timedelta(days=1)).isoformat()}, "future_time", id="tomorrow"),
        pytest.param({"data": {"deathNotificationStatus": "removed"}}, "invalid_data", id="no code"),
        pytest.param({"data": {"deathNotificationStatus": "u"}}, "invalid_data", id="small letter"),
        pytest.param({"data": {"deathNotificationStatus": 2}}, "invalid_data", id="a number"),
        pytest.param({"data": [NUMBER]}, "invalid_data", id="a list"),
        pytest.param({"data": NUMBER}, "invalid_data", id="a text"),
    ],
)
def test_what_is_no_notice(attributes: dict[str, Any], reason: str) -> None:
    """What cannot be meant so is refused with its reason, which quotes no number."""
    refused = read(notice(**attributes))
    assert isinstance(refused, Rejected)
    assert refused.reason == reason
    assert NUMBER[:9] not in refused.detail


TOLD: dict[str, Any] = {"data": {"deathNotificationStatus": "U"}}
UNTOLD: dict[str, Any] = {}
LATER = {"time": (MONDAY + timedelta(minutes=1)).isoformat()}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param((UNTOLD, 9), (TOLD, 1), id="the status, told of the same change"),
        pytest.param(({"sequence": "7"}, 9), (TOLD, 1), id="whatever sequence stands there"),
        pytest.param((TOLD, 9), (LATER, 1), id="a later change"),
        pytest.param((TOLD, 1), (TOLD, 2), id="of two told, the one that came last"),
        pytest.param((UNTOLD, 1), (UNTOLD, 2), id="of two untold as well"),
    ],
)
def test_which_of_two_counts(older: tuple[dict[str, Any], int], newer: tuple[dict[str, Any], int]) -> None:
    """The later change counts; of one change, the notice that tells the status, in whichever order they come."""
    first, second = (taken(notice(**attributes), offset) for attributes, offset in (older, newer))
    assert first.version.text < second.version.text


@pytest.mark.parametrize(
    ("thing", "number"),
    [
        pytest.param(f"{SPINE}/death/{NUMBER}", NUMBER, id="a notice"),
        pytest.param(f"{SPINE}/death/9434765918", None, id="no number"),
        pytest.param(f"https://example.org/patient/{NUMBER}", None, id="a patient"),
        pytest.param(f"https://example.org/death/{NUMBER}/patient/p1", None, id="a patient of an odd source"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_whose_number(thing: str, number: str | None) -> None:
    """Only the thing of a notice gives a number."""
    assert deaths.number_of(thing) == number


def test_no_key_shows_a_number() -> None:
    """A notice is published without a key; everything else under its thing."""
    assert deaths.key_of(taken(notice())) is None
    event = taken(notice(type="cocreate.patient.v1", subject="p1", data={}))
    assert deaths.key_of(event) == f"{SPINE}/patient/p1".encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([NUMBER, "U", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(subject=JSON, data=JSON, status=JSON)
def test_nothing_that_comes_raises(subject: Any, data: Any, status: Any) -> None:
    """Whatever stands there, it is an event of a sound number, or refused."""
    for said in (data, {"deathNotificationStatus": status}):
        result = read(notice(subject=subject, data=said))
        assert isinstance(result, Rejected) or deaths.number_of(result.thing) is not None
