"""Everything that decisions about due messages need, read afresh once their patients are locked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.delivery.claiming.decisions import CONVERSATION, PEOPLE
from services.delivery.claiming.destinations import source_of
from services.delivery.due import ClaimContext, DueMessage
from services.delivery.lists import attendance, clinician_cards
from shared.clinic import places
from shared.clinic.places import Places
from shared.patients import details
from shared.patients.person import Person
from shared.platform.clock import Connection, Moment
from shared.rules.plan import CalendarEntry
from shared.rules.task_requests import TaskKind
from shared.schedule import heartbeats, received_texts, reconciliation, source_texts, texts
from shared.schedule.quarantine import patient_thing
from shared.security.encryption import Encryption
from shared.words import store
from shared.words.book import Book
from shared.words.coming import Coming
from shared.words.filling import PatientRequest
from shared.words.forms import Form

DUE = """
SELECT id, planner, patient_id, category, template, things, places, data, calendar, send_at, expires_at, urgent_by, why,
    detail, attempt, tried, resends, CASE WHEN reply_to IS NOT NULL THEN coalesce(address, '') END AS answers,
    answers_until, ask_instead, must_reach, planned_at
FROM schedule.messages WHERE state = 'scheduled' AND due_at <= $1 AND patient_id = ANY($2)
ORDER BY reply_to IS NULL, send_at, id
"""

# Answers have bounds of their own, and must not use up a day's most: what comes next may be a cancellation.
CLAIMS = """
SELECT patient_id, claimed_at FROM schedule.messages
WHERE patient_id = ANY($1) AND claimed_at > $2 AND reply_to IS NULL
"""

ASKED = """
SELECT patient_id, max(claimed_at) AS at FROM schedule.messages
WHERE patient_id = ANY($1) AND claimed_at > $2 AND (asked <> '{}' OR asked_words OR reply_to IS NOT NULL)
GROUP BY patient_id
"""

# Doubt holds up what comes after it, but not for ever: it may last as long as the provider's list cannot be read.
ON_ITS_WAY = """
SELECT patient_id, things FROM schedule.messages
WHERE patient_id = ANY($1) AND (state = 'sending' OR state = 'unknown' AND unknown_at > $2)
"""

DOUBT_HOLDS_UP = timedelta(minutes=10)

A_DAY_AROUND = timedelta(days=2)  # holds any zone's today


@dataclass(slots=True, kw_only=True)
class Reading:
    """What is the case with these patients now. What is claimed meanwhile counts from then on."""

    moment: Moment
    people: dict[tuple[UUID, frozenset[str]], Person]
    places: Places
    book: Book
    caught_up: frozenset[str]
    replanning: dict[UUID, set[str]]
    on_its_way: dict[UUID, set[str]]
    held: frozenset[tuple[str, str]]
    claims: dict[UUID, list[datetime]]
    holds: dict[UUID, set[tuple[bytes | None, str]]]
    talked: dict[UUID, datetime]
    texts: dict[str, int]
    heard: Mapping[str, PatientRequest | Coming]
    forms: Mapping[tuple[str, str], Form]

    def situation(self, due: DueMessage, blocked: frozenset[str]) -> ClaimContext:
        """What is the case for one message; `blocked` are the channels whose sender the provider refuses for now."""
        holds = self.holds.get(due.patient_id, set())
        return ClaimContext(
            now=self.moment.now,
            later=self.moment.later,
            person=self.people[due.patient_id, due.sources],
            caught_up=self.caught_up,
            replanning=frozenset(self.replanning.get(due.patient_id, ())),
            on_its_way=frozenset(self.on_its_way[due.patient_id]),
            held=frozenset(thing for planner, thing in self.held if planner in {due.planner, PEOPLE}),
            places=self.places,
            claims=tuple(self.claims[due.patient_id]),
            blocked=blocked,
            death_reported=any(kind == TaskKind.BEREAVEMENT for _, kind in holds),
            doubted=frozenset(
                address for address, kind in holds if address is not None and kind == TaskKind.WRONG_NUMBER
            ),
            records_disagree=any(kind == TaskKind.WHOSE_NUMBER for _, kind in holds),
            conversation_at=self.talked.get(due.patient_id),
            texts_of_source=self.texts.get(source_of(due), 0),
            heard=self.heard,
            shows=_shows(due, self.forms),
        )

    def count(self, due: DueMessage, *, asks: bool = False, text: bool = False) -> None:
        """It is about to be claimed: the cap counts it, what comes after it waits for it, or for its answer."""
        if asks:
            self.talked[due.patient_id] = self.moment.now
        if text:
            source = source_of(due)
            self.texts[source] = self.texts.get(source, 0) + 1
        if due.answers is None:
            self.claims[due.patient_id].append(self.moment.now)
        self.on_its_way[due.patient_id].update(set(due.things) - {patient_thing(due.patient_id)})


async def due_messages(connection: Connection, moment: Moment, patients: set[UUID]) -> list[DueMessage]:
    """The due messages of locked patients, the oldest first."""
    return [_due(row) for row in await connection.fetch(DUE, moment.now, list(patients))]


async def read(
    connection: Connection, encryption: Encryption, moment: Moment, messages: Sequence[DueMessage]
) -> Reading:
    """Read what decisions about these messages need."""
    book = await store.open_book(connection)  # first: who changes words or places waits for claims that may not know
    patients = {message.patient_id for message in messages}
    claims: dict[UUID, list[datetime]] = {patient: [] for patient in patients}
    for row in await connection.fetch(CLAIMS, list(patients), moment.now - A_DAY_AROUND):
        claims[row["patient_id"]].append(row["claimed_at"])
    on_its_way: dict[UUID, set[str]] = {patient: set() for patient in patients}
    for row in await connection.fetch(ON_ITS_WAY, list(patients), moment.earlier(DOUBT_HOLDS_UP)):
        on_its_way[row["patient_id"]].update(row["things"])
    holds: dict[UUID, set[tuple[bytes | None, str]]] = {}
    for patient, address, kind in await texts.holds(connection, patients):
        holds.setdefault(patient, set()).add((address, kind))
    things = sorted({thing for message in messages for thing in message.things})
    forms = await store.forms(connection)
    return Reading(
        moment=moment,
        people=await details.load_for(connection, encryption, ((m.patient_id, m.sources) for m in messages)),
        places=await places.load(connection),
        book=book,
        caught_up=await heartbeats.caught_up(connection, moment.earlier(heartbeats.HEARTBEAT_LIFE)),
        replanning=await reconciliation.replanning(connection, patients),
        on_its_way=on_its_way,
        held=await reconciliation.held(connection, things),
        claims=claims,
        holds=holds,
        talked=await _talked(connection, patients, moment.now - CONVERSATION),
        texts=await source_texts.today(connection, moment.now, map(source_of, messages)),
        heard=await _heard(connection, encryption, moment.now, messages, forms),
        forms=forms,
    )


def _shows(message: DueMessage, forms: Mapping[tuple[str, str], Form]) -> str:
    """The planner whose things a list for staff shows; nothing for a message to a patient."""
    form = forms.get((message.planner, message.template))
    return form.shows if form else ""


async def _heard(
    connection: Connection,
    encryption: Encryption,
    now: datetime,
    messages: Sequence[DueMessage],
    forms: Mapping[tuple[str, str], Form],
) -> dict[str, PatientRequest | Coming]:
    """What patients answered about the things on the lists for staff among these messages, by thing."""
    lists: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for message in messages:
        if shows := _shows(message, forms):
            lists.setdefault((shows, message.planner), []).append(message.data)
    heard: dict[str, PatientRequest | Coming] = {}
    for planners, data in lists.items():
        heard |= await clinician_cards.load(connection, encryption, planners, data, now)
        heard |= await attendance.load(connection, encryption, planners, data)
    return heard


async def _talked(connection: Connection, patients: set[UUID], since: datetime) -> dict[UUID, datetime]:
    """When each of these patients was last asked something, or wrote: they have the phone in their hand."""
    found = await received_texts.last_received(connection, patients, since)
    for row in await connection.fetch(ASKED, list(patients), since):
        found[row["patient_id"]] = max(row["at"], found.get(row["patient_id"], row["at"]))
    return found


def _due(row: Any) -> DueMessage:
    return DueMessage(
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
        calendar=tuple(CalendarEntry.from_json(entry) for entry in json.loads(row["calendar"] or "[]")),
        resends=row["resends"],
        answers=row["answers"],
        answers_until=row["answers_until"],
        ask_instead=row["ask_instead"],
        must_reach=row["must_reach"],
        planned_at=row["planned_at"],
    )
