"""The addresses at which patients are found, each with the source that gave it, under blind indexes."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias
from uuid import UUID

from shared.patients.person import Voice, answers, safety
from shared.patients.whose_word import by_source
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.security.encryption import Encryption

FORGET_ADDRESSES = "DELETE FROM people.addresses WHERE patient_id = ANY($1)"

KEEP_ADDRESSES = """
INSERT INTO people.addresses (address, patient_id, source, may_answer, safe_to_text, safe_to_call)
SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[])
ON CONFLICT DO NOTHING
"""


GivenAddresses: TypeAlias = dict[tuple[bytes, str], tuple[bool, bool, bool]]
"""Addresses by blind index, each with the source that gave it.

Of each: whether an answer may come from there, whether it is safe to text, and to call.
"""


def of(encryption: Encryption, people: Mapping[UUID, Iterable[Voice]]) -> dict[UUID, GivenAddresses]:
    """Every address that a message could go to, which source gave it, and what may be done there."""
    found: dict[UUID, GivenAddresses] = {}
    for patient, voices in people.items():
        given = found.setdefault(patient, {})
        for source, one in by_source(voices).items():
            contacts = one.contacts or ()
            safe = safety(contacts, encryption.region)
            for value, may_answer in answers(contacts, encryption.region).items():
                given[encryption.index(value), source] = (may_answer, *safe[value])
    return found


async def keep(connection: Connection, addresses: Mapping[UUID, GivenAddresses]) -> None:
    """Have these patients found by these addresses, and by no others."""
    if addresses:
        rows = [
            (index, patient, source, *may)
            for patient, given in addresses.items()
            for (index, source), may in given.items()
        ]
        await connection.execute(FORGET_ADDRESSES, list(addresses))
        await connection.execute(KEEP_ADDRESSES, *columns(rows, 6))
