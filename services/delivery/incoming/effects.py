"""What follows from a batch of texts, gathered text by text and done as sets, under the locks of whom it concerns."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.delivery.forms import CATEGORY, NOT_UNDERSTOOD, OPTED_OUT, PLANNER
from services.delivery.incoming.phone_conversations import Phone
from services.delivery.incoming.responding import LASTS, Ask, Effect, HoldMessages, Restart, SendAnswer, Stop, Tell
from shared.calendar import sending_window, working_time
from shared.clinic.places import Places
from shared.patients.person import ALL
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.rules.plan import Message
from shared.rules.task_requests import TaskKind
from shared.schedule import changes, patient_replies, reconciliation, tasks, wakeups
from shared.schedule.patient_replies import Answered
from shared.schedule.tasks import Task

# Only what came from that phone or its carrier: what the clinic stopped, or a link in a mail, is not a text's to undo.
RESTART = """
DELETE FROM people.opt_outs o USING unnest($1::bytea[], $2::boolean[], $3::boolean[]) AS n(address, by_carrier, by_name)
WHERE o.address = n.address AND (o.origin = 'reply' OR n.by_carrier AND o.origin LIKE 'carrier%')
    AND (n.by_name OR o.category = 'all')
"""

STOP = """
INSERT INTO people.opt_outs (address, category, origin, since_at)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[]) AS n(address, category, origin, since_at)
ORDER BY address, category
ON CONFLICT DO NOTHING
"""

HOLD = """
INSERT INTO texts.holds (patient_id, address, kind, text_id, since_at)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::timestamptz[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """By when people read texts, and how long they can.

    Attributes:
        urgent_in: after it, a text that speaks of danger has been read or is escalated, at any hour.
        kept_for: after it, the words are erased: a task to read them is of no use.
        zone: of phones that no place has written to yet.
        holidays: the bank holidays on which nobody reads.

    """

    urgent_in: timedelta = timedelta(minutes=30)
    kept_for: timedelta = timedelta(days=90)
    zone: ZoneInfo = ZoneInfo("Europe/London")  # noqa: RUF009 - immutable, and cached by key
    holidays: str = "GB-ENG"


@dataclass(slots=True)
class Effects:
    """What a batch asks for, so far."""

    now: datetime
    places: Places
    terms: Terms
    _restarts: set[tuple[bytes, bool, bool]] = field(default_factory=set)
    _stops: dict[tuple[bytes, str], tuple[str, datetime]] = field(default_factory=dict)
    _holds: list[tuple[UUID, bytes | None, str, str, datetime]] = field(default_factory=list)
    _tasks: list[Task] = field(default_factory=list)
    _answers: list[tuple[Message, UUID]] = field(default_factory=list)
    _told: list[Answered] = field(default_factory=list)
    _nudged: set[UUID] = field(default_factory=set)

    def gather(self, effects: tuple[Effect, ...], text_id: str, phone: Phone, received_at: datetime) -> None:
        """Take in what follows from one text, after those that came before it."""
        for effect in effects:
            match effect:
                case Stop(category, origin):
                    self._stops[phone.address, category] = (origin, received_at)
                    self._nudged |= phone.patients
                case Restart(by_carrier, by_name):
                    self._restart(phone.address, by_carrier=by_carrier, by_name=by_name)
                    self._nudged |= phone.patients
                case HoldMessages(kind):
                    address = phone.address if kind is TaskKind.WRONG_NUMBER else None
                    self._holds += [(p, address, kind.value, text_id, self.now) for p in sorted(phone.patients)]
                case Ask():
                    self._tasks.append(self._task(effect, text_id, phone, received_at))
                case SendAnswer():
                    self._answer(effect, text_id, phone, received_at)
                case Tell(question, token, number, quiet):
                    about = (question.planner, question.patient_id, question.message_id)
                    self._told.append(Answered(text_id, *about, received_at, token, number, quiet))

    def _restart(self, address: bytes, *, by_carrier: bool, by_name: bool) -> None:
        """Undo what is on record, and what came before it in this batch."""
        self._restarts.add((address, by_carrier, by_name))
        self._stops = {
            (where, category): (origin, at)
            for (where, category), (origin, at) in self._stops.items()
            if where != address or not (by_carrier or origin == "reply") or not (by_name or category == ALL)
        }

    def _task(self, ask: Ask, text_id: str, phone: Phone, received_at: datetime) -> Task:
        urgent = ask.kind is TaskKind.URGENT
        return Task(
            ask.kind,
            text_id,
            next(iter(phone.patients)) if len(phone.patients) == 1 else None,
            phone.things,
            ask.why,
            due_at=received_at + self.terms.urgent_in if urgent else self._read_by(phone, received_at),
            expires_at=received_at + self.terms.kept_for,
            text_id=text_id,
        )

    def _read_by(self, phone: Phone, received_at: datetime) -> datetime:
        hours = sending_window.usual(self._zone(phone), self.terms.holidays)
        return working_time.soon(received_at, self.now, phone.next_at, hours)

    def _zone(self, phone: Phone) -> ZoneInfo:
        last = phone.answers_to
        return self.places.zone(last.place, self.terms.zone) if last and last.place else self.terms.zone

    def _answer(self, answer: SendAnswer, text_id: str, phone: Phone, received_at: datetime) -> None:
        """Answer a phone that we have written to; another has no place to answer from, and a person reads it."""
        last = phone.answers_to
        if last is None or last.place is None:
            return
        data: dict[str, object] = {"place": {"place": last.place}}
        if answer.words == OPTED_OUT:
            data["category"] = answer.category
        if answer.words == NOT_UNDERSTOOD:
            by = self._read_by(phone, received_at)
            data["read_by"] = {"at": by.isoformat(), "zone": self._zone(phone).key}
        message = Message(
            key=f"reply/{text_id}/{answer.words}",
            kind=answer.words,
            template=answer.words,
            category=CATEGORY,
            send_at=self.now,
            expires_at=received_at + LASTS[answer.words],
            says={},
            places=(last.place,),
            data=data,
            reply_to=text_id,
        )
        self._answers.append((message, last.patient_id))

    async def apply(self, connection: Connection) -> None:
        """Do it all."""
        if self._restarts:
            await connection.execute(RESTART, *columns(sorted(self._restarts), 3))
        stops = [(*key, *stop) for key, stop in sorted(self._stops.items())]
        if stops:
            await connection.execute(STOP, *columns(stops, 4))
        if self._holds:
            await connection.execute(HOLD, *columns(self._holds, 5))
        await patient_replies.keep(connection, self._told)
        await wakeups.request_replan_everywhere(connection, {one.patient_id for one in self._told}, self.now)
        await tasks.raise_tasks(connection, self._tasks, self.now)
        answers = [reconciliation.wanted(PLANNER, patient, message) for message, patient in self._answers]
        await changes.want(connection, PLANNER, answers, self.now)
        if self._nudged:
            await reconciliation.recheck(connection, self._nudged)
