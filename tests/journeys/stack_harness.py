"""A town for journeys: the real services as processes of their own, and their clinic, phones, provider and clock."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from services.sandbox.app import Sandbox
from services.sandbox.entries import ReceivedMail, SandboxText
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings as SandboxSettings
from shared.clinic import places
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.events.topic_names import INBOUND, RECEIPTS, STATUS
from shared.kafka.topics import topics
from shared.platform import clock
from shared.platform.database import Pool, is_unavailable
from tests.engines import free_ports
from tests.harness import INDEX_KEY, KEYS, MONDAY, PLACES
from tests.journeys.waiting import until

LINK_KEY = "C" * 43 + "="

READERS: Mapping[str, Mapping[str, str]] = {
    APPOINTMENTS: {
        "prompts": "cocreate.prompts",
        "followup": f"cocreate.followup.{APPOINTMENTS}",
        "cards": "cocreate.cards",
    },
    GOALS: {"followup": "cocreate.followup"},
    COURSES: {
        "prompts": f"cocreate.prompts.{COURSES}",
        "reunions": "cocreate.reunions",
        "cards": f"cocreate.cards.{COURSES}",
    },
    PATIENTS: {"people": "cocreate.people"},
    RECEIPTS: {"delivery": "cocreate.delivery"},
    INBOUND: {"delivery": "cocreate.delivery.inbound"},
}
"""Topic → service → the group by which it takes that in."""

PARTITIONS = 3
NUMBERS = {topic.name: topic.partitions for topic in topics(PARTITIONS)}

PLANNERS = frozenset({"prompts", "followup", "reunions", "cards", "people"})
"""Services that say when they have read everything."""

PUBLIC = "https://messages.example.org"
SENDER = "+447700900999"

CAUGHT_UP = """
SELECT count(*) = cardinality($1::text[]) FROM (
    SELECT planner FROM schedule.heartbeats WHERE planner = ANY($1) GROUP BY planner
    HAVING min(caught_up_at) >= $2) AS fresh
"""

UNDER_WAY = """
SELECT (SELECT count(*) FROM schedule.messages
        WHERE state IN ('sending', 'unknown') OR (state = 'scheduled' AND due_at <= clock.now())
            OR (state = 'scheduled' AND why = 'planner_behind' AND due_at <= clock.now() + interval '3 s'))
     + (SELECT count(*) FROM schedule.outbox) + (SELECT count(*) FROM schedule.wakeups WHERE key = 'replan')
