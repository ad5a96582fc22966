"""The claim: intent on record before a byte leaves, under the patient's lock, with everything read afresh."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.delivery.decisions import LATER, Decision, Due, Policy, Send, Situation, Wait, Withhold, decide
from services.delivery.isolation import one_by_one
from services.delivery.letters import Letter
from shared import clock, details, heartbeats, metrics, people, places
from shared.batches import where_it_broke
from shared.clock import Connection, Moment
from shared.database import Pool, passes
from shared.person import Person
from shared.places import Places
from shared.schedule import columns, patient_thing
from shared.states import Why
from shared.vault import Vault, VaultError
from shared.words import book as words
from shared.words.book import Book, Rendered, WordsError

log = logging.getLogger("cocreate.delivery")

# The patients of what has been due longest; more than are wanted, for another replica may hold some of them.
CANDIDATES = """
SELECT DISTINCT patient_id FROM (
    SELECT patient_id FROM schedule.messages WHERE state = 'scheduled' AND due_at <= $1 ORDER BY due_at LIMIT $2) oldest
"""

DUE = """
SELECT id, planner, patient_id, category, template, things, places, data, send_at, expires_at, urgent_by, why, detail,
    attempt, tried, resends
FROM schedule.messages WHERE state = 'scheduled' AND due_at <= $1 AND patient_id = ANY($2) ORDER BY send_at, id
"""

CLAIMS = """
SELECT patient_id, claimed_at FROM schedule.messages WHERE patient_id = ANY($1) AND claimed_at > $2
"""

REPLANNING = "SELECT patient_id, planner FROM schedule.wakeups WHERE key = 'replan' AND patient_id = ANY($1)"

# Doubt holds up what comes after it, but not for ever: it may last as long as the provider's list cannot be read.
ON_ITS_WAY = """
SELECT patient_id, things FROM schedule.messages
WHERE patient_id = ANY($1) AND (state = 'sending' OR state = 'unknown' AND unknown_at > $2)
"""

DOUBT_HOLDS_UP = timedelta(minutes=10)

HELD = "SELECT thing FROM schedule.holds WHERE released_at IS NULL AND thing = ANY($1)"

SENDING = """
UPDATE schedule.messages m SET state = 'sending', why = 'claimed', detail = '', version = m.version + 1,
    changed_at = $1, claimed_at = $1, attempt = m.attempt + 1, lease_until = $2, claim_token = n.claim_token,
    channel = n.channel, address = n.address, words = n.words, key_id = n.key_id, sealed = n.sealed, unknown_at = NULL,
    past_ids = array_remove(m.past_ids || m.provider_id, NULL), provider_id = NULL
FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::bytea[])
    AS n(id, claim_token, channel, address, words, key_id, sealed)
WHERE m.id = n.id
"""

# A wait for the same reason as before is no news.
WAITING = """
UPDATE schedule.messages m SET due_at = n.until, why = n.why, detail = n.detail,
    version = m.version + CASE WHEN m.why = n.why AND m.detail = n.detail THEN 0 ELSE 1 END,
    changed_at = CASE WHEN m.why = n.why AND m.detail = n.detail THEN m.changed_at ELSE $1 END
FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS n(id, until, why, detail) WHERE m.id = n.id
"""

WITHHELD = """
UPDATE schedule.messages m SET state = CASE WHEN n.why = 'refused' THEN 'failed' ELSE 'withheld' END, why = n.why,
    detail = n.detail, version = m.version + 1, changed_at = $1
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n(id, why, detail) WHERE m.id = n.id
"""

A_DAY_AROUND = timedelta(days=2)  # holds any zone's today


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, now."""

    letter: Letter
    address: bytes
    others: bool
    attempt: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that decisions need, read after the patients were locked."""

    moment: Moment
    people: dict[UUID, Person]
    places: Places
    book: Book
    caught_up: frozenset[str]
    replanning: dict[UUID, set[str]]
    on_its_way: dict[UUID, set[str]]
    held: frozenset[str]
    claims: dict[UUID, list[datetime]]


async def claim(  # noqa: PLR0913, PLR0917 - what a claim depends on, and no class would make it less
    pool: Pool, vault: Vault, policy: Policy, limit: int, lease_in: timedelta, region: str, blocked: frozenset[str]
) -> tuple[list[Claimed], int]:
    """Claim up to `limit` due messages; those claimed, and how many were looked at.

    Args:
        pool: the database.
        vault: opens contact details, and seals what is sent.
        policy: the rules of delivery.
        limit: how many can be sent at once.
        lease_in: how long a send may take before it counts as unknown; longer than the provider's timeout.
        region: country of numbers without a country code.
        blocked: channels whose sender the provider refuses for now.

    """
    async with pool.acquire() as connection:
        moment = await clock.read(connection)
        candidates = [row["patient_id"] for row in await connection.fetch(CANDIDATES, moment.now, 4 * limit)]

        async def attempt(patients: Sequence[UUID], limit: int) -> tuple[list[Claimed], int]:
            async with connection.transaction():
                locked = await people.lock_free(connection, patients, limit)
                if not locked:
                    return [], 0
                rows = await connection.fetch(DUE, moment.now, list(locked))
                reading = await _read(connection, vault, moment, locked, rows, region)
                # A patient's messages are decided one after the other, so that the cap counts each; the rest waits.
                decided = [(row, _decide(row, reading, policy, blocked)) for row in rows[:limit]]
                return await _apply(connection, vault, moment, decided, lease_in), len(rows)

        async def alone(patient: UUID, limit: int) -> tuple[list[Claimed], int]:
            try:
                return await attempt([patient], limit)
            except Exception as error:
                if passes(error):
                    raise
                log.error("messages to patient %s cannot be claimed: %s", patient, where_it_broke(error))  # noqa: TRY400
                why = Why.UNREADABLE if isinstance(error, VaultError) else Why.NO_WORDS
            async with connection.transaction():
                locked = await people.lock_free(connection, [patient], 1)
                rows = await connection.fetch(DUE, moment.now, list(locked))
                await _apply(connection, vault, moment, [(row, _postponed(row, moment, why)) for row in rows], lease_in)
                return [], len(rows)

        try:
            return await attempt(candidates, limit)
        except Exception as error:
            if passes(error):
                raise
            return await one_by_one(candidates, limit, alone)


def _postponed(row: Any, moment: Moment, why: Why) -> tuple[Due, Decision, None]:
    """What becomes of a message that cannot be decided: it waits, and is withheld once it is of no more use."""
    due = _due(row)
    if moment.now >= due.expires_at:
        return due, Withhold(why), None
    return due, Wait(min(moment.later(LATER), due.expires_at), why), None


async def _read(  # noqa: PLR0913, PLR0917 - the same
    connection: Connection, vault: Vault, moment: Moment, patients: set[UUID], rows: Sequence[Any], region: str
) -> Reading:
    since = moment.earlier(heartbeats.HEARTBEAT_LIFE)
    replanning: dict[UUID, set[str]] = {}
    for row in await connection.fetch(REPLANNING, list(patients)):
        replanning.setdefault(row["patient_id"], set()).add(row["planner"])
    claims: dict[UUID, list[datetime]] = {patient: [] for patient in patients}
    for row in await connection.fetch(CLAIMS, list(patients), moment.now - A_DAY_AROUND):
        claims[row["patient_id"]].append(row["claimed_at"])
    on_its_way: dict[UUID, set[str]] = {patient: set() for patient in patients}
    for row in await connection.fetch(ON_ITS_WAY, list(patients), moment.earlier(DOUBT_HOLDS_UP)):
        on_its_way[row["patient_id"]].update(row["things"])
    things = sorted({thing for row in rows for thing in (*row["things"], patient_thing(row["patient_id"]))})
    return Reading(
        moment,
        await details.load(connection, vault, patients, region),
        await places.load(connection),
        await words.open_book(connection),
        await heartbeats.caught_up(connection, since),
        replanning,
        on_its_way,
        frozenset(row["thing"] for row in await connection.fetch(HELD, things)),
        claims,
    )


def _decide(
    row: Any, reading: Reading, policy: Policy, blocked: frozenset[str]
) -> tuple[Due, Decision, Rendered | None]:
    """Decide one message; one that is to be sent is put into words, and counts from then on."""
    due = _due(row)
    situation = Situation(
        reading.moment.now,
        reading.moment.later,
        reading.people[due.patient_id],
        reading.caught_up,
        frozenset(reading.replanning.get(due.patient_id, ())),
        frozenset(reading.on_its_way[due.patient_id]),
        reading.held,
        reading.places,
        tuple(reading.claims[due.patient_id]),
        blocked,
    )
    decision = decide(due, situation, policy)
    if not isinstance(decision, Send):
        return due, decision, None
    filling = words.filling(due.data, situation.person.first_name, reading.places)
    try:
        rendered = reading.book.render(due.planner, due.template, decision.address.channel, filling)
    except WordsError as error:
        return due, Wait(min(reading.moment.later(LATER), due.expires_at), Why.NO_WORDS, str(error)), None
    reading.claims[due.patient_id].append(reading.moment.now)
    reading.on_its_way[due.patient_id].update(row["things"])
    return due, decision, rendered


async def _apply(
    connection: Connection,
    vault: Vault,
    moment: Moment,
    decided: Sequence[tuple[Any, tuple[Due, Decision, Rendered | None]]],
    lease_in: timedelta,
) -> list[Claimed]:
    now = moment.now
    claimed, sending, waiting, withheld = [], [], [], []
    for row, (due, decision, rendered) in decided:
        match decision:
            case Send(address, others, until) if rendered is not None:
                letter = Letter(
                    due.id,
                    uuid4(),
                    address.channel,
                    address.value,
                    rendered.text,
                    (until or due.expires_at) - now,
                    rendered.subject,
                    rendered.html,
                    row["resends"],
                )
                claimed.append(Claimed(letter, address.index, others, due.attempt + 1))
                sealed = vault.seal(seal_text(letter), str(due.id))
                where = (address.channel, address.index, rendered.words)
                sending.append((due.id, letter.claim_token, *where, sealed.key_id, sealed.box))
            case Wait(until, why, detail):
                waiting.append((due.id, until, why.value, detail))
            case Withhold(why, detail):
                withheld.append((due.id, why.value, detail))
    if sending:
        await connection.execute(SENDING, now, moment.later(lease_in), *columns(sending, 7))
    if waiting:
        await connection.execute(WAITING, now, *columns(waiting, 4))
    if withheld:
        await connection.execute(WITHHELD, now, *columns(withheld, 3))
    _count([decision for _, (_, decision, _) in decided])
    return claimed


def _count(decisions: Sequence[Decision]) -> None:
    for (kind, why), number in Counter((type(d).__name__, getattr(d, "why", "")) for d in decisions).items():
        metrics.DECIDED.labels(kind.lower(), str(why)).inc(number)


def seal_text(letter: Letter) -> str:
    """What is kept, encrypted, of a message that was handed over: enough to find it in the provider's list."""
    return json.dumps([letter.address, letter.text, letter.subject, letter.html])


def unseal(text: str, letter: Letter) -> Letter:
    """A letter with its address and words again."""
    address, body, subject, html = json.loads(text)
    return replace(letter, address=address, text=body, subject=subject, html=html)


def _due(row: Any) -> Due:
    return Due(
        id=row["id"],
        planner=row["planner"],
        patient_id=row["patient_id"],
        category=row["category"],
        template=row["template"],
        things=(*row["things"], patient_thing(row["patient_id"])),
        places=tuple(row["places"]),
        data=json.loads(row["data"]),
        send_at=row["send_at"],
        expires_at=row["expires_at"],
        urgent_by=row["urgent_by"],
        why=row["why"],
        detail=row["detail"],
        attempt=row["attempt"],
        tried=frozenset(row["tried"]),
    )
