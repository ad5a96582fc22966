"""Decides about an answer to a text: it goes to the phone that has just texted, at any hour, or not at all.

Module `decisions` decides about all other messages. An answer differs: the patient is awake and waits for it.
Delivery's own answers hold nothing about care, so no unread event can outdate them; a planner's answer waits until its
planner has caught up.
"""

from services.delivery.claiming import destinations
from services.delivery.claiming.decisions import LATER, behind_its_events, expired, on_hold
from services.delivery.due import ClaimContext, Decision, DueMessage, Policy, Send, Wait, Withhold
from services.delivery.forms import OPTED_OUT, PLANNER, URGENT
from shared.patients.person import ALL, Address
from shared.patients.phone import country_of
from shared.schedule.states import Why


def decide(message: DueMessage, situation: ClaimContext, policy: Policy) -> Decision:
    """The decision about an answer that is due.

    No hold or opt-out stops `urgent`, which names whom to call in danger, but that of a phone that somebody else may
    read: there it would be the danger.
    """
    address = next((one for one in situation.person.addresses if one.index == message.answers), None)
    never = _never(message, situation, address, policy)
    if never is not None:
        return never
    if message.planner != PLANNER and (behind := behind_its_events(message, situation, policy)) is not None:
        return Wait(min(behind.until, message.expires_at), behind.why)
    refused = None if message.template == URGENT else _refused(message, situation, address)
    wait = refused or _unready(message, situation, address) or _abroad(message, situation, address, policy)
    if isinstance(wait, Wait):
        return Wait(min(wait.until, message.expires_at), wait.why, wait.detail)
    if wait is not None:
        return wait
    assert address is not None  # noqa: S101 - or there was something to wait for
    return Send(address, others=False, until=message.expires_at)


def _abroad(
    message: DueMessage, situation: ClaimContext, address: Address | None, policy: Policy
) -> Wait | Withhold | None:
    """The withholding where the phone is another country's, or a wait where its source has had its day's most.

    Whom to call in danger is told in every country, whatever it costs.
    """
    if address is None or message.template == URGENT:
        return None
    if not destinations.may_go(address, policy):
        return Withhold(Why.OTHER_COUNTRY, country_of(address.value))
    return destinations.over_budget(message, situation, address, policy)


def _never(message: DueMessage, situation: ClaimContext, address: Address | None, policy: Policy) -> Withhold | None:
    """The withholding of an answer that goes to nobody, danger or not; otherwise None."""
    if policy.live_from is not None and message.send_at < policy.live_from:
        return Withhold(Why.BEFORE_GO_LIVE)
    unsafe = Withhold(Why.PHONE_UNSAFE) if address is not None and address.is_unsafe else None
    return expired(message, situation.now) or unsafe


def _refused(message: DueMessage, situation: ClaimContext, address: Address | None) -> Wait | Withhold | None:
    """The wait or withholding where the answer could be sent but must not be; otherwise None."""
    person = situation.person
    if person.deceased:
        return Withhold(Why.DECEASED)
    stopped = person.opted_out | (address.opted_out if address else frozenset())
    if message.template != OPTED_OUT and stopped & {
        ALL,
        message.category,
    }:  # the one that confirms it is what they wait for
        return Withhold(Why.OPTED_OUT)
    if person.paused:
        return Wait(situation.later(LATER), Why.PAUSED)
    return on_hold(situation, address)


def _unready(message: DueMessage, situation: ClaimContext, address: Address | None) -> Wait | Withhold | None:
    """The wait or withholding where the answer cannot be sent; otherwise None."""
    if address is None:  # it never goes anywhere else
        return Wait(situation.later(LATER), Why.NO_CONTACT, "the phone that it answers is nobody's any more")
    if address.index in message.tried:
        return Withhold(Why.REFUSED)
    missing = [place for place in message.places if situation.places.get(place) is None]
    if missing:
        return Wait(situation.later(LATER), Why.PLACE_UNMAPPED, missing[0])
    if address.channel in situation.blocked:
        return Wait(situation.later(LATER / 15), Why.SENDER_BLOCKED, address.channel)
    return None
