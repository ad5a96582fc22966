"""What patients answered, and what clinics are told of it, in PostgreSQL. The words stay with the texts, sealed."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.events.topic_names import RESPONSES
from shared.platform import outbox
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.replies.agenda import split_agenda
from shared.rules.plan import Plan, Response
from shared.rules.reply import Reply
from shared.schedule import texts
from shared.security.encryption import Encryption, EncryptionError, Sealed

log = logging.getLogger("cocreate.planning")

KEEP = """
INSERT INTO schedule.replies (id, planner, patient_id, message_id, at, token, number, quiet)
SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::smallint[],
    $8::boolean[])
ON CONFLICT DO NOTHING
"""

REPLIES = """
SELECT r.id, r.at, r.planner, r.patient_id, r.message_id, m.kind, m.says, r.token, r.number, r.quiet,
    x.urgent <> '{}' AS is_urgent,
    CASE WHEN r.token IS NULL THEN x.key_id END AS key_id, CASE WHEN r.token IS NULL THEN x.sealed END AS sealed
FROM schedule.replies r JOIN schedule.messages m ON m.id = r.message_id JOIN texts.texts x ON x.id = r.id
WHERE r.patient_id = ANY($1) ORDER BY r.at, r.id
"""

TELL = """
INSERT INTO schedule.responses (id, planner, patient_id, type, things, at)
SELECT id, $1, patient_id, type, string_to_array(things, E'\\n'), at
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) AS n(id, patient_id, type, things, at)
ORDER BY at, id
ON CONFLICT DO NOTHING
RETURNING id
"""

# A text from a phone that several patients have is nobody's, unless it answers a message to one of them.
URGENT = """
SELECT coalesce(r.patient_id, x.patients[1]) AS patient_id, m.places
FROM texts.texts x LEFT JOIN schedule.replies r ON r.id = x.id
    JOIN schedule.messages m ON m.id = coalesce(r.message_id, x.after)
WHERE x.patients && $1 AND x.urgent <> '{}' AND x.received_at > $2
    AND (r.patient_id IS NOT NULL OR cardinality(x.patients) = 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A text that answers a message. `token` None: in own words, which stay with the text."""

    text_id: str
    planner: str
    patient_id: UUID
    message_id: UUID
    at: datetime
    token: str | None
    number: int | None
    quiet: bool


async def keep(connection: Connection, answers: Iterable[Answered]) -> None:
    """Keep which messages these texts of locked patients answer."""
    rows = [(a.text_id, a.planner, a.patient_id, a.message_id, a.at, a.token, a.number, a.quiet) for a in answers]
    if rows:
        await connection.execute(KEEP, *columns(rows, 8))


async def load(
    connection: Connection, encryption: Encryption, patients: Iterable[UUID]
) -> dict[UUID, tuple[Reply, ...]]:
    """All that these patients answered, the oldest first.

    Words that cannot be opened, for their key is not configured, are none: a cancellation must not wait for them.
    """
    found: dict[UUID, tuple[Reply, ...]] = {}
    for row in await connection.fetch(REPLIES, list(patients)):
        items = () if row["sealed"] is None else _items(encryption, row["id"], Sealed(row["key_id"], row["sealed"]))
        reply = Reply(
            id=row["id"],
            at=row["at"],
            planner=row["planner"],
            message_id=row["message_id"],
            kind=row["kind"],
            said=json.loads(row["says"]),
            token=row["token"],
            number=row["number"],
            items=items,
            quiet=row["quiet"],
            is_urgent=row["is_urgent"],
        )
        found[row["patient_id"]] = (*found.get(row["patient_id"], ()), reply)
    return found


async def urgent(connection: Connection, patients: Iterable[UUID], since: datetime) -> list[tuple[UUID, list[str]]]:
    """The texts with words of danger that came from these patients: whose each is, and the places it followed."""
    return [(row["patient_id"], row["places"]) for row in await connection.fetch(URGENT, list(patients), since)]


def _items(encryption: Encryption, text_id: str, sealed: Sealed) -> tuple[str, ...]:
    try:
        return split_agenda(texts.open_words(encryption, text_id, sealed).body)
    except EncryptionError:
        log.error("the words of text %s cannot be opened; is an old key missing from COCREATE_KEYS?", text_id)  # noqa: TRY400 - shows no words
        return ()


async def tell(connection: Connection, planner: str, plans: Mapping[UUID, Plan]) -> None:
    """Publish what locked patients' plans tell the clinic, each thing once, in the order in which it was said."""
    wanted = {r.id(planner): (patient, r) for patient, plan in plans.items() for r in plan.responses}
    rows = [(id_, patient, r.type, "\n".join(r.things), r.at) for id_, (patient, r) in wanted.items()]
    if not rows:
        return
    new = {row["id"] for row in await connection.fetch(TELL, planner, *columns(rows, 5))}
    fresh = sorted((r.at, str(id_), r) for id_, (_, r) in wanted.items() if id_ in new)
    events = [(response.things[0], json.dumps(_event(id_, response, planner))) for _, id_, response in fresh]
    await outbox.put(connection, RESPONSES, events)


def _event(id_: str, response: Response, planner: str) -> dict[str, object]:
    """A CloudEvent, keyed by the first of its things."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:cocreate:{planner}",
        "type": f"cocreate.{response.type}.v1",
        "subject": f"response/{id_}",
        "time": response.at.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {"things": list(response.things), **response.data},
    }
