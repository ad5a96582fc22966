"""`cocreate erase-at-provider`: deletes at Twilio what it keeps of a patient's texts, theirs and ours."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from services.cli import on_record
from services.cli.terminal import CommandRefused, out, shows_errors_plainly
from shared.platform.clock import Connection

if TYPE_CHECKING:
    from services.delivery.settings import Settings

# Ours by every id that an attempt got, and theirs by the provider's own.
OF_PATIENTS = """
SELECT unnest(past_ids || provider_id) AS id FROM schedule.messages
WHERE patient_id = ANY($1) AND channel = 'sms' AND provider_id IS NOT NULL
UNION
SELECT id FROM texts.texts WHERE patients && $1
"""


@shows_errors_plainly
def erase_at_provider(
    patient: Annotated[str, typer.Argument(help="Local id, NHS number, phone number or our own id.")],
) -> None:
    """Delete a patient's texts at Twilio. What is sent or comes afterwards is kept there again."""
    gone, left = asyncio.run(_erase(patient))
    out.print(f"Deleted at Twilio, or gone before: {gone}")
    if left:
        raise CommandRefused(f"{left} are left: Twilio did not answer, or they are on their way. Say it again later.")


async def _erase(patient: str) -> tuple[int, int]:
    from services.cli.where import reachable, settings  # noqa: PLC0415 - --help need not wait
    from services.delivery.settings import Settings  # noqa: PLC0415
    from shared.patients import identity  # noqa: PLC0415

    delivery = settings(Settings)
    async with reachable(delivery) as pool, pool.acquire() as connection:
        found = await identity.search(connection, delivery.encryption(), patient)
        if not found:
            raise CommandRefused("Nobody is known by that; try the clinic's own id, the NHS number or a phone number.")
        ids = await texts_at_provider(connection, found)
        await on_record.act_elsewhere(connection, "erase-at-provider", patients=found, detail=f"{len(ids)} texts")
    return await erase_texts(delivery, ids)


async def erase_texts(delivery: "Settings", ids: Sequence[str]) -> tuple[int, int]:
    """Have the provider delete these texts; how many are gone, and how many are left."""
    from services.delivery.app import provider_of_texts  # noqa: PLC0415 - --help need not wait

    provider = provider_of_texts(delivery)
    try:
        return await provider.erase_all(ids)
    finally:
        await provider.close()


async def texts_at_provider(connection: Connection, patients: Sequence[UUID]) -> list[str]:
    """The provider's ids of all texts from and to these patients. They outlast an erasure here."""
    return [row["id"] for row in await connection.fetch(OF_PATIENTS, list(patients))]
