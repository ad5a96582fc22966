"""A record becomes an event, or a refusal that says why and of what, and nothing of the patient."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.appointment import Appointment
from shared.clinic.patient import Details
from shared.events.cloudevents import (
    MAX_BYTES,
    REASONS,
    Event,
    EventKind,
    Record,
    Rejected,
    RejectReason,
    Version,
    read,
)
from tests.harness import MONDAY, SOURCE, appointment

KINDS = {"cocreate.appointment.v1": EventKind("appointment", Appointment)}
THING = f"{SOURCE}/appointment/1001"
KEY = THING.encode()
SECRETS = ("07700", "900001", "Ada", "Lovelace", "9434765919")


def record(value: bytes | None, key: bytes | None = None, at: datetime = MONDAY, **more: Any) -> Record:
    return Record(topic="clinic.appointments", partition=0, offset=7, timestamp=at, key=key, value=value, **more)


def taken(value: dict[str, Any] | bytes | None, key: bytes | None = None, **more: Any) -> Event | Rejected:
    return read(record(json.dumps(value).encode() if isinstance(value, dict) else value, key, **more), KINDS, MONDAY)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in appointment().items() if key != name}


def changed(**attributes: Any) -> dict[str, Any]:
    return appointment() | attributes


def with_data(**data: Any) -> dict[str, Any]:
    event = appointment()
    return event | {"data": event["data"] | data}


DEEP = b'{"specversion": "1.0", "data": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
HUGE = b'{"specversion": "1.0", "id": ' + b"9" * 5_000 + b"}"

REFUSED = [
    # label, value, reason, whether the thing is read
    ("nothing", b"", RejectReason.NOT_JSON, True),
    ("not JSON", b"<xml/>", RejectReason.NOT_JSON, True),
    ("half a JSON", json.dumps(appointment()).encode()[:200], RejectReason.NOT_JSON, True),
    ("not UTF-8", b'{"id": "\xff"}', RejectReason.NOT_JSON, True),
    ("a null character", json.dumps(changed(id="a\0b")).encode(), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a lone surrogate", json.dumps(changed(id="\ud800")).encode(), RejectReason.NOT_JSON, True),
    ("NaN", json.dumps(changed(sequence=float("nan"))).encode(), RejectReason.NOT_JSON, True),
    ("infinity", json.dumps(changed(sequence=float("inf"))).encode(), RejectReason.NOT_JSON, True),
    ("nested without end", DEEP, RejectReason.NOT_JSON, True),
    ("a number of 5,000 digits", HUGE, RejectReason.NOT_JSON, True),
    ("256 kB and a byte", b'"' + b"x" * (MAX_BYTES - 1) + b'"', RejectReason.TOO_LARGE, True),
    ("2 MB", b"x" * 2_000_000, RejectReason.TOO_LARGE, True),
    ("null", b"null", RejectReason.NOT_A_CLOUDEVENT, True),
    ("a number", b"17", RejectReason.NOT_A_CLOUDEVENT, True),
    ("a list", b"[]", RejectReason.NOT_A_CLOUDEVENT, True),
    ("an empty object", b"{}", RejectReason.NOT_A_CLOUDEVENT, True),
    ("no specversion", without("specversion"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("another specversion", changed(specversion="0.3"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("no id", without("id"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("an empty id", changed(id=" "), RejectReason.NOT_A_CLOUDEVENT, True),
    ("an id that is a number", changed(id=17), RejectReason.NOT_A_CLOUDEVENT, True),
    ("no source", without("source"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a subject with a line break", changed(subject="1001\n"), None, True),
    ("a subject with a tab inside", changed(subject="10\t01"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a subject of 201 characters", changed(subject="x" * 201), RejectReason.NOT_A_CLOUDEVENT, True),
    ("no type", without("type"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a type that is an object", changed(type={}), RejectReason.NOT_A_CLOUDEVENT, True),
    ("an unknown type", changed(type="clinic.goal.v1"), RejectReason.UNKNOWN_TYPE, True),
    ("a naive time", changed(time="2026-11-16T09:00:00"), RejectReason.NAIVE_TIME, True),
    ("a time as a number", changed(time=1764547200), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a time in the year 1", changed(time="0001-01-01T00:00:00Z"), RejectReason.NOT_A_CLOUDEVENT, True),
    ("a time 5 minutes and a second ahead", changed(time="2026-11-16T09:05:01Z"), RejectReason.FUTURE_TIME, True),
    ("no data", without("data"), RejectReason.INVALID_DATA, True),
    ("data null", changed(data=None), RejectReason.INVALID_DATA, True),
    ("data a list", changed(data=[]), RejectReason.INVALID_DATA, True),
    ("an unknown status", with_data(status="maybe"), RejectReason.INVALID_DATA, True),
    ("no patient", with_data(patient=None), RejectReason.INVALID_DATA, True),
    ("a patient without id", with_data(patient={}), RejectReason.INVALID_DATA, True),
    ("booked without a start", with_data(start=None), RejectReason.INVALID_DATA, True),
    ("a naive start", with_data(start="2026-12-07T09:00:00"), RejectReason.NAIVE_TIME, True),
    ("a start that is a day", with_data(start="2026-12-07"), RejectReason.NAIVE_TIME, True),
    ("an unknown zone", with_data(zone="Europe/Londinium"), RejectReason.UNKNOWN_ZONE, True),
    ("a name in the zone", with_data(zone="Ada Lovelace 07700 900001"), RejectReason.UNKNOWN_ZONE, True),
    ("a zone that is a path", with_data(zone="../../etc/passwd"), RejectReason.UNKNOWN_ZONE, True),
    ("a name in the status", with_data(status="Ada Lovelace"), RejectReason.INVALID_DATA, True),
    ("a patient without an id", with_data(patient={"first_name": "Ada"}), RejectReason.INVALID_DATA, True),
    ("a patient that is a name", with_data(patient="Ada Lovelace"), RejectReason.INVALID_DATA, True),
    ("an id with a line break", with_data(patient={"id": "Ada\nLovelace"}), RejectReason.INVALID_DATA, True),
    ("a start in words", with_data(start="Ada at nine"), RejectReason.INVALID_DATA, True),
    ("wrong base64", without("data") | {"data_base64": "*"}, RejectReason.INVALID_DATA, True),
    ("base64 that is not ASCII", without("data") | {"data_base64": "é"}, RejectReason.INVALID_DATA, True),
    ("base64 of no JSON", without("data") | {"data_base64": "AAAA"}, RejectReason.INVALID_DATA, True),
]


@pytest.mark.parametrize(
    ("value", "reason", "named"),
    [case[1:] for case in REFUSED if case[2]],
    ids=[case[0] for case in REFUSED if case[2]],
)
def test_bad_input_is_refused_with_its_reason(value: dict[str, Any] | bytes, reason: RejectReason, named: bool) -> None:
    """Each kind of bad input has its reason and a sentence, names its thing by the record's key, and quotes nobody."""
    result = taken(value, KEY)
    assert isinstance(result, Rejected)
    assert result.reason is reason
    assert REASONS[reason]
    assert (result.thing == THING) is named
    assert not any(secret in result.detail for secret in SECRETS)


