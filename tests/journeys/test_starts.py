"""How a service starts, as a program of its own: it runs, or says in one sentence what is wrong and what to do."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import pytest

from tests.engines import Postgres
from tests.journeys.stack_harness import StackHarness

COCREATE = Path(sys.executable).with_name("cocreate")

WRONG = [
    ("a number out of range", "COCREATE_HEARTBEAT_EVERY", "60"),
    ("a key that is none", "COCREATE_KEYS", "k1:short"),
]


async def _run(town: StackHarness, service: str, **env: str) -> Process:
    return await asyncio.create_subprocess_exec(
        COCREATE, "run", service, env={**town.env, **env, "COLUMNS": "500"}, cwd=town.logs, stdout=PIPE, stderr=STDOUT
    )


@pytest.mark.parametrize(("variable", "value"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_a_wrong_setting_stops_the_start(bare_town: StackHarness, variable: str, value: str) -> None:
    """A wrong setting ends `cocreate run` with 2 and the variable's name, and neither its value nor a traceback."""
    process = await _run(bare_town, "prompts", **{variable: value})
    said = (await process.communicate())[0].decode()
    assert process.returncode == 2
    assert variable in said
    assert value not in said
    assert "Traceback" not in said


async def test_a_database_without_tables_names_the_cure(bare_town: StackHarness, postgres: Postgres) -> None:
    """On a database that was never migrated a service ends with 1 and says `cocreate migrate`."""
    process = await _run(bare_town, "prompts", COCREATE_DATABASE_URL=postgres.create_database("journeys_empty"))
    said = (await process.communicate())[0].decode()
    assert process.returncode == 1
    assert "cocreate migrate" in said
    assert "Traceback" not in said


async def test_a_service_runs_until_it_is_told_to_stop(bare_town: StackHarness) -> None:
    """`cocreate run prompts`, as in production: it says that it runs, and ends with 0 on SIGTERM."""
    process = await _run(bare_town, "prompts")
    assert process.stdout is not None
    said = b""
    while b"prompts runs" not in said:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, f"it ended: {said.decode()}"
        said += line
    os.kill(process.pid, signal.SIGTERM)
    rest = (await process.communicate())[0].decode()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
