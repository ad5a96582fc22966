"""Writes records to Kafka and waits for acknowledgement; connects in the background, so that Kafka may start later.

KafkaAway (shared.kafka.client)    Kafka may not hold the record; the sender should send it again
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.gateway.records import OutgoingRecord
from services.gateway.refusals import RequestRefusal
from shared.events.cloudevents import Record
from shared.kafka import client
from shared.kafka.client import KafkaAway
from shared.platform import metrics
from shared.platform.backoff import Backoff
from shared.platform.health import Health
from shared.settings import KafkaConnection

log = logging.getLogger("cocreate.gateway")

CONNECT_SECONDS = 10.0
FLUSH_SECONDS = 1.0  # every request that waited for an acknowledgement has been answered by then
ROUND_SECONDS = 15.0
"""Interval at which the connection's loop reports to the health check; with the two above well inside
`shared.platform.health.STALE`."""

_Outgoing = tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]


class Publisher:
    """A Kafka producer that reconnects after outages. A slow producer is kept, for it still delivers its records."""

    def __init__(self, settings: KafkaConnection, topics: Sequence[str], health: Health, seconds: float) -> None:
        """Prepare a publisher for these topics.

        Args:
            settings: the address of Kafka.
            topics: all topics of `publish`; there is no connection before all of them exist.
            health: the health check, which is ready from the first connection on.
            seconds: timeout of a record, the wait for a connection included.

        """
        self._settings = settings
        self._topics = tuple(topics)
        self._health = health
        self._seconds = seconds
        self._backoff = Backoff()
        self._away = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a connection while entered; at the end wait briefly for records under way."""
        self._producer: asyncio.Future[AIOKafkaProducer] = asyncio.get_running_loop().create_future()
        self._broken = asyncio.Event()
        task = asyncio.create_task(self._keep(), name="gateway producer")
        try:
            yield
        finally:
            self._health.ready = False
            while not task.done():  # `asyncio.wait_for` of Python 3.11 now and then swallows a cancellation
                task.cancel()
                await asyncio.wait((task,), timeout=1)
            with contextlib.suppress(asyncio.CancelledError):
                task.result()
            if self._producer.done():
                await _stop(self._producer.result())
            self._producer.cancel()

    async def publish(self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Write a record and return once every replica has it.

        Raises:
            KafkaAway: no acknowledgement in time. Kafka may hold the record nonetheless: readers drop repeated ones.

        """
        _, away = await self._write([(topic, key, value, headers)])
        if away is not None:
            raise away

    async def keep(self, topic: str, event: OutgoingRecord) -> RequestRefusal | None:
        """Write an event; where Kafka does not acknowledge it, the refusal that asks the sender to send it again."""
        try:
            await self.publish(topic, event.key, event.value, event.headers)
        except KafkaAway:
            return RequestRefusal.KAFKA_AWAY
        return None

    async def publish_all(self, records: Sequence[Record]) -> list[bool]:
        """Write records in their order; for each, whether every replica acknowledged it within the timeout of all.

        Kafka may hold an unacknowledged record nonetheless: readers drop repeated ones.
        """
        kept, _ = await self._write([(r.topic, r.key, r.value, _given(r.headers)) for r in records])
        return kept

    async def _write(self, records: Sequence[_Outgoing]) -> tuple[list[bool], KafkaAway | None]:
        """For each record whether it was acknowledged; and the error, where one was not."""
        producer: AIOKafkaProducer | None = None
        sent: list[asyncio.Future[object]] = []
        error: BaseException | None = None
        try:
            async with asyncio.timeout(self._seconds):
                producer = connected = await asyncio.shield(self._producer)
                try:
                    for topic, key, value, headers in records:  # one after the other: what has one key keeps its order
                        sent.append(await connected.send(topic, value, key, headers=list(headers)))
                except KafkaError as caught:
                    error = caught  # those before it may be kept yet
                if sent:
                    await asyncio.wait(sent)
        except TimeoutError as caught:
            error = caught
        kept = [_kept(future) for future in sent]
        error = next((e for future in sent if (e := _failed(future)) is not None), error)
        if error is not None:
            return kept + [False] * (len(records) - len(sent)), self._gone(producer, error)
        if self._away:
            log.info("Kafka takes records again")
        self._away, self._backoff = False, Backoff()
        return kept, None

    def _gone(self, producer: AIOKafkaProducer | None, error: BaseException) -> KafkaAway:
        """The error as `KafkaAway`; replaces a producer that refuses records, and keeps one that is slow."""
        if isinstance(error, TimeoutError):
            away = self._lost(f"Kafka at {self._settings.kafka_url} acknowledged nothing within {self._seconds:g} s")
        else:
            if self._producer.done() and self._producer.result() is producer:
                self._producer = asyncio.get_running_loop().create_future()  # who comes next waits for a new one
                self._broken.set()
            away = self._lost(f"Kafka at {self._settings.kafka_url} refuses records ({type(error).__name__})")
        away.__cause__ = error
        return away

    def _lost(self, why: str) -> KafkaAway:
        """Build the error, and log and count the outage once."""
        if not self._away:
            log.warning("%s; senders are told to try again", why)
            metrics.OUTAGES.labels("kafka").inc()
        self._away = True
        return KafkaAway(why)

    async def _keep(self) -> None:
        """Connect, and reconnect whenever the producer is broken."""
        while True:
            self._health.did("kafka connection")
            try:
                producer = await self._connect()
            except KafkaAway as error:
                self._lost(str(error))
                await self._backoff.pause()
                continue
            self._producer.set_result(producer)
            self._health.ready = True
            await self._until_broken()
            self._broken.clear()
            await _stop(producer)
            await self._backoff.pause()

    async def _until_broken(self) -> None:
        while not self._broken.is_set():
            self._health.did("kafka connection")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._broken.wait()

    async def _connect(self) -> AIOKafkaProducer:
        missing = await client.reach(self._settings, self._topics)
        if missing:
            message = f"topics {', '.join(sorted(missing))} are missing: run `cocreate topics`"
            raise KafkaAway(message)
        producer = client.producer(self._settings, "gateway")
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await producer.start()
        except (KafkaError, TimeoutError, OSError) as error:
            await producer.stop()
            message = f"Kafka at {self._settings.kafka_url} gives no producer id ({type(error).__name__})"
            raise KafkaAway(message) from error
        except asyncio.CancelledError:
            await producer.stop()
            raise
        return producer


def _kept(future: "asyncio.Future[object]") -> bool:
    """Whether a record is acknowledged; the wait for one that is not ends now."""
    if not future.done():
        future.cancel()
        return False
    return not future.cancelled() and future.exception() is None


def _failed(future: "asyncio.Future[object]") -> BaseException | None:
    return future.exception() if future.done() and not future.cancelled() else None


def _given(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, bytes]]:
    return [(name, value) for name, value in headers if value is not None]


async def _stop(producer: AIOKafkaProducer) -> None:
    if not await client.stop(producer, FLUSH_SECONDS):
        log.warning("stopped before Kafka acknowledged everything; senders were told to try again")
