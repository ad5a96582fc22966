"""The Kafka and the PostgreSQL that tests run on, started once for a session and only when a test asks for them."""

import itertools
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.embedded import POSTGRES_MAJOR, EmbeddedKafka, EmbeddedPostgres

KAFKA_DIR = Path(__file__).parent.parent / "deploy" / "kafka"

# A broker that lives for minutes never earns back what the second compiler and a collector with threads of its own
# take: a start and a stop cost ten seconds of a core instead of sixteen.
KAFKA_HEAP_OPTS = "-Xms256m -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

# Four seconds on two idle cores, 45 on busy ones; the rest is for a killed broker's session to run out.
KAFKA_SECONDS = 100

Postgres = EmbeddedPostgres

Kind = Literal["given", "real", "embedded"]


class Kafka(Protocol):
    """What tests may do with the broker, whichever it is."""

    @property
    def kind(self) -> Kind:
        """`given` by COCREATE_TEST_KAFKA; `real`: an Apache Kafka of ours; `embedded`: librdkafka's, in memory."""

    @property
    def url(self) -> str:
        """Where clients connect, HOST:PORT; the same after a restart."""

    async def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic that doesn't exist yet."""

    def kill(self) -> None:
        """End the broker as a crash would: no goodbye to clients. What was acknowledged stays."""

    def start(self) -> None:
        """Start it again after `kill`; returns when it serves."""

    def restart(self) -> None:
        """Stop it in good order and start it again."""


class GivenKafka:
    """Somebody else's Kafka, which is not ours to stop."""

    kind: Literal["given"] = "given"

    def __init__(self, url: str) -> None:
        self.url = url

    async def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic."""
        await _create_topic(self.url, name, partitions)

    def kill(self) -> None:
        """Skip the test."""
        pytest.skip("COCREATE_TEST_KAFKA names a Kafka that is not ours to stop")

    start = restart = kill


class RealKafka:
    """An Apache Kafka of our own on free ports of 127.0.0.1, started by deploy/kafka/run."""

    kind: Literal["real"] = "real"

    def __init__(self, directory: Path) -> None:
        """Name a broker that keeps its records and its log in `directory`."""
        self.log_file = directory / "kafka.log"
        self._data = directory / "data"
        self._port, self._controller_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The broker's process, None while it doesn't run."""
        return self._process.pid if self._process else None

    async def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic."""
        await _create_topic(self.url, name, partitions)

    def start(self) -> None:
        """Start the broker and wait until it serves; fails the test with its log where it doesn't in time."""
        ports = ("--port", str(self._port), "--controller-port", str(self._controller_port))
        with self.log_file.open("ab") as log:
            begin = log.tell()
            # Of its own process group: Ctrl-C is for the tests, which stop it when they have ended.
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [KAFKA_DIR / "run", *ports, "--data", self._data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"KAFKA_HEAP_OPTS": KAFKA_HEAP_OPTS, **os.environ},
                start_new_session=True,
            )
        deadline = time.monotonic() + KAFKA_SECONDS
        while b"Kafka Server started" not in (said := self.log_file.read_bytes()[begin:]):
            try:
                self._process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            self.kill()
            pytest.fail(f"Kafka did not come up; {self.log_file} says:\n{said.decode(errors='replace')}", pytrace=False)

    def kill(self) -> None:
        """Kill the broker with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Stop the broker in good order, or kill it if it won't within half a minute."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def restart(self) -> None:
        """Stop the broker in good order and start it again."""
        self.stop()
        self.start()


class InProcessKafka:
    """The embedded broker: in memory, so that a kill is only an absence."""

    kind: Literal["embedded"] = "embedded"

    def __init__(self, broker: EmbeddedKafka) -> None:
        self._broker = broker
        self.url = broker.url

    async def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic, by the only way that this broker has."""
        self._broker.create_topic(name, partitions)

    def kill(self) -> None:
        """Drop and refuse every connection."""
        self._broker.pause()

    def start(self) -> None:
        """Accept connections again."""
        self._broker.resume()

    def restart(self) -> None:
        """Drop every connection and accept new ones."""
        self.kill()
        self.start()


def kafka_kind() -> Kind:
    """Which Kafka the tests will use."""
    if os.environ.get("COCREATE_TEST_KAFKA"):
        return "given"
    jars = any((KAFKA_DIR / "libs").glob("kafka_*.jar"))
    java = shutil.which("java", path=_java_path())
    return "real" if jars and java else "embedded"


def describe() -> str:
    """One line for pytest's header: which engines the tests will use, without starting them."""
    kafka = {
        "given": f"the Kafka of COCREATE_TEST_KAFKA, {os.environ.get('COCREATE_TEST_KAFKA')}",
        "real": "a real Apache Kafka from deploy/kafka/libs",
        "embedded": "librdkafka's in-process broker (make kafka for a real one)",
    }[kafka_kind()]
    return f"engines: PostgreSQL {POSTGRES_MAJOR} from its wheel; {kafka}"


def require_real_kafka() -> None:
    """Stop the run at its start where COCREATE_REQUIRE_REAL_KAFKA=1 asks for a real Kafka and there is none.

    Raises:
        pytest.UsageError: so that pytest ends with this sentence and no test has run.
    """
    if os.environ.get("COCREATE_REQUIRE_REAL_KAFKA") == "1" and kafka_kind() == "embedded":
        raise pytest.UsageError(
            "COCREATE_REQUIRE_REAL_KAFKA is set and there is no real Kafka: install Java 17 and run make kafka,"
            " or name one by COCREATE_TEST_KAFKA"
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that serves for the whole session and is gone after it."""
    # Not pytest's own directory: that is closed to the user whom PostgreSQL runs as when tests run as root.
    with (
        tempfile.TemporaryDirectory(prefix="cocreate-tests-", ignore_cleanup_errors=True) as directory,
        EmbeddedPostgres(Path(directory) / "postgres", durable=False) as server,
    ):
        yield server


class CreateDatabase(Protocol):
    """Make a database that no other test has seen and return its address, for asyncpg."""

    def __call__(self, label: str = "test", *, template: str = "template1") -> str:
        """Make it as a copy of `template`, to which nobody may be connected; its name begins with `label`."""


@pytest.fixture(scope="session")
def create_database(postgres: Postgres) -> CreateDatabase:
    """A maker of fresh databases; they vanish with the server."""
    numbers = itertools.count(1)

    def create(label: str = "test", *, template: str = "template1") -> str:
        return postgres.create_database(f"{label}_{next(numbers)}", template=template)

    return create


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The session's Kafka: the given one, else a real one of ours, else the embedded one."""
    require_real_kafka()
    match kafka_kind():
        case "given":
            yield GivenKafka(os.environ["COCREATE_TEST_KAFKA"])
        case "real":
            directory = tmp_path_factory.mktemp("kafka")
            broker = RealKafka(directory)
            broker.start()
            yield broker
            broker.stop()
            # The log stays for whoever looks into a failure.
            shutil.rmtree(directory / "data")
        case "embedded":
            with EmbeddedKafka() as embedded:
                yield InProcessKafka(embedded)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens, below those that the system hands to outgoing connections.

    For while a broker is away, a client that tries to reach it could be given its port, and would connect to itself.
    Linux hands out 32768 and up (ip_local_port_range).
    """
    found: list[int] = []
    while len(found) < count:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


async def _create_topic(url: str, name: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:
        response = await admin.create_topics([NewTopic(name, partitions, replication_factor=1)])
    finally:
        await admin.close()
    for _, code, reason in response.topic_errors:
        assert code == 0, f"topic {name}: {reason}"


def _java_path() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin") if home else None
