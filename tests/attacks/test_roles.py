"""What a stolen connection to the database can do: the services' role, the readers', and no superuser in either."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from shared.audit import trail
from shared.audit.trail import AuditEntry, AuditFilter, Means
from shared.kafka.client import tls_context
from shared.platform import database
from shared.security.encryption import Encryption
from shared.settings import KafkaConnection, SettingsError, load
from tests.engines import CreateDatabase
from tests.harness import MONDAY, Harness, appointment

ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql"
NAMES = ("cocreate", "cocreate_services", "cocreate_reads")


def as_role(url: str, role: str) -> str:
    """The address of the database for another role."""
    return re.sub(r"//[^@]*@", f"//{role}:secret@", url)


async def test_each_role_does_its_own_and_no_more(create_database: CreateDatabase, encryption: Encryption) -> None:
    """The owner, no superuser, migrates; services plan and send and make no tables; readers change nothing."""
    url = create_database("roles")
    ruler = await asyncpg.connect(url)
    await ruler.execute(re.sub(r":'(owner|services|reads)'", "'secret'", ROLES.read_text()))
    try:
        await asyncio.to_thread(database.migrate, as_role(url, "cocreate"))
        rows = await ruler.fetch(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = ANY($1)", [*NAMES]
        )
        assert [tuple(row) for row in rows] == [(False, False, False)] * 3
        async with asyncpg.create_pool(as_role(url, "cocreate_services"), min_size=1) as pool:
            harness = await Harness(pool, encryption).open()
            await harness.clinic_says(appointment())
            assert len(await harness.deliver_at(MONDAY + timedelta(days=14, hours=8))) == 1
            await harness.phone_says("STOP")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute("CREATE TABLE schedule.stolen (x int)")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute("DROP TABLE schedule.messages")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute("ALTER TABLE schedule.messages DISABLE TRIGGER ALL")
            for statement in ("DELETE FROM audit.entries", "ALTER TABLE audit.entries DISABLE TRIGGER ALL"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await pool.execute(statement)
        reader = await asyncpg.connect(as_role(url, "cocreate_reads"))
        assert await reader.fetchval("SELECT count(*) FROM schedule.messages") > 0
        await trail.record_alone(reader, AuditEntry(who="ada", means=Means.COMMAND, action="messages", changes=False))
        assert [one.role for one in await trail.load(reader, AuditFilter(), 2)] == ["cocreate_reads"]
        for statement in (
            "DELETE FROM people.opt_outs",
            "UPDATE schedule.messages SET state = 'withdrawn'",
            "DELETE FROM audit.entries",
        ):
            await reader.execute("SET default_transaction_read_only = off")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute(statement)
        await reader.close()
    finally:
        for name in reversed(NAMES):
            await ruler.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
        await ruler.close()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kafka_ca": "FILE"}, "COCREATE_KAFKA_TLS"),
        ({"kafka_tls": True, "kafka_certificate": "FILE"}, "COCREATE_KAFKA_KEY"),
        ({"kafka_tls": True, "kafka_ca": "/nowhere/ca.pem"}, "no such file"),
    ],
)
def test_half_a_certificate_stops_the_start(given: dict[str, object], why: str, tmp_path: Path) -> None:
    """Certificates without TLS, one without its key, and a file that is not there are named."""
    file = tmp_path / "file.pem"
    file.write_text("x")
    settings = {name: str(file) if value == "FILE" else value for name, value in given.items()}
    with pytest.raises(SettingsError, match=why):
        load(KafkaConnection, _env_file=None, **settings)


def test_kafka_is_known_by_its_certificate_and_name() -> None:
    """TLS to Kafka checks both, whatever else is set."""
    context = tls_context(load(KafkaConnection, _env_file=None, kafka_tls=True))
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
