"""Where texts may go, and how many for one source: what a stolen token could make the house pay for."""

from dataclasses import replace
from datetime import timedelta

from services.delivery.due import ClaimContext, DueMessage, Policy, Wait, Withhold
from shared.patients.person import Address
from shared.patients.phone import country_of
from shared.schedule.states import Why

LATER = timedelta(minutes=15)
"""How soon to look again: an operator may raise the budget, and a new day does."""


def source_of(message: DueMessage) -> str:
    """The source that had this message sent: that of its first place, or of its first thing."""
    if message.places:
        return message.places[0].partition("#")[0]
    return message.things[0].rsplit("/", 2)[0] if message.things else ""


def may_go(address: Address, policy: Policy) -> bool:
    """Whether messages may go to this address: any mailbox, and phones of the countries on the list."""
    return address.channel != "sms" or country_of(address.value) in policy.countries


def at_home(situation: ClaimContext, policy: Policy) -> ClaimContext | Withhold:
    """The situation without phones of other countries; a withholding where no address is left because of them.

    One that opted out stays: who stops texts there has not asked for them elsewhere.
    """
    person = situation.person
    abroad = [one for one in person.addresses if not one.opted_out and not may_go(one, policy)]
    if not abroad:
        return situation
    left = person.without(person.refused | {one.index for one in abroad})
    if person.fitting and not left.fitting:
        return Withhold(Why.OTHER_COUNTRY, ", ".join(sorted({country_of(one.value) for one in abroad})))
    return replace(situation, person=left)


def over_budget(message: DueMessage, situation: ClaimContext, address: Address, policy: Policy) -> Wait | None:
    """A wait where the source of a text has had its day's most; otherwise None."""
    if address.channel != "sms" or situation.texts_of_source < policy.source_daily_texts:
        return None
    return Wait(situation.later(LATER), Why.SOURCE_BUDGET, source_of(message))
