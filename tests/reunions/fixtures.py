"""A site's courses and reunions, and one patient among many: rules see facts as engines fold them.

The list of places is folded by the real rule and judged by the real ledger's; whoever else answers is made up. Time
passes only in `at`; wake-ups come true when they are due.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from services.reunions.arranged import KIND
from services.reunions.arriving import Arriving, ReunionState
from services.reunions.meetings import COURSE, ENROLMENT, PLANNER, says
from services.reunions.policy import Policy
from services.reunions.rules import plan
from shared.calendar.sending_window import spread
from shared.clinic.courses import COURSES, Course, Enrolment, Reunion
from shared.clinic.places import Place, Places
from shared.events.cloudevents import Event, Record, Version, thing_of
from shared.rules.facts import GONE, Arrival, Fact, fold
from shared.rules.plan import Facts, Message, Plan, Response, SentHistory, SentMessage
from shared.rules.reply import Reply
from shared.rules.waiting_list import Seat, WaitingList, offer_end

LONDON = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
POLICY = Policy()
WHO = uuid5(NAMESPACE_URL, "p1")
NOBODY = UUID(int=0)
THING = thing_of(SOURCE, KIND, "r1")

PLACES = Places.of(
    [
        Place(
            source=SOURCE,
            clinic="ELM",
            name="Elm Centre",
            phone="0191 498 0001",
            sender="Elm NHS",
            site="ELM",
            sender_cy="GIG Llwyfen",
        ),
        Place(source=SOURCE, clinic="ELM-2", name="Elm Centre", phone="0191 498 0001", sender="Elm NHS", site="ELM"),
        Place(source=SOURCE, clinic="HILL", name="Hill House", phone="0191 498 0002", sender="Elm NHS", site="HILL"),
    ]
)

CLOCK = spread(str(WHO), POLICY.spread_from, POLICY.spread_until).isoformat("minutes")
"""The time of day at which the patient's messages are due."""

KINDS = {"c": COURSE, "e": ENROLMENT, "r": KIND}


def london(text: str) -> datetime:
    """An instant by the clock in London: `2026-12-08 09:00`; CLOCK is the patient's own time."""
    return datetime.fromisoformat(text.replace("CLOCK", CLOCK)).replace(tzinfo=LONDON).astimezone(UTC)


def by_clock(at: datetime) -> str:
    """`2026-12-01 CLOCK`, with CLOCK where the time is the patient's own."""
    local = at.astimezone(LONDON)
    clock = f"{local:%H:%M}"
    return f"{local:%Y-%m-%d} {'CLOCK' if clock == CLOCK else clock}"


