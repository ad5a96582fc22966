"""`cocreate tasks`: what is to be done, in words, and what became of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest

from services.cli.commands.tasks import close_task, list_tasks
from services.cli.on_record import operator
from services.cli.terminal import CommandRefused, out
from shared.platform import clock
from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule import task_list, tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Task
from tests.harness import INDEX_KEY, KEYS
from tests.tables import Tables

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
THING = "urn:riverside/appointment/1001"

T = TypeVar("T")


def task(key: str, due_in: timedelta = timedelta(days=1)) -> Task:
    due_at = MONDAY + due_in
    return Task(
        kind=TaskKind.REACH_OTHERWISE,
        key=key,
        patient_id=UUID(int=1),
        things=(THING,),
        why=Why.OTHER_FORMAT,
        due_at=due_at,
        expires_at=MONDAY + timedelta(days=2),
    )


@pytest.fixture
def database(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Connection], Awaitable[T]]], T]:
    """An empty desk on a Monday morning, in a wide terminal that names its engines; runs work on a connection."""
    for name, value in (("DATABASE_URL", tables.url), ("KEYS", KEYS), ("INDEX_KEY", INDEX_KEY)):
        monkeypatch.setenv(f"COCREATE_{name}", value)
    monkeypatch.setattr(out, "width", 200)

    def run(work: Callable[[Connection], Awaitable[T]]) -> T:
        async def connected() -> T:
            connection = await asyncpg.connect(tables.url)
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(connected())

    async def empty(connection: Connection) -> None:
        await tables.clear(connection)
        await clock.turn(connection, MONDAY, rate=0)

    run(empty)
    return run


def test_the_list_says_what_to_do_about_what_and_by_when(database: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Each task shows the beginning of its id, its sentence, its things, its local deadline, and whether it is late."""
    list_tasks(closed=False, as_json=False, limit=50)
    assert "Nothing to do." in capsys.readouterr().out
    late = task("late", timedelta(hours=-1))
    database(lambda connection: tasks.raise_tasks(connection, [task("in time"), late], MONDAY))
    list_tasks(closed=False, as_json=False, limit=50)
    shown = capsys.readouterr().out
    assert shown.index(str(late.id)[:8]) < shown.index(str(task("in time").id)[:8])
    for said in ("reach this patient another way", THING, "Mon 16 Nov 08:00, overdue", "Tue 17 Nov 09:00 "):
        assert said in shown


def test_each_line_of_json_is_a_task(database: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read one object a line, and no patient's id is in it."""
    database(lambda connection: tasks.raise_tasks(connection, [task("1"), task("2")], MONDAY))
    list_tasks(closed=False, as_json=True, limit=50)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["id"] for line in lines} == {str(task("1").id), str(task("2").id)}
    assert {line["kind"] for line in lines} == {"reach_otherwise"}
    assert str(UUID(int=1)) not in json.dumps(lines)


def test_a_task_is_closed_by_the_beginning_of_its_id(database: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What is closed is off the list and among the closed, with what became of it and whose login said so."""
    database(lambda connection: tasks.raise_tasks(connection, [task("1")], MONDAY))
    close_task(str(task("1").id)[:8], "in_vain")
    assert "somebody tried, in vain" in capsys.readouterr().out
    list_tasks(closed=False, as_json=False, limit=50)
    list_tasks(closed=True, as_json=False, limit=50)
    shown = capsys.readouterr().out
    assert "Nothing to do." in shown
    assert "somebody tried, in vain" in shown
    assert database(lambda connection: connection.fetchval("SELECT closed_by FROM tasks.tasks")) == operator()


REFUSALS = [
    ("no such task", "0badcafe", "done", "No open task is called '0badcafe'"),
    ("wildcards", "%", "done", "No open task"),
    ("no id at all", "", "done", "No open task"),
    ("no such outcome", "0badcafe", "perhaps", "there are done, in_vain, not_needed"),
    ("an outcome of ours", "0badcafe", "lapsed", "no outcome 'lapsed'"),
]


@pytest.mark.parametrize(("beginning", "outcome", "says"), [c[1:] for c in REFUSALS], ids=[c[0] for c in REFUSALS])
def test_what_cannot_be_closed_is_refused(database: Any, beginning: str, outcome: str, says: str) -> None:
    """A wrong id or outcome is refused with the cure, and nothing is closed."""
    database(lambda connection: tasks.raise_tasks(connection, [task("1")], MONDAY))
    with pytest.raises(CommandRefused, match=says):
        close_task(beginning, outcome)
    assert len(database(task_list.list_tasks)) == 1


def test_an_id_that_could_be_several_closes_none(database: Any) -> None:
    """Of seventeen tasks two begin alike: their first character is not enough."""
    those = [task(str(number)) for number in range(17)]
    database(lambda connection: tasks.raise_tasks(connection, those, MONDAY))
    beginnings = [str(one.id)[0] for one in those]
    with pytest.raises(CommandRefused, match="Several open tasks begin with"):
        close_task(max(beginnings, key=beginnings.count), "done")


def test_a_patient_whom_nobody_knows_has_no_list(database: Any) -> None:
    """Asking for the tasks of somebody unknown says so, instead of that there is nothing to do."""
    with pytest.raises(CommandRefused, match="Nobody is known by that"):
        list_tasks("nobody", closed=False, as_json=False, limit=50)