NAMED_BY_ITSELF = [
    ("a naive time", changed(time="2026-11-16T09:00:00"), THING),
    ("a wrong id", changed(id=17), THING),
    ("wrong data", changed(data=17), THING),
    ("a future time", changed(time="2027-11-16T09:00:00Z"), THING),
    ("no specversion", without("specversion"), THING),
    ("a subject with spaces around", changed(subject=" appointment/1001 ", data=17), THING),
    ("an unknown type", changed(type="x"), None),
    ("a subject of 300 characters", changed(subject="x" * 300), None),
    ("a source with a tab inside", changed(source="a\tb"), None),
    ("no source", without("source"), None),
]


@pytest.mark.parametrize(
    ("value", "thing"), [case[1:] for case in NAMED_BY_ITSELF], ids=[case[0] for case in NAMED_BY_ITSELF]
)
def test_a_refused_event_names_its_thing(value: dict[str, Any], thing: str | None) -> None:
    """Without a key the thing is read from the event itself, where source, type and subject are sound."""
    result = taken(value)
    assert isinstance(result, Rejected)
    assert result.thing == thing


HEADERS = [
    ("null", (("trace", None),)),
    ("not UTF-8", (("trace", b"\xff"),)),
    ("one of them null", (("a", b"b"), ("trace", None))),
]


