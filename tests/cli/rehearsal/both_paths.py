"""One history on both paths: through the services on a real PostgreSQL and a turned clock, and rehearsed in memory."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from services.cli.catalogue import entries
from services.cli.rehearsal.rehearsal import Rehearsal, Setup
from services.cli.rehearsal.timeline import MessageEntry, ResponseEntry
from services.cli.words.shipped import shipped_words
from services.delivery.composing.calendars import Organiser
from services.delivery.composing.writing import Writer
from services.delivery.due import Policy as DeliveryPolicy
from services.followup.app import planner as followup
from services.followup.policy import Policy as FollowupPolicy
from services.prompts.app import planner as prompts
from services.prompts.policy import Policy as PromptsPolicy
from services.reunions.app import planner as reunions
from services.reunions.policy import Policy as ReunionsPolicy
from shared.clinic import deaths
from shared.clinic.patient import PATIENTS
from shared.clinic.places import Places
from shared.clinic.submissions import TOPIC_OF, TOPICS
from shared.events.cloudevents import Event, Record, RejectReason
from shared.patients.sources import Sources
from shared.planning.planner import Planner
from shared.platform.database import Pool
from shared.schedule.quarantine import patient_thing
from shared.security.encryption import Encryption
from shared.words.book import Book
from tests.harness import MONDAY, ONE_TRUST, PLACES, Harness

AT_ONE_MINUTE = {"spread_from": time(10), "spread_until": time(10, 1)}
"""A patient's minute follows from an id that the database draws by lot: here everybody has the same one."""

OWN_NAMES = patient_thing(UUID(int=0)).removesuffix(str(UUID(int=0)))
"""How our own names of patients begin."""

UNCURED = ("no_contact", "paused", "place_unmapped", "death_reported", "no_words")
"""What only news can cure is looked at every quarter of an hour, for weeks: the clock may pass that over."""

LAST_LOOKS = timedelta(hours=30)
"""Before something expires it is looked at as often as in life: for what it waited last, it is withheld."""


@dataclass(frozen=True, order=True)
class Said:
    """A message that was sent, with its words; or one that was withheld, with the reason."""

    at: datetime
    kind: str
    things: tuple[str, ...]
    words: str
    how: str


@dataclass(frozen=True, order=True)
class ToDo:
    """A task, as it stands in the end."""

    due_at: datetime
    kind: str
    things: tuple[str, ...]
    why: str
    is_open: bool


@dataclass(frozen=True)
class Lived:
    """What a history came to."""

    said: list[Said]
    to_do: list[ToDo]
    responses: list[tuple[str, tuple[str, ...]]]


def planners() -> list[Planner[Any]]:
    """Every planner for patients, as the command rehearses them, with numbers that leave nothing to a lot."""
    own: list[Planner[Any]] = [
        prompts(PromptsPolicy(**AT_ONE_MINUTE)),
        followup(FollowupPolicy(**AT_ONE_MINUTE)),
        reunions(ReunionsPolicy(**AT_ONE_MINUTE)),
    ]
    assert {one.name for one in own} == {one.name for one in entries() if one.planner and one.for_patients}
    return own


def records(events: Iterable[dict[str, Any]]) -> list[Record]:
    """Events as records on their topics, in the order of their times; one without data as a record without a value.

    What the door refuses is left out: `cocreate publish` sends none of it.
    """
    ordered = sorted(events, key=lambda event: datetime.fromisoformat(event["time"]))
    return [one for number, event in enumerate(ordered) if _read(one := _record(number, event)) is not None]


def _read(record: Record) -> Event | None:
    found = deaths.read(record, TOPICS[record.topic], record.timestamp)
    return found if isinstance(found, Event) else None


def _record(number: int, event: dict[str, Any]) -> Record:
    topic = TOPIC_OF[event["type"]]
    gone = event.get("data", ...) is None and event["type"] not in deaths.KINDS
    at = datetime.fromisoformat(event["time"])
    value = None if gone else json.dumps(event).encode()
    key = f"{event['source']}/{event['subject']}".encode()
    return Record(topic=topic, partition=0, offset=number, timestamp=at, key=key, value=value)


def _at(record: Record) -> datetime:
    return record.timestamp


