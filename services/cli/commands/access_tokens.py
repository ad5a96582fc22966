"""Issues, lists and withdraws the access tokens of whoever posts to the gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from services.cli import on_record
from services.cli.commands.audit_list import LONDON, SPAN, since_when
from services.cli.harmless import tamed
from services.cli.on_record import operator
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import database_url
from services.gateway import issued_tokens
from services.gateway.issued_tokens import IssuedToken, NewToken
from services.gateway.tokens import BadTokens, Tokens, mint
from shared.platform import clock, database
from shared.platform.clock import Connection

T = TypeVar("T")

COLUMNS = (
    Column("name"),
    Column("whose", Fit.PROSE),
    Column("sources", Fit.THING),
    Column("issued"),
    Column("expires"),
    Column("withdrawn", Fit.PROSE),
)


def issue_token(name: str, issued_to: str, source: Sequence[str], expires: str) -> None:
    """Issue a token and print it, once.

    Raises:
        CommandRefused: no name or source, nobody's, given before, or over already.

    """
    if not issued_to.strip():
        raise CommandRefused("Say whose it is: --for, a person or a system.")
    try:
        token, entry = mint(name, source[0])
        for one in source[1:]:
            Tokens.of(":".join([*entry.split(":")[:2], one]))
    except BadTokens as error:
        raise CommandRefused(str(error)) from None
    digest = bytes.fromhex(entry.split(":")[1])
    sources = tuple(dict.fromkeys(one.strip().rstrip("/") for one in source))

    async def kept(connection: Connection) -> datetime:
        until = _until(expires, await clock.real(connection))
        new = NewToken(
            name=name,
            digest=digest,
            issued_to=issued_to.strip(),
            sources=sources,
            issued_by=operator(),
            expires_at=until,
        )
        if not await issued_tokens.issue(connection, new):
            raise CommandRefused(f"A token {name} was issued before; a name stays whose it was. Give another.")
        detail = f"for {new.issued_to}, until {until:%Y-%m-%d}"
        await on_record.act(connection, "tokens issue", things=[f"token/{name}", *sources], detail=detail)
        return until

    until = asyncio.run(_with_connection(kept))
    print(token)  # noqa: T201 - to be copied whole
    shown = f"{until.astimezone(LONDON):%d %b %Y %H:%M}"
    out.print(f"Give this token to {tamed(issued_to.strip())}; it is shown once. Until {tamed(shown)}.", soft_wrap=True)


def list_tokens() -> None:
    """Print every token that was issued."""
    found = asyncio.run(_with_connection(issued_tokens.load))
    if not found:
        out.print("No token was issued yet.")
        return
    show(Listing(title="Access tokens", columns=COLUMNS, rows=[_row(one) for one in found]))


def withdraw_token(name: str, why: str) -> None:
    """Withdraw a token, in the operator's name and on record.

    Raises:
        CommandRefused: no reason, or no such token stands.

    """
    if not why.strip():
        raise CommandRefused('Say why, for the record: --why "…".')

    async def gone(connection: Connection) -> None:
        if not await issued_tokens.withdraw(connection, name, operator(), why.strip()):
            raise CommandRefused(f"No token {name} stands; see `cocreate tokens list`.")
        await on_record.act(connection, "tokens withdraw", why=why.strip(), things=[f"token/{name}"])

    asyncio.run(_with_connection(gone))
    out.print(f"Withdrawn: {tamed(name)}. Gateways refuse it within {tamed(issued_tokens.CACHED_SECONDS)} seconds.")


def _until(text: str, now: datetime) -> datetime:
    span = SPAN.fullmatch(text.strip())
    until = now + (now - since_when(text, now)) if span else since_when(text, now)
    if until <= now:
        raise CommandRefused("It would have expired already; give a day to come, or a span such as 180d.")
    return until


def _row(one: IssuedToken) -> list[str]:
    gone = one.withdrawn_at
    withdrawn = f"{gone:%Y-%m-%d} by {one.withdrawn_by}: {one.withdrawn_because}" if gone else ""
    over = "" if one.is_valid or withdrawn else " (over)"
    issued = f"{one.issued_at:%Y-%m-%d} by {one.issued_by}"
    return [one.name, one.issued_to, "\n".join(one.sources), issued, f"{one.expires_at:%Y-%m-%d}{over}", withdrawn]


async def _with_connection(work: Callable[[Connection], Awaitable[T]]) -> T:
    async with (
        database.connect_at_once(database_url()) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        return await work(connection)
