"""The engines themselves: that what the other tests stand on holds."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.embedded import EmbeddedKafka, EmbeddedPostgres, EngineFailedError, EngineMissingError
from tests.engines import KAFKA_DIR, CreateDatabase, Kafka, RealKafka, free_ports, kafka_kind, require_real_kafka

ROOT = Path(__file__).parent.parent

# Enters the server that its argument names, says so, and leaves when it is told to.
VISITOR = """
import sys
from pathlib import Path
from shared.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
    print(server.database_url(), flush=True)
    sys.stdin.readline()
"""


async def query(url: str, statement: str) -> object:
    """The first value of what a statement returns."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def visit(home: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that uses the server in `home`, and the address that it was given."""
    process = subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-c", VISITOR, home], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    """Let a visitor leave and wait for it."""
    process.communicate("\n", timeout=60)


def postmaster(home: Path) -> int:
    """The server's process."""
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedPostgres) -> Path:
    """A directory for a server of the test's own, where the session's server may be too."""
    # postgres:///...?host=<session's directory>/postgres/data
    beside = Path(postgres.database_url().partition("host=")[2].partition("&")[0]).parent.parent
    return beside / tmp_path_factory.mktemp("home").name


@pytest.fixture
def embedded() -> Iterator[EmbeddedKafka]:
    """An embedded broker of the test's own."""
    with EmbeddedKafka() as broker:
        yield broker