def rehearsed(told: Sequence[Record]) -> Lived:
    """What a rehearsal says of them."""
    events = [event for record in told if (event := _read(record)) is not None]
    rehearsal = Rehearsal(
        Setup(
            planners=planners(),
            delivery=DeliveryPolicy(),
            registry=Places.of(PLACES),
            book=Book(shipped_words()),
            sources=Sources.of(ONE_TRUST),
        )
    )
    timeline = list(rehearsal.run(events))
    said = [
        Said(
            entry.at,
            entry.kind,
            tuple(sorted(entry.things)),
            entry.words.text if entry.words else "",
            entry.channel or entry.why,
        )
        for entry in timeline
        if isinstance(entry, MessageEntry)
    ]
    tasks = rehearsal.schedule.tasks.values()
    to_do = [
        ToDo(row.entry.due_at, row.entry.kind, tuple(sorted(row.entry.things)), row.entry.why, row.is_open)
        for row in tasks
    ]
    responses = [(one.type, tuple(sorted(one.things))) for one in timeline if isinstance(one, ResponseEntry)]
    return Lived(sorted(said), sorted(to_do), sorted(responses))


async def lived(told: Sequence[Record], pool: Pool, encryption: Encryption) -> Lived:
    """What the services make of them: a claim loop on a clock that is turned to whatever is due."""
    harness = await Harness(pool, encryption, PromptsPolicy(**AT_ONE_MINUTE)).open(
        min((one.timestamp for one in told), default=MONDAY)
    )
    harness.writer = Writer(can_answer=True, organiser=Organiser("", ""), unsubscribe=lambda _, __: "")
    for planner in planners()[1:]:
        await harness.join(planner)
    for at, those in groupby(told, key=_at):
        await _live_until(harness, at)
        await harness.turn(at)
        for record in those:
            await _hear(harness, record)
        await harness.deliver()
    await _live_until(harness, None)
    return await _what_came(harness)


async def _hear(harness: Harness, record: Record) -> None:
    if record.topic == PATIENTS:
        assert await harness.registrar.take([record]) == []
    for engine in harness.engines:
        if record.topic in engine.planner.topics:
            refused = await engine.take([record])  # that something is gone of which nobody has heard is told, no more
            assert {one.reason for one in refused} <= {RejectReason.UNKNOWN_KEY}


async def _live_until(harness: Harness, end: datetime | None) -> None:
    while (at := await _next(harness)) is not None and (end is None or at < end):
        await harness.turn(max(at, await harness.now()))
        await harness.deliver()


async def _next(harness: Harness) -> datetime | None:
    """When something is due, leaving out looks that change nothing."""
    return await harness.pool.fetchval(  # type: ignore[no-any-return]
        """
        SELECT min(at) FROM (
            SELECT at FROM schedule.wakeups
            UNION ALL SELECT CASE WHEN why = ANY($1) THEN greatest(due_at, expires_at - $2::interval) ELSE due_at END
            FROM schedule.messages WHERE state = 'scheduled'
        ) due
        """,
        UNCURED,
        LAST_LOOKS,
    )


async def _what_came(harness: Harness) -> Lived:
    letters = [*harness.texts.letters, *harness.mails.letters]
    texts = {letter.message_id: letter.text for letter in letters}
    assert len(texts) == len(letters)
    said = [
        Said(
            row["claimed_at"] or row["changed_at"],
            row["kind"],
            tuple(sorted(row["things"])),
            texts.get(row["id"], ""),
            row["channel"] if row["id"] in texts else row["why"],
        )
        for row in await harness.messages()
        if row["state"] in {"sent", "withheld"}
    ]
    to_do = [
        ToDo(row["due_at"], row["kind"], _named(row), row["why"], row["state"] == "open")
        for row in await harness.tasks()
    ]
    # What of a patient could not be read is told to the clinic; a rehearsal notes it beside the event.
    rows = await harness.pool.fetch("SELECT type, things FROM schedule.responses WHERE type <> 'details.unreadable'")
    return Lived(sorted(said), sorted(to_do), sorted((row["type"], tuple(sorted(row["things"]))) for row in rows))


def _named(row: dict[str, Any]) -> tuple[str, ...]:
    """The things of a task without our own name of whose it was at first, which is drawn by lot."""
    return tuple(sorted(thing for thing in row["things"] if not thing.startswith(OWN_NAMES)))
