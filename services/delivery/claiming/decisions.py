"""What to do with a due message: send it, wait, or withhold it. Pure, and every refusal is a value with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.delivery.due import CARDS, ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from shared.calendar import sending_window
from shared.calendar.sending_window import Window, instant
from shared.calendar.working_time import due_before
from shared.clinic.places import Places
from shared.patients.person import ALL, Address, Person
from shared.rules.task_requests import TaskKind
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import WAITING, Why
from shared.schedule.tasks import Task

PEOPLE = "people"
"""The service that says who has died and who is paused: nothing is sent while it is behind, either."""

LISTS: Mapping[str, frozenset[str]] = {"card": frozenset({"prompts"}), "attendance": frozenset({"reunions"})}
"""A list shows what another planner knows: whose each appointment is, and who has a place."""

CONVERSATION = timedelta(minutes=30)
"""For so long after the last exchange nothing else crosses a conversation."""

OVERNIGHT = timedelta(hours=24)
"""What is of use for less than that the next morning does not wait for it: nobody wants a reminder an hour before."""

LATER = timedelta(minutes=15)  # a person must do something first, and what they do wakes the message anyway


def decide(message: DueMessage, situation: ClaimContext, policy: Policy) -> Decision:
    """What to do with a due message. The first reason that holds decides; what never changes comes first."""
    refused = _never(message, situation, policy)
    if refused is not None:
        return _or_called(refused, message, situation, policy)
    wait = next(_unsettled(message, situation, policy), None)
    # A person who writes a letter instead waits for no window, and needs the time.
    if wait is None and situation.person.unmet:
        return _otherwise(message, situation, policy)
    wait = wait or next(_not_now(message, situation, policy), None)
    if wait is not None:
        return Wait(min(wait.until, message.expires_at), wait.why, wait.detail)
    chosen = choose(message, situation.person, situation)
    if isinstance(chosen, Withhold):
        return _or_called(chosen, message, situation, policy)
    if not isinstance(chosen, Send):
        return chosen
    closes_at = open_window(message, situation, policy).closes_after(situation.now)
    return replace(chosen, until=min(message.expires_at, closes_at))


def _never(message: DueMessage, situation: ClaimContext, policy: Policy) -> Withhold | None:
    if policy.live_from is not None and message.send_at < policy.live_from:
        return Withhold(Why.BEFORE_GO_LIVE)
    if situation.person.deceased:
        return Withhold(Why.DECEASED)
    if situation.person.opted_out & {ALL, message.category}:
        return Withhold(Why.OPTED_OUT)
    return expired(message, situation.now)


def expired(message: DueMessage, now: datetime) -> Withhold | None:
    """Where a message is of no more use: withheld, for the reason that it waited for."""
    if now < message.expires_at:
        return None
    waited = message.why in WAITING
    return Withhold(Why(message.why) if waited else Why.EXPIRED, message.detail if waited else "")


def on_hold(situation: ClaimContext, address: Address | None = None) -> Wait | None:
    """Why a person must read a text first: it spoke of a death, or said that this phone is not the patient's."""
    if situation.death_reported:
        return Wait(situation.later(LATER), Why.DEATH_REPORTED)
    if address is not None and address.index in situation.doubted:
        return Wait(situation.later(LATER), Why.NUMBER_DOUBTED)
    return None


def _unsettled(message: DueMessage, situation: ClaimContext, policy: Policy) -> Iterator[Wait]:
    """Why nobody may be told this yet, by whatever means: it may not be so, or not be for now."""
    behind = behind_its_events(message, situation, policy)
    if behind is not None:
        yield behind
    if situation.on_its_way.intersection(message.things):
        yield Wait(situation.later(policy.behind_in), Why.EARLIER_ON_ITS_WAY)
    if situation.person.paused:
        yield Wait(situation.later(LATER), Why.PAUSED)
    held = on_hold(situation)
    if held is not None:
        yield held


def behind_its_events(message: DueMessage, situation: ClaimContext, policy: Policy) -> Wait | None:
    """Why it may not be so any more: an event is unread, or could not be read."""
    read = {message.planner, PEOPLE, *(LISTS.get(message.template, ()) if message.planner == CARDS else ())}
    if not read <= situation.caught_up or message.planner in situation.replanning:
        return Wait(situation.later(policy.behind_in), Why.PLANNER_BEHIND)
    if message.planner != CARDS and situation.held.intersection(message.things):  # a list says what it could not read
        return Wait(situation.later(LATER), Why.THING_HELD)
    return None


def _not_now(message: DueMessage, situation: ClaimContext, policy: Policy) -> Iterator[Wait]:
    missing = [place for place in message.places if situation.places.get(place) is None]
    if missing:
        yield Wait(situation.later(LATER), Why.PLACE_UNMAPPED, missing[0])
    if not open_window(message, situation, policy).is_open(situation.now):
        yield Wait(open_window(message, situation, policy).next_open(situation.now), Why.OUTSIDE_WINDOW)
    zone = zone_of(message, situation.places, policy)
    if _on_this_day(situation, zone) >= policy.daily_cap:
        tomorrow = instant(situation.now.astimezone(zone).date() + timedelta(days=1), time(0), zone)
        yield Wait(open_window(message, situation, policy).next_open(tomorrow), Why.DAILY_CAP)
    yield from _in_conversation(message, situation, policy)


