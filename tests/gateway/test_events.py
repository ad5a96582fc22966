"""Events that clinics post: what is taken is in its topic and is read by the services, and each is answered for."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway import forms
from services.gateway.cloudevents import MOST_EVENTS
from services.gateway.events import MAX_BYTES, MOST_AT_ONCE
from services.gateway.settings import Settings
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.embedded import EmbeddedKafka
from shared.events.cloudevents import MAX_BYTES as MAX_EVENT
from shared.events.topic_names import INBOUND, RECEIPTS
from tests.gateway.gateway_harness import Door, free_port, opened, read_receipts, said
from tests.gateway.posting import (
    BATCH,
    BOTH,
    ENTRIES,
    HILLSIDE,
    NEW,
    NHS,
    OLD,
    RIVERSIDE,
    SPINE,
    STRUCTURED,
    Clinic,
    appointment,
    as_read,
    ce,
    course,
    enrolment,
    gateway,
    goal,
    patient,
    reunion,
)

LATER = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.fixture(scope="module")
async def answering() -> AsyncIterator[Clinic]:
    """A clinic at one gateway for all tests that look at answers alone, and never into a topic."""
    with EmbeddedKafka() as broker:
        for topic in (RECEIPTS, INBOUND, APPOINTMENTS, GOALS, COURSES, PATIENTS):
            broker.create_topic(topic, 2)
        async with opened(gateway(broker.url, event_tokens=ENTRIES)) as door:
            yield Clinic(door)


async def test_an_event_is_read_as_it_was_posted(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """One event, structured, lies in its topic under its thing, and the service that reads the topic takes it."""
    answer = await clinic.one(appointment())
    assert answer.status == 202
    assert answer.said == {
        "accepted": 1,
        "refused": 0,
        "results": [{"id": "1-1", "source": RIVERSIDE, "status": "accepted", "reason": None, "detail": None}],
    }
    [record] = await read_receipts(broker.url, 1, APPOINTMENTS)
    assert said(record) == appointment()
    event = as_read(record)
    assert record.key == event.thing.encode() == f"{RIVERSIDE}/appointment/1".encode()
    assert (event.id, event.source, event.kind) == ("1-1", RIVERSIDE, "appointment")


async def test_what_is_not_used_of_an_event_is_told(clinic: Clinic) -> None:
    """An event with a detail that cannot be read is taken, and whoever posts it hears of the field, not its value."""
    who = {"id": "P1", "language": "fr", "contacts": [{"channel": "pager", "value": "12"}]}
    event = appointment()
    answer = await clinic.one(event | {"data": event["data"] | {"patient": who}})
    [result] = answer.said["results"]
    assert (answer.status, result["status"], result["reason"]) == (202, "accepted", None)
    assert "patient.contacts.channel is not used" in result["detail"]
    assert "patient.language" in result["detail"]
    assert "pager" not in result["detail"]


async def test_a_batch_goes_to_its_topics(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """A batch is answered for event by event, in order; what is no event keeps none of the others away."""
    moved = appointment(id="1-2", sequence="2")
    answer = await clinic.batch(appointment(), 7, patient(), {**appointment(), "data": {}}, moved, "\ud800", None)
    assert answer.status == 202
    invalid = ["not_a_cloudevent", "invalid_data", "not_json"]
    assert answer.outcomes == ["accepted", invalid[0], "accepted", invalid[1], "accepted", invalid[2], invalid[0]]
    assert [one["id"] for one in answer.said["results"]] == ["1-1", None, "1-1", "1-1", "1-2", None, None]
    assert (answer.said["accepted"], answer.said["refused"]) == (3, 4)
    booked, changed = map(as_read, await read_receipts(broker.url, 2, APPOINTMENTS))
    assert (booked.id, changed.id) == ("1-1", "1-2")
    assert changed.version.text > booked.version.text
    [record] = await read_receipts(broker.url, 1, PATIENTS)
    assert as_read(record).thing == f"{RIVERSIDE}/patient/P1"


async def test_a_goal_goes_to_its_topic(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """A goal is taken as other events are, and one whose review lies before its beginning is none."""
    answer = await clinic.batch(goal(), goal(data={**goal()["data"], "review_on": "2026-11-01"}))
    assert (answer.status, answer.outcomes) == (202, ["accepted", "invalid_data"])
    [record] = await read_receipts(broker.url, 1, GOALS)
    assert record.key == as_read(record).thing.encode() == f"{RIVERSIDE}/goal/G1".encode()


async def test_courses_enrolments_and_reunions_share_a_topic(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """Each is taken under its own name; a reunion that invites nobody, and half a course, are none."""
    wrong = reunion(data={**reunion()["data"], "courses": []}), course(data={"clinic": "HALL"})
    answer = await clinic.batch(course(), enrolment(), reunion(), *wrong)
    assert answer.outcomes == ["accepted"] * 3 + ["invalid_data"] * 2
    things = {as_read(record).thing for record in await read_receipts(broker.url, 3, COURSES)}
    assert things == {f"{RIVERSIDE}/{name}" for name in ("course/C1", "enrolment/E1", "reunion/R1")}


async def test_one_thing_keeps_its_order(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """As many events as a request may hold, of one thing and without a time, are read in the order of their batch."""
    answer = await clinic.batch(*(appointment(id=str(n), time=None) for n in range(MOST_EVENTS)))
    assert (answer.status, answer.said["accepted"]) == (202, MOST_EVENTS)
    events = [as_read(record) for record in await read_receipts(broker.url, MOST_EVENTS, APPOINTMENTS)]
    assert [event.id for event in events] == [str(n) for n in range(MOST_EVENTS)]


async def test_binary_mode(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """An event whose attributes are headers, percent-encoded or quoted, is the same event as a structured one."""
    event = appointment()
    encoded = {**ce(event), "ce-id": "Caf%C3%A9%20%22x%22", "ce-subject": r'"appointment/\1"'}
    assert (await clinic.binary(event["data"], ce(event))).status == 202
    answer = await clinic.binary(event["data"], encoded)
    assert (answer.status, answer.said["results"][0]["id"]) == (202, 'Café "x"')
    plain, second = map(as_read, await read_receipts(broker.url, 2, APPOINTMENTS))
    assert plain.data == second.data
    assert plain.thing == second.thing == f"{RIVERSIDE}/appointment/1"


async def test_data_may_be_base64(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """`data_base64` is read as the services read it, and no header can put it beside the data of binary mode."""
    coded = "eyJzdGF0dXMiOiAiY2FuY2VsbGVkIiwgInBhdGllbnQiOiB7ImlkIjogIlAyIn19"
    assert (await clinic.one(appointment(data=None, data_base64=coded))).status == 202
    event = appointment()
    assert (await clinic.binary(event["data"], {**ce(event), "ce-data_base64": coded, "ce-data": "x"})).status == 202
    first, plain = map(as_read, await read_receipts(broker.url, 2, APPOINTMENTS))
    assert [getattr(e.data, "status", None) for e in (first, plain)] == ["cancelled", "booked"]


async def test_a_repeat_is_the_same_record(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """The same event posted again, alone or in a batch, is the same record, byte for byte: it is folded as one."""
    await clinic.one(appointment())
    await clinic.one(appointment())
    await clinic.batch(appointment())
    first, *others = await read_receipts(broker.url, 3, APPOINTMENTS)
    assert {(record.key, record.value) for record in others} == {(first.key, first.value)}


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("no specversion", {"specversion": None}, 400, "not_a_cloudevent"),
    ("another specversion", {"specversion": "0.3"}, 400, "not_a_cloudevent"),
    ("no id", {"id": None}, 400, "not_a_cloudevent"),
    ("an id that is none", {"id": 7}, 400, "not_a_cloudevent"),
    ("no source", {"source": None}, 400, "not_a_cloudevent"),
    ("no subject", {"subject": None}, 400, "not_a_cloudevent"),
    ("no type", {"type": None}, 400, "not_a_cloudevent"),
    ("a type that is a list", {"type": ["cocreate.patient.v1"]}, 400, "not_a_cloudevent"),
    ("a type that we don't know", {"type": "cocreate.nothing.v1"}, 422, "unknown_type"),
    ("a type that we write", {"type": "cocreate.message.v1"}, 422, "unknown_type"),
    ("no data", {"data": None}, 422, "invalid_data"),
    ("a status that is none", {"data": {"status": "x", "patient": {"id": "P1"}}}, 422, "invalid_data"),
    ("a time without a zone", {"time": "2026-11-10T14:02:11"}, 422, "naive_time"),
    ("a time that is to come", {"time": LATER}, 422, "future_time"),
    (
        "a zone that is none",
        {"data": {"status": "cancelled", "patient": {"id": "P1"}, "zone": "x"}},
        422,
        "unknown_zone",
    ),
    ("too large", {"filler": "x" * MAX_EVENT}, 413, "too_large"),
    ("a null character", {"data": {**appointment()["data"], "clinic": "M\0"}}, 422, "invalid_data"),
    ("half a character", {"data": {**appointment()["data"], "clinician": "\ud83d"}}, 400, "not_json"),
    ("no number", {"filler": float("nan")}, 400, "not_json"),
    ("another's source", {"source": HILLSIDE}, 403, "forbidden_source"),
    ("a source below ours", {"source": f"{RIVERSIDE}/x"}, 403, "forbidden_source"),
    ("a source above ours", {"source": "https://"}, 403, "forbidden_source"),
    ("a source in other letters", {"source": RIVERSIDE.upper()}, 403, "forbidden_source"),
    ("a source below ours by its subject", {"subject": "x/appointment/1"}, 403, "forbidden_source"),
    ("a death, as a clinic", {"type": "pds-death-notification-2", "subject": "9434765919"}, 403, "forbidden_source"),
]


@pytest.mark.parametrize(
    ("changed", "status", "reason"), [row[1:] for row in REFUSED], ids=[label for label, *_ in REFUSED]
)
async def test_what_is_refused(answering: Clinic, changed: dict[str, Any], status: int, reason: str) -> None:
    """What no service would take, or this token may not say, is refused with its reason and a cure."""
    answer = await answering.one(appointment(**changed))
    assert (answer.status, answer.outcomes) == (status, [reason])
    [result] = answer.said["results"]
    assert result["status"] == "refused"
    assert len(result["detail"]) > 20


async def test_what_is_refused_is_not_written(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """Of all that is refused nothing is in a topic; in a batch with it, a good event is taken all the same."""
    poison = [appointment(**changed) for _, changed, _, reason in REFUSED if reason != "too_large"]
    answer = await clinic.batch(*poison, appointment(2))
    assert (answer.status, answer.outcomes[-1], answer.said["accepted"]) == (202, "accepted", 1)
    assert answer.outcomes[:-1] == [reason for *_, reason in REFUSED if reason != "too_large"]
    assert (await read_receipts(broker.url, 1, APPOINTMENTS))[0].key == f"{RIVERSIDE}/appointment/2".encode()
    assert (await clinic.one(patient())).status == 202
    assert as_read((await read_receipts(broker.url, 1, PATIENTS))[0]).kind == "patient"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"source": f"{RIVERSIDE}/"}, id="a slash at the end of the source"),
        pytest.param({"source": f" {RIVERSIDE} "}, id="blanks around the source"),
        pytest.param({"type": " cocreate.appointment.v1 "}, id="blanks around the type"),
        pytest.param({"subject": "1"}, id="a bare subject"),
        pytest.param({"traceparent": "00-0-0-00", "odd": {"x": [1]}}, id="attributes that we don't know"),
    ],
)
async def test_what_is_taken(clinic: Clinic, broker: EmbeddedKafka, changed: dict[str, Any]) -> None:
    """What the services read as this source's and this thing's is taken, however it is spelt."""
    assert (await clinic.one(appointment(**changed))).status == 202
    [record] = await read_receipts(broker.url, 1, APPOINTMENTS)
    assert record.key == as_read(record).thing.encode() == f"{RIVERSIDE}/appointment/1".encode()


@pytest.mark.parametrize(
    ("label", "kind", "body", "status"),
    [
        ("a parameter", f"{STRUCTURED}; charset=UTF-8", json.dumps(appointment()), 202),
        ("in other letters", "Application/CloudEvents+JSON", json.dumps(appointment()), 202),
        ("a byte order mark", STRUCTURED, "\ufeff" + json.dumps(appointment()), 202),
        ("an empty batch", BATCH, "[]", 202),
        ("a batch as one", STRUCTURED, json.dumps([appointment()]), 400),
        ("one as a batch", BATCH, json.dumps(appointment()), 400),
        ("nothing", STRUCTURED, "", 400),
        ("no JSON", STRUCTURED, "{", 400),
        ("bytes", STRUCTURED, b"\xff\xfe\x00", 400),
        ("nesting without end", BATCH, "[" * 100_000, 400),
        ("a number without end", STRUCTURED, "9" * 10_000, 400),
        ("a form", "application/x-www-form-urlencoded", "a=b", 415),
        ("plain JSON", "application/json", json.dumps(appointment()), 415),
        ("another format", "application/cloudevents+avro", "x", 415),
        ("another alphabet", f"{STRUCTURED}; charset=utf-16", json.dumps(appointment()), 415),
        ("no type at all", None, json.dumps(appointment()), 415),
        ("too many", BATCH, json.dumps([1] * (MOST_EVENTS + 1)), 413),
        ("too large", BATCH, " " * (MAX_BYTES + 1), 413),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 25 and value[:1] not in "[{" else "",
)
async def test_bodies(answering: Clinic, label: str, kind: str | None, body: str | bytes, status: int) -> None:
    """What is no CloudEvent at all is refused whole, with the cause and the cure."""
    answer = await answering.post(io.BytesIO(body.encode() if isinstance(body, str) else body), kind)
    assert answer.status == status, label
    if status != 202:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.said["status"] == status
        assert answer.said["detail"]


async def test_too_large_without_saying_so(answering: Clinic) -> None:
    """A body that announces no length is cut off when it is too large."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (MAX_BYTES // 16)

    assert (await answering.post(endless(), BATCH)).status == 413


