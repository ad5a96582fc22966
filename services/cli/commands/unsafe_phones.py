"""Lists, holds and lifts phones that somebody else may read, with who did it and why."""

import asyncio
from zoneinfo import ZoneInfo

from services.cli import on_record
from services.cli.on_record import operator
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from shared.clinic.patient import Contact
from shared.patients import unsafe_phones
from shared.patients.person import address_of
from shared.patients.unsafe_phones import UnsafeRecord
from shared.platform import clock
from shared.platform.clock import Connection
from shared.schedule import reconciliation, unsafe_tasks
from shared.settings import Connections

LONDON = ZoneInfo("Europe/London")


def list_unsafe(*, lifted_too: bool) -> None:
    """Print the phones that are held, the oldest first. It shows no number: only blind indexes are kept."""
    found = asyncio.run(_known(lifted_too=lifted_too))
    if not found:
        out.print("No phone is held as unsafe.")
        return
    columns = [Column("phone"), Column("since"), Column("said by"), Column("whose", Fit.THING)]
    if lifted_too:
        columns.append(Column("lifted", Fit.PROSE))
    rows = []
    for one in found:
        row = [
            f"#{one.id}",
            f"{one.since_at.astimezone(LONDON):%a %d %b %Y %H:%M}",
            one.reported_by,
            "\n".join(map(str, one.patients)) or "nobody whom we know",
        ]
        rows.append((*row, _lifted(one)) if lifted_too else tuple(row))
    show(Listing(title="Do not text or call", columns=tuple(columns), rows=rows))
    out.print("Once the patient has said in a safe way that it is safe: [bold]cocreate unsafe lift #N --because …[/]")


def hold_phone(phone: str, because: str) -> None:
    """Hold a phone of which somebody told us otherwise than by text.

    Raises:
        CommandRefused: it is no mobile number, or no reason is given.

    """
    asyncio.run(_hold(phone, _reason(because)))
    out.print("Nothing goes to this phone any more, for whoever has it.")


def lift_phone(phone: str, because: str) -> None:
    """Let messages go to a phone again, and note who said so and why.

    Raises:
        CommandRefused: nothing holds this phone, or no reason is given.

    """
    asyncio.run(_lift(phone, _reason(because)))
    out.print("Messages go to this phone again. What the patient stopped stays stopped.")


def _reason(because: str) -> str:
    if not because.strip():
        raise CommandRefused("Say why: how you know, and from whom.")
    return because.strip()


def _lifted(one: UnsafeRecord) -> str:
    if one.lifted_at is None:
        return ""
    return f"{one.lifted_at.astimezone(LONDON):%a %d %b %Y %H:%M} by {one.lifted_by}: {one.lifted_because}"


async def _known(*, lifted_too: bool) -> list[UnsafeRecord]:
    async with reachable(settings(Connections)) as pool, pool.acquire() as connection:
        found = await unsafe_phones.known(connection, lifted_too=lifted_too)
        whose = {patient for one in found for patient in one.patients}
        await on_record.look(connection, "unsafe list", patients=whose, detail=f"{len(found)} phones")
        return found


async def _hold(phone: str, because: str) -> None:
    connections = settings(Connections)
    value = address_of(Contact(channel="sms", value=phone), connections.region)
    if value is None:
        raise CommandRefused("That is no mobile number.")
    address = connections.encryption().index(value)
    async with reachable(connections) as pool, pool.acquire() as connection, connection.transaction():
        holders = await unsafe_phones.lock_holders(connection, [address])
        now = (await clock.read(connection)).now
        await unsafe_phones.hold(connection, {address: f"{operator()}: {because}"}, now)
        await unsafe_tasks.mark_unsafe(connection, [address])
        await reconciliation.recheck(connection, holders)
        await on_record.act(connection, "unsafe hold", why=because, patients=holders)


async def _lift(phone: str, because: str) -> None:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection, connection.transaction():
        address = await _named(connection, connections, phone.strip())
        holders = await unsafe_phones.lock_holders(connection, [address] if address else [])
        now = (await clock.read(connection)).now
        if address is None or not await unsafe_phones.lift(connection, address, operator(), because, now):
            raise CommandRefused("Nothing holds this phone; `cocreate unsafe list` shows those that are held.")
        await unsafe_tasks.unmark_unsafe(connection, address)
        await reconciliation.recheck(connection, holders)
        await on_record.act(connection, "unsafe lift", why=because, patients=holders)


async def _named(connection: Connection, connections: Connections, phone: str) -> bytes | None:
    """The blind index of a phone, by its number or by its place in the list."""
    if phone.startswith("#") and phone[1:].isdecimal():
        return await unsafe_phones.numbered(connection, int(phone[1:]))
    value = address_of(Contact(channel="sms", value=phone), connections.region)
    return None if value is None else connections.encryption().index(value)
