"""What is the case with the phones that texts came from: whose they are, what they were told, what is stopped there."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.delivery.forms import NOT_UNDERSTOOD, PLANNER, URGENT
from services.delivery.incoming.questions import OpenQuestion
from services.delivery.incoming.responding import Effect, HoldPhone, PassAnswer, Restart, SendAnswer, Stop, TextContext
from shared.events.inbound_text import Inbound
from shared.events.things import sources_of
from shared.patients import identity, opt_outs, sources, unsafe_phones
from shared.patients.person import ALL
from shared.platform.clock import Connection

LAST_TOLD = """
SELECT DISTINCT ON (address, patient_id) address, patient_id, id, things, places, claimed_at FROM schedule.messages
WHERE address = ANY($1) AND planner <> 'delivery' AND state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
ORDER BY address, patient_id, claimed_at DESC, id
"""

TOLD_OF = """
SELECT patient_id, says FROM schedule.messages
WHERE patient_id = ANY($1) AND planner <> 'delivery' AND state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
"""

# One that never went has told nobody anything, and the next text may get it.
ANSWERED = """
SELECT address, planner, template, max(send_at) AS at, count(*) AS number FROM schedule.messages
WHERE address = ANY($1) AND reply_to IS NOT NULL AND send_at > $2 AND state NOT IN ('withheld', 'withdrawn', 'failed')
GROUP BY address, planner, template
"""

# What was told of a thing later, or at the same instant, and said something else of it, has closed the question.
QUESTIONS = """
SELECT m.address, m.id, m.planner, m.patient_id, m.category, m.things, m.asked, m.asked_words, m.claimed_at,
    least(coalesce(m.answers_until, m.expires_at), (
        SELECT min(t.told_at) FROM schedule.told t
        WHERE t.patient_id = m.patient_id AND t.planner = m.planner AND t.told_at >= m.claimed_at
            AND t.things && m.things AND EXISTS (SELECT FROM jsonb_each(t.says) AS s
                                             WHERE m.says -> s.key <> s.value))) AS open_until
FROM schedule.messages m
WHERE m.address = ANY($1) AND (m.asked <> '{}' OR m.asked_words)
    AND coalesce(m.answers_until, m.expires_at) > $2
    AND m.state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
"""

ANSWERS_A_DAY = 5
"""Whoever is answered more often is most likely a machine, which answers us back, however slowly."""

ACKNOWLEDGED_A_DAY = 10
"""The same where answers are understood: what they say still counts."""

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Last:
    """The last message that one patient was sent to a phone."""

    message_id: UUID
    patient_id: UUID
    things: tuple[str, ...]
    place: str | None
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that texts came from.

    Attributes:
        address: its blind index.
        patients: everybody who has it.
        told: what each of them was last sent there, and what others were who have it no longer; the latest first.
        next_at: when the next thing begins that any of them was told of.
        stopped: the categories that are stopped there.
        unsafe: whether somebody else may read it.
        answered: answer → when it last went there, or is about to.
        answers: how many answers of our own went there within a day, or are about to.
        acknowledged: how many answers of any kind.
        questions: what it was asked, closed or not.

    """

    address: bytes
    patients: frozenset[UUID] = frozenset()
    told: tuple[Last, ...] = ()
    next_at: datetime | None = None
    stopped: frozenset[str] = frozenset()
    unsafe: bool = False
    answered: Mapping[str, datetime] = field(default_factory=dict)
    answers: int = 0
    acknowledged: int = 0
    questions: tuple[OpenQuestion, ...] = ()

    def asked(self, at: datetime) -> tuple[OpenQuestion, ...]:
        """The questions that a text which came then can answer."""
        return tuple(question for question in self.questions if question.is_open(at))

    @property
    def last(self) -> Last | None:
        """What was last sent there: whoever texts most likely has it before their eyes."""
        return next(iter(self.told), None)

    @property
    def things(self) -> tuple[str, ...]:
        """What those messages were about, all of them: which one is meant would be a guess."""
        theirs = (thing for last in self.told if last.patient_id in self.patients for thing in last.things)
        return tuple(dict.fromkeys(theirs))

    @property
    def answers_to(self) -> Last | None:
        """In whose name, and from which place, an answer goes there. None: we have told this phone nothing."""
        return next((last for last in self.told if last.patient_id in self.patients and last.place), None)

    def case(self, text: Inbound, received_at: datetime, now: datetime) -> TextContext:
        """What the rule sees of a text."""
        return TextContext(
            whole=text.body.strip().upper(),
            carrier=text.opt_out,
            pictures=text.pictures,
            stopped=self.stopped,
            unsafe=self.unsafe,
            acknowledged=self._within(NOT_UNDERSTOOD, A_DAY, now),
            warned=self._within(URGENT, AN_HOUR, now),
            exhausted=self.answers >= ANSWERS_A_DAY,
            waited=now - received_at,
            acknowledgements_exhausted=self.acknowledged >= ACKNOWLEDGED_A_DAY,
            questions=self.asked(received_at),
        )

    def _within(self, answer: str, span: timedelta, now: datetime) -> bool:
        at = self.answered.get(answer)
        return at is not None and now - at < span

    def after(self, effects: Sequence[Effect], now: datetime) -> "Phone":
        """The phone as the next text of the same batch finds it."""
        stopped, answered, answers, acknowledged = self.stopped, dict(self.answered), self.answers, self.acknowledged
        unsafe = self.unsafe or HoldPhone() in effects
        for effect in effects:
            match effect:
                case Stop(category):
                    stopped |= {category}
                case Restart(by_name=False):
                    stopped -= {ALL}
                case Restart():
                    stopped = frozenset()
                case SendAnswer(words) if self.answers_to is not None:
                    answered[words] = now
                    answers += 1
                    acknowledged += 1
                case PassAnswer(quiet=False):
                    acknowledged += 1
                case _:
                    pass
        return replace(
            self, stopped=stopped, unsafe=unsafe, answered=answered, answers=answers, acknowledged=acknowledged
        )


