"""What follows from a batch of texts, gathered text by text and done as sets, under the locks of whom it concerns."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from services.delivery.forms import CATEGORY, NOT_UNDERSTOOD, OPTED_OUT, PLANNER
from services.delivery.incoming.phone_conversations import Phone
from services.delivery.incoming.responding import (
    LASTS,
    Effect,
    HoldMessages,
    HoldPhone,
    OpenTask,
    PassAnswer,
    Restart,
    SendAnswer,
    Stop,
)
from shared.calendar import sending_window, working_time
from shared.clinic.places import Places
from shared.patients import opt_outs, unsafe_phones
from shared.patients.opt_out_events import AddressOptIn, AddressOptOut
from shared.platform.clock import Connection
from shared.rules.plan import Message
from shared.rules.policy import ClinicDefaults
from shared.rules.task_requests import TaskKind
from shared.schedule import alarms, changes, patient_replies, reconciliation, tasks, texts, unsafe_tasks, wakeups
from shared.schedule.alarms import ALARMS
from shared.schedule.patient_replies import Answered
from shared.schedule.tasks import Task
from shared.schedule.texts import TextHold


class Terms(ClinicDefaults):
    """By when people read texts, and how long they can."""

    urgent_minutes: int = Field(
        default=30,
        ge=1,
        le=1_440,
        description="minutes within which a person reads a text that speaks of danger, at any hour; else its task is "
        "overdue",
    )
    content_days: int = Field(
        default=90,
        ge=7,  # a text of Friday's is read on Tuesday at the latest
        description="days after which words and addresses of a message, and of a text from a patient, are erased",
    )

    @property
    def urgent_in(self) -> timedelta:
        """After it, a text that speaks of danger has been read or is escalated, at any hour."""
        return timedelta(minutes=self.urgent_minutes)

    @property
    def kept_for(self) -> timedelta:
        """After it, the words are erased: a task to read them is of no use."""
        return timedelta(days=self.content_days)


@dataclass(slots=True, kw_only=True)
class Effects:
    """What a batch asks for, so far."""

    now: datetime
    places: Places
    terms: Terms
    _opt_ins: list[AddressOptIn] = field(default_factory=list)
    _opt_outs: list[AddressOptOut] = field(default_factory=list)
    _holds: list[TextHold] = field(default_factory=list)
    _unsafe: dict[bytes, str] = field(default_factory=dict)
    _tasks: list[Task] = field(default_factory=list)
    _alarms: dict[bytes, list[Task]] = field(default_factory=dict)
    _answers: list[tuple[Message, UUID]] = field(default_factory=list)
    _told: list[Answered] = field(default_factory=list)
    _nudged: set[UUID] = field(default_factory=set)

    def gather(
        self, effects: tuple[Effect, ...], text_id: str, phone: Phone, received_at: datetime, language: str = ""
    ) -> None:
        """Take in what follows from one text, after those that came before it; `language` is one we do not write."""
        for effect in effects:
            match effect:
                case Stop(category, origin):
                    self._opt_outs.append(AddressOptOut(phone.address, category, origin, received_at))
                    self._nudged |= phone.patients
                case Restart(by_carrier, by_name):
                    self._opt_in(AddressOptIn(phone.address, by_carrier=by_carrier, by_name=by_name))
                    self._nudged |= phone.patients
                case HoldMessages(kind):
                    address = phone.address if kind is TaskKind.WRONG_NUMBER else None
                    self._holds += [TextHold(p, address, kind.value, text_id) for p in sorted(phone.patients)]
                case HoldPhone():
                    self._unsafe.setdefault(phone.address, text_id)
                    self._nudged |= phone.patients
                case OpenTask():
                    task = replace(self._task(effect, text_id, phone, received_at), language=language or None)
                    raised = self._alarms.setdefault(phone.address, []) if task.kind in ALARMS else self._tasks
                    raised.append(task)
                case SendAnswer():
                    self._answer(effect, text_id, phone, received_at)
                case PassAnswer(question, token, number, quiet):
                    answered = Answered(
                        text_id=text_id,
                        planner=question.planner,
                        patient_id=question.patient_id,
                        message_id=question.message_id,
                        at=received_at,
                        token=token,
                        number=number,
                        quiet=quiet,
                    )
                    self._told.append(answered)

    def _opt_in(self, opt_in: AddressOptIn) -> None:
        """End what is on record, and what came before it in this batch."""
        self._opt_ins.append(opt_in)
        self._opt_outs = [opt_out for opt_out in self._opt_outs if not opt_in.ends(opt_out)]

    def _task(self, ask: OpenTask, text_id: str, phone: Phone, received_at: datetime) -> Task:
        urgent = ask.kind in ALARMS
        return Task(
            kind=ask.kind,
            key=text_id,
            patient_id=next(iter(phone.patients)) if len(phone.patients) == 1 else None,
            things=phone.things,
            why=ask.why,
            due_at=received_at + self.terms.urgent_in if urgent else self._read_by(phone, received_at),
            expires_at=received_at + self.terms.kept_for,
            text_id=text_id,
            unsafe_phone=phone.unsafe or phone.address in self._unsafe,
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
        await opt_outs.opt_in(connection, self._opt_ins, self.now)
        await opt_outs.opt_out(connection, self._opt_outs, self.now)
        await texts.hold(connection, self._holds, self.now)
        await unsafe_phones.hold(connection, self._unsafe, self.now)
        await unsafe_tasks.mark_unsafe(connection, self._unsafe)
        await patient_replies.keep(connection, self._told)
        await wakeups.request_replan_everywhere(connection, {one.patient_id for one in self._told}, self.now)
        await tasks.raise_tasks(connection, self._tasks, self.now)
        await alarms.raise_alarms(connection, self._alarms, self.now)
        answers = [reconciliation.wanted(PLANNER, patient, message) for message, patient in self._answers]
        await changes.want(connection, PLANNER, answers, self.now)
        if self._nudged:
            await reconciliation.recheck(connection, self._nudged)
