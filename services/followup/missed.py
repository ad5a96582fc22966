"""Rules for missed appointments: the message "we missed you", and tasks for people that come before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.followup.days import at_clock, closes_on, stamp, working_days_after
from services.followup.messages import APPOINTMENTS, FollowUpKind, at_place, shown
from services.followup.policy import Policy
from services.followup.rebooking import agreed
from shared.calendar import working_time
from shared.calendar.sending_window import Window, instant, spread
from shared.clinic.appointment import Appointment, AppointmentStatus
from shared.clinic.places import place_key
from shared.rules import task_requests
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Message, Plan, SentHistory
from shared.rules.task_requests import TaskRequest
from shared.schedule.states import Why

KIND = "appointment"
PROMPTS = "prompts"  # whose messages ask for another time before an appointment
ASKS_FOR_ANOTHER = frozenset({"2", "3"})
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An appointment to which the patient did not come.

    Attributes:
        learnt_at: when its event came.
        limit: no message is sent from then on.
        brought_by_others: whether the clinic says so, or the patient was a child on that day.
        how: whether patients are sent a message there; one of `shared.clinic.places.MISSED`.

    """

    thing: str
    key: str
    start: datetime
    place: str
    window: Window
    learnt_at: datetime
    limit: datetime
    how: str
    brought_by_others: bool

    def day_of(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(self.window.zone).date()

    @property
    def said(self) -> dict[str, str]:
        """The content of a message about it."""
        return {"missed": self.start.isoformat(), "place": self.place}

    def tell_at(self, clock: time, released_at: datetime | None) -> datetime:
        """When the message is due: the next working day after both the appointment and its event, once released."""
        after = max(self.day_of(self.start), self.day_of(self.learnt_at)) + A_DAY
        begins = instant(after, time(), self.window.zone)
        return at_clock(max(begins, released_at or begins), clock, self.window)

    def task(
        self, kind: task_requests.TaskKind, why: Why, due_before: datetime | None, expires_at: datetime
    ) -> TaskRequest:
        """A task about it, counted from the time of its event."""
        due_at = working_time.soon(self.learnt_at, self.learnt_at, due_before, self.window)
        return TaskRequest(
            kind=kind, key=f"{self.key}/{kind}", things=(self.thing,), why=why, due_at=due_at, expires_at=expires_at
        )


def says(appointment: Appointment) -> str:
    """The content of an appointment that a patient would be sent: its start where it was missed, else empty."""
    return f"missed {appointment.start.isoformat()}" if appointment.start and _is_missed(appointment) else ""


def want(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """The plan for this patient's missed appointments, without their replies (`rebooking`)."""
    clock = spread(facts.patient, policy.spread_from, policy.spread_until)
    tasks: list[TaskRequest] = []
    due_at: dict[str, tuple[Missed, datetime]] = {}
    for one in _missed(facts, policy):
        if one.brought_by_others:
            expires_at = one.learnt_at + policy.support_lives
            tasks.append(one.task(task_requests.TaskKind.NOT_BROUGHT, Why.NOT_BROUGHT, None, expires_at))
        elif one.how != "never" and not (_was_told(one, told) or _is_settled(one, facts)):
            release = _release(one)
            tasks += [release] if release else []
            send_at = _tell_at(one, release, clock, facts)
            if send_at is not None and send_at < one.limit:
                due_at[one.thing] = one, send_at
    return Plan(messages=tuple(_messages(list(due_at.values()), policy)), task_requests=tuple(tasks))


def _release(one: Missed) -> TaskRequest | None:
    """The task of a person who looks first whether it may be told, where the clinic wants that, and it is not late."""
    if one.how != "release" or one.learnt_at >= one.limit:
        return None
    return one.task(task_requests.TaskKind.RELEASE, Why.RELEASE_FIRST, one.limit, one.limit)


def _tell_at(one: Missed, release: TaskRequest | None, clock: time, facts: Facts) -> datetime | None:
    """When to tell of it; None where nobody has released it."""
    if one.how != "release":
        return one.tell_at(clock, None)
    done = facts.done.get(release.id) if release else None
    return one.tell_at(clock, done.at) if done is not None and done.outcome == "done" else None


def _messages(due_at: Sequence[tuple[Missed, datetime]], policy: Policy) -> Iterator[Message]:
    """One message for each day and place: two appointments missed on one day share a message."""
    together: dict[tuple[date, str, datetime], list[Missed]] = {}
    for one, send_at in due_at:
        together.setdefault((one.day_of(one.start), one.place, send_at), []).append(one)
    for (_, place, send_at), those in together.items():
        those.sort(key=lambda one: (one.start, one.thing))
        first = those[0]
        yield Message(
            key=" + ".join(one.key for one in those),
            kind=FollowUpKind.MISSED,
            template=FollowUpKind.MISSED,
            category=APPOINTMENTS,
            send_at=send_at,
            expires_at=first.limit,
            says={one.thing: one.said for one in those},
            places=(place,),
            data={**at_place(place), "start": shown(first.start, first.window.zone)},
            answers_until=send_at + policy.missed_answers,
        )


def _was_told(one: Missed, told: SentHistory) -> bool:
    """Whether the message was sent: a start that is corrected within its day is not another appointment.

    Nor is one that was missed there on the same day and became known later: the same text again reads as a mistake.
    """
    return any(
        one.day_of(datetime.fromisoformat(saying.said["missed"])) == one.day_of(one.start)
        for thing, sayings in told.sayings.items()
        for saying in sayings
        if saying.kind == FollowUpKind.MISSED and (thing == one.thing or saying.said["place"] == one.place)
    )


def _is_settled(one: Missed, facts: Facts) -> bool:
    """Whether there is nothing to ask: the patient asked for another time, or none, before; or has one booked."""
    asked = [
        reply.token
        for reply in sorted(facts.replies, key=lambda reply: (reply.at, reply.id))
        if reply.planner == PROMPTS and reply.token and (start := reply.said.get(one.thing, {}).get("start"))
        if datetime.fromisoformat(start) == one.start
    ]
    has_another = any(start > one.start and fact.first_at > one.start for fact, start in agreed(facts, one.place))
    return has_another or (bool(asked) and asked[-1] in ASKS_FOR_ANOTHER)


def _is_missed(data: Appointment) -> bool:
    return data.status is AppointmentStatus.NOSHOW and data.attends


def _missed(facts: Facts, policy: Policy) -> Iterator[Missed]:
    for fact, data in facts.of(Appointment):
        if data.start is not None and _is_missed(data):
            yield _seen(fact, data, data.start, facts, policy)


def _seen(fact: Fact, data: Appointment, start: datetime, facts: Facts, policy: Policy) -> Missed:
    key = place_key(fact.source, data.clinic)
    place, name = facts.places.get(key), f"{fact.thing}~{fact.holders_before}" if fact.holders_before else fact.thing
    window = policy.window(data.zone or facts.places.zone(key, policy.zone))
    last_day = working_days_after(start.astimezone(window.zone).date(), policy.missed_working_days, window)
    return Missed(
        thing=fact.thing,
        key=f"{name}/missed/{stamp(start)}",
        start=start,
        place=key,
        window=window,
        learnt_at=fact.since_at,
        limit=closes_on(last_day, window),
        how=place.missed if place else "tell",
        brought_by_others=bool(data.brought_by_others) or facts.is_child_on(start.astimezone(window.zone).date()),
    )
