"""What `cocreate people show` prints: who speaks of a patient, for which organisation, and of what."""

import asyncio
from uuid import UUID

from services.cli import on_record
from services.cli.harmless import tamed
from services.cli.on_record import operator
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from services.people import merging
from shared.patients import details, identity, sources
from shared.patients.person import Voice
from shared.patients.sources import Sources
from shared.patients.voices import FIELDS
from shared.platform import clock
from shared.settings import Connections

COLUMNS = (
    Column("source", Fit.THING),
    Column("organisation"),
    Column("by"),
    Column("NHS number"),
    Column("says", Fit.PROSE),
    Column("as of"),
)


def show_voices(patient: str) -> None:
    """Print who speaks of a patient, and of what; of each detail its name alone.

    Raises:
        CommandRefused: nobody is known by that.

    """
    found = asyncio.run(_read(patient))
    if not found:
        raise CommandRefused("Nobody of that name, number or address is known.")
    for one, rows in found.items():
        show(Listing(title=f"Patient {one}", columns=COLUMNS, rows=rows))
    if len(found) > 1:
        out.print(f"{len(found)} patients: nothing has shown yet that they are one.", soft_wrap=True)


def part_record(patient: str, source: str, why: str) -> None:
    """Part a source's record from the patient who is found by a text, in the operator's name and on record.

    Raises:
        CommandRefused: no reason; nobody, or no one record, is meant; or there is nothing to part it from.

    """
    if not why.strip():
        raise CommandRefused('Say why, for the record: --why "…".')
    alone = asyncio.run(_part(patient, source.strip().rstrip("/"), why.strip()))
    out.print(
        f"Parted: that record is of patient {tamed(alone)} now. Look: cocreate people show {tamed(alone)}",
        soft_wrap=True,
    )


async def _part(text: str, source: str, why: str) -> UUID:
    connections = settings(Connections)
    encryption = connections.encryption()
    async with reachable(connections) as pool, pool.acquire() as connection, connection.transaction():
        patients = await identity.search(connection, encryption, text)
        names = await identity.names_of(connection, patients)
        meant = [key for those in names.values() for key, one in those.items() if one == source]
        if len(meant) != 1:
            number = len(meant) or "no"
            raise CommandRefused(f"{number} records of {source} are found by that; look: `cocreate people show`.")
        moment = await clock.read(connection)
        alone = await merging.part(connection, meant[0], (operator(), why), moment.now, encryption)
        if alone is not None:
            await on_record.act(connection, "people part", why=why, patients={*patients, alone}, things=[source])
    if alone is None:
        raise CommandRefused("No other record is of that patient: there is nothing to part it from.")
    return alone


async def _read(text: str) -> dict[str, list[list[str]]]:
    connections = settings(Connections)
    encryption = connections.encryption()
    async with reachable(connections) as pool, pool.acquire() as connection:
        patients = await identity.search(connection, encryption, text)
        registry = await sources.load(connection)
        said = await details.voices(connection, encryption, patients)
        names = await identity.names_of(connection, patients)
        if patients:
            await on_record.look(connection, "people show", patients=patients)
    return {
        str(patient): [
            *(_row(voice, registry) for voice in said.get(patient, ())),
            *(_silent(source, registry) for source in _unheard(names.get(patient, {}), said.get(patient, ()))),
        ]
        for patient in patients
    }


def _row(voice: Voice, registry: Sources) -> list[str]:
    given = sorted(name for name in FIELDS if getattr(voice.details, name) not in {None, ()} and name != "nhs_number")
    number = "" if voice.details.nhs_number is None else "claimed"
    if number and not voice.embedded and voice.details.number_is_verified:
        number = "traced"
    how = "with its things" if voice.embedded else "its own record"
    return [voice.source, _whose(voice.source, registry), how, number, ", ".join(given), voice.version[:10]]


def _silent(source: str, registry: Sources) -> list[str]:
    return [source, _whose(source, registry), "name alone", "", "", ""]


def _unheard(names: dict[bytes, str], voices: list[Voice] | tuple[()]) -> list[str]:
    """The sources that have a name for a patient, and say nothing of them."""
    heard = {voice.reference for voice in voices}
    return sorted(source for reference, source in names.items() if reference not in heard)


def _whose(source: str, registry: Sources) -> str:
    registered = registry.known.get(source)
    return "its own" if registered is None else registered.organisation