class TestEmbeddedPostgres:
    """A server for processes that come, go and die."""

    async def test_address_serves_both_drivers(self, create_database: CreateDatabase) -> None:
        """One address serves asyncpg and, by its scheme alone, SQLAlchemy."""
        url = create_database("drivers")
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.connect() as connection:
            seen = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await engine.dispose()
        assert seen == await query(url, "SELECT current_database()")

    async def test_environment_is_not_asked(
        self, create_database: CreateDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The user's own PGHOST, PGPORT and PGUSER change neither the server nor the address."""
        monkeypatch.setenv("PGHOST", "nowhere.invalid")
        monkeypatch.setenv("PGPORT", "9")
        monkeypatch.setenv("PGUSER", "nobody")
        assert await query(create_database("environment"), "SELECT current_user") == "postgres"

    async def test_listens_on_no_port(self, postgres: EmbeddedPostgres) -> None:
        """Nothing of it is reachable over TCP."""
        assert await query(postgres.database_url(), "SHOW listen_addresses") == ""

    async def test_names_are_quoted(self, postgres: EmbeddedPostgres) -> None:
        """A database may have any name, is made once, and is gone when dropped."""
        name = 'o\'hara "x" :y\\z é'
        url = postgres.create_database(name)
        assert postgres.create_database(name) == url
        assert await query(url, "SELECT current_database()") == name
        postgres.drop_database(name)
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await query(url, "SELECT 1")

    async def test_template_is_copied(self, create_database: CreateDatabase, postgres: EmbeddedPostgres) -> None:
        """A database made from a template begins with what that holds."""
        url = postgres.create_database("mould")
        await query(url, "CREATE TABLE cast_from_mould (n int)")
        assert await query(create_database("copy", template="mould"), "SELECT count(*) FROM cast_from_mould") == 0

    async def test_last_to_leave_stops_it(self, home: Path) -> None:
        """A second process is attached to the first one's server, which stops when the last has left."""
        first, url = visit(home)
        second, same = visit(home)
        assert same == url
        end(first)
        assert await query(url, "SELECT 1") == 1
        end(second)
        with pytest.raises(OSError, match="No such file"):
            await query(url, "SELECT 1")

    async def test_killed_owner_is_not_counted(self, home: Path) -> None:
        """A killed owner leaves a running server, which the next process takes over and stops."""
        owner, url = visit(home)
        owner.kill()
        owner.communicate()
        server = postmaster(home)
        heir, same = visit(home)
        assert (same, postmaster(home)) == (url, server)
        end(heir)
        assert not (home / "data" / "postmaster.pid").exists()

    async def test_killed_server_starts_again(self, home: Path) -> None:
        """Owner and server killed, data and stale lock files stay, and the next start has the data."""
        owner, url = visit(home)
        await query(url, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(postmaster(home), signal.SIGKILL)
        owner.kill()
        owner.communicate()
        with EmbeddedPostgres(home, durable=False) as server:
            assert await query(server.database_url(), "SELECT n FROM kept") == 7

    async def test_process_number_of_a_stranger(self, home: Path) -> None:
        """Lock files that name a living stranger, as after a restart of the machine, don't stop a start."""
        with EmbeddedPostgres(home, durable=False):
            os.kill(postmaster(home), signal.SIGKILL)
        for lock in (home / "data" / "postmaster.pid", home / "data" / ".s.PGSQL.5432.lock"):
            _, *rest = lock.read_text().splitlines(keepends=True)
            lock.write_text("".join(("1\n", *rest)))
        with EmbeddedPostgres(home, durable=False) as server:
            assert await query(server.database_url(), "SELECT 1") == 1

    def test_deep_directory(self, home: Path) -> None:
        """Where the path is too long for a socket, the socket lives elsewhere, and leaves nothing behind."""
        with EmbeddedPostgres(home / ("deep" * 30), durable=False) as server:
            url = server.database_url()
            assert asyncio.run(query(url, "SELECT 1")) == 1
        socket_dir = Path(url.partition("host=")[2].partition("&")[0])
        assert not socket_dir.is_relative_to(home)
        assert not socket_dir.exists()

    def test_no_address_before_it_runs(self, tmp_path: Path) -> None:
        """A server that wasn't entered says so."""
        with pytest.raises(EngineFailedError, match="isn't running"):
            EmbeddedPostgres(tmp_path).database_url()


class TestEmbeddedKafka:
    """The broker in this process."""

    def test_orders_are_seen_to_at_once(self) -> None:
        """Ten brokers that get four topics each, go away and come back, miss no order for a second."""
        began = time.monotonic()
        for _ in range(10):
            with EmbeddedKafka() as broker:
                for name in ("a", "b", "c", "d"):
                    broker.create_topic(name, 2)
                broker.pause()
                broker.resume()
        assert time.monotonic() - began < 5

    async def test_topic_has_the_partitions_asked_for(self, embedded: EmbeddedKafka) -> None:
        """A topic is made with any number of partitions, once."""
        embedded.create_topic("seven", 7)
        embedded.create_topic("seven", 9)
        admin = AIOKafkaAdminClient(bootstrap_servers=embedded.url)
        await admin.start()
        (topic,) = await admin.describe_topics(["seven"])
        await admin.close()
        assert len(topic["partitions"]) == 7

    async def test_group_reads_what_was_written(self, embedded: EmbeddedKafka) -> None:
        """An idempotent producer and a group's consumer work on it, and commits are kept."""
        embedded.create_topic("round", 3)
        await write(embedded.url, "round", 20)
        assert await read(embedded.url, "round", 20, group="g") == numbers(20)
        await write(embedded.url, "round", 1)
        assert await read(embedded.url, "round", 1, group="g") == numbers(1)

    async def test_pause_keeps_records(self, embedded: EmbeddedKafka) -> None:
        """While paused it can't be reached; resumed, it has everything on the same port."""
        embedded.create_topic("absent", 1)
        await write(embedded.url, "absent", 5)
        embedded.pause()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(*embedded.url.split(":"))
        embedded.resume()
        assert await read(embedded.url, "absent", 5, group=None) == numbers(5)

    def test_impossible_topic(self, embedded: EmbeddedKafka) -> None:
        """A topic without partitions is refused with its name."""
        with pytest.raises(EngineFailedError, match="at least one partition, not 0"):
            embedded.create_topic("nothing", 0)

    def test_missing_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the extra the cure is named."""
        monkeypatch.setitem(sys.modules, "confluent_kafka.cimpl", None)
        with pytest.raises(EngineMissingError, match=r"pip install 'cocreate\[embedded\]'"):
            EmbeddedKafka().__enter__()

    def test_no_address_after_it_stopped(self) -> None:
        """A broker that was left says so."""
        with EmbeddedKafka() as broker:
            assert broker.url.startswith("127.0.0.1:")
        with pytest.raises(EngineFailedError, match="isn't running"):
            _ = broker.url


class TestKafka:
    """The session's broker."""

    async def test_round_trip(self, kafka: Kafka) -> None:
        """A topic is created, written and read by a group."""
        await kafka.create_topic("engines.run_once", 3)
        await write(kafka.url, "engines.run_once", 20)
        assert await read(kafka.url, "engines.run_once", 20, group="engines") == numbers(20)

    @pytest.mark.slow(reason="kills the broker, and stops it in good order")
    async def test_absence_keeps_records(self, kafka: Kafka) -> None:
        """What was acknowledged survives a kill and a restart, on the same address."""
        await kafka.create_topic("engines.absence", 3)
        await write(kafka.url, "engines.absence", 20)
        kafka.kill()
        kafka.start()
        assert await read(kafka.url, "engines.absence", 20, group=None) == numbers(20)
        kafka.restart()
        assert await read(kafka.url, "engines.absence", 20, group=None) == numbers(20)

    async def test_listens_on_this_machine_alone(self, kafka: Kafka) -> None:
        """A real broker of ours gives out only 127.0.0.1, for clients and for its controller."""
        if not isinstance(kafka, RealKafka) or kafka.pid is None:
            pytest.skip("not a broker of ours")
        properties = (kafka.log_file.parent / "data" / "server.properties").read_text()
        addresses = [line for line in properties.splitlines() if "listeners=" in line]
        assert addresses
        assert all(part.split("://")[1].startswith("127.0.0.1:") for line in addresses for part in line.split(","))

    def test_requirement(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a real Kafka is required and there is none, the run ends with the cure."""
        monkeypatch.setenv("COCREATE_REQUIRE_REAL_KAFKA", "1")
        monkeypatch.setenv("JAVA_HOME", "/nowhere")
        monkeypatch.delenv("COCREATE_TEST_KAFKA", raising=False)
        assert kafka_kind() == "embedded"
        with pytest.raises(pytest.UsageError, match="run make kafka"):
            require_real_kafka()


def run_kafka(*options: str, script: Path = KAFKA_DIR / "run", **environment: str) -> str:
    """What deploy/kafka/run says when it refuses."""
    done = subprocess.run(  # noqa: S603 - our own script
        [script, *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


class TestRun:
    """deploy/kafka/run refuses in one sentence, with the cure."""

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            pytest.param(["--port", "many"], "--port must be a number", id="not a number"),
            pytest.param(["--port", "70000"], "--port must be a number", id="too high"),
            pytest.param(["--port=65535"], "--controller-port must be a number", id="no next port"),
            pytest.param(["--port", "9", "--controller-port", "9"], "must differ", id="the same"),
            pytest.param(["--port"], "--port needs a value", id="no value"),
            pytest.param(["--data", "a,b"], "without a comma", id="comma"),
            pytest.param(["--verbose"], "unknown option --verbose: see --help", id="unknown"),
        ],
    )
    def test_options(self, options: list[str], reason: str) -> None:
        """A wrong option is named."""
        assert reason in run_kafka(*options)

    def test_no_java(self) -> None:
        """Without Java it says what to install."""
        assert "then run make kafka" in run_kafka(JAVA_HOME="/nowhere")

    def test_old_java(self, tmp_path: Path) -> None:
        """An older Java is refused before Kafka's own page of errors."""
        java = tmp_path / "bin" / "java"
        java.parent.mkdir()
        java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
        java.chmod(0o755)
        assert "older than Java 17" in run_kafka(JAVA_HOME=str(tmp_path))

    def test_no_jars(self, tmp_path: Path) -> None:
        """Without the jars it says how to fetch them."""
        script = tmp_path / "deploy" / "kafka" / "run"
        script.parent.mkdir(parents=True)
        script.write_bytes((KAFKA_DIR / "run").read_bytes())
        script.chmod(0o755)
        assert "run make kafka" in run_kafka(script=script)

    @pytest.mark.skipif(kafka_kind() != "real", reason="no jars or no Java here")
    def test_taken_port(self) -> None:
        """A taken port is named before Kafka's own page of errors."""
        (port,) = free_ports(1)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert f"port {port} of 127.0.0.1 is taken" in run_kafka("--port", str(port))


def numbers(count: int) -> set[bytes]:
    """What `write` writes."""
    return {b"%d" % n for n in range(count)}


async def write(url: str, topic: str, count: int) -> None:
    """Write numbers, each with its own key, and wait until all are acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=url, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in sorted(numbers(count)):
            await producer.send_and_wait(topic, value, key=value)
    finally:
        await producer.stop()


async def read(url: str, topic: str, count: int, *, group: str | None) -> set[bytes]:
    """Read until `count` records came, at most half a minute; commits them for a group."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=url, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        values: list[bytes] = []
        async with asyncio.timeout(30):
            while len(values) < count:
                values += [
                    record.value for records in (await consumer.getmany(timeout_ms=500)).values() for record in records
                ]
        if group:
            await consumer.commit()
        return set(values)
    finally:
        await consumer.stop()
