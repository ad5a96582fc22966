"""The audit trail: every command that changes something or shows patients' data leaves a row, and no row changes."""

import asyncio
import csv
import getpass
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
import typer.main
from typer.core import TyperGroup
from typer.testing import CliRunner

from services.cli import on_record
from services.cli.commands.audit_list import since_when
from services.cli.main import app
from services.cli.on_record import operator
from services.cli.terminal import CommandRefused
from shared.audit import trail
from shared.audit.trail import AuditEntry, AuditFilter, AuditRecord, Means
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests.cli.commands.test_reunions import answered
from tests.cli.conftest import Desk
from tests.cli.words.test_words import written
from tests.delivery.test_delivery_settings import WELL
from tests.harness import INDEX_KEY, KEYS, MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment

PHONE = "07700 900001"
DUE = MONDAY + timedelta(days=14, hours=8)

PLACES_FILE = f"source,clinic,name,phone,sender\n{SOURCE},NEW,Riverside,020 7946 0101,Riverside Hospital\n"
THIRD = "https://third.example.org"
SOURCES_FILE = f"source,organisation\n{THIRD},third\n"


@dataclass(frozen=True)
class World:
    """What a command is typed at."""

    desk: Desk
    folder: Path
    task: str
    patient: str

    def file(self, name: str, text: str) -> Path:
        """A file of the folder."""
        (self.folder / name).write_text(text)
        return self.folder / name


