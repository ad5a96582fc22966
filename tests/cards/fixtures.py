"""A clinic's events, and the cards that they come to, folded as the engine folds: the rule sees real facts."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from services.cards.listed import KIND, ListedAppointment
from services.cards.policy import Policy
from services.cards.rules import plan, says
from shared.calendar.sending_window import spread
from shared.clinic.places import Place, Places
from shared.events.cloudevents import Event, Record, Version, thing_of
from shared.rules.facts import GONE, Arrival, Fact, fold
from shared.rules.plan import Facts, Message, Plan, SentHistory

LONDON = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
POLICY = Policy(domains=("nhs.example.org",))
DR_ADA = "Ada.Grey@nhs.example.org"
DR_BO = "bo@ward.nhs.example.org"

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
            name="Riverside, room 2",
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


def listed(start: str | None = "2026-12-08 09:00", status: str = "booked", **data: Any) -> ListedAppointment:
    """An appointment as it is read from an event."""
    when = {} if start is None else {"start": london(start).isoformat()}
    event = {"status": status, "patient": {"id": "p1"}, "clinic": "MSK", "clinician_email": DR_ADA, **when, **data}
    return ListedAppointment.model_validate(event)


class Clinic:
    """Events in, cards out."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.facts: dict[tuple[str, UUID], Fact] = {}
        self._offset = 0

    def says(self, id: str = "1001", start: str | None = "2026-12-08 09:00", source: str = SOURCE, **data: Any) -> Self:  # noqa: A002 - the field's own name
        """The clinic publishes an appointment."""
        state = listed(start, **data)
        return self._take(id, source, state)

    def deletes(self, id: str = "1001") -> Self:  # noqa: A002 - the same
        """The clinic publishes a tombstone."""
        return self._take(id, SOURCE, None)

    def plans(self) -> dict[str, Plan]:
        """The plan of each clinician's day, by the name that its source knows it by."""
        people: dict[UUID, list[Fact]] = {}
        for fact in self.facts.values():
            people.setdefault(fact.patient_id, []).append(fact)
        return {
            str(who): plan(Facts(patient=str(who), things=tuple(facts), places=PLACES), SentHistory(), self.policy)
            for who, facts in people.items()
        }

    def cards(self) -> list[Message]:
        """Every card, in order of its key."""
        every = [message for one in self.plans().values() for message in one.messages]
        return sorted(every, key=lambda message: (message.expires_at, message.key))

    def lists(self) -> list[tuple[str, list[str]]]:
        """The day and site of each card, and what stands on it."""
        return [
            (card.key.partition("/card/")[2], [thing.rpartition("/")[2] for thing in card.says])
            for card in self.cards()
        ]

    def clock(self, card: Message) -> str:
        """The time of day at which it is due, by the clock of its place; CLOCK where that is its clinician's own."""
        seed = card.key.partition("/card/")[0]
        due = card.send_at.astimezone(LONDON)
        own = spread(seed, self.policy.spread_from, self.policy.spread_until)
        return f"{due:%Y-%m-%d} {'CLOCK' if due.time() == own else f'{due:%H:%M}'}"

    def _take(self, id: str, source: str, state: ListedAppointment | None) -> Self:  # noqa: A002 - the same
        self._offset += 1
        owner = state.patient if state else None
        who = uuid5(NAMESPACE_URL, f"{source} {owner.id}") if owner else None
        time = datetime(2026, 11, 1, 9, self._offset % 60, tzinfo=UTC)
        record = Record(
            topic="clinic.appointments", partition=0, offset=self._offset, timestamp=time, key=None, value=None
        )
        kept = state.bare("") if state else None
        event = Event(
            id=str(self._offset),
            source=source,
            kind=KIND,
            thing=thing_of(source, KIND, id),
            version=Version.of(time, None, record),
            data=kept,
        )
        arrival = Arrival(event, who, b"", says(state) if state and who else GONE)
        changed = fold(self.facts.values(), [arrival])
        self.facts.update({(fact.thing, fact.patient_id): fact for fact in changed})
        return self
