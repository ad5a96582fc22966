"""How a service runs: its broker, its pool, its loops and its liveness, put together once for all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faststream import FastStream
from faststream.kafka import KafkaBroker

from shared.events.cloudevents import Record, Rejected
from shared.kafka import client, dead_letters
from shared.planning.engine import Engine
from shared.planning.planner import Planner
from shared.platform import clock, database, metrics
from shared.platform.backoff import Backoff
from shared.platform.database import Patience, Pool
from shared.platform.health import Health, serve_health
from shared.schedule import heartbeats
from shared.schedule.states import Why
from shared.security.encryption import Encryption
from shared.service.loops import Loops
from shared.settings import Connections
from shared.words import store, waiting
from shared.words.forms import Form

log = logging.getLogger("cocreate.runtime")

WAKE_SECONDS = 1.0
PATIENCE_SECONDS = 60.0  # well inside Kafka's max.poll.interval of 5 minutes

Take = Callable[[list[Record]], Awaitable[Sequence[Rejected]]]
"""Takes a batch in; what was refused of it."""


@dataclass(kw_only=True)
class Service:
    """One service while it runs."""

    name: str
    settings: Connections
    broker: KafkaBroker
    encryption: Encryption
    health: Health = field(default_factory=Health)
    loops: Loops = field(default_factory=Loops)
    subscribers: dict[str, Any] = field(default_factory=dict)
    in_hand: client.RecordsInHand = field(default_factory=client.RecordsInHand)
    expected: set[tuple[str, int]] = field(default_factory=set)
    _pool: Pool | None = field(default=None, repr=False)

    @property
    def pool(self) -> Pool:
        """The pool; there from the start of the lifespan to its end."""
        assert self._pool is not None, "the service has not started"  # noqa: S101
        return self._pool

    async def ship(self, words: Path, forms: Sequence[Form]) -> None:
        """Bring this service's words and forms; messages that waited for them are looked at again."""

        async def shipped() -> None:
            async with self.pool.acquire() as connection:
                await store.ship(connection, self.name, words, forms)

        await database.retry_while_unavailable(shipped, database.where(self.settings.database_url))
        await waiting.recheck_waiting(self.pool, Why.NO_WORDS)

    def consume(self, topic: str, taker: Callable[[], Take], group: str | None = None) -> None:
        """Have a topic taken in by batches: what is no event is buried, and only then is the batch acknowledged.

        Args:
            topic: which.
            taker: gives what takes its batches in, once the service has opened.
            group: its consumer group; else the service's. Two readers of one group and one instance's name would throw
                each other out of it, so a service that reads several topics has a group for each.

        """
        backoff, where = Backoff(), database.where(self.settings.database_url)

        async def batch(records: list[Record]) -> None:
            patience = Patience(where, PATIENCE_SECONDS)
            async with backoff:  # what is not acknowledged comes again at once
                while True:
                    try:
                        rejected = await taker()(records)
                        break
                    except Exception as error:
                        if not await patience.bears(error):
                            raise
                patience.ends()
                await dead_letters.dead_letter(self.broker, rejected, self.name)
            self.in_hand.finished(records)
            metrics.RECORDS.labels(self.name, topic).inc(len(records))
            self.health.did(f"consumer {topic}")

        self.subscribers[topic] = client.subscribe(
            self.broker, self.settings, topic, group or f"cocreate.{self.name}", batch, self.in_hand
        )

    async def watch(self) -> None:
        """Note how far behind the consumers are; a consumer that is caught up is alive without having work."""
        for topic, subscriber in self.subscribers.items():
            behind = sum((await self._unread(subscriber.consumer)).values())
            metrics.LAG.labels(self.name, topic).set(behind)
            if behind == 0:
                self.health.did(f"consumer {topic}")
        metrics.LAST_POLL.labels(self.name).set(time.time())

    async def beat(self) -> None:
        """Say which partitions are read to the end; delivery claims nothing of a planner's without it."""
        await self.expect_beats()
        caught_up = set()
        for topic, subscriber in self.subscribers.items():
            unread = await self._unread(subscriber.consumer)
            metrics.LAG.labels(self.name, topic).set(sum(unread.values()))
            caught_up |= {(partition.topic, partition.partition) for partition, behind in unread.items() if not behind}
            if not any(unread.values()):
                self.health.did(f"consumer {topic}")
        async with self.pool.acquire() as connection:
            moment = await clock.read(connection)
            await heartbeats.beat(connection, self.name, caught_up & self.expected, moment.now)
        metrics.LAST_POLL.labels(self.name).set(time.time())

    async def _unread(self, consumer: Any) -> Mapping[Any, int]:
        try:
            return await client.unread(consumer, self.in_hand)
        except client.KafkaAway:
            for topic in self.subscribers:  # somebody else's outage: a restart of ours would not end it
                self.health.did(f"consumer {topic}")
            raise

    async def expect_beats(self) -> None:
        """Say which partitions this planner must have read, where they are others than it last said."""
        expected = set()
        for topic, subscriber in self.subscribers.items():
            numbers = subscriber.consumer.partitions_for_topic(topic) or {heartbeats.UNKNOWN}
            expected |= {(topic, number) for number in numbers}
        if expected == self.expected:
            return
        async with self.pool.acquire() as connection:
            await heartbeats.expect_beats(connection, self.name, expected)
        self.expected = expected


