"""A terminal at which commands are typed, with a database behind it or with nothing at all."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from services.cli.terminal import err, out
from shared.platform.clock import Connection
from tests.harness import INDEX_KEY, KEYS
from tests.tables import Tables


class Terminal:
    """Runs commands as a person would."""

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """What a command prints; it must end with this code."""
        done: Result = CliRunner().invoke(app, list(map(str, words)))
        assert done.exit_code == code, done.output
        return done.output


class Desk(Terminal):
    """A terminal that names its database, in which every service has started once."""

    def __init__(self, url: str) -> None:
        self.url = url

    def do(self, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        """Something on a connection of its own."""

        async def connected() -> Any:
            connection = await asyncpg.connect(self.url)
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(connected())


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A wide terminal in an empty folder; nothing runs, and the environment names nothing."""
    for name in ("DATABASE_URL", "KAFKA_URL", "KEYS", "INDEX_KEY", "LINK_DOMAINS"):
        monkeypatch.delenv(f"COCREATE_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    for console in (out, err):
        monkeypatch.setattr(console, "width", 300)
    return Terminal()


@pytest.fixture
def desk(terminal: Terminal, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The same with a database."""
    for name, value in (("DATABASE_URL", tables.url), ("KEYS", KEYS), ("INDEX_KEY", INDEX_KEY)):
        monkeypatch.setenv(f"COCREATE_{name}", value)
    desk = Desk(tables.url)
    desk.do(tables.clear)
    return desk
