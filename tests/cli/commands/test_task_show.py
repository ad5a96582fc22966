"""`cocreate tasks show`: one task, and the words that a patient texted, for the person who is to read them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import pytest

from services.cli.commands.tasks import close_task, list_tasks, show_task
from services.cli.terminal import CommandRefused, out
from shared.rules.task_requests import KINDS, TaskKind
from shared.security.encryption import Encryption
from tests.harness import INDEX_KEY, KEYS, MONDAY, Harness, appointment
from tests.tables import Tables

T = TypeVar("T")
DUE = MONDAY + timedelta(days=14, hours=8)


@pytest.fixture
def run(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Harness], Awaitable[T]]], T]:
    """Runs work on an empty world, in a wide terminal that names its engines."""
    for name, value in (("DATABASE_URL", tables.url), ("KEYS", KEYS), ("INDEX_KEY", INDEX_KEY)):
        monkeypatch.setenv(f"COCREATE_{name}", value)
    monkeypatch.setattr(out, "width", 200)

    def run(work: Callable[[Harness], Awaitable[T]]) -> T:
        async def on_a_world() -> T:
            async with asyncpg.create_pool(tables.url, min_size=1, max_size=4) as pool:
                async with pool.acquire() as connection:
                    await tables.clear(connection)
                return await work(await Harness(pool, Encryption.of(KEYS, INDEX_KEY)).open())

        return asyncio.run(on_a_world())

    return run


def texts(*bodies: str, **more: Any) -> Callable[[Harness], Awaitable[str]]:
    """Ada was told of her appointment, and texts; the id of the first task."""

    async def work(harness: Harness) -> str:
        await harness.clinic_says(appointment())
        await harness.deliver_at(DUE)
        for body in bodies:
            await harness.phone_says(body, **more)
        return str((await harness.tasks())[0]["id"])

    return work


def test_it_shows_the_words_and_what_they_came_after(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads it sees the task, its things, when it is due, what the phone was sent before, and each word."""
    task = run(texts("can i come [bold]thursday[/] instead\nmy back \x1b[31m\u202ehurts"))
    show_task(task[:8])
    shown = capsys.readouterr().out
    for said in (
        task,
        "read what was texted to us",
        "appointment/1001",
        "Tue 01 Dec 2026 17:00 GMT",
        "agenda, sent there Mon 30 Nov 2026 17:00 GMT",
        "+447700900001",
        "can i come [bold]thursday[/] instead\nmy back \N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}hurts",
    ):
        assert said in shown
    list_tasks(closed=False, as_json=False, limit=50)
    assert "cocreate tasks show" in capsys.readouterr().out


def test_a_closed_one_can_be_shown(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What was closed can still be read, with what became of it."""
    task = run(texts("wrong number"))
    close_task(task[:8], "not_needed")
    show_task(task)
    assert "somebody found that it was not needed" in capsys.readouterr().out


def test_what_still_waits_is_said_and_can_be_let_go(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever closes as done what holds messages reads that they still wait, and how to let them go after all."""
    task = run(texts("wrong number"))
    close_task(task[:8], "done")
    assert f"cocreate tasks close {task[:8]} --as not_needed" in " ".join(capsys.readouterr().out.split())
    close_task(task[:8], "not_needed")
    assert "not needed" in capsys.readouterr().out
    with pytest.raises(CommandRefused, match="No open task"):
        close_task(task[:8], "not_needed")


def test_pictures_strangers_and_erased_words_say_so(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no more to show, the reason stands there."""
    task = run(texts("", pictures=2, phone="+447700900055"))
    show_task(task)
    shown = capsys.readouterr().out
    assert "2 came with it; they are not kept" in shown
    assert "nobody whom we know" in shown

    async def erased(harness: Harness) -> str:
        found = await texts("my back")(harness)
        await harness.pool.execute("UPDATE texts.texts SET sealed = NULL, key_id = NULL")
        return found

    show_task(run(erased))
    assert "its words have been erased" in capsys.readouterr().out


def test_what_cannot_be_shown_is_refused(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such task, or a key that is not configured: a sentence with the cure, and no traceback."""
    task = run(texts("my back"))
    with pytest.raises(CommandRefused, match="No task is called '0badcafe'"):
        show_task("0badcafe")
    monkeypatch.setenv("COCREATE_KEYS", "other:" + "D" * 43 + "=")
    with pytest.raises(CommandRefused, match="add it behind the newest in COCREATE_KEYS"):
        show_task(task)


def test_every_kind_is_listed_in_words(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What each kind of task asks for stands in the list as a sentence."""

    async def work(harness: Harness) -> None:
        await texts("my back", "i want to die", "CANCEL", "my mum passed away", "wrong number")(harness)

    run(work)
    list_tasks(closed=False, as_json=False, limit=50)
    shown = " ".join(capsys.readouterr().out.split())
    for said in (
        "read what was texted",
        "read this text now",
        "CANCEL was texted",
        "has died, as we were told",
        "whose phone",
    ):
        assert said in shown
    assert set(KINDS) == set(TaskKind)
