"""Runs every service in one process, with embedded Kafka and PostgreSQL unless the environment names real ones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from faststream import FastStream

from services.cli.catalogue import entries
from services.cli.where import is_set, own_keys
from services.cli.words.gallery import samples
from services.gateway import app as gateway
from services.gateway.inbound import PATH as INBOUND
from services.gateway.settings import Settings as GatewaySettings
from services.sandbox.app import Sandbox, utc_now
from services.sandbox.cards import Label
from services.sandbox.settings import Settings as SandboxSettings
from shared.embedded import EmbeddedKafka, EmbeddedPostgres
from shared.kafka import client, topics
from shared.platform import database
from shared.settings import Connections, load

SANDBOX_SENDER = "+447700900999"  # in Ofcom's drama range, which is never assigned
PARTITIONS = 3


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a local stack.

    Attributes:
        data: folder of the embedded PostgreSQL and the sandbox's ledger.
        database: name of the embedded database.
        sandbox: settings of the sandbox, beside its account.
        services: settings that differ from the environment's, by service.
        connections: the same, of every service.
        own: embedded engines and the sandbox, whatever the environment says.
        now: the clock that the sandbox shows.
        label: who is who on the sandbox's page.

    """

    data: Path
    database: str = "cocreate"
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    connections: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False
    now: Callable[[], datetime] = utc_now
    label: Label | None = None


@dataclass
class LocalStack:
    """A running local stack and its addresses."""

    settings: Connections
    sandbox: Sandbox | None
    gateway: str
    embedded: tuple[str, ...]

    @property
    def addresses(self) -> dict[str, str | None]:
        """The addresses by name, as `var/up.json` holds them."""
        smtp = self.sandbox.smtp_address if self.sandbox else None
        return {
            "kafka": self.settings.kafka_url,
            "database": self.settings.database_url,
            "gateway": self.gateway,
            "sandbox": self.sandbox.url if self.sandbox else None,
            "smtp": f"{smtp[0]}:{smtp[1]}" if smtp else None,
        }


@asynccontextmanager
async def open_local_stack(options: Options) -> AsyncIterator[LocalStack]:
    """Start engines, gateway, sandbox and services while entered; stop them in reverse order."""
    async with AsyncExitStack() as stack:
        engines, embedded, broker = _engines(stack, options)
        given = {**engines, **options.connections, "health_port": 0}
        connections = load(Connections, **given)
        async with database.connect(connections.database_url, 2):
            await asyncio.to_thread(database.migrate, connections.database_url)
        await client.wait_until_reachable(connections)
        if broker is not None:  # it creates topics for its own process only, not for an admin client
            for topic in topics.topics(PARTITIONS):
                broker.create_topic(topic.name, topic.partitions)
        else:
            await client.create_topics(connections, topics.topics(PARTITIONS), replicas=1)
        door = await _gateway(stack, options, given)
        sandbox = await _sandbox(stack, options, door)
        given |= _provider(sandbox)
        apps: list[FastStream] = [
            entry.create_app(load(entry.settings, **{**given, **options.services.get(entry.name, {})}))
            for entry in entries()
            if entry.create_app is not None
        ]
        for app in apps:
            await stack.enter_async_context(_running(app))
        yield LocalStack(connections, sandbox, door, embedded)


def _engines(stack: AsyncExitStack, options: Options) -> tuple[dict[str, Any], tuple[str, ...], EmbeddedKafka | None]:
    """Start embedded engines for those that the environment does not name; gives their settings, names and broker."""
    given: dict[str, Any] = dict(own_keys()) if options.own or not is_set("keys") else {}
    embedded, broker = [], None
    if options.own or not is_set("kafka_url"):
        broker = stack.enter_context(EmbeddedKafka())
        given["kafka_url"] = broker.url
        embedded.append("kafka")
    if options.own or not is_set("database_url"):
        options.data.mkdir(parents=True, exist_ok=True)
        postgres = stack.enter_context(EmbeddedPostgres(options.data / "postgres"))
        given["database_url"] = postgres.create_database(options.database)
        embedded.append("database")
    return given, tuple(embedded), broker


async def _gateway(stack: AsyncExitStack, options: Options, given: Mapping[str, Any]) -> str:
    """Start the gateway; where the sandbox replaces Twilio, with the sandbox's token. Gives the gateway's address."""
    overrides: dict[str, Any] = {k: v for k, v in given.items() if k in GatewaySettings.model_fields}
    if options.own or not is_set("twilio_account_sid"):
        overrides["twilio_auth_token"] = SandboxSettings().auth_token
    if options.own or not is_set("twilio_account_sid"):
        overrides["public_url"] = PUBLIC
    if options.own or not is_set("gateway_port"):
        overrides["gateway_port"] = 0  # var/up.json holds the port; 8000 is often in use
    port = await stack.enter_async_context(gateway.serve(load(GatewaySettings, **overrides)))
    return f"http://127.0.0.1:{port}"


PUBLIC = "https://cocreate.example.org"
"""The public address in the sandbox's signatures; its requests go to the gateway's real address."""


async def _sandbox(stack: AsyncExitStack, options: Options, door: str) -> Sandbox | None:
    if is_set("twilio_account_sid") and not options.own:
        return None
    wired = {"ledger": options.data / "sandbox.jsonl", "callback_via": door, "inbound_url": PUBLIC + INBOUND}
    settings = load(SandboxSettings, **{**wired, **options.sandbox})
    return await stack.enter_async_context(Sandbox(settings, now=options.now, label=options.label, gallery=samples))


def _provider(sandbox: Sandbox | None) -> dict[str, Any]:
    if sandbox is None:
        return {}
    host, port = sandbox.smtp_address
    return {
        "twilio_account_sid": sandbox.settings.account_sid,
        "twilio_auth_token": sandbox.settings.auth_token,
        "twilio_sender": SANDBOX_SENDER,
        "twilio_api_url": sandbox.url,
        "public_url": PUBLIC,
        "smtp_url": f"smtp+plain://{host}:{port}",
        "mail_from": "messages@riverside.example.org",
    }


@asynccontextmanager
async def _running(app: FastStream) -> AsyncIterator[None]:
    """Run a FastStream application while entered: `FastStream.run` would take over the process's signals."""
    async with app.lifespan_context():
        await app.start()
        try:
            yield
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await app.stop()