@pytest.fixture
def world(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A patient who was texted and texted back, and a reunion with answers; a provider that does not answer."""
    for name, value in (item for item in WELL.items() if item[0] != "_env_file"):
        monkeypatch.setenv(f"COCREATE_{name.upper()}", str(value))
    for name, value in (("DATABASE_URL", desk.url), ("KEYS", KEYS), ("INDEX_KEY", INDEX_KEY)):
        monkeypatch.setenv(f"COCREATE_{name}", value)
    monkeypatch.setenv("COCREATE_TWILIO_API_URL", "http://127.0.0.1:9")

    async def happened() -> tuple[str, str]:
        async with asyncpg.create_pool(desk.url, min_size=1, max_size=4) as pool:
            harness = await Harness(pool, Encryption.of(KEYS, INDEX_KEY)).open()
            await harness.clinic_says(appointment())
            await harness.deliver_at(DUE)
            await harness.phone_says("can i come thursday instead")
            patient = await pool.fetchval("SELECT patient_id FROM schedule.messages LIMIT 1")
            return str((await harness.tasks())[0]["id"]), str(patient)

    return World(desk, tmp_path, *asyncio.run(happened()))


def records(desk: Desk) -> list[AuditRecord]:
    """The whole trail, the newest first."""
    found: list[AuditRecord] = desk.do(lambda connection: trail.load(connection, AuditFilter(), 1000))
    return found


def united(world: World) -> None:
    """Another clinic's record of the same patient."""

    async def add(connection: Connection) -> None:
        await connection.execute(
            "INSERT INTO people.identifiers (reference, source, value_index, patient_id) VALUES ($1, $2, $1, $3)",
            b"r" * 32,
            OTHER_SOURCE,
            world.patient,
        )

    world.desk.do(add)


Words = Callable[[World], list[str | Path]]


def _part(world: World) -> list[str | Path]:
    united(world)
    return [world.patient, "--source", SOURCE, "--why", "two people"]


def _withdraw(world: World) -> list[str | Path]:
    _grant(world)
    world.desk("sources", "grant", THIRD, "unite", "--why", "one trust")
    return [THIRD, "unite", "--why", "no longer"]


def _grant(world: World) -> list[str | Path]:
    world.desk("sources", "import", world.file("sources.csv", SOURCES_FILE))
    return [THIRD, "unite", "--why", "one trust"]


def _lift(world: World) -> list[str | Path]:
    world.desk("unsafe", "hold", PHONE, "--because", "she told the ward")
    return [PHONE, "--because", "she told the ward"]


def _issued(world: World) -> list[str | Path]:
    world.desk("tokens", "issue", "booking", "--for", "Riverside", "--source", SOURCE, "--expires", "180d")
    return ["booking", "--why", "left the trust"]


def _held(world: World) -> list[str | Path]:
    _lift(world)
    return []


def _words(world: World) -> list[str | Path]:
    return [written(world.folder), "--author", "Ada"]


def _draft(world: World) -> list[str | Path]:
    world.desk("words", "import", *_words(world))
    return ["prompts/cancelled"]


def _reunion(world: World) -> list[str | Path]:
    world.desk.do(answered)
    return ["--reunion", "autumn", "--csv", "list.csv"]


ACTS: dict[str, Words] = {
    "places import": lambda world: [world.file("places.csv", PLACES_FILE)],
    "sources import": lambda world: [world.file("sources.csv", SOURCES_FILE)],
    "sources grant": _grant,
    "sources withdraw": _withdraw,
    "people part": _part,
    "people forget": lambda world: [world.patient, "--yes", "--because", "she asked"],
    "unsafe hold": lambda _: [PHONE, "--because", "she told the ward"],
    "unsafe lift": _lift,
    "tasks close": lambda world: [world.task],
    "words import": _words,
    "words publish": _draft,
    "words discard": _draft,
    "erase-at-provider": lambda world: [world.patient],
    "tokens issue": lambda _: ["booking", "--for", "Riverside booking", "--source", SOURCE, "--expires", "180d"],
    "tokens withdraw": _issued,
}
"""The commands that change what patients get, each with what is typed behind it."""

LOOKS: dict[str, Words] = {
    "people show": lambda _: [PHONE],
    "people export": lambda world: [world.patient, "--to", world.folder / "all.json"],
    "messages": lambda _: [],
    "tasks list": lambda _: [],
    "tasks show": lambda world: [world.task],
    "unsafe list": _held,
    "reunions": _reunion,
    "audit": lambda _: [],
}
"""The commands that show patients' data."""

ON_KAFKA = {"publish", "dead publish", "dead show"}
"""Acts and looks on Kafka: test_on_record.py."""

NEITHER = {
    "up": "runs the services",
    "run": "runs a service",
    "demo": "runs an invented clinic",
    "plan": "reads files, and shows what would come of them",
    "topics": "makes topics; what patients get does not change",
    "migrate": "changes tables; what patients get does not change",
    "doctor": "shows settings and faults, of no patient",
    "replies": "reads what is typed, and keeps nothing",
    "courses": "shows courses and counts, no patient",
    "places list": "shows places",
    "places unmapped": "shows places",
    "sources list": "shows sources",
    "tokens list": "shows whose tokens there are",
    "dead list": "shows reasons and names of things, no record",
    "words list": "shows words",
    "words show": "shows words",
    "words render": "shows words with invented data",
    "words check": "shows words",
    "words export": "shows words",
}
"""The other commands, and why they leave no row."""


def commands(group: Any = None, name: str = "") -> Iterator[str]:
    """Every command of `cocreate`, by its words."""
    group = group or typer.main.get_command(app)
    for word, command in cast("TyperGroup", group).commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{name}{word} ")
        else:
            yield f"{name}{word}"


def test_every_command_is_on_record_or_says_why_not() -> None:
    """A command that is added says here what it is: an act, a look, or neither and why."""
    listed = [*ACTS, *LOOKS, *ON_KAFKA, *NEITHER]
    assert sorted(listed) == sorted(commands())


@pytest.mark.parametrize("name", [*ACTS, *LOOKS])
def test_a_command_leaves_a_row(world: World, name: str) -> None:
    """In the operator's name, with what it was; an act in the transaction that did it, a look before it is shown."""
    typed = (ACTS | LOOKS)[name](world)
    before = {one.id for one in records(world.desk)}
    done = CliRunner().invoke(app, [*name.split(), *map(str, typed)])
    assert done.exit_code == 0 or name == "erase-at-provider", done.output  # nobody answers at the provider's
    (mine,) = [one for one in records(world.desk) if one.id not in before]
    assert (mine.who, mine.means, mine.action, mine.changes) == (operator(), Means.COMMAND, name, name in ACTS)
    whole = str(mine)
    assert not [secret for secret in ("7700", "900001", "thursday", "Ada's") if secret in whole]
    if any(typed[at] in {"--why", "--because"} for at in range(len(typed))):
        assert mine.why == typed[-1]
    if name.startswith(("people", "unsafe", "tasks", "erase", "messages")):
        assert world.patient in {str(one) for one in mine.patients}


@pytest.mark.parametrize("name", [name for name in ACTS if name != "erase-at-provider"])
def test_what_cannot_be_put_on_record_is_not_done(world: World, name: str) -> None:
    """Where the trail refuses the row, the act is undone with it: no second table says that it was done."""
    typed = ACTS[name](world)
    before = world.desk.do(_all_rows)
    world.desk.do(lambda c: c.execute("ALTER TABLE audit.entries ADD CONSTRAINT shut CHECK (id < 0) NOT VALID"))
    try:
        done = CliRunner().invoke(app, [*name.split(), *map(str, typed)])
        assert done.exit_code != 0
    finally:
        world.desk.do(lambda c: c.execute("ALTER TABLE audit.entries DROP CONSTRAINT shut"))
    assert world.desk.do(_all_rows) == before


async def _all_rows(connection: Connection) -> dict[str, str]:
    """A digest of what operators change, by table."""
    names = (
        *("places.places", "people.sources", "people.source_grants", "people.identifiers", "people.apart"),
        *("people.unsafe_phones", "gateway.tokens", "tasks.tasks", "words.templates", "schedule.messages"),
    )
    digest = "SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM {} t"
    return {name: await connection.fetchval(digest.format(name)) for name in names}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entries SET who = 'somebody else'",
        "UPDATE audit.entries SET why = 'x' WHERE false",
        "DELETE FROM audit.entries",
        "TRUNCATE audit.entries",
        """INSERT INTO audit.entries OVERRIDING SYSTEM VALUE SELECT * FROM audit.entries
        ON CONFLICT (id) DO UPDATE SET who = 'somebody else'""",
    ],
)
async def test_no_row_changes(pool: Pool, statement: str) -> None:
    """The database refuses it of everybody, of the tables' owner too."""
    async with pool.acquire() as connection:
        await trail.record(connection, AuditEntry(who="ada", means=Means.COMMAND, action="x", changes=True))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await connection.execute(statement)
        assert [one.who for one in await trail.load(connection, AuditFilter(), 10)] == ["ada"]