@pytest.mark.parametrize("headers", [case[1] for case in HEADERS], ids=[case[0] for case in HEADERS])
def test_a_header_that_is_no_text_is_refused(headers: tuple[tuple[str, bytes | None], ...]) -> None:
    """A null or non-UTF-8 header refuses the record, which still names its thing by its key."""
    result = taken(appointment(), KEY, headers=headers)
    assert isinstance(result, Rejected)
    assert (result.reason, result.thing) == (RejectReason.UNREADABLE_HEADER, THING)


def binary(**changes: bytes) -> tuple[tuple[str, bytes | None], ...]:
    event = appointment()
    names = ("specversion", "id", "source", "type", "subject", "time")
    return tuple({**{f"ce_{name}": str(event[name]).encode() for name in names}, **changes}.items())


def test_both_modes_say_the_same() -> None:
    """Structured mode, binary mode and base64 make the same event."""
    event = appointment()
    data = json.dumps(event["data"]).encode()
    encoded = without("data") | {"data_base64": base64.b64encode(data).decode()}
    assert taken(event) == taken(data, headers=binary()) == taken(encoded)
    assert isinstance(taken(event), Event)


def test_binary_mode_is_refused_like_structured_mode() -> None:
    """In binary mode too a naive time, a null character and data that are no JSON are refused."""
    data = json.dumps(appointment()["data"]).encode()
    cases = [
        (taken(data, headers=binary(ce_time=b"2026-11-16T09:00:00")), RejectReason.NAIVE_TIME),
        (taken(data, headers=binary(ce_id=b"a\0b")), RejectReason.NOT_A_CLOUDEVENT),
        (taken(b"Ada", headers=binary()), RejectReason.NOT_JSON),
        (taken(b"null", headers=binary()), RejectReason.INVALID_DATA),
    ]
    assert [result.reason for result, _ in cases if isinstance(result, Rejected)] == [reason for _, reason in cases]


NAMES = [
    ("plain", SOURCE, "1001", THING),
    ("with its kind", SOURCE, "appointment/1001", THING),
    ("a source with a slash", SOURCE + "/", "1001", THING),
    ("spaces around", f" {SOURCE} ", " 1001 ", THING),
    ("another kind before it", SOURCE, "goal/1001", f"{SOURCE}/appointment/goal/1001"),
]


@pytest.mark.parametrize(("source", "subject", "thing"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES])
def test_a_thing_has_one_name(source: str, subject: str, thing: str) -> None:
    """However source and subject are written, the thing, its source and its tombstone have one name."""
    event = taken(changed(source=source, subject=subject))
    assert isinstance(event, Event)
    assert (event.thing, event.source) == (thing, SOURCE)


TOMBSTONES = [
    ("its key", KEY, THING),
    ("a source with a slash", f"{SOURCE}//appointment/1001".encode(), THING),
    ("no key", None, None),
    ("another kind", f"{SOURCE}/goal/1001".encode(), None),
    ("no id", f"{SOURCE}/appointment/".encode(), None),
    ("not UTF-8", KEY + b"\xff", None),
    ("a null character", KEY + b"\0", None),
    ("a long key", KEY + b"x" * 10_000, None),
]


@pytest.mark.parametrize(("key", "thing"), [case[1:] for case in TOMBSTONES], ids=[case[0] for case in TOMBSTONES])
def test_a_value_that_is_null_means_gone(key: bytes | None, thing: str | None) -> None:
    """A null value makes the thing of its key gone; a key that names none is refused."""
    result = taken(None, key)
    if thing is None:
        assert isinstance(result, Rejected)
        assert (result.reason, result.thing) == (RejectReason.UNKNOWN_KEY, None)
    else:
        assert isinstance(result, Event)
        assert (result.thing, result.source, result.data) == (thing, SOURCE, None)


def test_a_tombstone_of_the_future_is_refused() -> None:
    """A tombstone dated ahead would silence every later event as one with a future time would."""
    result = taken(None, KEY, at=MONDAY + timedelta(minutes=6))
    assert isinstance(result, Rejected)
    assert (result.reason, result.thing) == (RejectReason.FUTURE_TIME, THING)


