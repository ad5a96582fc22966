"""A clinic's appointments and what patients were told of them, folded as the engine folds: rules see real facts."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from services.prompts.app import says
from services.prompts.policy import Policy
from services.prompts.rules import plan
from services.prompts.visits import KIND
from shared.calendar.sending_window import spread
from shared.clinic.appointment import Appointment
from shared.clinic.places import Place, Places
from shared.events.cloudevents import Event, Record, Version, thing_of
from shared.events.types import EventData
from shared.replies.answer_tokens import TOKENS
from shared.rules.facts import GONE, Arrival, Fact, fold
from shared.rules.plan import Facts, Message, Plan, SentHistory, SentMessage
from shared.rules.reply import Done, Reply

LONDON = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
DALES = "https://dales.example.org"
"""Another trust, of which the same people are patients."""

POLICY = Policy()

PLACES = Places.of(
    [
        Place(
            source=SOURCE,
            clinic="MSK",
            name="Riverside Health Centre",
            phone="020 7946 0101",
            sender="Riverside Hospital",
            site="MSK",
        ),
        Place(
            source=SOURCE,
            clinic="MSK-2",
            name="Riverside Health Centre",
            phone="020 7946 0101",
            sender="Riverside Hospital",
            site="MSK",
        ),
        Place(
            source=SOURCE,
            clinic="HILL",
            name="Hill Clinic",
            phone="020 7946 0102",
            sender="Riverside Hospital",
            site="HILL",
        ),
        Place(
            source=DALES,
            clinic="EYE",
            name="Dales Hospital",
            phone="020 7946 0104",
            sender="Dales NHS Trust",
        ),
        Place(
            source=SOURCE,
            clinic="AZORES",
            name="Ponta Delgada",
            phone="020 7946 0103",
            sender="Riverside Hospital",
            zone="Atlantic/Azores",
        ),
    ]
)


def london(text: str) -> datetime:
    """An instant by the clock in London: `2026-12-08 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def patient_id(patient: str) -> UUID:
    """Any fixed one."""
    return uuid5(NAMESPACE_URL, patient)


CLOCK = spread(str(patient_id("p1")), POLICY.spread_from, POLICY.spread_until).isoformat("minutes")
"""The time of day at which p1's messages are due."""


def shown(message: Message, zone: ZoneInfo = LONDON) -> str:
    """A message in one line: `agenda 2026-12-01 CLOCK`, with CLOCK where the time is the patient's own."""
    at = message.send_at.astimezone(zone)
    clock = f"{at:%H:%M}"
    return f"{message.kind} {at:%Y-%m-%d} {'CLOCK' if clock == CLOCK else clock}"


class Ward:
    """Events in, plans out; whoever is told is told by hand."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.facts: dict[tuple[str, UUID], Fact] = {}
        self.sayings: dict[UUID, dict[str, list[SentMessage]]] = {}
        self.replies: dict[UUID, list[Reply]] = {}
        self.done: dict[UUID, Done] = {}
        self._offset = 0

    def says(
        self,
        at: str,
        start: str | None = "2026-12-08 09:00",
        id: str = "1001",  # noqa: A002 - the field's own name
        patient: str = "p1",
        status: str = "booked",
        source: str = SOURCE,
        **data: Any,
    ) -> Self:
        """The clinic publishes an appointment at a time by London's clock."""
        if start is not None:
            data["start"] = london(start)
        if "created" in data:
            data["created"] = london(data["created"])
        state = Appointment.model_validate({"clinic": "MSK", **data, "status": status, "patient": {"id": patient}})
        return self._take(at, KIND, id, patient_id(patient), state, source)

    def deletes(self, at: str, id: str = "1001", source: str = SOURCE) -> Self:  # noqa: A002
        """The clinic publishes a tombstone."""
        return self._take(at, KIND, id, None, None, source)

    def plan(self, patient: str = "p1") -> Plan:
        """What this patient is to be sent."""
        who = patient_id(patient)
        return plan(self.known_of(who), self.told(patient), self.policy)

    def known_of(self, who: UUID) -> Facts:
        """All that is known of this patient."""
        things = tuple(fact for fact in self.facts.values() if fact.patient_id == who)
        return Facts(
            patient=str(who),
            things=things,
            places=PLACES,
            woken={},
            replies=tuple(self.replies.get(who, ())),
            done=self.done,
        )

    def told(self, patient: str = "p1") -> SentHistory:
        """What this patient has been told."""
        sayings = self.sayings.get(patient_id(patient), {})
        return SentHistory({thing: tuple(said) for thing, said in sayings.items()})

    def planned(self, patient: str = "p1") -> list[str]:
        """The plan, a line a message, in order of time."""
        messages = sorted(self.plan(patient).messages, key=lambda message: (message.send_at, message.kind))
        return [shown(message) for message in messages]

    def wanted(self, kind: str, patient: str = "p1") -> Message:
        """The one message of this kind in the plan."""
        (message,) = [message for message in self.plan(patient).messages if message.kind == kind]
        return message

    def tell(self, kind: str, at: str, patient: str = "p1") -> Self:
        """Delivery claims the one message of this kind."""
        return self.claim(self.wanted(kind, patient), london(at), patient)

    def claim(self, message: Message, at: datetime, patient: str = "p1") -> Self:
        """Delivery claims this message."""
        mine = self.sayings.setdefault(patient_id(patient), {})
        for thing, said in message.says.items():
            mine.setdefault(thing, []).append(SentMessage(message.id("prompts"), message.kind, at, said))
        return self

    def answers(self, what: str, at: str, patient: str = "p1", **data: Any) -> Self:
        """The patient texts back to what was last told: a token, or own words, which are one item each line."""
        said: dict[str, Any] = {}
        sayings = [(s, thing) for thing, ss in self.told(patient).sayings.items() for s in ss]
        last, _ = max(sayings, key=lambda one: one[0].told_at)
        said.update((thing, saying.said) for saying, thing in sayings if saying.message_id == last.message_id)
        return self.texts(
            what, london(at), patient, **{"message_id": last.message_id, "kind": last.kind, "said": said} | data
        )

    def texts(self, what: str, at: datetime, patient: str = "p1", **data: Any) -> Self:
        """The same to any message; `what` is a key of `TOKENS`, or own words."""
        mine = self.replies.setdefault(patient_id(patient), [])
        words = {"token": what} if what in TOKENS else {"items": tuple(what.splitlines())}
        mine.append(Reply(**{"id": f"SM{len(mine) + 1}", "at": at, "planner": "prompts", **words, **data}))
        return self

    def _take(
        self,
        at: str,
        kind: str,
        id: str,  # noqa: A002
        who: UUID | None,
        state: EventData | None,
        source: str = SOURCE,
    ) -> Self:
        self._offset += 1
        time = london(at)
        record = Record(
            topic="clinic.appointments", partition=0, offset=self._offset, timestamp=time, key=None, value=None
        )
        thing = thing_of(source, kind, id)
        event = Event(
            id=str(self._offset),
            source=source,
            kind=kind,
            thing=thing,
            version=Version.of(time, None, record),
            data=state,
        )
        arrival = Arrival(event, who, b"", GONE if state is None else says(state))
        changed = fold(self.facts.values(), [arrival])
        self.facts.update({(fact.thing, fact.patient_id): fact for fact in changed})
        return self