class Ward:
    """Events and answers in, plans out; whoever is told is told by hand."""

    def __init__(self, policy: Policy = POLICY, places: Places = PLACES) -> None:
        self.policy = policy
        self.places = places
        self.facts: dict[tuple[str, UUID], Fact] = {}
        self.sayings: dict[str, list[SentMessage]] = {}
        self.replies: list[Reply] = []
        self.woken: dict[str, datetime] = {}
        self.states: dict[str, WaitingList] = {}
        self.now = london("2026-01-01 12:00")
        self._others: list[tuple[UUID, Reply]] = []
        self._read: set[str] = set()
        self._offset = 0

    def course(self, at: str, id: str = "c1", clinic: str = "ELM", sessions: int = 7, **data: Any) -> Self:  # noqa: A002 - the field's own name
        """The organiser publishes a course with weekly sessions."""
        begins = london("2026-03-03 10:00")
        each = [{"number": n, "start": begins + timedelta(weeks=n)} for n in range(1, sessions + 1)]
        return self._take(at, id, Course.model_validate({"sessions": each, "clinic": clinic, **data}))

    def enrols(self, at: str, attended: int = 7, id: str = "e1", course: str = "c1", **data: Any) -> Self:  # noqa: A002
        """The organiser publishes the patient's part in a course: they came to the first sessions."""
        came = tuple(range(1, attended + 1))
        state = {"course": course, "attended": came, **data, "patient": {"id": "p1"}}
        return self._take(at, id, Enrolment.model_validate(state))

    def reunion(self, at: str, start: str = "2026-12-08 14:00", id: str = "r1", **data: Any) -> Self:  # noqa: A002
        """The organiser publishes a reunion; answers are awaited until a week before."""
        begins = london(start)
        usual = {"clinic": "ELM", "capacity": 2, "courses": ("c1",), "rsvp_by": begins - timedelta(days=7)}
        return self._take(at, id, Reunion.model_validate({"start": begins, **usual, **data}))

    def deletes(self, at: str, id: str = "r1") -> Self:  # noqa: A002
        """The organiser publishes a tombstone."""
        return self._take(at, id, None)

    def plan(self) -> Plan:
        """What the patient is to be sent, and all else that is wanted."""
        self.settle()
        return plan(self.seen(), self.told(), self.policy)

    def seen(self) -> Facts:
        """The facts, as the engine shows them to the rule."""
        own = tuple(fact for fact in self.facts.values() if fact.patient_id == WHO)
        shared_things = tuple(fact for fact in self.facts.values() if fact.patient_id == NOBODY)
        seats = {thing: state.seats[WHO] for thing, state in self.states.items() if WHO in state.seats}
        return Facts(
            patient=str(WHO),
            things=own,
            places=self.places,
            woken=dict(self.woken),
            replies=tuple(self.replies),
            shared_things=shared_things,
            seats=seats,
        )

    def told(self) -> SentHistory:
        """What the patient has been told."""
        return SentHistory({thing: tuple(said) for thing, said in self.sayings.items()})

    def settle(self) -> None:
        """The list is brought up to date, as the ledger does before anybody is planned."""
        for fact in self.facts.values():
            if isinstance(fact.data, Reunion):
                reunion = fact.data
                hours = self.policy.window(LONDON)

                def until(at: datetime, reunion: Reunion = reunion) -> datetime:
                    return offer_end(at, timedelta(hours=self.policy.offer_hours), hours, reunion.start)  # noqa: B023

                arriving = Arriving(self.states.get(fact.thing, WaitingList()), until, self.now)
                answers = [(WHO, reply) for reply in self.replies] + self._others
                fresh = [(who, r) for who, r in answers if fact.thing in r.said and r.id not in self._read]
                everybody = frozenset({WHO, *(who for who, _ in self._others)})
                arriving.take(ReunionState(reunion, everybody), fresh)
                self._read |= {reply.id for _, reply in fresh}
                self.states[fact.thing] = arriving.state

    @property
    def seat(self) -> Seat | None:
        """Where the patient stands with the reunion."""
        self.settle()
        return self.states[THING].seats.get(WHO)

    def to_come(self) -> list[Message]:
        """What is planned and was not claimed yet, nor came too late."""
        claimed = {saying.message_id for sayings in self.sayings.values() for saying in sayings}
        return [m for m in self.plan().messages if m.id(PLANNER) not in claimed and m.expires_at > self.now]

    def planned(self) -> list[str]:
        """The messages still to come, a line each, in order of time."""
        messages = sorted(self.to_come(), key=lambda message: (message.send_at, message.kind))
        return [
            f"{message.kind} {by_clock(message.send_at)}{' at once' if message.reply_to else ''}"
            for message in messages
        ]

    def wanted(self, kind: str) -> Message:
        """The first message of this kind that is still to come."""
        return min((m for m in self.to_come() if m.kind == kind), key=lambda message: message.send_at)

    def responses(self) -> list[Response]:
        """What the clinic hears, in order of time."""
        return sorted(self.plan().responses, key=lambda response: (response.at, response.key))

    def tell(self, kind: str, at: str | None = None, *, asked: bool = True) -> Self:
        """Delivery claims the next message of this kind, when it is due or at a time; `asked`: by text."""
        message = self.wanted(kind)
        told_at = london(at) if at else message.send_at
        if told_at > self.now:
            self.wait_until(told_at)
        return self.claim(message, told_at, asked=asked)

    def claim(self, message: Message, at: datetime, *, asked: bool = True) -> Self:
        """Delivery claims this message."""
        for thing, said in message.says.items():
            saying = SentMessage(message.id(PLANNER), message.kind, at, said, asked)
            self.sayings.setdefault(thing, []).append(saying)
        return self

    def answer(self, at: str, answer: str, *, quiet: bool = False) -> Self:
        """The patient answers the last message about the reunion: `IN`, `IN 2`, `OUT`, `LATER`."""
        self.wait(at)
        last = self.sayings[THING][-1]
        token, _, number = answer.partition(" ")
        reply = Reply(
            id=f"SM{len(self.replies)}",
            at=self.now,
            planner=PLANNER,
            message_id=last.message_id,
            kind=last.kind,
            said={THING: last.said},
        )
        self.replies.append(replace(reply, token=token, number=int(number) if number else None, quiet=quiet))
        return self

    def other(self, at: str, answer: str, who: str = "p2") -> Self:
        """Somebody else answers."""
        self.wait(at)
        token, _, number = answer.partition(" ")
        message_id, said = uuid5(NAMESPACE_URL, "theirs"), {THING: {"standing": "invited"}}
        reply = Reply(
            id=f"OT{len(self._others)}",
            at=self.now,
            planner=PLANNER,
            message_id=message_id,
            kind="invitation",
            said=said,
            token=token,
        )
        reply = replace(reply, number=int(number) if number else None)
        self._others.append((uuid5(NAMESPACE_URL, who), reply))
        return self

    def full(self, at: str) -> Self:
        """Others take both places."""
        return self.other(at, "IN", "p2").other(at, "IN", "p3")

    def wait(self, until: str) -> Self:
        """Time passes: wake-ups that are due come true, and the patient is planned again after each round of them."""
        return self.wait_until(london(until))

    def wait_until(self, until: datetime) -> Self:
        """The same, to an instant."""
        while due := [w for w in self.plan().wakeups if w.at <= until and self.woken.get(w.key) != w.at]:
            self.now = max(self.now, min(w.at for w in due))
            self.woken.update({w.key: w.at for w in due if w.at <= self.now})
        self.now = max(self.now, until)
        return self

    def _take(self, at: str, id: str, state: Course | Enrolment | Reunion | None) -> Self:  # noqa: A002
        if self.facts:
            self.wait(at)
        self._offset += 1
        time, kind = london(at), KINDS[id[0]]
        self.now = max(self.now, time)
        record = Record(topic=COURSES, partition=0, offset=self._offset, timestamp=time, key=None, value=None)
        event = Event(
            id=str(self._offset),
            source=SOURCE,
            kind=kind,
            thing=thing_of(SOURCE, kind, id),
            version=Version.of(time, None, record),
            data=state,
        )
        who = None if state is None else WHO if kind == ENROLMENT else NOBODY
        changed = fold(self.facts.values(), [Arrival(event, who, b"", GONE if state is None else says(state))])
        self.facts.update({(fact.thing, fact.patient_id): fact for fact in changed})
        return self


def invited(**reunion: Any) -> Ward:
    """A graduate who is invited to a reunion on 8 December, with two places, for which answers count until the 1st."""
    return Ward().course("2026-09-01 12:00").enrols("2026-09-01 12:00").reunion("2026-09-01 12:00", **reunion)


def asked(**reunion: Any) -> Ward:
    """The same, who has had the invitation on Tuesday 27 October."""
    return invited(**reunion).tell("invitation")
