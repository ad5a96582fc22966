"""Notices: moved and cancelled. Only to those who were told otherwise, and whom it concerns."""

from dataclasses import replace
from datetime import datetime

from services.reunions.meetings import COMING, PatientReunion, Stands, ToldReunion
from services.reunions.messages import CATEGORY, ReunionKind, closes, digest, entry, naming, shown
from services.reunions.policy import Policy
from shared.rules.plan import Message

HEARD = frozenset({*COMING, Stands.INVITED})
"""Who hears that it is cancelled: whoever may come, and whoever has not said yet that they don't."""


def notice(meeting: PatientReunion, policy: Policy) -> Message | None:
    """The notice that a reunion wants for this patient, due at once, with a key of what is new and who told the old."""
    last = meeting.last
    if last is None or last.start is None:
        return None
    return _moved(meeting, last, last.start, policy) if meeting.on else _cancelled(meeting, last, last.start, policy)


def _moved(meeting: PatientReunion, last: ToldReunion, told_start: datetime, policy: Policy) -> Message | None:
    """To whoever has a place or waits. Where their standing is news as well, that message tells of both.

    Who was only invited hears of the new time in whatever comes next; who is offered a place, in the offer, once more.
    """
    wanted = meeting.stands in {Stands.IN, Stands.WAITING} and meeting.is_told and meeting.has_moved
    if not wanted or meeting.changed_at >= meeting.start:
        return None
    return Message(
        key=f"{meeting.key}/{ReunionKind.MOVED}/{digest(meeting.says)}/{last.message_id}",
        kind=ReunionKind.MOVED,
        template=ReunionKind.MOVED,
        category=CATEGORY,
        send_at=meeting.changed_at,
        expires_at=meeting.start,
        says={meeting.thing: meeting.says},
        places=(meeting.place,),
        data={
            **naming(meeting),
            "old": shown(told_start, meeting),
            "waiting": meeting.stands is Stands.WAITING,
        },
        urgent_by=min(told_start, meeting.start) - policy.urgent_ahead,
        calendar=(entry(meeting),) if meeting.stands is Stands.IN else (),
        answers_until=closes(meeting),
    )


def _cancelled(meeting: PatientReunion, last: ToldReunion, told_start: datetime, policy: Policy) -> Message | None:
    """It speaks of the reunion that the patient knows of, whatever else has changed since."""
    stands = meeting.stands if meeting.seat else last.stands
    if stands not in HEARD or meeting.changed_at >= told_start:
        return None
    known = replace(
        meeting,
        start=told_start,
        end=meeting.end if meeting.start == told_start else None,
        place=last.place,
        stands=Stands.CANCELLED,
    )
    return Message(
        key=f"{meeting.key}/{ReunionKind.CANCELLED}/{last.message_id}",
        kind=ReunionKind.CANCELLED,
        template=ReunionKind.CANCELLED,
        category=CATEGORY,
        send_at=meeting.changed_at,
        expires_at=told_start,
        says={meeting.thing: known.says},
        places=(known.place,),
        data=naming(known),
        # Whoever has not said that they come is not called if they want no more of these, nor told at an odd hour.
        urgent_by=told_start - policy.urgent_ahead if stands in COMING else None,
        calendar=(entry(known, cancelled=True),),
    )