async def test_too_slow(answering: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not end in its time is not waited for."""
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.05)
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"["
        await never.wait()

    assert (await answering.post(stuck(), BATCH)).status == 408


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Content-Encoding": "gzip"}, 415, id="compressed"),
        pytest.param({"Content-Type": "text/plain"}, 415, id="no JSON"),
        pytest.param({"Content-Type": "application/fhir+json"}, 202, id="a kind of JSON"),
        pytest.param({"ce-id": "%FF"}, 400, id="no UTF-8"),
        pytest.param({"ce-id": "%zz"}, 202, id="no escape"),
        pytest.param({"ce-id": "é"}, 400, id="not encoded"),
        pytest.param({"ce-source": HILLSIDE}, 403, id="another's source"),
        pytest.param({"ce-specversion": "1"}, 400, id="no CloudEvent"),
    ],
)
async def test_headers_of_binary_mode(answering: Clinic, headers: dict[str, str], status: int) -> None:
    """Headers that carry no attribute are refused, as a structured event would be."""
    event = appointment()
    kind = headers.get("Content-Type", "application/json")
    answer = await answering.post(json.dumps(event["data"]).encode(), kind, headers={**ce(event), **headers})
    assert answer.status == status


async def test_a_doubled_header(answering: Clinic) -> None:
    """Two sources are none: which of them a proxy has checked, nobody knows."""
    event = appointment()
    headers = [*ce(event).items(), ("ce-source", HILLSIDE), ("Authorization", f"Bearer {NEW}")]
    headers.append(("Content-Type", "application/json"))
    body = json.dumps(event["data"]).encode()
    async with answering.door.session.post(f"{answering.door.url}/events", data=body, headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["title"]) == (400, "unreadable_header")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        pytest.param(None, 401, id="nothing"),
        pytest.param("", 401, id="empty"),
        pytest.param("Bearer ", 401, id="no token"),
        pytest.param(f"Bearer {NEW}", 202, id="ours"),
        pytest.param(f"bearer  {OLD} ", 202, id="the one before, in other letters"),
        pytest.param(f"Bearer {NEW[:-1]}", 401, id="cut short"),
        pytest.param(f"Bearer {NEW} {NEW}", 401, id="two in one"),
        pytest.param(f"Basic {NEW}", 401, id="another scheme"),
        pytest.param(NEW, 401, id="no scheme"),
        pytest.param("Bearer é", 401, id="not ASCII"),
        pytest.param("Bearer " + "A" * 20_000, 401, id="very long"),
    ],
)
async def test_tokens(answering: Clinic, authorization: str | None, status: int) -> None:
    """Only a token that is known opens the door; while one rotates the old and the new do."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await answering.post(json.dumps(appointment()).encode(), STRUCTURED, None, headers)
    assert answer.status == status
    if status == 401:
        challenge = 'Bearer realm="events"'
        assert answer.headers["WWW-Authenticate"] == challenge + ("" if not headers else ', error="invalid_token"')


async def test_a_token_for_two_sources(answering: Clinic) -> None:
    """A token speaks for each of its sources, and a batch may mix them; the others' are refused one by one."""
    events = appointment(), appointment(source=HILLSIDE), appointment(source="https://seaside.example.org")
    assert (await answering.batch(*events, token=BOTH)).outcomes == ["accepted", "accepted", "forbidden_source"]
    assert (await answering.batch(*events, token=OLD)).outcomes == ["accepted", "forbidden_source", "forbidden_source"]


async def test_a_death_is_for_the_nhs_to_say(clinic: Clinic, broker: EmbeddedKafka) -> None:
    """A notice of death is taken from whoever may speak for the NHS, and its number is no record's key."""
    notice = appointment(type="pds-death-notification-2", subject="9434765919", source=SPINE, data=None)
    assert (await clinic.one(notice, NHS)).status == 202
    [record] = await read_receipts(broker.url, 1, PATIENTS)
    assert record.key is None
    assert as_read(record).kind == "death"


async def test_without_tokens_there_is_no_such_route(door: Door) -> None:
    """Where nobody may post, nobody learns that one could."""
    for method, path in (("POST", "/events"), ("GET", "/openapi.json"), ("GET", "/goals"), ("POST", "/goals")):
        async with door.session.request(method, door.url + path, headers={"Authorization": f"Bearer {NEW}"}) as answer:
            assert answer.status == 404


async def test_methods(answering: Clinic) -> None:
    """Events are posted, and nothing else is done with them."""
    for method in ("GET", "PUT", "DELETE"):
        async with answering.door.session.request(method, f"{answering.door.url}/events") as answer:
            assert answer.status == 405


async def test_too_many(open_to_clinics: Settings) -> None:
    """What comes too often is turned away, with the time to come back."""
    async with opened(open_to_clinics.model_copy(update={"gateway_rate": 0.001})) as door:
        answers = [await Clinic(door).one(appointment()) for _ in range(2)]
        assert [answer.status for answer in answers] == [202, 429]
        assert answers[1].headers["Retry-After"] == "1"


async def test_too_many_at_once(answering: Clinic) -> None:
    """A token whose requests are all in hand is told to wait; another's are taken meanwhile, and its own after."""
    whole, reached = asyncio.Event(), asyncio.Queue[None]()

    async def slow() -> AsyncIterator[bytes]:
        yield b"["
        await reached.put(None)
        await whole.wait()
        yield b"]"

    async with ClientSession() as session:
        other = Clinic(Door(answering.door.url, session))
        posts = [asyncio.create_task(answering.post(slow(), BATCH)) for _ in range(MOST_AT_ONCE)]
        for _ in posts:
            await reached.get()
        while (turned := await other.one(appointment())).status == 202:
            pass
        assert (turned.status, turned.said["title"], turned.headers["Retry-After"]) == (429, "too_many", "1")
        assert (await other.one(appointment(), OLD)).status == 202
        whole.set()
        assert {(await post).status for post in posts} == {202}
        assert (await other.one(appointment())).status == 202


async def test_outage(broker: EmbeddedKafka, open_to_clinics: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """While Kafka is away nothing is acknowledged; what was refused stays refused, and all is taken when it is back."""
    hasty = open_to_clinics.model_copy(update={"gateway_kafka_seconds": 0.3})
    async with opened(hasty) as door:
        clinic = Clinic(door)
        while (await clinic.one(appointment())).status != 202:
            pass
        broker.pause()
        answer = await clinic.batch(appointment(2), appointment(source=HILLSIDE), appointment(3))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.outcomes == ["kafka_away", "forbidden_source", "kafka_away"]
        assert answer.said["accepted"] == 0
        assert (await clinic.one(appointment(4))).status == 503
        broker.resume()
        while (again := await clinic.batch(appointment(2), appointment(source=HILLSIDE), appointment(3))).status != 202:
            pass
        assert again.outcomes == ["accepted", "forbidden_source", "accepted"]
    assert not [line for line in caplog.records if line.exc_info]


async def test_nothing_personal_is_shown(open_to_clinics: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a token nor anything of a patient is in an answer's reasons, in a log of any level or in a metric."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "cocreate")
    port = free_port()
    data = {"first_name": "Zebedee", "nhs_number": 9434765919, "contacts": [{"channel": "07700900123", "value": "x"}]}
    async with opened(open_to_clinics.model_copy(update={"health_port": port})) as door:
        clinic = Clinic(door)
        bad = (await clinic.one(patient(data=data))).said
        await clinic.batch(patient(), patient(source="https://zebedee.example.org"), {"type": "Zebedee"})
        await clinic.one(patient(), NEW[:-1])
        async with door.session.get(f"http://127.0.0.1:{port}/metrics") as response:
            metrics = await response.text()
    assert 'cocreate_gateway_events_total{outcome="accepted",token="riverside-new"}' in metrics
    assert 'cocreate_gateway_events_total{outcome="forbidden_source",token="riverside-new"}' in metrics
    for secret in ("Zebedee", "9434765919", "07700900123", NEW[:-1], "900001"):
        assert secret not in metrics + caplog.text + json.dumps(bad)
    assert "bore no token of COCREATE_EVENT_TOKENS" in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([RIVERSIDE, "1.0", "1-1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
ODD = st.dictionaries(st.sampled_from([*appointment(), "data_base64", "sequence"]), JSON, max_size=3)
DOCUMENTS = JSON | ODD.map(lambda changed: {**appointment(), **changed})
BODIES = st.binary(max_size=200) | st.lists(DOCUMENTS, max_size=5).map(lambda every: json.dumps(every).encode())
KINDS = st.sampled_from([STRUCTURED, BATCH, "application/json", "text/plain"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=BODIES | DOCUMENTS.map(lambda one: json.dumps(one).encode()), kind=KINDS, headers=st.booleans())
async def test_any_body_is_answered(answering: Clinic, body: bytes, kind: str, *, headers: bool) -> None:
    """Whatever is posted, it is taken or refused: no answer is a fault of ours."""
    answer = await answering.post(body, kind, headers=ce(appointment()) if headers else None)
    assert answer.status in {202, 400, 403, 413, 415, 422}
    if kind == BATCH and answer.status == 202:
        assert len(answer.said["results"]) == len(json.loads(body.decode("utf-8-sig")))
