"""What operators do on Kafka is on record before it is done, and is not done where it cannot be."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.cli.on_record import operator
from shared.audit import trail
from shared.audit.trail import AuditFilter, AuditRecord
from shared.embedded import EmbeddedKafka
from tests.cli.conftest import Desk
from tests.harness import MONDAY, SOURCE

TOPIC = "clinic.appointments"
PATIENTS = "clinic.patients"
AT = (MONDAY + timedelta(days=14)).isoformat()
NAMED = {"specversion": "1.0", "id": "1", "source": SOURCE, "time": MONDAY.isoformat()}
CANCELLED = NAMED | {
    "type": "cocreate.appointment.v1",
    "subject": "appointment/1001",
    "data": {"status": "cancelled", "start": AT, "patient": {"id": "p1"}, "clinic": "MSK"},
}
SAID = NAMED | {"type": "cocreate.patient.v1", "subject": "patient/9434765919", "data": {"first_name": "Una"}}
ROW = f"{TOPIC}/0/17"


@pytest.fixture
def kafka_url(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A broker with a dead letter, which the terminal names beside its database."""
    with EmbeddedKafka() as kafka:
        for name in (TOPIC, PATIENTS, f"{TOPIC}.dead"):
            kafka.create_topic(name, 1)
        asyncio.run(_bury(kafka.url))
        monkeypatch.setenv("COCREATE_KAFKA_URL", kafka.url)
        assert records(desk) == []
        yield kafka.url


async def _bury(url: str) -> None:
    headers = [("topic", TOPIC), ("partition", "0"), ("offset", "17"), ("explanation", "no clinic")]
    async with AIOKafkaProducer(bootstrap_servers=url) as producer:
        packed = [(name, value.encode()) for name, value in headers]
        await producer.send_and_wait(f"{TOPIC}.dead", json.dumps(CANCELLED).encode(), b"k", headers=packed)


def records(desk: Desk) -> list[AuditRecord]:
    """The whole trail, the newest first."""
    found: list[AuditRecord] = desk.do(lambda connection: trail.load(connection, AuditFilter(), 100))
    return found


def written(url: str, topic: str) -> int:
    """How many records a topic has."""

    async def end() -> int:
        partition = TopicPartition(topic, 0)
        async with AIOKafkaConsumer(bootstrap_servers=url) as consumer:
            consumer.assign([partition])
            found: dict[TopicPartition, int] = await consumer.end_offsets([partition])
            return found[partition]

    return asyncio.run(end())


def test_what_is_published_is_on_record(desk: Desk, kafka_url: str, tmp_path: Path) -> None:
    """By whom, and which things; of what names a patient, the source alone."""
    (tmp_path / "events.json").write_text(json.dumps([CANCELLED, SAID]))
    desk("publish", tmp_path / "events.json")
    (one,) = records(desk)
    assert (one.who, one.action, one.changes) == (operator(), "publish", True)
    assert set(one.things) == {f"{SOURCE}/appointment/1001", SOURCE}
    assert one.detail == f"1 to {TOPIC}, 1 to {PATIENTS}"
    assert (written(kafka_url, TOPIC), written(kafka_url, PATIENTS)) == (1, 1)


def test_dead_letters_that_are_shown_and_published_are_on_record(desk: Desk, kafka_url: str, tmp_path: Path) -> None:
    """Which record, and whether it was mended."""
    assert "appointment/1001" in desk("dead", "show", ROW)
    desk("dead", "publish", ROW)
    (tmp_path / "mended.json").write_text(json.dumps(CANCELLED))
    desk("dead", "publish", ROW, "--with", tmp_path / "mended.json")
    assert [(one.action, one.changes, one.things, one.detail) for one in records(desk)] == [
        ("dead publish", True, (ROW,), "mended"),
        ("dead publish", True, (ROW,), "as it was"),
        ("dead show", False, (ROW,), ""),
    ]
    assert written(kafka_url, TOPIC) == 2


@pytest.mark.parametrize("words", [("publish", "events.json"), ("dead", "publish", ROW), ("dead", "show", ROW)])
@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", None], ids=["away", "not named"])
def test_what_cannot_be_put_on_record_is_not_done(
    desk: Desk, kafka_url: str, words: tuple[str, ...], url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the database, nothing is published and nothing is shown."""
    Path("events.json").write_text(json.dumps(CANCELLED))
    if url is None:
        monkeypatch.delenv("COCREATE_DATABASE_URL")
    else:
        monkeypatch.setenv("COCREATE_DATABASE_URL", url)
    shown = desk(*words, code=1)
    assert "COCREATE_DATABASE_URL" in shown
    assert "appointment/1001" not in shown
    assert written(kafka_url, TOPIC) == 0
