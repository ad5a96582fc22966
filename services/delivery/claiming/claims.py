"""The claim: intent on record before a byte leaves, under the patient's lock, with everything read afresh."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from services.delivery.claiming import answer_decisions, decisions, reach, reading
from services.delivery.claiming.decisions import LATER
from services.delivery.claiming.destinations import source_of
from services.delivery.claiming.per_patient import one_by_one
from services.delivery.claiming.reach import Fallback
from services.delivery.claiming.reading import Reading
from services.delivery.composing.sealing import serialise
from services.delivery.composing.writing import Composed, Writer
from services.delivery.due import Decision, DueMessage, Policy, Send, Wait, Withhold
from services.delivery.providers.message import OutboundMessage
from shared.clinic.places import Places
from shared.patients import identity
from shared.patients.person import Address
from shared.patients.phone import country_of
from shared.platform import clock, metrics
from shared.platform.clock import Connection, Moment
from shared.platform.database import Pool, is_transient
from shared.platform.faults import where_it_broke
from shared.schedule import changes, source_texts, tasks, transitions
from shared.schedule.states import Why
from shared.schedule.transitions import Claim
from shared.security.encryption import Encryption, EncryptionError
from shared.words.wording import WordsError

log = logging.getLogger("cocreate.delivery")

# The patients of what has been due longest; more than are wanted, for another replica may hold some of them.
CANDIDATES = """
SELECT DISTINCT patient_id FROM (
    SELECT patient_id FROM schedule.messages WHERE state = 'scheduled' AND due_at <= $1 ORDER BY due_at LIMIT $2) oldest
