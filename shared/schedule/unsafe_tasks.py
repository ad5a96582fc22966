"""Open tasks say whether the phone that they are about is safe: nobody texts or calls one that somebody else reads."""

from collections.abc import Iterable

from shared.platform.clock import Connection

# Tasks that were raised before, for a patient who has such a phone, or about a text that came from it.
MARK_UNSAFE = """
UPDATE tasks.tasks t SET unsafe_phone = true
WHERE state = 'open' AND NOT unsafe_phone AND (
    EXISTS (SELECT FROM people.unsafe_patients u WHERE u.address = ANY($1) AND u.patient_id = t.patient_id)
    OR EXISTS (SELECT FROM texts.texts x WHERE x.id = t.text_id AND x.address = ANY($1)))
"""

UNMARK = """
UPDATE tasks.tasks t SET unsafe_phone = false
WHERE state = 'open' AND unsafe_phone
    AND NOT EXISTS (SELECT FROM people.unsafe_patients u WHERE u.patient_id = t.patient_id)
    AND EXISTS (SELECT FROM texts.texts x WHERE x.address = $1 AND (x.id = t.text_id OR t.patient_id = ANY(x.patients)))
"""


async def mark_unsafe(connection: Connection, addresses: Iterable[bytes]) -> None:
    """Have open tasks say that nobody may text or call these phones: the clinic hears it of each."""
    found = list(addresses)
    if found:
        await connection.execute(MARK_UNSAFE, found)


async def unmark_unsafe(connection: Connection, address: bytes) -> None:
    """Have open tasks say no more that this phone must not be called, where no other of the patient's is unsafe."""
    await connection.execute(UNMARK, address)