def _in_conversation(message: DueMessage, situation: ClaimContext, policy: Policy) -> Iterator[Wait]:
    """A second question would make the answer a guess. News crosses it, and what could not be sent afterwards."""
    if situation.talked_at is None or message.urgent_by is not None:
        return
    until = situation.talked_at + CONVERSATION
    reopens = open_window(message, situation, policy).next_open(until)
    in_time = message.expires_at - (timedelta(0) if reopens == until else OVERNIGHT)
    if situation.now < until and reopens < in_time:
        yield Wait(reopens, Why.IN_CONVERSATION)


def _otherwise(message: DueMessage, situation: ClaimContext, policy: Policy) -> Withhold:
    """Have staff tell this patient in a way that they can read."""
    task = _in_its_place(message, Why.OTHER_FORMAT, situation, policy)
    return Withhold(Why.OTHER_FORMAT, ", ".join(sorted(situation.person.unmet)), task)


def _or_called(refused: Withhold, message: DueMessage, situation: ClaimContext, policy: Policy) -> Withhold:
    """Have staff call who stopped our texts, where news cannot wait: STOP is no wish to come to a cancelled visit."""
    if refused.why is not Why.OPTED_OUT or situation.now >= message.expires_at:
        return refused
    if message.urgent_by is not None:
        return replace(refused, task=_in_its_place(message, Why.OPTED_OUT, situation, policy))
    if message.ask_instead:
        return replace(refused, task=_asked_instead(message, situation, policy))
    return refused


def _in_its_place(message: DueMessage, why: Why, situation: ClaimContext, policy: Policy) -> Task:
    hours = sending_window.usual(zone_of(message, situation.places, policy), policy.holidays)
    return Task(
        TaskKind.REACH_OTHERWISE,
        str(message.id),
        message.patient_id,
        tuple(thing for thing in message.things if thing != patient_thing(message.patient_id)),
        why,
        due_at=due_before(message.expires_at, situation.now, hours),
        expires_at=message.expires_at,
        message_id=message.id,
    )


def _asked_instead(message: DueMessage, situation: ClaimContext, policy: Policy) -> Task:
    """What the message would have asked, a person asks when they meet."""
    task = _in_its_place(message, Why.OPTED_OUT, situation, policy)
    hours = sending_window.usual(zone_of(message, situation.places, policy), policy.holidays)
    until = message.answers_until or message.expires_at
    return replace(task, kind=TaskKind.ASK_AGENDA, due_at=due_before(until, situation.now, hours), expires_at=until)


def choose(message: DueMessage, person: Person, situation: ClaimContext) -> Decision:
    """The first address in the patient's order that can be used, and at which the patient can read it.

    One that has opted out ends the search: whoever stops texts has not asked for e-mail instead.
    """
    untried = [address for address in person.fitting if address.index not in message.tried]
    if untried and untried[0].opted_out & {ALL, message.category}:
        return Withhold(Why.OPTED_OUT)
    if not untried and message.tried:
        return Withhold(Why.REFUSED)
    if not untried:
        until = min(situation.later(LATER), message.expires_at)
        return Wait(until, Why.NO_CONTACT, "; ".join(person.refusals) or "no contact is known")
    doubted = on_hold(situation, untried[0])
    if doubted is not None:  # nor is it sent elsewhere: where a phone was mixed up, a mailbox may have been as well
        return replace(doubted, until=min(doubted.until, message.expires_at))
    if untried[0].channel in situation.blocked:
        until = min(situation.later(timedelta(minutes=1)), message.expires_at)
        return Wait(until, Why.SENDER_BLOCKED, untried[0].channel)
    return Send(untried[0], others=len(untried) > 1)


def open_window(message: DueMessage, situation: ClaimContext, policy: Policy) -> Window:
    """The window that binds this message now: the usual one, unless it opens only when the news is too late."""
    zone = zone_of(message, situation.places, policy)
    usual = sending_window.usual(zone, policy.holidays)
    too_late = message.urgent_by is not None and usual.next_open(situation.now) > message.urgent_by
    return sending_window.urgent(zone) if too_late else usual


def zone_of(message: DueMessage, places: Places, policy: Policy) -> ZoneInfo:
    """The zone of the clocks at the message's first place."""
    return places.zone(message.places[0], policy.zone) if message.places else policy.zone


def _on_this_day(situation: ClaimContext, zone: ZoneInfo) -> int:
    today = situation.now.astimezone(zone).date()
    return sum(at.astimezone(zone).date() == today for at in situation.claims)
