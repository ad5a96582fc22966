"""A clinic's goals and missed appointments, what patients were told and answered: rules see facts as engines fold them.

Wake-ups come true only when `wait` says that time has passed.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from services.followup import goals, missed
from services.followup.app import says
from services.followup.policy import Policy
from services.followup.rules import plan
from shared.calendar.sending_window import spread
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.goal import GOALS, Goal
from shared.clinic.places import Place, Places
from shared.events.cloudevents import Event, Record, Version, thing_of
from shared.rules.facts import GONE, Arrival, Fact, fold
from shared.rules.plan import Facts, Message, Plan, Response, SentHistory, SentMessage
from shared.rules.reply import Done, Reply
from shared.rules.task_requests import TaskRequest

LONDON = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
POLICY = Policy()
WHO = uuid5(NAMESPACE_URL, "p1")


def _place(clinic: str, name: str, **more: Any) -> Place:
    return Place(
        source=SOURCE,
        clinic=clinic,
        name=name,
        phone="020 7946 0101",
        sender="Riverside Hospital",
        site=more.pop("site", clinic),
        **more,
    )


PLACES = Places.of(
    [
        _place("MSK", "Riverside Health Centre"),
        _place("MSK-2", "Riverside Health Centre", site="MSK"),
        _place("HILL", "Hill Clinic"),
        _place("LATER", "Later House", later_rounds=True),
        _place("ASK", "Ask House", missed="release"),
        _place("QUIET", "Quiet House", missed="never"),
        _place("MOOD", "Mill House", policy=ClinicPolicy(condition="Depression")),
        _place("MOOD-OFF", "Mill Lane", policy=ClinicPolicy(condition="depression", support_below=0)),
        _place("FOUR", "Ferry House", policy=ClinicPolicy(support_below=4)),
        _place("AZORES", "Ponta Delgada", zone="Atlantic/Azores"),
    ]
)

CLOCK = spread(str(WHO), POLICY.spread_from, POLICY.spread_until).isoformat("minutes")
"""The time of day at which the patient's messages are due."""


def london(text: str) -> datetime:
    """An instant by the clock in London: `2026-12-08 09:00`; CLOCK is the patient's own time."""
    return datetime.fromisoformat(text.replace("CLOCK", CLOCK)).replace(tzinfo=LONDON).astimezone(UTC)


def by_clock(at: datetime) -> str:
    """`2026-12-01 CLOCK`, with CLOCK where the time is the patient's own."""
    local = at.astimezone(LONDON)
    clock = f"{local:%H:%M}"
    return f"{local:%Y-%m-%d} {'CLOCK' if clock == CLOCK else clock}"


