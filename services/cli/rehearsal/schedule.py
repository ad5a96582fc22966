"""The schedule of a rehearsal, in memory: plans are held against it as `shared.schedule` does in the database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.cli.rehearsal.timeline import Entry, ResponseEntry, TaskEntry
from services.delivery.due import DueMessage
from shared.rules.plan import Message, Plan, SentHistory, SentMessage
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import MessageState, Why
from shared.schedule.tasks import Task, planned_task
from shared.schedule.wakeups import Woken

NUDGED = frozenset(
    {
        Why.PAUSED,
        Why.NO_CONTACT,
        Why.THING_HELD,
        Why.DEATH_REPORTED,
        Why.NUMBER_DOUBTED,
        Why.RECORDS_DISAGREE,
        Why.DEATH_CONTESTED,
        Why.PHONE_UNSAFE,
    }
)
"""What waits for these reasons is looked at again at once where something new is said of its patient."""

WAITS_AT_LEAST = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Row:
    """A message as it stands. `told_at`: when it was sent; `asked`: whether it asked for an answer."""

    id: UUID
    planner: str
    patient: UUID
    message: Message
    due_at: datetime
    planned_at: datetime
    state: MessageState = MessageState.SCHEDULED
    why: Why = Why.PLANNED
    detail: str = ""
    told_at: datetime | None = None
    asked: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it was sent or withheld: no later plan touches it."""
        return self.state not in {MessageState.SCHEDULED, MessageState.WITHDRAWN}

    def waits_as(self, patient: UUID, message: Message) -> bool:
        """Whether it waits as this message to this patient already."""
        same = self.patient == patient and self.message.digest() == message.digest()
        return same and self.state is MessageState.SCHEDULED

    def as_due(self) -> DueMessage:
        """The message as delivery sees it once it is due."""
        message = self.message
        return DueMessage(
            id=self.id,
            planner=self.planner,
            patient_id=self.patient,
            category=message.category,
            template=message.template,
            things=(*message.says, patient_thing(self.patient)),
            places=message.places,
            data=message.data,
            send_at=message.send_at,
            expires_at=message.expires_at,
            urgent_by=message.urgent_by,
            why=self.why,
            detail=self.detail,
            attempt=0,
            tried=frozenset(),
            calendar=message.calendar,
            answers_until=message.answers_until,
            ask_instead=message.ask_instead,
            must_reach=message.must_reach,
            planned_at=self.planned_at,
        )


@dataclass(slots=True, kw_only=True)
class TaskRow:
    """A task as it stands: open, or closed because it was no longer wanted; nobody else closes any."""

    id: UUID
    planner: str
    patient: UUID
    wanted_as: UUID
    entry: TaskEntry
    expires_at: datetime
    is_open: bool = True