"""

PHONE_NUMBER = re.compile(r"7700[ -]?900[ -]?\d{3}|@post\.example")

SAYS = (
    ("ask", re.compile(r"you have \d+ appointments on \w+ (\d+ \w+): (.*?)\. What do")),
    ("remind", re.compile(r"a reminder of your \d+ appointments on \w+ (\d+ \w+): (.*?)\. (?:Can't|Reply)")),
    ("ask", re.compile(r"you have an appointment on \w+ (\d+ \w+) at ([\w.]+), ")),
    ("remind", re.compile(r"a reminder of your appointment on \w+ (\d+ \w+) at ([\w.]+), ")),
    ("cancelled", re.compile(r"your appointment on \w+ (\d+ \w+) at (\S+) is cancelled")),
    ("on again", re.compile(r"going ahead after all.*? It is on \w+ (\d+ \w+) at ([\w.]+), ")),
    ("moved to", re.compile(r"It is now on \w+ (\d+ \w+) at ([\w.]+), ")),
)


def said(text: str) -> str:
    """What a text tells, in short: `moved to 9 December 2pm`."""
    for word, pattern in SAYS:
        if found := pattern.search(text):
            return " ".join((word, *found.groups()))
    return text


@dataclass(frozen=True)
class Patient:
    """Somebody who lives here, with a phone of their own."""

    id: str
    phone: str
    first_name: str


class Nursery:
    """Forks services; see `nursery.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.child_processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        self._ready = False

    def run(self, service: str, env: Mapping[str, str], log: Path) -> int:
        """Start a service; its pid."""
        pid = self._ask({"run": service, "env": dict(env), "log": str(log)})
        assert pid is not None
        return pid

    def ended(self, pid: int) -> int | None:
        """The exit code of a service, None while it runs."""
        return self._ask({"ended": pid})

    def close(self) -> None:
        """End it, and all that it started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _ask(self, order: dict[str, Any]) -> int | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self._ready:
            assert self._process.stdout.readline() == "ready\n"
            self._ready = True
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: int | None = json.loads(self._process.stdout.readline())
        return answer


class Hands:
    """The hands of the clock as the sandbox sees them: the same as the database's, without asking it."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """What the clock shows."""
        return datetime.now(UTC) + self._ahead

    def turn(self, to: datetime) -> None:
        """Set them."""
        self._ahead = to - datetime.now(UTC)


@dataclass
class Running:
    """A service that was started."""

    name: str
    pid: int
    log: Path


@dataclass
class StackHarness:
    """Everything that a journey needs. Services are named `delivery`, a second replica `delivery-2`."""

    kafka_url: str
    database_url: str
    pool: Pool
    sandbox: Sandbox
    hands: Hands
    producer: AIOKafkaProducer
    env: Mapping[str, str]
    logs: Path
    nursery: Nursery
    static: bool = True
    """Static membership, as in production: who was killed is back at once. The embedded broker knows none."""
    running: dict[str, Running] = field(default_factory=dict)
    ended: list[Running] = field(default_factory=list)
    started: set[str] = field(default_factory=set)
    """Services that have ever run here, without the numbers of their replicas."""
    _lookers: dict[str, AIOKafkaConsumer] = field(default_factory=dict)
    _people: int = 0

    # Services

    async def start(self, *names: str, **env: str) -> None:
        """Start services and wait until they run. `env`: settings of theirs alone."""
        for name in names:
            assert name not in self.running, f"{name} runs already"
            log = self.logs / f"{name}.{len(self.ended)}.log"
            own = {f"COCREATE_{key.upper()}": value for key, value in env.items()}
            pid = self.nursery.run(
                name.partition("-")[0], {**self.env, **({"COCREATE_INSTANCE": name} if self.static else {}), **own}, log
            )
            self.running[name] = Running(name, pid, log)
            self.started.add(name.partition("-")[0])
        for name in names:
            await self.until(f"{name} runs", lambda name=name: self._runs(name), 120)  # type: ignore[misc]

    async def _runs(self, name: str) -> bool:
        service = self.running[name]
        code = self.nursery.ended(service.pid)
        assert code is None, f"{name} ended with {code}: {service.log.read_text()[-3000:]}"
        return f"{name.partition('-')[0]} runs" in service.log.read_text()

    async def kill(self, *names: str) -> None:
        """End services as the kernel does: SIGKILL, no goodbye."""
        await self._end(names, signal.SIGKILL)

    async def stop(self, *names: str) -> None:
        """End services in good order; each must end by itself, with 0."""
        for service in await self._end(names, signal.SIGTERM):
            code = self.nursery.ended(service.pid)
            assert code == 0, f"{service.name} ended with {code}: {service.log.read_text()[-3000:]}"

    async def _end(self, names: Iterable[str], how: signal.Signals) -> list[Running]:
        services = [self.running.pop(name) for name in names]
        for service in services:
            os.kill(service.pid, how)
        for service in services:
            await self.until(f"{service.name} ends", lambda pid=service.pid: self._gone(pid))  # type: ignore[misc]
        self.ended += services
        return services

    async def _gone(self, pid: int) -> bool:
        return self.nursery.ended(pid) is not None

    async def restart(self, *names: str) -> None:
        """Kill services, and start them again."""
        await self.kill(*names)
        await self.start(*names)

    def log(self, name: str) -> str:
        """All that a running service has logged."""
        return self.running[name].log.read_text()

    def faults_in_logs(self) -> list[str]:
        """Lines that no service's log may have: tracebacks, and a patient's number or name."""
        bad = ("Traceback", "Unclosed", "never retrieved", *(f"Zeb{n}" for n in ("ulon", "edee")))
        return [
            f"{path.name}: {line}"
            for path in sorted(self.logs.glob("*.log"))
            for line in path.read_text().splitlines()
            if any(word in line for word in bad) or PHONE_NUMBER.search(line)
        ]

    # Time

    async def now(self) -> datetime:
        """What the clock shows."""
        return self.hands.now()

    async def turn(self, to: datetime) -> None:
        """Turn the clock to a moment at which the planners have just said that they are caught up."""
        just_before = to - timedelta(seconds=20)  # a heartbeat is believed for 30
        await self._turn(just_before)
        await self.caught_up(just_before)
        await self._turn(to)

    async def turn_rudely(self, to: datetime) -> None:
        """Turn the clock, whether planners say that they are caught up or not."""
        await self._turn(to)

    async def _turn(self, to: datetime) -> None:
        async with self.pool.acquire() as connection:
            await clock.turn(connection, to, rate=1)
        self.hands.turn(to)

    async def until(self, what: str, condition: Callable[[], Awaitable[object]], within: float = 90) -> None:
        """Wait; a test that waits in vain shows the ends of the logs."""

        async def holds() -> object:
            try:
                return await condition()
            except Exception as error:
                if is_unavailable(error) or isinstance(error, KafkaError):
                    return False
                raise

        try:
            await until(what, holds, within)
        except AssertionError as error:
            counts = [
                tuple(row)
                for row in await self.pool.fetch(
                    "SELECT kind, state, why, count(*), min(due_at) FROM schedule.messages GROUP BY 1, 2, 3"
                )
            ]
            ends = "\n".join(f"--- {s.name}\n{s.log.read_text()[-1500:]}" for s in self.running.values())
            message = f"{error}; the clock shows {self.hands.now()}; {counts}\n{ends}"
            raise AssertionError(message) from None

    async def caught_up(self, since: datetime) -> None:
        """Wait until all planners have said, since then, that they have read everything."""
        planners = sorted(PLANNERS & self.started)
        await self.until("planners are caught up", lambda: self.pool.fetchval(CAUGHT_UP, planners, since))

    async def taken_in(self, *topics: str) -> None:
        """Wait until all that was published has been taken in and acknowledged, and whoever it concerns was planned."""
        for topic in topics or READERS:
            await self.until(f"{topic} is taken in", lambda topic=topic: self._is_taken_in(topic))  # type: ignore[misc]
        await self.until("patients are planned", self._none_to_plan)

    async def _is_taken_in(self, topic: str) -> bool:
        return not any((await self.unread(topic)).values())

    async def _none_to_plan(self) -> bool:
        return not await self.pool.fetchval("SELECT count(*) FROM schedule.wakeups WHERE key = 'replan'")

    async def unread(self, topic: str) -> dict[int, int]:
        """For each partition, how many records some service that reads it has not yet acknowledged."""
        partitions = _partitions(topic)
        most = dict.fromkeys(range(len(partitions)), 0)
        for service, group in READERS[topic].items():
            if service in self.started:
                looker = await self._looker(group)
                ends = await looker.end_offsets(partitions)
                for p in partitions:
                    left = ends[p] - (await looker.committed(p) or 0)
                    most[p.partition] = max(most[p.partition], left)
        return most

    async def _looker(self, group: str) -> AIOKafkaConsumer:
        if group not in self._lookers:
            looker = AIOKafkaConsumer(bootstrap_servers=self.kafka_url, group_id=group, enable_auto_commit=False)
            await looker.start()
            self._lookers[group] = looker
        return self._lookers[group]

    async def settle(self, within: float = 90) -> None:
        """Wait until all is quiet: nothing due, under way, unknown or unpublished; every receipt taken in."""
        await self.until("all is quiet", self._is_quiet, within)
        await asyncio.wait_for(self.sandbox.settled(), within)
        await self.taken_in()
        await self.until("all is quiet", self._is_quiet, within)

    async def _is_quiet(self) -> bool:
        under_way: int = await self.pool.fetchval(UNDER_WAY)
        return under_way == 0

    async def at(self, to: datetime) -> None:
        """Turn the clock, and let what is due happen."""
        await self.turn(to)
        await self.settle()

    # People and clinics

    def patient(self) -> Patient:
        """A new patient."""
        self._people += 1
        number = self._people
        return Patient(f"patient-{number}", f"+447700900{number:03}", "Zebulon" if number % 2 else "Zebedee")

    async def publish(self, *events: Mapping[str, Any], topic: str = APPOINTMENTS) -> None:
        """Publish events in this order, as a clinic does."""
        await self.publish_raw(topic, *((key_of(event), json.dumps(event).encode(), ()) for event in events))

    async def publish_raw(
        self,
        topic: str,
        *records: tuple[bytes, bytes | None, Sequence[tuple[str, bytes | None]]],
        partition: int | None = None,
    ) -> list[tuple[int, int]]:
        """Publish records (key, value, headers) whatever they are; partition and offset of each."""
        pending = [
            await self.producer.send(topic, value, key, partition=partition, headers=list(headers))
            for key, value, headers in records
        ]
        return [(told.partition, told.offset) for told in await asyncio.gather(*pending)]

    async def told(self, *events: Mapping[str, Any], topic: str = APPOINTMENTS) -> None:
        """Publish events, and wait until they were taken in."""
        await self.publish(*events, topic=topic)
        await self.taken_in()

    # What came of it

    def texts(self, phone: str) -> list[str]:
        """What this phone got, in short, oldest first."""
        return [said(text.body) for text in self.outbound() if text.to == phone]

    def outbound(self) -> list[SandboxText]:
        """Every text that the provider accepted, oldest first."""
        return [text for text in self.sandbox.ledger.texts if text.direction == "outbound-api"]

    def mails(self, address: str) -> list[ReceivedMail]:
        """What this mailbox got."""
        return [mail for mail in self.sandbox.ledger.mails if mail.to == address]

    def faults(self, **faults: Any) -> None:
        """Give the provider these faults and no others."""
        self.sandbox.set_faults(Faults(**faults))

    async def messages(self, patient: Patient | None = None, **where: Any) -> list[dict[str, Any]]:
        """Rows of the schedule, oldest first; of one patient: those about things that name them."""
        rows = await self.pool.fetch("SELECT * FROM schedule.messages ORDER BY send_at, kind, id")
        found = [dict(row) for row in rows if all(row[name] == value for name, value in where.items())]
        if patient is None:
            return found
        return [
            row
            for row in found
            if any(thing.endswith(f"/{patient.id}") or f"/{patient.id}." in thing for thing in row["things"])
        ]

    async def standing(self, patient: Patient) -> list[tuple[str, str, str]]:
        """Kind, state and why of each message about this patient's appointments."""
        return [(row["kind"], row["state"], row["why"]) for row in await self.messages(patient)]

    async def records(self, topic: str) -> list["ConsumerRecord[Any, Any]"]:
        """All that lies in a topic."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.kafka_url, enable_auto_commit=False)
        await reader.start()
        try:
            partitions = _partitions(topic)
            reader.assign(partitions)
            await reader.seek_to_beginning(*partitions)
            ends = await reader.end_offsets(partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            while len(found) < sum(ends.values()):
                for batch in (await reader.getmany(timeout_ms=200)).values():
                    found += batch
            return found
        finally:
            await reader.stop()

    async def statuses(self) -> dict[str, list[dict[str, Any]]]:
        """What `messaging.status` tells: message → the states that it went through, in the order of the topic."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in await self.records(STATUS):
            event = json.loads(record.value)
            found[event["data"]["id"]].append(event["data"])
        return found

    async def close(self) -> None:
        """Stop everything."""
        self.faults()
        await self.kill(*self.running)
        for looker in self._lookers.values():
            await looker.stop()


def _partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(NUMBERS[topic])]


def key_of(event: Mapping[str, Any]) -> bytes:
    """The key of its record: the thing."""
    return f"{event['source']}/{event['subject']}".encode()


@asynccontextmanager
async def town(
    kafka_url: str,
    database_url: str,
    nursery: Nursery,
    logs: Path,
    sandbox: Mapping[str, Any] | None = None,
    *,
    static: bool = True,
    **env: str,
) -> AsyncIterator[StackHarness]:
    """A town on a Monday morning, with no service started yet. `env`: settings of all services."""
    door, hands = free_ports(1)[0], Hands()
    hands.turn(MONDAY)
    faults = {"status_delay": 0.02, "callback_retry_after": 0.2, "callback_via": f"http://127.0.0.1:{door}"}
    async with AsyncExitStack() as stack:
        pool = await asyncpg.create_pool(database_url, min_size=1, max_size=4)
        stack.push_async_callback(_closed, pool)
        settings = SandboxSettings(**{**faults, **(sandbox or {})})
        provider = await stack.enter_async_context(Sandbox(settings, now=hands.now))
        producer = AIOKafkaProducer(bootstrap_servers=kafka_url, acks="all", enable_idempotence=True)
        await producer.start()
        stack.push_async_callback(producer.stop)
        built = StackHarness(
            kafka_url,
            database_url,
            pool,
            provider,
            hands,
            producer,
            {**_environment(kafka_url, database_url, provider, door), **_named(env)},
            logs,
            nursery,
            static,
        )
        stack.push_async_callback(built.close)
        async with pool.acquire() as connection:
            await clock.turn(connection, MONDAY, rate=1)
            await places.store(connection, PLACES)
        yield built


async def _closed(pool: Pool) -> None:
    await asyncio.wait_for(pool.close(), 10)


def _named(env: Mapping[str, str]) -> dict[str, str]:
    return {f"COCREATE_{name.upper()}": value for name, value in env.items()}


def _environment(kafka_url: str, database_url: str, sandbox: Sandbox, door: int) -> dict[str, str]:
    """What each service is set to: short intervals, and everything at its own time of day."""
    host, port = sandbox.smtp_address
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COCREATE_")}
    return kept | _named(
        {
            "kafka_url": kafka_url,
            "database_url": database_url,
            "database_pool": "5",
            "keys": KEYS,
            "index_key": INDEX_KEY,
            "link_keys": LINK_KEY,
            "health_port": "0",
            "heartbeat_every": "0.2",
            "poll_every": "0.05",
            "twilio_account_sid": sandbox.settings.account_sid,
            "twilio_auth_token": sandbox.settings.auth_token,
            "twilio_sender": SENDER,
            "twilio_api_url": sandbox.url,
            "twilio_timeout": "1.5",
            "lease_seconds": "4",
            "grace_seconds": "3",
            "sms_rate": "1000",
            "mail_rate": "1000",
            "public_url": PUBLIC,
            "smtp_url": f"smtp+plain://{host}:{port}",
            "mail_from": "messages@riverside.example.org",
            "gateway_port": str(door),
            "prompts_spread_from": "10:00",
            "prompts_spread_until": "10:01",
            "prompts_settle_minutes": "0",  # news goes out as it comes; only tests of settling wait for it
        }
    )
