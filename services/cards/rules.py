"""The rule of the cards planner: lists of a clinician's appointments and of an organiser's reunions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.cards.forms import ATTENDANCE, CARD, CATEGORY
from services.cards.gatherings import ListedReunion, Unlisted
from services.cards.listed import ListedAppointment
from services.cards.policy import Policy
from shared.calendar.sending_window import instant, spread
from shared.clinic.places import Places, place_key
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Message, Plan, SentHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVisit:
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
        """The local day of the appointment."""
        return self.start.astimezone(self.zone).date()


def plan(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
    """One card for each day and site at which this clinician has appointments, and one list for each reunion.

    A change updates a card or list that is not yet sent. Each is sent once.
    """
    del told
    lists: dict[tuple[date, str], list[CardVisit]] = {}
    for fact, listed in facts.of(ListedAppointment):
        visit = _visit(fact, listed, facts.places, policy)
        if visit is not None:
            lists.setdefault((visit.day, visit.site), []).append(visit)
    cards = [card(visits, facts.patient, policy) for visits in lists.values()]
    attending = [
        attendance(fact, gathering, facts, policy)
        for fact, gathering in facts.of(ListedReunion)
        if policy.allows(gathering.organiser_domain)
    ]
    return Plan(messages=(*cards, *attending))


def says(data: ListedAppointment | ListedReunion | Unlisted) -> str:
    """The content of a thing's state that its recipient would be sent, as text that is compared."""
    match data:
        case ListedAppointment(start=start, end=end, mode=what) | ListedReunion(start=start, end=end, kind=what):
            times = (at.isoformat() if at else "" for at in (start, end))
            return json.dumps([*times, what, data.clinic or ""])
        case Unlisted():
            return ""


def card(visits: Sequence[CardVisit], clinician: str, policy: Policy) -> Message:
    """The card of appointments of one day and site: due on the working day before, never after the clinic begins.

    It holds the names of things alone: patients' replies are read at the claim.
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


def attendance(fact: Fact, gathering: ListedReunion, facts: Facts, policy: Policy) -> Message:
    """The attendance list of a reunion: due on the working day before, or as soon as it is known, until the start.

    It holds the name of the reunion alone: the attendance is read at the claim.
    """
    place = place_key(fact.source, gathering.clinic)
    zone = gathering.zone or facts.places.zone(place, policy.zone)
    day = gathering.start.astimezone(zone).date()
    eve = policy.window(zone).working_days_before(day, 1)
    return Message(
        key=f"{facts.patient}/{ATTENDANCE}/{fact.thing}/{day}",
        kind=ATTENDANCE,
        template=ATTENDANCE,
        category=CATEGORY,
        send_at=instant(eve, spread(facts.patient, policy.spread_from, policy.spread_until), zone),
        expires_at=gathering.start,
        says={fact.thing: {"list": day.isoformat()}},
        places=(place,),
        data={
            "what": gathering.kind,
            "start": {"at": gathering.start.isoformat(), "zone": zone.key},
            "place": {"place": place},
            "people": {"thing": fact.thing},
        },
        on_unknown="park",
    )


def _visit(fact: Fact, listed: ListedAppointment, places: Places, policy: Policy) -> CardVisit | None:
    if listed.start is None or not policy.allows(listed.clinician_domain):
        return None
    place = place_key(fact.source, listed.clinic)
    zone = listed.zone or places.zone(place, policy.zone)
    return CardVisit(
        thing=fact.thing,
        start=listed.start,
        end=listed.end,
        mode=listed.mode.value,
        place=place,
        site=places.site(place),
        zone=zone,
    )


def _each(visit: CardVisit) -> dict[str, Any]:
    start = _instant(visit.start, visit)
    return {
        "start": start,
        "end": _instant(visit.end, visit) if visit.end else start,
        "mode": visit.mode,
        "said": {"thing": visit.thing},
    }


def _instant(at: datetime, visit: CardVisit) -> dict[str, str]:
    """An instant as a placeholder's value, shown in the clinic's time zone."""
    return {"at": at.isoformat(), "zone": visit.zone.key}
