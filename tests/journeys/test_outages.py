"""Kafka and PostgreSQL go away and come back: services keep running, say so once, and go on where they were."""

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from shared.embedded import EmbeddedPostgres
from shared.platform import database
from tests.engines import Kafka
from tests.harness import appointment
from tests.journeys.stack_harness import Nursery, Patient, StackHarness, town

STAMP = re.compile(r"^\S+ \S+ ")
MOST_LINES = 8
"""Lines that one outage may cost a service: a few parts of it, each once when it goes and once when it comes back."""


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that no other test is connected to."""
    with (
        tempfile.TemporaryDirectory(prefix="cocreate-outages-", ignore_cleanup_errors=True) as directory,
        EmbeddedPostgres(Path(directory) / "postgres", durable=False) as server,
    ):
        yield server


@pytest.fixture(scope="module")
async def running(
    nursery: Nursery, broker: Kafka, own_postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StackHarness]:
    """A town on that PostgreSQL."""
    url = own_postgres.create_database("outages")
    await asyncio.to_thread(database.migrate, url)
    async with town(
        broker.url, url, nursery, tmp_path_factory.mktemp("logs"), static=broker.kind != "embedded"
    ) as built:
        await built.start("prompts", "people", "delivery", "gateway")
        yield built
    assert built.faults_in_logs() == []


def _marks(town: StackHarness) -> dict[str, int]:
    return {name: len(town.log(name)) for name in town.running}


def _new_lines(town: StackHarness, marks: Mapping[str, int]) -> dict[str, list[str]]:
    """What each service has logged since, without the time."""
    return {name: [STAMP.sub("", line) for line in town.log(name)[mark:].splitlines()] for name, mark in marks.items()}


def _told_once(lines: Mapping[str, list[str]]) -> None:
    for name, own in lines.items():
        repeated = [line for line, number in Counter(own).items() if number > 1]
        assert not repeated, f"{name} repeats itself: {repeated}"
        assert len(own) <= MOST_LINES, f"{name} says too much: {own}"


async def _book(town: StackHarness, start: datetime) -> Patient:
    who = town.patient()
    await town.publish(
        appointment(who.id, start, patient=who.id, at=town.hands.now(), phone=who.phone, first_name=who.first_name)
    )
    return who


async def test_kafka_goes_away_and_comes_back(running: StackHarness, broker: Kafka) -> None:
    """While Kafka is away nothing is claimed that a cancellation may wait for; afterwards all goes on by itself."""
    town, pids = running, {name: service.pid for name, service in running.running.items()}
    who = await _book(town, datetime(2026, 12, 7, 9, tzinfo=UTC))
    await town.taken_in()
    marks = _marks(town)
    await asyncio.to_thread(broker.kill)
    await town.turn_rudely(datetime(2026, 11, 30, 10, 2, tzinfo=UTC))
    await town.until("delivery holds back", lambda: _waits_for_planner(town))
    assert town.outbound() == []
    await asyncio.to_thread(broker.start)
    later = await _book(town, datetime(2026, 12, 8, 9, tzinfo=UTC))
    await town.until("the backlog is taken in", lambda: _none_unread(town), within=60)
    await town.turn(datetime(2026, 11, 30, 10, 10, tzinfo=UTC))
    await town.settle(within=60)
    await town.at(datetime(2026, 12, 1, 10, 2, tzinfo=UTC))
    assert (town.texts(who.phone), town.texts(later.phone)) == (["ask 7 December 9am"], ["ask 8 December 9am"])
    assert {name: service.pid for name, service in town.running.items()} == pids
    _told_once(_new_lines(town, marks))


async def test_postgresql_goes_away_and_comes_back(running: StackHarness, own_postgres: EmbeddedPostgres) -> None:
    """While PostgreSQL is away events wait in Kafka, and what became of a send under way waits to be written down."""
    town, pids = running, {name: service.pid for name, service in running.running.items()}
    on_its_way = await _book(town, datetime(2026, 12, 14, 9, tzinfo=UTC))
    await town.taken_in()
    marks = _marks(town)
    town.faults(latency=0.8)
    await town.turn(datetime(2026, 12, 7, 10, 2, tzinfo=UTC))
    await town.until("a send is under way", lambda: _is_under_way(town))
    await asyncio.to_thread(own_postgres.__exit__, None, None, None)
    late = await _book(town, datetime(2026, 12, 21, 9, tzinfo=UTC))
    await town.until("prompts has noticed", lambda: _says(town, "prompts", "away", marks))
    await town.until("the provider has the text", lambda: _has_one(town, on_its_way))
    await asyncio.to_thread(own_postgres.__enter__)
    town.faults()
    await town.until("the backlog is taken in", lambda: _none_unread(town), within=60)
    await town.settle()
    await town.at(datetime(2026, 12, 14, 8, 30, tzinfo=UTC))
    await town.at(datetime(2026, 12, 14, 10, 2, tzinfo=UTC))
    assert town.texts(on_its_way.phone)[:1] == ["ask 14 December 9am"]
    assert town.texts(late.phone) == ["ask 21 December 9am"]
    assert town.sandbox.ledger.doubles() == []
    assert {name: service.pid for name, service in town.running.items()} == pids
    _told_once(_new_lines(town, marks))


def test_a_farewell_that_crosses_a_query_counts_as_away() -> None:
    """What asyncpg raises where the server's farewell crosses a query is an outage, not a fault of the batch."""
    crossed = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
    assert isinstance(crossed, database.UNAVAILABLE)


async def _is_under_way(town: StackHarness) -> bool:
    return bool(await town.pool.fetchval("SELECT count(*) FROM schedule.messages WHERE state = 'sending'"))


async def _has_one(town: StackHarness, who: Patient) -> bool:
    return len(town.texts(who.phone)) == 1


async def _none_unread(town: StackHarness) -> bool:
    unread = [await town.unread(topic) for topic in ("clinic.appointments", "clinic.patients", "messaging.receipts")]
    return not any(number for numbers in unread for number in numbers.values())


async def _says(town: StackHarness, service: str, word: str, marks: Mapping[str, int]) -> bool:
    return word in town.log(service)[marks[service] :]


async def _waits_for_planner(town: StackHarness) -> bool:
    return bool(await town.pool.fetchval("SELECT count(*) FROM schedule.messages WHERE why = 'planner_behind'"))
