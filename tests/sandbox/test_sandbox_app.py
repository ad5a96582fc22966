"""The sandbox starts, stops, and keeps to this machine."""

import asyncio
import socket

import aiohttp
import aiosmtplib
import pytest
from pydantic import ValidationError

from services.sandbox.app import Sandbox
from services.sandbox.faults import Faults
from services.sandbox.settings import Settings
from tests.sandbox.outside import Sdk


async def test_both_servers_run_from_start_to_end(settings: Settings) -> None:
    """Within `async with` both answer on 127.0.0.1, and after it neither does."""
    async with Sandbox(settings) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        host, port = sandbox.smtp_address
        assert host == "127.0.0.1"
        async with aiohttp.ClientSession() as session, session.get(sandbox.url) as response:
            assert response.status == 200
        async with aiosmtplib.SMTP(hostname=host, port=port) as client:
            assert (await client.noop()).code == 250
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(sandbox.url)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await aiosmtplib.SMTP(hostname=host, port=port).connect()


async def test_it_stops_in_spite_of_open_requests(settings: Settings) -> None:
    """A hanging request, an open stream and an open mail connection don't hold up the end."""
    async with asyncio.timeout(10), aiohttp.ClientSession() as session:
        async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
            sandbox.set_faults(Faults(hang_after=1))
            hanging = asyncio.create_task(sdk.create())
            await session.get(f"{sandbox.url}/events")
            host, port = sandbox.smtp_address
            client = aiosmtplib.SMTP(hostname=host, port=port)
            await client.connect()
            await sandbox.ledger.changed(0)
        with pytest.raises(OSError, match="Connection"):
            await hanging
        client.close()


async def test_a_port_that_is_taken_is_an_ordinary_error(settings: Settings) -> None:
    """A taken port raises OSError and leaves nothing running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for wrong in (settings.model_copy(update={"http_port": port}), settings.model_copy(update={"smtp_port": port})):
            with pytest.raises(OSError, match="in use"):
                async with Sandbox(wrong):
                    pass


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and faults are given as JSON or field by field; every field says what it is."""
    monkeypatch.setenv("COCREATE_SANDBOX_BLOCKED", '["+447700900010"]')
    monkeypatch.setenv("COCREATE_SANDBOX_FAULTS__LATENCY", "0.5")
    settings = Settings()
    assert settings.blocked == {"+447700900010"}
    assert settings.faults == Faults(latency=0.5)
    assert all(field.description for field in Settings.model_fields.values())


def test_wrong_settings_are_refused_without_repeating_them() -> None:
    """A wrong value stops the start; the error doesn't show the value."""
    with pytest.raises(ValidationError) as caught:
        Settings(time_zone="Europe/Hogwarts", account_sid="secret")
    assert "time_zone" in str(caught.value)
    assert "Hogwarts" not in str(caught.value)
    assert "secret" not in str(caught.value)