async def phones(
    connection: Connection, addresses: Sequence[bytes], whose: Mapping[bytes, set[UUID]], now: datetime, since: datetime
) -> dict[bytes, Phone]:
    """What is the case with these phones, whose owners are locked; `since` is when the first text from them came."""
    told: dict[bytes, list[Last]] = {}
    for row in await connection.fetch(LAST_TOLD, addresses):
        place = next(iter(row["places"]), None)
        last = Last(row["id"], row["patient_id"], tuple(row["things"]), place, row["claimed_at"] or now)
        told.setdefault(row["address"], []).append(last)
    stopped = await opt_outs.categories(connection, addresses)
    unsafe = await unsafe_phones.among(connection, addresses)
    answered: dict[bytes, dict[str, datetime]] = {}
    answers: Counter[bytes] = Counter()
    acknowledged: Counter[bytes] = Counter()
    for row in await connection.fetch(ANSWERED, addresses, now - A_DAY):
        acknowledged[row["address"]] += row["number"]
        if row["planner"] == PLANNER:
            answered.setdefault(row["address"], {})[row["template"]] = row["at"]
            answers[row["address"]] += row["number"]
    asked = await questions(connection, addresses, since)
    next_at = await _next_at(connection, sorted({patient for those in whose.values() for patient in those}), now)
    return {
        address: Phone(
            address=address,
            patients=frozenset(whose.get(address, ())),
            told=tuple(sorted(told.get(address, ()), key=lambda last: last.told_at, reverse=True)),
            next_at=min((next_at[patient] for patient in whose.get(address, ()) if patient in next_at), default=None),
            stopped=stopped[address],
            unsafe=address in unsafe,
            answered=answered.get(address, {}),
            answers=answers[address],
            acknowledged=acknowledged[address],
            questions=asked.get(address, ()),
        )
        for address in addresses
    }


async def questions(
    connection: Connection, addresses: Sequence[bytes], since: datetime
) -> dict[bytes, tuple[OpenQuestion, ...]]:
    """What these phones were asked, where an answer that came at `since` or later can still act."""
    found: dict[bytes, tuple[OpenQuestion, ...]] = {}
    answering = await identity.answering(connection, addresses)
    registry = await sources.load(connection)
    for row in await connection.fetch(QUESTIONS, addresses, since):
        given_by = answering.get((row["address"], row["patient_id"]), set())
        if not registry.organisations(sources_of(row["things"])) <= registry.organisations(given_by):
            continue  # another's phone does not answer for what is asked in this one's name
        question = OpenQuestion(
            message_id=row["id"],
            planner=row["planner"],
            patient_id=row["patient_id"],
            category=row["category"],
            things=tuple(sorted(row["things"])),
            asked=frozenset(row["asked"]),
            words=row["asked_words"],
            told_at=row["claimed_at"],
            open_until=row["open_until"],
        )
        found[row["address"]] = (*found.get(row["address"], ()), question)
    return found


async def _next_at(connection: Connection, patients: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    """When the next thing begins that each patient was told of; one that has moved since only makes it sooner."""
    found: dict[UUID, datetime] = {}
    for row in await connection.fetch(TOLD_OF, patients):
        for start in _starts(json.loads(row["says"])):
            if start > now:
                found[row["patient_id"]] = min(start, found.get(row["patient_id"], start))
    return found


def _starts(says: Mapping[str, Any]) -> Iterator[datetime]:
    """The starts that a message says, of whichever planner's it is."""
    for said in says.values():
        try:
            start = datetime.fromisoformat(said["start"])
        except (KeyError, TypeError, ValueError):
            continue
        if start.tzinfo is not None:
            yield start
