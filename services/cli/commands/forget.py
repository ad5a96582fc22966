"""What `cocreate people forget` does: erases a patient here, and says what is left to do elsewhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import typer

from services.cli import on_record
from services.cli.commands.erase import erase_texts, texts_at_provider
from services.cli.on_record import operator
from services.cli.terminal import CommandRefused, out
from services.cli.where import reachable, settings
from services.people import forgetting
from services.people.forgetting import ErasureExtent
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.events.topic_names import DEAD
from shared.kafka.topics import FACTS_KEPT, PASSING_KEPT
from shared.patients import erasures, identity
from shared.platform import clock
from shared.platform.clock import Connection
from shared.security.encryption import Encryption
from shared.settings import Connections, SettingsError

TOPICS = {"appointment": APPOINTMENTS, "goal": GOALS, "enrolment": COURSES}
"""The topics on which sources tell of a patient's things, by their kinds."""

STAYS = (
    "Stays, and why: that something went or came, as codes under opaque ids; by blind index, what sources called "
    "them, so that no replay brings them back; opt-outs, unsafe and dead numbers, for a STOP outlasts the record of "
    "whoever said it; notices of the NHS that the bearer of a number has died; where e-mails went, so that their links "
    "still stop what they say; what operators parted; texts from a phone that others have too; the words of "
    "lists that went to clinicians, for COCREATE_CONTENT_DAYS; backups, as long as you keep them."
)


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Whom an operator wants erased: by a text to look for, or by a source and what it calls the patient."""

    text: str
    source: str
    local_id: str


def forget_patient(asked: ErasureRequest, because: str, *, asks: bool) -> None:
    """Erase a patient in the operator's name and on record, and print what is left to do elsewhere.

    Raises:
        CommandRefused: no reason; nobody, or several, are meant; a message is on its way.

    """
    if not because:
        raise CommandRefused('Say why, for the record, without a name or a number: --because "…".')
    patient, there = asyncio.run(_look(asked))
    _print_extent(patient, there)
    if asks:
        typer.confirm("Erase all of this, for good?", abort=True)
    done, texts = asyncio.run(_forget(patient, because))
    out.print(f"Erased: patient {patient}. {STAYS}", soft_wrap=True, markup=False)
    _print_kafka(asked, done)
    _erase_at_provider(patient, texts)


async def _look(asked: ErasureRequest) -> tuple[UUID, ErasureExtent]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        patient = await _meant(connection, connections.encryption(), asked)
        return patient, await forgetting.extent(connection, patient)


async def _meant(connection: Connection, encryption: Encryption, asked: ErasureRequest) -> UUID:
    """The one patient who is meant, as they are now."""
    if bool(asked.text) == bool(asked.source and asked.local_id):
        raise CommandRefused("Say whom: an id, a number or an address, or --source and --local-id.")
    if asked.text:
        found = await identity.search(connection, encryption, asked.text)
    else:
        named = identity.reference(encryption, asked.source, asked.local_id)
        found = list(await identity.owners(connection, [named]))
    meant = {(await erasures.together(connection, one))[0] for one in found}
    if len(meant) > 1:
        which = ", ".join(sorted(map(str, meant)))
        raise CommandRefused(f"{len(meant)} patients are found by that; `cocreate people show`, and name one: {which}")
    if not meant:
        raise CommandRefused("Nobody is known by that. Whoever was erased is known by our own id alone.")
    [patient] = meant
    for past in await erasures.recorded(connection, [patient]):
        raise CommandRefused(f"Erased already, {past.erased_at:%d %b %Y %H:%M} UTC, by {past.erased_by}.")
    return patient


async def _forget(patient: UUID, because: str) -> tuple[ErasureExtent, list[str]]:
    connections = settings(Connections)
    async with reachable(connections) as pool, pool.acquire() as connection:
        try:
            async with connection.transaction():
                now = (await clock.read(connection)).now
                who = (operator(), because)
                done = await forgetting.forget(connection, connections.encryption(), patient, who, now)
                await on_record.act(connection, "people forget", why=because, patients=done.patients)
        except forgetting.OnTheirWay:
            raise CommandRefused(
                "Nothing was erased: a message is on its way, and nobody could tell any more whether it went. "
                "Say it again in a minute; look: `cocreate messages --patient`."
            ) from None
        return done, await texts_at_provider(connection, done.patients)


def _print_extent(patient: UUID, there: ErasureExtent) -> None:
    known, scheduled = there.known, there.scheduled
    out.print(f"Patient {patient}, known to: {', '.join(known.sources) or 'no source'}", soft_wrap=True, markup=False)
    counts = (
        (known.records, "records of details"),
        (known.addresses, "addresses"),
        (there.facts, "facts (appointments, goals, courses)"),
        (scheduled.messages, f"messages, of which {scheduled.planned} are planned and withdrawn"),
        (scheduled.texts, "texts from them"),
        (scheduled.shared_texts, "texts from a phone that others have too: their words stay"),
        (scheduled.tasks, f"tasks, of which {scheduled.open_tasks} are open and closed"),
    )
    for number, what in counts:
        out.print(f"{number:>6}  {what}", highlight=False, soft_wrap=True, markup=False)


def _print_kafka(asked: ErasureRequest, done: ErasureExtent) -> None:
    """Say what is left on Kafka, and what comes back."""
    out.print(
        f"On Kafka: no topic of ours is compacted, so no tombstone deletes anything there: what was published of them "
        f"stays in {PATIENTS}, {APPOINTMENTS}, {GOALS} and {COURSES} for {FACTS_KEPT.days} days, likewise in *{DEAD}, "
        f"and their texts and answers in messaging.* and clinic.* for {PASSING_KEPT.days}. Where you have made a topic "
        "compacted, have the source publish a tombstone (no value) under each of these keys:",
        soft_wrap=True,
        markup=False,
    )
    local = asked.local_id or "{their id there}"
    sources: Sequence[str] = [asked.source] if asked.source else done.known.sources
    keys = [(PATIENTS, f"{source}/patient/{local}") for source in sources]
    keys += [(TOPICS[kind], thing) for thing in done.things if (kind := _kind(thing)) in TOPICS]
    for topic, key in keys:
        out.print(f"  {topic}  {key}", highlight=False, soft_wrap=True, markup=False)
    out.print(
        "Comes back: nothing that its source dates before now, however often it is read again. Whoever is published "
        "anew, with a later time, is a new patient, and told what is still to be told: have each source stop first.",
        soft_wrap=True,
        markup=False,
    )


def _kind(thing: str) -> str:
    return thing.rsplit("/", 2)[-2] if thing.count("/") > 1 else ""


def _erase_at_provider(patient: UUID, texts: Sequence[str]) -> None:
    """Have the provider of texts delete them where its settings are here; else say what does."""
    from services.delivery.settings import Settings  # noqa: PLC0415 - --help need not wait

    later = f"cocreate erase-at-provider {patient}"
    if not texts:
        out.print("At Twilio: no text from or to them.")
        return
    try:
        delivery = settings(Settings)
    except SettingsError:
        where = f"At Twilio: {len(texts)} texts. Where delivery's settings are, say: {later}"
        out.print(where, soft_wrap=True, markup=False)
        return
    gone, left = asyncio.run(erase_texts(delivery, texts))
    out.print(f"At Twilio: {gone} texts deleted, or gone before. {left} left.", soft_wrap=True, markup=False)
    if left:
        out.print(f"Say later: {later}", soft_wrap=True, markup=False)
