"""`cocreate doctor`: checks settings, Kafka, the database and the wordings, and prints each fault with its cure."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import typer

from services.cli.catalogue import entries
from services.cli.commands import carrier
from services.cli.commands.registry import too_long
from services.cli.harmless import tamed
from services.cli.settings_tables import variables_file
from services.cli.terminal import CommandRefused, out
from services.cli.where import NothingRunsError, is_set, running, settings
from services.cli.words.wordings import called
from services.delivery.settings import Settings as DeliverySettings
from services.gateway.tokens import BadTokens, mint
from shared.clinic import places
from shared.kafka import client, topics
from shared.kafka.client import KafkaAway
from shared.platform import clock, database
from shared.platform.database import DatabaseError
from shared.schedule import heartbeats
from shared.schedule.states import Why
from shared.security.encryption import new_key
from shared.settings import PREFIX, Connections, KafkaConnection, SettingsError
from shared.words import store
from shared.words.unfit import Unfit

PASSING = [Why.PLANNED, Why.OUTSIDE_WINDOW, Why.DAILY_CAP, Why.EARLIER_ON_ITS_WAY, Why.RESEND, Why.NEXT_CHANNEL]
"""Reasons to wait that end by themselves, so that no fault is reported."""

OVERDUE = """
SELECT why, count(*) AS number FROM schedule.messages
WHERE state = 'scheduled' AND send_at < $1 AND why <> ALL($2) GROUP BY why ORDER BY number DESC
"""


def print_keys() -> None:
    """Print newly generated keys as environment variables."""
    out.print(f"{PREFIX}KEYS={secrets.token_hex(2)}:{new_key()}", highlight=False, soft_wrap=True)
    out.print(f"{PREFIX}INDEX_KEY={new_key()}", highlight=False, soft_wrap=True)
    out.print(f"{PREFIX}LINK_KEYS={new_key()}", highlight=False, soft_wrap=True)


def print_event_token(name: str, source: str) -> None:
    """Print a new token for a client of the gateway, and its entry for the gateway's setting."""
    try:
        token, entry = mint(name, source)
    except BadTokens as error:
        raise CommandRefused(str(error)) from None
    print(token)  # noqa: T201 - to be copied whole
    out.print("Give this token to whoever posts, and add its entry to the gateway's setting:", highlight=False)
    out.print(f"{PREFIX}EVENT_TOKENS={entry}", highlight=False, soft_wrap=True)


def print_example() -> None:
    """Print `.env.example`."""
    print(variables_file(), end="")  # noqa: T201 - a file's text, not for the console's markup


def examine() -> None:
    """Run all checks, print their faults, and exit with 1 where there is one."""
    if not running() and not is_set("kafka_url") and not is_set("database_url"):
        raise NothingRunsError
    found = list(_settings())
    if running():
        out.print("`cocreate up` runs in this folder; looking at its engines.")
    for name, check in (("Kafka", _kafka), ("PostgreSQL", _database)):
        faults = asyncio.run(check())
        out.print(f"{'[red]✗[/]' if faults else '[green]✓[/]'} {tamed(name)}")
        found += faults
    _print_manual_checks()
    for fault in dict.fromkeys(found):
        out.print(f"  [red]•[/] {tamed(fault)}", highlight=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)
    out.print("All is well.")


def _print_manual_checks() -> None:
    """Print the checks of Twilio's keywords that only a person can make; none where the sandbox replaces Twilio."""
    try:
        delivery = settings(DeliverySettings)
    except (NothingRunsError, SettingsError):
        return
    if not (urlsplit(delivery.twilio_api_url).hostname or "").endswith("twilio.com"):
        return
    out.print("[yellow]?[/] Twilio's own words")
    for line in carrier.manual_checks(delivery.twilio_sender):
        out.print(f"  [yellow]•[/] {tamed(line)}", highlight=False, soft_wrap=True)


def _settings() -> Iterator[str]:
    up = bool(running())
    for entry in entries():
        if up and not os.environ.get(f"{PREFIX}TWILIO_ACCOUNT_SID"):
            continue  # `up` makes these itself, for the sandbox
        try:
            settings(entry.settings)
        except SettingsError as error:
            yield from (f"{entry.name}: {fault}" for fault in error.faults)
            out.print(f"[red]✗[/] settings of {entry.name}")
        else:
            out.print(f"[green]✓[/] settings of {entry.name}")


async def _kafka() -> list[str]:
    try:
        missing = await client.reach(settings(KafkaConnection), [topic.name for topic in topics.topics()])
    except (KafkaAway, SettingsError) as error:
        return [f"{error}"]
    return [f"topics {', '.join(sorted(missing))} are missing: run `cocreate topics`"] if missing else []


async def _database() -> list[str]:
    try:
        async with database.connect_at_once(settings(Connections).database_url) as pool, pool.acquire() as connection:
            moment = await clock.read(connection)
            awaited = {entry.name for entry in entries() if entry.awaited}
            behind = awaited - await heartbeats.caught_up(connection, moment.earlier(heartbeats.HEARTBEAT_LIFE))
            overdue = await connection.fetch(OVERDUE, moment.now, PASSING)
            unfit = await store.unfitting(connection)
            known = (await places.load(connection)).known.values()
            carried = await carrier.disagreements(connection, moment.now)
    except (DatabaseError, SettingsError) as error:
        return [f"{error}"]
    faults = [
        f"{name} has not said lately that it is caught up: nothing is sent until it runs" for name in sorted(behind)
    ]
    faults += [
        f"{row['number']} due and waiting: {row['why']} (see `cocreate messages --state scheduled`)" for row in overdue
    ]
    return [*faults, *carried, *map(_no_longer_fits, unfit), *(fault for place in known for fault in too_long(place))]


def _no_longer_fits(one: Unfit) -> str:
    slot = one.wording.slot
    cure = f"import others, or publish what is shipped (`cocreate words show {slot.planner}/{slot.name} --versions`)"
    told = f"{called(slot)} version {one.wording.version} no longer fits its message, which waits: {one.why}"
    return f"{told.rstrip('.')}: {cure}"