async def test_when_and_with_which_role_is_the_database_s_word(pool: Pool) -> None:
    """Whoever writes a row cannot date it back, nor write another role into it."""
    async with pool.acquire() as connection:
        await connection.execute(
            """INSERT INTO audit.entries (at, who, means, role, action, changes, why, patients, things, detail)
            VALUES ('2001-01-01', 'ada', 'command', 'somebody', 'x', true, '', '{}', '{}', '')"""
        )
        (one,) = await trail.load(connection, AuditFilter(), 10)
        assert one.role == await connection.fetchval("SELECT session_user")
        assert abs(datetime.now(UTC) - one.at) < timedelta(minutes=5)


def test_no_variable_names_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is the system's: getpass would take it from LOGNAME, USER, LNAME or USERNAME."""
    before = operator()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER", "COCREATE_OPERATOR"):
        monkeypatch.setenv(name, "somebody-else")
    assert getpass.getuser() == "somebody-else"
    assert operator() == before
    assert pwd.getpwuid(os.getuid()).pw_name in before


@pytest.mark.parametrize(
    ("said", "name"),
    [("4294967295", "{}"), ("not a number", "{}"), ("0", "{}"), ("1", "{} (daemon)"), ("4000000", "{}")],
    ids=["nobody logged in", "unreadable", "themselves", "somebody else first", "a user that is not known here"],
)
def test_who_became_root_has_both_names(said: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who logged in at first stands beside whom they became; where nobody is known to have, the one name."""
    (tmp_path / "loginuid").write_text(str(os.getuid()) if said == "0" else said)
    monkeypatch.setattr(on_record, "LOGIN", tmp_path / "loginuid")
    assert operator() == name.format(pwd.getpwuid(os.getuid()).pw_name)


class TestList:
    """`cocreate audit`."""

    def test_by_patient_operator_and_day(self, world: World) -> None:
        """Who did what to a patient, what one operator did, and what was done since."""
        world.desk("tasks", "close", world.task)
        world.desk("places", "import", world.file("places.csv", PLACES_FILE))
        shown = world.desk("audit", "--patient", PHONE)
        assert "tasks close" in shown
        assert "places import" not in shown
        assert "places import" in world.desk("audit", "--operator", operator(), "--since", "1h", "--acts")
        assert "Nothing is on record" in world.desk("audit", "--operator", "nobody")
        assert "Nothing is on record" in world.desk("audit", "--since", "2999-01-01")
        assert "(looked)" in world.desk("audit")
        assert "(looked)" not in world.desk("audit", "--acts")

    def test_of_somebody_forgotten(self, world: World) -> None:
        """What was done to a patient is found by our own id, though nothing else of them is kept."""
        gone = "7d8f4c1e-0000-4000-8000-000000000001"
        entry = AuditEntry(who="ada", means=Means.COMMAND, action="people part", changes=True, patients=(UUID(gone),))
        world.desk.do(lambda connection: trail.record(connection, entry))
        assert "people part" in world.desk("audit", "--patient", gone)
        assert "Nobody is known" in world.desk("audit", "--patient", "p-unknown", code=1)

    def test_of_a_patient_who_was_two(self, world: World) -> None:
        """Once records are one patient's, what was done to either is found by the one."""

        async def merged(connection: Connection) -> None:
            old = await connection.fetchval(
                "INSERT INTO people.patients (id, merged_into) VALUES (gen_random_uuid(), $1) RETURNING id",
                world.patient,
            )
            entry = AuditEntry(who="ada", means=Means.COMMAND, action="unsafe hold", changes=True, patients=(old,))
            await trail.record(connection, entry)

        world.desk.do(merged)
        assert "unsafe hold" in world.desk("audit", "--patient", PHONE)

    def test_as_a_file(self, world: World) -> None:
        """A row an entry, harmless to a spreadsheet, for its owner's eyes alone."""
        entry = AuditEntry(who="ada", means=Means.COMMAND, action="x", changes=True, why="=1+1\x1b[31m")
        world.desk.do(lambda connection: trail.record(connection, entry))
        assert "Wrote" in world.desk("audit", "--csv", "trail.csv")
        file = world.folder / "trail.csv"
        assert file.stat().st_mode & 0o777 == 0o600
        (row,) = [row for row in csv.DictReader(file.read_text().splitlines()) if row["who"] == "ada"]
        assert row["why"].startswith("'=1+1")
        assert "\x1b" not in row["why"]
        assert "x,yes" in world.desk("audit", "--csv", "-")


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("12h", NOW - timedelta(hours=12)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("2026-11-23T09:00:00+01:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
    ],
)
def test_since_when(text: str, at: datetime) -> None:
    """A span before now, a day in London, or an instant."""
    assert since_when(text, NOW) == at


@pytest.mark.parametrize("text", ["", "yesterday", "7", "-7d", "7w", "99999d", "2026-13-01"])
def test_what_is_no_time(text: str) -> None:
    """It is refused with how to write one."""
    with pytest.raises(CommandRefused, match=r"2026-11-23, 12h or 7d"):
        since_when(text, NOW)