class Ward:
    """Events in, plans out; whoever is told is told by hand."""

    def __init__(self, policy: Policy = POLICY, places: Places = PLACES) -> None:
        self.policy = policy
        self.places = places
        self.facts: dict[tuple[str, UUID], Fact] = {}
        self.sayings: dict[str, list[SentMessage]] = {}
        self.replies: list[Reply] = []
        self.woken: dict[str, datetime] = {}
        self.done: dict[UUID, Done] = {}
        self._offset = 0

    def goal(self, at: str, set_on: str = "2026-11-17", id: str = "g1", clinic: str = "MSK", **data: Any) -> Self:  # noqa: A002 - the field's own name
        """The clinic publishes a goal at a time by London's clock."""
        state = Goal.model_validate({"set_on": set_on, "clinic": clinic, **data, "patient": {"id": "p1"}})
        return self._take(at, id, state)

    def visit(
        self,
        at: str,
        start: str | None = "2026-12-01 09:00",
        status: str = "noshow",
        id: str = "a1",  # noqa: A002
        clinic: str = "MSK",
        **data: Any,
    ) -> Self:
        """The clinic publishes an appointment."""
        when = {} if start is None else {"start": london(start)}
        state = {**when, "clinic": clinic, **data, "status": status, "patient": {"id": "p1"}}
        return self._take(at, id, Appointment.model_validate(state))

    def deletes(self, at: str, id: str = "g1") -> Self:  # noqa: A002
        """The clinic publishes a tombstone."""
        return self._take(at, id, None)

    def plan(self) -> Plan:
        """What the patient is to be sent, and all else that is wanted."""
        return plan(self.seen(), self.told(), self.policy)

    def seen(self) -> Facts:
        """The facts, as the engine shows them to the rule."""
        things = tuple(fact for fact in self.facts.values() if fact.patient_id == WHO)
        replies = tuple(self.replies)
        return Facts(
            patient=str(WHO),
            things=things,
            places=self.places,
            woken=dict(self.woken),
            replies=replies,
            done=dict(self.done),
        )

    def told(self) -> SentHistory:
        """What the patient has been told."""
        return SentHistory({thing: tuple(said) for thing, said in self.sayings.items()})

    def planned(self) -> list[str]:
        """The messages still to come, a line each, in order of time."""
        messages = sorted(self.to_come(), key=lambda message: (message.send_at, message.kind))
        return [f"{message.kind} {by_clock(message.send_at)}" for message in messages]

    def to_come(self) -> list[Message]:
        """What is planned and was not claimed yet."""
        claimed = {saying.message_id for sayings in self.sayings.values() for saying in sayings}
        return [message for message in self.plan().messages if message.id("followup") not in claimed]

    def wanted(self, kind: str) -> Message:
        """The first message of this kind that is still to come."""
        return min((m for m in self.to_come() if m.kind == kind), key=lambda message: message.send_at)

    def tasks(self) -> list[str]:
        """The tasks that are wanted, a line each."""
        return [f"{request.kind} {request.why} by {by_clock(request.due_at)}" for request in self.plan().task_requests]

    def request(self) -> TaskRequest:
        """The one task that is wanted."""
        (request,) = self.plan().task_requests
        return request

    def responses(self, kind: str) -> list[Response]:
        """What the clinic hears of one type, in order of time."""
        found = [response for response in self.plan().responses if response.type == kind]
        return sorted(found, key=lambda response: (response.at, response.key))

    def tell(self, kind: str, at: str | None = None, *, asked: bool = True) -> Self:
        """Delivery claims the next message of this kind, when it is due or at a time; `asked`: by text."""
        message = self.wanted(kind)
        return self.claim(message, london(at) if at else message.send_at, asked=asked)

    def claim(self, message: Message, at: datetime, *, asked: bool = True) -> Self:
        """Delivery claims this message."""
        for thing, said in message.says.items():
            saying = SentMessage(message.id("followup"), message.kind, at, said, asked)
            self.sayings.setdefault(thing, []).append(saying)
        return self

    def answer(self, at: str, answer: str, id: str = "g1", *, quiet: bool = False) -> Self:  # noqa: A002
        """The patient answers the last message about a thing: `A`, `SURE 4`, or words of their own."""
        return self.answers(london(at), answer, thing_of(SOURCE, _kind(id), id), quiet=quiet)

    def answers(self, at: datetime, answer: str, thing: str, *, quiet: bool = False) -> Self:
        """The same, at an instant."""
        last = self.sayings[thing][-1]
        said = {
            of: each.said for of, all_ in self.sayings.items() for each in all_ if each.message_id == last.message_id
        }
        token, _, number = answer.partition(" ")
        reply = Reply(
            id=f"SM{len(self.replies)}",
            at=at,
            planner="followup",
            message_id=last.message_id,
            kind=last.kind,
            said=said,
            quiet=quiet,
        )
        if token in {"A", "B", "C", "SURE", "TALK", "2", "3", "9"} and (not number or number.isdigit()):
            reply = replace(reply, token=token, number=int(number) if number else None)
        else:
            reply = replace(reply, items=(answer,))
        self.replies.append(reply)
        return self

    def asked_prompts(self, at: str, token: str, start: str = "2026-12-01 09:00", id: str = "a1") -> Self:  # noqa: A002
        """The patient answered a reminder, which another planner sent."""
        said = {thing_of(SOURCE, missed.KIND, id): {"start": london(start).isoformat(), "on": True}}
        message_id = uuid5(NAMESPACE_URL, "a reminder")
        name = f"SM{len(self.replies)}"
        self.replies.append(
            Reply(
                id=name,
                at=london(at),
                planner="prompts",
                message_id=message_id,
                kind="reminder",
                said=said,
                token=token,
            )
        )
        return self

    def wait(self, until: str) -> Self:
        """Time passes: wake-ups that are due come true, and the patient is planned again after each round of them."""
        return self.wait_until(london(until))

    def wait_until(self, until: datetime) -> Self:
        """The same, to an instant."""
        while due := {w.key: w.at for w in self.plan().wakeups if w.at <= until and self.woken.get(w.key) != w.at}:
            self.woken.update(due)
        return self

    def close(self, request: TaskRequest, at: str, outcome: str = "done") -> Self:
        """A person closes a task."""
        self.done[request.id] = Done(outcome, london(at))
        return self

    def _take(self, at: str, id: str, state: Goal | Appointment | None) -> Self:  # noqa: A002
        self._offset += 1
        time, kind = london(at), _kind(id)
        topic = GOALS if kind == goals.KIND else APPOINTMENTS
        record = Record(topic=topic, partition=0, offset=self._offset, timestamp=time, key=None, value=None)
        thing = thing_of(SOURCE, kind, id)
        event = Event(
            id=str(self._offset),
            source=SOURCE,
            kind=kind,
            thing=thing,
            version=Version.of(time, None, record),
            data=state,
        )
        who = None if state is None else WHO
        changed = fold(self.facts.values(), [Arrival(event, who, b"", GONE if state is None else says(state))])
        self.facts.update({(fact.thing, fact.patient_id): fact for fact in changed})
        return self


def _kind(id: str) -> str:  # noqa: A002
    return goals.KIND if id.startswith("g") else missed.KIND
