"""The HTTP server of every service: what it owes to clients that keep their connections."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession
from starlette.applications import Starlette

from shared.platform import health

LONGEST_IDLE = 60  # seconds that load balancers keep a connection for their next request


async def test_a_connection_outlives_what_clients_keep_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer it stays open for longer than a client would use it again: else that request is reset."""
    loop = asyncio.get_running_loop()
    later, idle = loop.call_later, []

    def watched(delay: float, callback: Callable[..., object], *args: Any, **more: Any) -> asyncio.TimerHandle:
        if getattr(callback, "__name__", "") == "timeout_keep_alive_handler":
            idle.append(delay)
        return later(delay, callback, *args, **more)

    monkeypatch.setattr(loop, "call_later", watched)
    async with (
        health.serve(Starlette(), "127.0.0.1", 0) as port,
        ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert answer.status == 404
    assert idle
    assert min(idle) > LONGEST_IDLE
