"""Finds Kafka, PostgreSQL and the keys: from the environment, or from the `cocreate up` that runs in this folder."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic_settings import BaseSettings

from services.cli.harmless import write_private
from shared.platform import database
from shared.security.encryption import new_key
from shared.settings import PREFIX, Connections, load

VAR = Path("var")
UP = VAR / "up.json"
KEYS = VAR / "keys.json"

S = TypeVar("S", bound=BaseSettings)


class NothingRunsError(Exception):
    """The environment names neither Kafka nor PostgreSQL, and no `cocreate up` runs in this folder."""

    def __str__(self) -> str:
        return (
            "Nothing runs here: start `cocreate up` in another terminal, "
            "or name your engines in COCREATE_KAFKA_URL and COCREATE_DATABASE_URL (see .env.example)."
        )


def running() -> dict[str, Any]:
    """The addresses of the `cocreate up` that runs in this folder; empty where none does."""
    try:
        found: dict[str, Any] = json.loads(UP.read_text())
    except (OSError, ValueError):
        return {}
    return found if _alive(found.get("pid")) else {}


def _alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def settings(of: type[S], **given: Any) -> S:
    """A service's settings from the environment; addresses and keys that it does not set, from `cocreate up`.

    Raises:
        NothingRunsError: the environment names neither Kafka nor PostgreSQL, and no `cocreate up` runs here.
        SettingsError: a variable is missing or wrong; the error names each.

    """
    up = running()
    if not up and not is_set("database_url" if issubclass(of, Connections) else "kafka_url"):
        raise NothingRunsError
    known: dict[str, Any] = {
        "kafka_url": up.get("kafka"),
        "database_url": up.get("database"),
        **(own_keys() if up else {}),
    }
    open_ones = {name: value for name, value in known.items() if value and not is_set(name) and name in of.model_fields}
    return load(of, **{**open_ones, **given})


def database_url() -> str:
    """Where the database is, for a command that needs no keys to personal details.

    Raises:
        NothingRunsError: neither the environment nor a `cocreate up` that runs here names one.

    """
    variable = f"{PREFIX}DATABASE_URL"
    found = os.environ.get(variable) or dotenv_values(".env").get(variable) or running().get("database")
    if not found:
        raise NothingRunsError
    return str(found)


def is_set(name: str) -> bool:
    """Whether the environment, or the file .env, sets this setting."""
    variable = PREFIX + name.upper()
    return bool(os.environ.get(variable) or dotenv_values(".env").get(variable))


def own_keys() -> dict[str, str]:
    """The encryption keys of this folder's embedded data, generated and stored at the first call."""
    try:
        keys: dict[str, str] = json.loads(KEYS.read_text())
    except (OSError, ValueError):
        keys = {"keys": f"{secrets.token_hex(2)}:{new_key()}", "index_key": new_key()}
    if "link_keys" not in keys:  # this folder's keys may be older than signed links
        keys["link_keys"] = new_key()
        KEYS.parent.mkdir(parents=True, exist_ok=True)
        write_private(KEYS, json.dumps(keys))
    return keys


def write_addresses(addresses: Mapping[str, object]) -> None:
    """Write the addresses of `cocreate up` to `var/up.json`."""
    UP.parent.mkdir(parents=True, exist_ok=True)
    UP.write_text(json.dumps({**addresses, "pid": os.getpid()}, indent=2) + "\n")


def reachable(connections: Connections) -> Any:
    """A connection pool for a command: connecting fails at once where the database is away, for a person waits."""
    return database.connect_at_once(connections.database_url)