Started = Callable[[Service], Awaitable[None]]
Resource = Callable[[Service], AbstractAsyncContextManager[None]]


def application(
    service: Service,
    opened: Started,
    started: Started,
    resources: Sequence[Resource] = (),
    stopping: Callable[[], Awaitable[None]] | None = None,
) -> FastStream:
    """A service as a FastStream application.

    Args:
        service: its parts.
        opened: called once PostgreSQL and Kafka are there, before any record is taken in.
        started: called once records are taken in: starts the loops.
        resources: held open from before the first to after the last record.
        stopping: called first when the service is to stop, while its loops still run.

    """
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)  # it tells of an outage in a traceback, we in a line

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        settings = service.settings
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(serve_health(service.health, settings.health_host, settings.health_port))
            service._pool = await stack.enter_async_context(  # noqa: SLF001 - its own composition
                database.connect(settings.database_url, settings.database_pool)
            )
            await database.check_migrated(service.pool)
            await client.wait_until_reachable(settings)
            await _topics_exist(settings, service.subscribers)
            for resource in resources:
                await stack.enter_async_context(resource(service))
            await opened(service)
            yield

    async def after_startup() -> None:
        await started(service)
        service.health.ready = True
        log.info("%s runs", service.name)

    async def on_shutdown() -> None:
        service.health.ready = False
        if stopping is not None:
            await stopping()
        await service.loops.stop()

    return FastStream(
        service.broker,
        logger=logging.getLogger("cocreate.faststream"),
        lifespan=lifespan,
        after_startup=[after_startup],
        on_shutdown=[on_shutdown],
    )


async def _topics_exist(settings: Connections, topics: Sequence[str] | dict[str, Any]) -> None:
    missing = await client.reach(settings, topics)
    if missing:
        log.warning(
            "topics %s are missing: run `cocreate topics`; going on when they are there", ", ".join(sorted(missing))
        )


Loop = tuple[float, str, Callable[[Service], Callable[[], Awaitable[object]]]]
"""Seconds between its rounds, its name, and what makes a round of it once the service has started."""


def planner_app(planner: Planner[Any], settings: Connections, loops: Sequence[Loop] = ()) -> FastStream:
    """A planner as a running service: all that differs between planners is in `planner`; `loops` run beside it."""
    service = Service(
        name=planner.name,
        settings=settings,
        broker=client.broker(settings, planner.name),
        encryption=settings.encryption(),
    )
    engines: list[Engine] = []

    async def opened(service: Service) -> None:
        engines[:] = [Engine(planner, service.pool, service.encryption)]
        await service.ship(planner.words, planner.forms)
        await database.retry_while_unavailable(engines[0].start, database.where(settings.database_url))

    async def started(service: Service) -> None:
        await service.expect_beats()
        service.loops.every(settings.heartbeat_every, f"{planner.name} heartbeat", service.beat)
        service.loops.every(WAKE_SECONDS, f"{planner.name} wake-ups", engines[0].wake)
        for seconds, name, made in loops:
            service.loops.every(seconds, name, made(service))

    first, *others = planner.topics
    service.consume(first, lambda: engines[0].take)
    for topic in others:
        service.consume(topic, lambda: engines[0].take, f"cocreate.{planner.name}.{topic}")
    return application(service, opened, started)
