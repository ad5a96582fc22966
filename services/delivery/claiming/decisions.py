"""Decides about a due message: send, wait or withhold. Every refusal is a value with its reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.delivery.claiming import destinations, reach
from services.delivery.due import ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from shared.calendar import sending_window
from shared.calendar.sending_window import Window, instant
from shared.clinic.places import Places
from shared.patients.person import ALL, Address, Person
from shared.schedule.states import WAITING, Why

PEOPLE = "people"
"""The service that records deaths and pauses: messages also wait while it is behind."""

NO_ADDRESS = frozenset({Why.NO_CONTACT, Why.PHONE_UNSAFE})
"""Reasons that no hour cures: they are told before a window or a day's most."""

CONVERSATION = timedelta(minutes=30)
"""Time after the last question or text in which no other message interrupts a conversation."""

OVERNIGHT = timedelta(hours=24)
"""Least usefulness left in the morning for a message to wait until then: a reminder an hour before is of no help."""

LATER = timedelta(minutes=15)  # staff must act first, and their action makes the message due at once anyway


def decide(message: DueMessage, situation: ClaimContext, policy: Policy) -> Decision:
    """The decision about a due message. The first reason that applies decides; permanent reasons come first.

    Where it cannot go, a person reaches the patient in another way: see `reach`.
    """
    decision = _decide(message, situation, policy)
    hours = hours_of(message, situation.places, policy)
    decision = reach.with_person(decision, message, situation.now, hours)
    if isinstance(decision, Wait):
        return replace(decision, until=min(decision.until, message.expires_at))
    return decision


def _decide(message: DueMessage, situation: ClaimContext, policy: Policy) -> Decision:
    refused = _never(message, situation, policy)
    if refused is not None:
        return refused
    wait = next(_unsettled(message, situation, policy), None)
    if wait is not None:
        return wait
    at_home = destinations.at_home(situation, policy)
    return at_home if isinstance(at_home, Withhold) else _at_an_address(message, at_home, policy)


def _at_an_address(message: DueMessage, situation: ClaimContext, policy: Policy) -> Decision:
    """The decision about a message that may go, if there is an address for it, and at this hour."""
    # A person who is to reach the patient instead waits for no window, and needs the time.
    if situation.person.unmet:
        return Withhold(Why.OTHER_FORMAT, ", ".join(sorted(situation.person.unmet)))
    chosen = choose(message, situation.person, situation)
    if isinstance(chosen, Withhold) or (isinstance(chosen, Wait) and chosen.why in NO_ADDRESS):
        return chosen
    wait = next(_not_now(message, situation, policy), None)
    if wait is not None or not isinstance(chosen, Send):
        return wait or chosen
    closes_at = open_window(message, situation, policy).closes_after(situation.now)
    over = destinations.over_budget(message, situation, chosen.address, policy)
    return over or replace(chosen, until=min(message.expires_at, closes_at))


def _never(message: DueMessage, situation: ClaimContext, policy: Policy) -> Withhold | None:
    if policy.live_from is not None and message.send_at < policy.live_from:
        return Withhold(Why.BEFORE_GO_LIVE)
    if situation.person.deceased:
        return Withhold(Why.DECEASED)
    if situation.person.opted_out & {ALL, message.category}:
        return Withhold(Why.OPTED_OUT)
    late = expired(message, situation.now)
    return None if late is None else _truly(late, message, situation)


def _truly(late: Withhold, message: DueMessage, situation: ClaimContext) -> Withhold:
    """The patient's own reason rather than another that it waited for last: no hour would have been decent enough."""
    if message.why not in WAITING:
        return late
    if situation.person.paused:
        return Withhold(Why.PAUSED)
    chosen = choose(message, situation.person, situation)
    if isinstance(chosen, Wait) and chosen.why in NO_ADDRESS:
        return Withhold(chosen.why, chosen.detail)
    return late


def expired(message: DueMessage, now: datetime) -> Withhold | None:
    """A withholding where the message has expired, with the reason that it last waited for; otherwise None."""
    if now < message.expires_at:
        return None
    waited = message.why in WAITING
    return Withhold(Why(message.why) if waited else Why.EXPIRED, message.detail if waited else "")