class Schedule:
    """Messages, wake-ups, tasks and responses of every planner and patient."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Row] = {}
        self.tasks: dict[UUID, TaskRow] = {}
        self._waiting: dict[UUID, Row] = {}
        self._theirs: dict[UUID, dict[UUID, Row]] = {}
        self._wakeups: dict[tuple[str, UUID], dict[str, datetime]] = {}
        self._responses: set[UUID] = set()

    def follow(self, planner: str, patient: UUID, plan: Plan, now: datetime) -> Iterator[Entry]:
        """Hold a patient's whole plan against what stands; the tasks and responses that it brings."""
        wanted = {message.id(planner): message for message in plan.messages}
        for row in list(self._theirs.get(patient, {}).values()):
            if row.planner == planner and row.state is MessageState.SCHEDULED and row.id not in wanted:
                self._set(row, MessageState.WITHDRAWN, Why.NO_LONGER_WANTED)
        for message_id, message in wanted.items():
            self._want(message_id, planner, patient, message, now)
        self._wakeups.pop((planner, patient), None)
        if plan.wakeups:
            self._wakeups[planner, patient] = {one.key: one.at for one in plan.wakeups}
        yield from self._follow_tasks(planner, patient, plan, now)
        for response in plan.responses:
            if response.id(planner) not in self._responses:
                self._responses.add(response.id(planner))
                yield ResponseEntry(at=now, type=response.type, things=response.things, places=())

    def next_at(self) -> datetime | None:
        """When something falls due; None where nothing does."""
        wakeups = (at for those in self._wakeups.values() for at in those.values())
        return min((*wakeups, *(row.due_at for row in self._waiting.values())), default=None)

    def woken(self, now: datetime) -> Iterator[tuple[str, UUID, list[Woken]]]:
        """The wake-ups that have come, by planner and patient."""
        for (planner, patient), wakeups in list(self._wakeups.items()):
            due = [Woken(patient, key, at) for key, at in wakeups.items() if at <= now]
            if due:
                yield planner, patient, due

    def due(self, now: datetime) -> list[Row]:
        """The messages that are due, in the order in which they are decided."""
        return sorted((r for r in self._waiting.values() if r.due_at <= now), key=lambda r: (r.message.send_at, r.id))

    def told(self, planner: str, patient: UUID) -> SentHistory:
        """What a planner has told a patient."""
        sayings: dict[str, list[SentMessage]] = {}
        for row in self._sent(patient):
            if row.planner == planner and row.told_at is not None:
                for thing, said in row.message.says.items():
                    told = SentMessage(row.id, row.message.kind, row.told_at, said, row.asked)
                    sayings.setdefault(thing, []).append(told)
        return SentHistory({thing: tuple(said) for thing, said in sayings.items()})

    def said(self, patient: UUID) -> list[Mapping[str, Any]]:
        """What each message to a patient said, the oldest first."""
        sent = [row for row in self._sent(patient) if row.told_at is not None]
        return [row.message.says for row in sorted(sent, key=lambda row: (row.told_at or row.due_at, row.id))]

    def claims(self, patient: UUID) -> tuple[datetime, ...]:
        """When messages to this patient were sent."""
        return tuple(row.told_at for row in self._sent(patient) if row.told_at is not None)

    def asked_at(self, patient: UUID) -> datetime | None:
        """When this patient was last asked something."""
        return max((row.told_at for row in self._sent(patient) if row.asked and row.told_at), default=None)

    def on_its_way(self, patient: UUID, now: datetime) -> frozenset[str]:
        """The things of which this patient is being told at this moment."""
        return frozenset(thing for row in self._sent(patient) if row.told_at == now for thing in row.message.says)

    def send(self, row: Row, now: datetime, *, asked: bool) -> Iterator[TaskEntry]:
        """Note that a message is sent: nobody need reach the patient in its place any more."""
        self._set(row, MessageState.SENT, Why.ACCEPTED)
        row.told_at, row.asked = now, asked
        for task in self.tasks.values():
            if task.is_open and task.wanted_as == row.id:
                task.is_open = False
                yield replace(task.entry, at=now, is_over=True)

    def wait(self, row: Row, until: datetime, why: Why, detail: str, now: datetime) -> None:
        """Have a message looked at again at `until`."""
        row.why, row.detail = why, detail
        row.due_at = max(min(until, row.message.expires_at), now + WAITS_AT_LEAST)

    def withhold(self, row: Row, why: Why, detail: str) -> None:
        """Note that a message is never sent."""
        self._set(row, MessageState.WITHHELD, why)
        row.detail = detail

    def raise_task(self, task: Task, planner: str, now: datetime, places: tuple[str, ...]) -> Iterator[TaskEntry]:
        """Ask people to do something, once."""
        if task.id in self.tasks or task.patient_id is None:
            return
        things = tuple(thing for thing in task.things if thing != patient_thing(task.patient_id))
        entry = TaskEntry(at=now, kind=task.kind, things=things, places=places, why=task.why, due_at=task.due_at)
        self.tasks[task.id] = TaskRow(
            id=task.id,
            planner=task.planner or planner,
            patient=task.patient_id,
            wanted_as=task.message_id or task.id,
            entry=entry,
            expires_at=task.expires_at,
        )
        yield entry

    def nudge(self, patients: Iterable[UUID]) -> None:
        """Have what waits for something about these patients looked at again."""
        for row in (row for patient in patients for row in self._theirs.get(patient, {}).values()):
            if row.state is MessageState.SCHEDULED and row.why in NUDGED:
                row.due_at = min(row.due_at, row.message.send_at)

    def move(self, absorbed: UUID, survivor: UUID) -> None:
        """Two patients turned out to be one: what the one was told, and is to do, is the other's."""
        for row in self._theirs.pop(absorbed, {}).values():
            row.patient = survivor
            self._theirs.setdefault(survivor, {})[row.id] = row
        for task in self.tasks.values():
            if task.patient == absorbed:
                task.patient = survivor

    def _want(self, message_id: UUID, planner: str, patient: UUID, message: Message, now: datetime) -> None:
        row = self.rows.get(message_id)
        if row is None:
            row = Row(
                id=message_id,
                planner=planner,
                patient=patient,
                message=message,
                due_at=message.send_at,
                planned_at=now,
            )
        elif row.is_settled or row.waits_as(patient, message):
            return
        else:
            del self._theirs[row.patient][message_id]
            row.patient, row.message, row.due_at, row.detail = patient, message, message.send_at, ""
        self.rows[message_id] = self._theirs.setdefault(patient, {})[message_id] = row
        self._set(row, MessageState.SCHEDULED, Why.PLANNED)

    def _follow_tasks(self, planner: str, patient: UUID, plan: Plan, now: datetime) -> Iterator[TaskEntry]:
        """Have a patient's tasks follow the plan: wanted ones are raised, others close, and open where wanted again."""
        requests = {request.id: request for request in plan.task_requests}
        wanted = requests.keys() | {message.id(planner) for message in plan.messages}
        following = [row for row in self.tasks.values() if (row.planner, row.patient) == (planner, patient)]
        for request in (request for request in requests.values() if request.expires_at > now):
            yield from self.raise_task(planned_task(request, patient, planner), planner, now, ())
        for row in following:
            if row.is_open and row.wanted_as not in wanted:
                row.is_open = False
                yield replace(row.entry, at=now, is_over=True)
            elif not row.is_open and row.wanted_as in wanted and row.expires_at > now:
                row.is_open = True
                yield replace(row.entry, at=now)

    def _sent(self, patient: UUID) -> list[Row]:
        sent = (row for row in self._theirs.get(patient, {}).values() if row.told_at is not None)
        return sorted(sent, key=lambda row: (row.told_at, row.id))

    def _set(self, row: Row, state: MessageState, why: Why) -> None:
        row.state, row.why = state, why
        if state is MessageState.SCHEDULED:
            self._waiting[row.id] = row
        else:
            self._waiting.pop(row.id, None)
