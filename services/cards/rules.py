"""Which cards a clinician's appointments want, and when. Pure: the same facts always want the same cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.cards.forms import CARD, CATEGORY
from services.cards.listed import Listed
from services.cards.policy import Policy
from shared.facts import Fact
from shared.places import Places, place_key
from shared.plan import Facts, Message, Plan, Told
from shared.window import instant, spread


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment on a clinician's list."""

    thing: str
    start: datetime
    end: datetime | None
    mode: str
    place: str
    site: str
    zone: ZoneInfo

    @property
    def day(self) -> date:
        """The local day."""
        return self.start.astimezone(self.zone).date()


def plan(facts: Facts, told: Told, policy: Policy) -> Plan:
    """One card for each day and site at which this clinician meets anybody.

    A change brings a waiting card up to date. Once it is sent, its day and site have had their card.
    """
    del told
    lists: dict[tuple[date, str], list[Visit]] = {}
    for fact, listed in facts.of(Listed):
        visit = _visit(fact, listed, facts.places, policy)
        if visit is not None:
            lists.setdefault((visit.day, visit.site), []).append(visit)
    return Plan(messages=tuple(card(visits, facts.patient, policy) for visits in lists.values()))


def card(visits: Sequence[Visit], clinician: str, policy: Policy) -> Message:
    """The card of these appointments of one day and site: on the working day before, never once the clinic has begun.

    What a patient said is not in it: it names the things, and their words are read when it is claimed.
    """
    visits = sorted(visits, key=lambda visit: (visit.start, visit.thing))
    first = visits[0]
    eve = policy.window(first.zone).working_days_before(first.day, 1)
    return Message(
        key=f"{clinician}/{CARD}/{first.site}/{first.day}",
        kind=CARD,
        template=CARD,
        category=CATEGORY,
        send_at=instant(eve, spread(clinician, policy.spread_from, policy.spread_until), first.zone),
        expires_at=min(first.start, instant(first.day, policy.until, first.zone)),
        says={visit.thing: {"card": first.day.isoformat()} for visit in visits},
        places=(first.place,),
        data={
            "start": _instant(first.start, first),
            "place": {"place": first.place},
            "count": str(len(visits)),
            "visits": [_each(visit) for visit in visits],
        },
        on_unknown="park",
    )


def _visit(fact: Fact, listed: Listed, places: Places, policy: Policy) -> Visit | None:
    if listed.start is None or not policy.allows(listed.clinician_domain):
        return None
    place = place_key(fact.source, listed.clinic)
    zone = listed.zone or places.zone(place, policy.zone)
    return Visit(fact.thing, listed.start, listed.end, listed.mode.value, place, places.site(place), zone)


def _each(visit: Visit) -> dict[str, Any]:
    start = _instant(visit.start, visit)
    return {
        "start": start,
        "end": _instant(visit.end, visit) if visit.end else start,
        "mode": visit.mode,
        "said": {"thing": visit.thing},
    }


def _instant(at: datetime, visit: Visit) -> dict[str, str]:
    """An instant that words show by the clinic's clock."""
    return {"at": at.isoformat(), "zone": visit.zone.key}