def test_without_a_time_the_record_s_own_counts() -> None:
    """An event without a time is as old as its record; one of exactly five minutes ahead is still believed."""
    event = taken(without("time"), at=MONDAY - timedelta(days=3))
    ahead = taken(changed(time="2026-11-16T09:05:00Z"))
    assert isinstance(event, Event)
    assert event.version.time == MONDAY - timedelta(days=3)
    assert isinstance(ahead, Event)


def test_versions_rank_by_time_then_sequence_then_record_then_offset() -> None:
    """The text of a version sorts as (time, sequence, record timestamp, offset) do, numbers as numbers."""

    def version(minutes: int, sequence: str | None, stamped: int, offset: int) -> str:
        at = MONDAY + timedelta(seconds=stamped)
        return Version.of(
            MONDAY + timedelta(minutes=minutes),
            sequence,
            Record(topic="t", partition=0, offset=offset, timestamp=at, key=None, value=None),
        ).text

    ranked = [
        version(0, None, 9, 9),
        version(0, "9", 0, 0),
        version(0, "10", 0, 0),
        version(0, "10", 0, 10),
        version(0, "10", 1, 9),
        version(1, None, 0, 0),
    ]
    assert ranked == sorted(ranked)
    assert Version.of(MONDAY.astimezone(UTC), "7", record(None)).time == MONDAY


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.binary(max_size=300),
    st.none() | st.binary(max_size=80),
    st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=3),
)
def test_no_bytes_raise(value: bytes, key: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    """Whatever lies in a topic is read or refused."""
    assert isinstance(taken(value, key, headers=tuple(headers)), Event | Rejected)


@given(st.sampled_from(sorted(appointment())), JSON)
def test_no_attribute_raises(name: str, value: Any) -> None:
    """Whatever an attribute or the data are, the event is read or refused, and PostgreSQL can keep the refusal."""
    result = taken(json.dumps(changed(**{name: value})).encode())
    assert isinstance(result, Event) or result.thing is None or (result.thing.isprintable() and len(result.thing) < 500)


@given(st.sampled_from(["status", "start", "end", "created", "mode", "clinic", "zone", "clinician", "patient"]), JSON)
def test_no_data_raise(name: str, value: Any) -> None:
    """Whatever a field of the data is, the event is read or refused."""
    assert isinstance(taken(json.dumps(with_data(**{name: value})).encode(), KEY), Event | Rejected)


@given(st.sampled_from(["status", "start", "mode", "clinic", "zone", "patient", "attends"]), st.text(min_size=6))
def test_a_refusal_quotes_nothing(name: str, secret: str) -> None:
    """What stands where it does not belong never shows in a refusal's detail."""
    result = taken(with_data(**{name: [f"Lovelace {secret}"]}))
    assert isinstance(result, Rejected)
    assert "Lovelace" not in result.detail


DETAILS = sorted(Details.model_fields)

SCRAPS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["channel", "value", "role"]), inner),
    max_leaves=6,
)


def test_a_null_character_costs_what_holds_it() -> None:
    """PostgreSQL keeps none: in a name it is another control character, in an identifier it cannot be read."""
    who = {"id": "p1", "first_name": "A\0da", "contacts": [{"channel": "sms", "value": "0\0"}]}
    named = taken(with_data(patient=who))
    assert isinstance(named, Event)
    assert isinstance(named.data, Appointment)
    assert "\0" not in named.data.model_dump_json()
    assert [one.field for one in named.data.unread] == ["patient.contacts.value"]
    assert isinstance(taken(with_data(patient={"id": "p\0"})), Rejected)


@given(st.dictionaries(st.sampled_from(DETAILS), SCRAPS, min_size=1))
def test_no_detail_costs_an_appointment(details: dict[str, Any]) -> None:
    """Whatever stands in a patient's details, the appointment's status and start are taken as they are."""
    result = taken(with_data(status="cancelled", patient={"id": "p1", **details}))
    assert isinstance(result, Event)
    assert isinstance(result.data, Appointment)
    assert result.data.status == "cancelled"
    assert result.data.patient.id == "p1"
