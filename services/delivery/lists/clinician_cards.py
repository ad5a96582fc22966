"""What patients said about a clinician's appointments, read when the card is claimed: no plan ever holds it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.patients import identity
from shared.planning import fact_store
from shared.planning.fact_store import Agreed
from shared.platform.clock import Connection
from shared.rules.reply import Reply
from shared.schedule import patient_replies, reconciliation
from shared.security.encryption import Encryption
from shared.words.filling import PatientRequest

GOAL = "goal"
WISHES = frozenset({"1", "2", "3"})
SURE = "SURE"

SURE_FOR = timedelta(weeks=26)
"""How long a confidence tells something: our choice, twice the longest round of questions about a goal."""
URGENT_FOR = timedelta(weeks=4)
"""How long a card speaks of an urgent text: since before the first prompt about the appointment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAppointment:
    """An appointment on a card.

    Attributes:
        planner: the one whose messages patients answer about it.
        patient_id: whose it is now.
        changed_at: when what its patient would be told of it last changed.
        listed: all that is on the same card.

    """

    thing: str
    start: datetime
    planner: str
    patient_id: UUID
    source: str
    changed_at: datetime
    listed: Collection[str]


async def load(
    connection: Connection,
    encryption: Encryption,
    planners: tuple[str, str],
    cards: Iterable[Mapping[str, Any]],
    now: datetime,
) -> dict[str, PatientRequest]:
    """What was said of each thing on these cards, by its name; a thing of which nobody can tell has none.

    Args:
        connection: of the claim.
        encryption: opens the words.
        planners: the one whose appointments the cards show, and the one that planned the cards.
        cards: the data of messages; those that are no cards hold no such things.
        now: of the claim.

    """
    days = [day for card in cards if (day := things(card))]
    if not days:
        return {}
    known = await _whose(connection, planners, sorted({thing for day in days for thing in day}))
    meetings = [
        CardAppointment(
            thing=thing,
            start=start,
            planner=planners[0],
            patient_id=whose.patient_id,
            source=whose.source,
            changed_at=whose.since_at,
            listed=day,
        )
        for day in days
        for thing, start in day.items()
        if (whose := known.get(thing)) is not None
    ]
    patients = {meeting.patient_id for meeting in meetings}
    replies = await patient_replies.load(connection, encryption, patients)
    urgent = {
        (patient, place.rpartition("#")[0])
        for patient, places in await patient_replies.urgent(connection, patients, now - URGENT_FOR)
        for place in places
    }
    return {
        meeting.thing: heard(
            meeting,
            replies.get(meeting.patient_id, ()),
            is_urgent=(meeting.patient_id, meeting.source) in urgent,
            now=now,
        )
        for meeting in meetings
    }


async def _whose(connection: Connection, planners: tuple[str, str], things: list[str]) -> dict[str, Agreed]:
    """Whose each of these things is; of one of which nobody can tell, nothing.

    Its planner knows: messages know whose it was, too. Of a patient who was merged since, the answers are the other
    one's already.
    """
    known = await fact_store.agreed(connection, *planners, things)
    merged = await identity.merged(connection, {one.patient_id for one in known})
    held = {thing for _, thing in await reconciliation.held(connection, things)}
    return {one.thing: one for one in known if one.patient_id not in merged and one.thing not in held}


def things(card: Mapping[str, Any]) -> dict[str, datetime]:
    """The things on a card, and when each begins; none where it is no card."""
    visits = card.get("visits") or ()
    return {visit["said"]["thing"]: datetime.fromisoformat(visit["start"]["at"]) for visit in visits if "said" in visit}


def heard(meeting: CardAppointment, replies: Iterable[Reply], *, is_urgent: bool, now: datetime) -> PatientRequest:
    """What a patient said that a clinician may read before they meet.

    Words to a message about other appointments as well may be meant for another clinic: they are not shown. Nor is how
    sure somebody is of a goal that was set elsewhere.
    """
    answers = sorted(replies, key=lambda reply: reply.at)
    about = [reply for reply in answers if reply.planner == meeting.planner and meeting.thing in reply.said]
    words = [reply for reply in about if reply.token is None and not _had_passed(reply, meeting)]
    ours = [reply for reply in words if set(reply.said) <= set(meeting.listed)]
    wishes = [reply.token for reply in about if reply.token in WISHES and _stands(reply, meeting)]
    sure = [reply.number for reply in answers if _is_sure(reply, meeting.source, now)]
    return PatientRequest(
        items=tuple(item for reply in ours for item in reply.items),
        has_more=len(ours) < len(words) or any(not reply.items for reply in ours),
        wish=wishes[-1] if wishes else None,
        confidence=sure[-1] if sure else None,
        is_urgent=is_urgent,
    )


def _stands(reply: Reply, meeting: CardAppointment) -> bool:
    """Whether the answer is to this appointment alone, and it still is when its patient was told that it is.

    One that was booked under two names, or moved from another, is one where both read the same.
    """
    stands = {thing: of for thing, of in reply.said.items() if of.get("on", True)}
    shown = {tuple(of.get(name, thing) for name in ("minute", "mode", "place")) for thing, of in stands.items()}
    return meeting.thing in stands and len(shown) == 1 and _told_start(reply, meeting) == meeting.start


def _had_passed(reply: Reply, meeting: CardAppointment) -> bool:
    """Whether the time that the patient was told had passed when it changed: it is a new one, and wants a new list."""
    told = _told_start(reply, meeting)
    return told is not None and told != meeting.start and told <= meeting.changed_at


def _told_start(reply: Reply, meeting: CardAppointment) -> datetime | None:
    """The time that the message told; None where it is erased."""
    start = reply.said[meeting.thing].get("start")
    return datetime.fromisoformat(start) if isinstance(start, str) else None


def _is_sure(reply: Reply, source: str, now: datetime) -> bool:
    of_goal = f"{source.rstrip('/')}/{GOAL}/"
    return (
        reply.token == SURE
        and reply.number is not None
        and reply.at > now - SURE_FOR
        and any(thing.startswith(of_goal) for thing in reply.said)
    )