"""

# Before all others: whoever has just written waits for it, and may be in danger.
ANSWERED = """
SELECT DISTINCT patient_id FROM schedule.messages
WHERE state = 'scheduled' AND reply_to IS NOT NULL AND due_at <= $1 LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, now."""

    letter: OutboundMessage
    address: bytes
    others: bool
    """Whether there is another way to tell its reader, should this address refuse it."""
    attempt: int
    fallback: Fallback | None = None
    """Who reaches its reader where the provider does not take it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A due message, what is to become of it, and its letter where it is to be sent."""

    due: DueMessage
    decision: Decision
    written: Composed | None = None
    fallback: Fallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims due messages.

    Attributes:
        pool: the database.
        encryption: opens contact details, and seals what is sent.
        policy: the rules of delivery.
        writer: puts them into words.
        lease_in: how long a send may take before it counts as unknown; longer than the provider's timeout.

    """

    pool: Pool
    encryption: Encryption
    policy: Policy
    writer: Writer
    lease_in: timedelta

    async def claim(self, limit: int, blocked: frozenset[str] = frozenset()) -> tuple[list[Claimed], int]:
        """Claim up to `limit` due messages; those claimed, and how many were looked at.

        `blocked` are the channels whose sender the provider refuses for now.
        """
        async with self.pool.acquire() as connection:
            moment = await clock.read(connection)
            first, oldest = [
                [row["patient_id"] for row in await connection.fetch(query, moment.now, 4 * limit)]
                for query in (ANSWERED, CANDIDATES)
            ]
            candidates = list(dict.fromkeys((*first, *oldest)))

            async def alone(patient: UUID, limit: int) -> tuple[list[Claimed], int]:
                return await self._alone(connection, moment, patient, limit, blocked)

            try:
                return await self._attempt(connection, moment, [first, candidates], limit, blocked)
            except Exception as error:
                if is_transient(error):
                    raise
                return await one_by_one(candidates, limit, alone)

    async def _attempt(
        self,
        connection: Connection,
        moment: Moment,
        patients: Iterable[Sequence[UUID]],
        limit: int,
        blocked: frozenset[str],
    ) -> tuple[list[Claimed], int]:
        """Claim messages of up to `limit` patients, of the first group before the next."""
        async with connection.transaction():
            locked: set[UUID] = set()
            for group in patients:
                if group and len(locked) < limit:
                    locked |= await identity.lock_free(connection, set(group) - locked, limit - len(locked))
            messages = await reading.due_messages(connection, moment, locked)
            if not messages:
                return [], 0
            seen = await reading.read(connection, self.encryption, moment, messages)
            # A patient's messages are decided one after the other, so that the cap counts each; the rest waits.
            decided = [self._decide(due, seen, blocked) for due in messages[:limit]]
            return await self._apply(connection, moment, decided), len(messages)

    async def _alone(
        self, connection: Connection, moment: Moment, patient: UUID, limit: int, blocked: frozenset[str]
    ) -> tuple[list[Claimed], int]:
        """One patient's messages; where that breaks, they wait, and the others' go out."""
        try:
            return await self._attempt(connection, moment, [[patient]], limit, blocked)
        except Exception as error:
            if is_transient(error):
                raise
            log.error("messages to patient %s cannot be claimed: %s", patient, where_it_broke(error))  # noqa: TRY400
            why = Why.UNREADABLE if isinstance(error, EncryptionError) else Why.NO_WORDS
        async with connection.transaction():
            locked = await identity.lock_free(connection, [patient], 1)
            messages = await reading.due_messages(connection, moment, locked)
            decided = [Decided(due, self._postponed(due, moment, why)) for due in messages]
            await self._apply(connection, moment, decided)
            return [], len(messages)

    def _decide(self, due: DueMessage, seen: Reading, blocked: frozenset[str]) -> Decided:
        """Decide one message; one that is to be sent is put into words, and counts from then on."""
        known = seen.situation(due, blocked)
        situation = replace(known, person=known.person.without(due.tried))
        rules = decisions if due.answers is None else answer_decisions
        decision = rules.decide(due, situation, self.policy)
        if not isinstance(decision, Send):
            return Decided(due, decision)
        try:
            form = seen.forms.get((due.planner, due.template))
            written = self.writer.letter(due, decision, situation, seen.book, form)
        except WordsError as error:
            wait = Wait(min(seen.moment.later(LATER), due.expires_at), Why.NO_WORDS, str(error))
            return Decided(due, self._with_person(wait, due, seen.moment, seen.places))
        seen.count(due, asks=bool(written.asked or written.asked_words), text=decision.address.channel == "sms")
        # Whoever is told by a person where no address is left: it comes back, and that is decided here.
        others = decision.others or bool(situation.person.formats) or due.must_reach
        hours = decisions.hours_of(due, seen.places, self.policy)
        fallback = reach.fallback(due, seen.moment.now, hours)
        return Decided(due, replace(decision, others=others), written, fallback)

    def _postponed(self, due: DueMessage, moment: Moment, why: Why) -> Decision:
        """What becomes of a message that cannot be decided: it waits, and is withheld once it is of no more use."""
        late = moment.now >= due.expires_at
        decision = Withhold(why) if late else Wait(min(moment.later(LATER), due.expires_at), why)
        return self._with_person(decision, due, moment, Places())

    def _with_person(self, decision: Decision, due: DueMessage, moment: Moment, registry: Places) -> Decision:
        return reach.with_person(decision, due, moment.now, decisions.hours_of(due, registry, self.policy))

    async def _apply(self, connection: Connection, moment: Moment, decided: Iterable[Decided]) -> list[Claimed]:
        claimed, changed, raised = [], [], []
        counts: Counter[tuple[str, str]] = Counter()
        texts: Counter[str] = Counter()
        countries: Counter[tuple[str, str]] = Counter()
        for one in decided:
            due = one.due
            match one.decision:
                case Send(address, others) if one.written is not None:
                    claimed.append(Claimed(one.written.letter, address.index, others, due.attempt + 1, one.fallback))
                    changed.append((due.id, transitions.claimed(self._claim_of(due, address, one.written, moment))))
                    if address.channel == "sms":
                        texts[source_of(due)] += 1
                        countries[country_of(address.value), "claimed"] += 1
                case Wait(until, why, detail, task):
                    changed.append((due.id, transitions.waits(until, why, detail)))
                    raised += [task] if task else []
                case Withhold(why, detail, task):
                    changed.append((due.id, transitions.withheld(why, detail)))
                    if why is Why.OTHER_COUNTRY:
                        countries.update((country, "withheld") for country in detail.split(", "))
                    raised += [task] if task else []
            counts[type(one.decision).__name__.lower(), str(getattr(one.decision, "why", ""))] += 1
        done = {row["id"] for row in await changes.apply(connection, changed, moment.now)}
        await tasks.raise_tasks(connection, raised, moment.now)
        await source_texts.count(connection, moment.now, texts)  # last: others wait for these rows until we commit
        for labels, number in counts.items():
            metrics.DECIDED.labels(*labels).inc(number)
        for labels, number in countries.items():
            metrics.COUNTRIES.labels(*labels).inc(number)
        # What somebody has changed without the patient's lock, by hand, is not handed over.
        return [one for one in claimed if one.letter.message_id in done]

    def _claim_of(self, due: DueMessage, address: Address, written: Composed, moment: Moment) -> Claim:
        sealed = self.encryption.seal(serialise(written.letter), str(due.id))
        return Claim(
            claim_token=written.letter.claim_token,
            lease_until=moment.later(self.lease_in),
            channel=address.channel,
            address=address.index,
            words=written.words.words,
            segments=written.words.segments or None,
            key_id=sealed.key_id,
            sealed=sealed.ciphertext,
            asked=" ".join(sorted(written.asked)),
            asked_words=written.asked_words,
        )