def on_hold(situation: ClaimContext, address: Address | None = None) -> Wait | None:
    """A wait where a text reported a death, that somebody else may read this phone, or that it is not theirs; or None.

    Staff look at the first and the last; only an operator lifts the second.
    """
    if situation.death_reported:
        return Wait(situation.later(LATER), Why.DEATH_REPORTED)
    if situation.person.death_contested:
        return Wait(situation.later(LATER), Why.DEATH_CONTESTED)
    if situation.records_disagree:
        return Wait(situation.later(LATER), Why.RECORDS_DISAGREE)
    if address is not None and address.is_unsafe:
        return Wait(situation.later(LATER), Why.PHONE_UNSAFE)
    if address is not None and address.index in situation.doubted:
        return Wait(situation.later(LATER), Why.NUMBER_DOUBTED)
    return None


def _unsettled(message: DueMessage, situation: ClaimContext, policy: Policy) -> Iterator[Wait]:
    """Reasons to wait that apply to every channel and to staff: the message may be outdated, or the patient on hold."""
    behind = behind_its_events(message, situation, policy)
    if behind is not None:
        yield behind
    if situation.on_its_way.intersection(message.things):
        yield Wait(situation.later(policy.behind_in), Why.EARLIER_ON_ITS_WAY)
    if situation.person.paused:
        yield Wait(situation.later(LATER), Why.PAUSED)
    if situation.person.is_test:
        yield Wait(situation.later(LATER), Why.TEST_PATIENT)
    held = on_hold(situation)
    if held is not None:
        yield held


def behind_its_events(message: DueMessage, situation: ClaimContext, policy: Policy) -> Wait | None:
    """A wait where the message may be outdated because an event is unread or unreadable; otherwise None."""
    read = {message.planner, PEOPLE, situation.shows or message.planner}
    if not read <= situation.caught_up or message.planner in situation.replanning:
        return Wait(situation.later(policy.behind_in), Why.PLANNER_BEHIND)
    if not situation.shows and situation.held.intersection(message.things):  # a list says what it could not read
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
    """A wait while a conversation is open: a second question would make the patient's answer ambiguous.

    Urgent news does not wait, nor does a message that could not be sent after the conversation.
    """
    if situation.conversation_at is None or message.urgent_by is not None:
        return
    until = situation.conversation_at + CONVERSATION
    reopens = open_window(message, situation, policy).next_open(until)
    in_time = message.expires_at - (timedelta(0) if reopens == until else OVERNIGHT)
    if situation.now < until and reopens < in_time:
        yield Wait(reopens, Why.IN_CONVERSATION)


def choose(message: DueMessage, person: Person, situation: ClaimContext) -> Decision:
    """Send to the patient's first usable address of a fitting channel, in the patient's order; or wait, or withhold.

    An opted-out address ends the search: a patient who stops texts has not asked for e-mail instead.
    """
    untried = [address for address in person.fitting if address.index not in message.tried]
    if untried and untried[0].opted_out & {ALL, message.category}:
        return Withhold(Why.OPTED_OUT)
    if not untried and message.tried:
        return Withhold(Why.REFUSED)
    if not untried:
        return Wait(situation.later(LATER), Why.NO_CONTACT, "; ".join(person.refusals) or "no contact is known")
    doubted = on_hold(situation, untried[0])
    if doubted is not None:  # nor is it sent elsewhere: where a phone was mixed up, a mailbox may have been as well
        return doubted
    if untried[0].channel in situation.blocked:
        return Wait(situation.later(timedelta(minutes=1)), Why.SENDER_BLOCKED, untried[0].channel)
    return Send(untried[0], others=len(untried) > 1)


def open_window(message: DueMessage, situation: ClaimContext, policy: Policy) -> Window:
    """The sending window of this message now: the usual one, or the urgent one where the usual opens too late."""
    zone = zone_of(message, situation.places, policy)
    usual = hours_of(message, situation.places, policy)
    too_late = message.urgent_by is not None and usual.next_open(situation.now) > message.urgent_by
    return sending_window.urgent(zone) if too_late else usual


def hours_of(message: DueMessage, places: Places, policy: Policy) -> Window:
    """The hours of the message's first place: its clinic's own, else the usual ones."""
    usual = sending_window.usual(zone_of(message, places, policy), policy.holidays)
    return places.policy(message.places[0]).window(usual) if message.places else usual


def zone_of(message: DueMessage, places: Places, policy: Policy) -> ZoneInfo:
    """The time zone of the message's first place."""
    return places.zone(message.places[0], policy.zone) if message.places else policy.zone


def _on_this_day(situation: ClaimContext, zone: ZoneInfo) -> int:
    today = situation.now.astimezone(zone).date()
    return sum(at.astimezone(zone).date() == today for at in situation.claims)
