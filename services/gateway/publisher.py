"""Writes to Kafka and waits until it is kept; connects in the background, so that the door opens without Kafka.

KafkaAway (shared.kafka)    the record may not have been kept; whoever sent it should send it again
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared import kafka, metrics
from shared.backoff import Backoff
from shared.health import Health
from shared.kafka import KafkaAway
from shared.settings import KafkaConnection

log = logging.getLogger("cocreate.gateway")

CONNECT_SECONDS = 10.0
FLUSH_SECONDS = 1.0  # whoever waited for an acknowledgement has had an answer by then
ROUND_SECONDS = 15.0
"""How often the connection shows that it is looked after; well inside `shared.health.STALE`, with the two above."""


class Publisher:
    """A producer that outlives outages. One that is merely slow is kept: what it holds, it still delivers."""

    def __init__(self, settings: KafkaConnection, topics: Sequence[str], health: Health, seconds: float) -> None:
        """Write to these topics.

        Args:
            settings: where Kafka is.
            topics: what `publish` will be given; there is no connection before all of them exist.
            health: ready from the first connection on.
            seconds: how long a record may take, the wait for a connection included.

        """
        self._settings = settings
        self._topics = tuple(topics)
        self._health = health
        self._seconds = seconds
        self._backoff = Backoff()
        self._away = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a connection, and at the end wait a moment for what is under way."""
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
            KafkaAway: not within the time allowed. The record may be kept nonetheless: readers take it twice as once.

        """
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(self._seconds):
                producer = connected = await asyncio.shield(self._producer)
                await connected.send_and_wait(topic, value, key, headers=list(headers))
        except TimeoutError as error:
            why = f"Kafka at {self._settings.kafka_url} acknowledged nothing within {self._seconds:g} s"
            raise self._lost(why) from error
        except KafkaError as error:
            if self._producer.done() and self._producer.result() is producer:
                self._producer = asyncio.get_running_loop().create_future()  # who comes next waits for a new one
                self._broken.set()
            raise self._lost(f"Kafka at {self._settings.kafka_url} refuses records ({type(error).__name__})") from error
        if self._away:
            log.info("Kafka takes records again")
        self._away, self._backoff = False, Backoff()

    def _lost(self, why: str) -> KafkaAway:
        """Say that Kafka is away, once an outage."""
        if not self._away:
            log.warning("%s; senders are told to try again", why)
            metrics.OUTAGES.labels("kafka").inc()
        self._away = True
        return KafkaAway(why)

    async def _keep(self) -> None:
        """Connect, and connect anew when a producer says that it can't go on."""
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
        missing = await kafka.reach(self._settings, self._topics)
        if missing:
            message = f"topics {', '.join(sorted(missing))} are missing: run `cocreate topics`"
            raise KafkaAway(message)
        producer = kafka.producer(self._settings, "gateway")
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


async def _stop(producer: AIOKafkaProducer) -> None:
    if not await kafka.stop(producer, FLUSH_SECONDS):
        log.warning("stopped before Kafka acknowledged everything; senders were told to try again")
