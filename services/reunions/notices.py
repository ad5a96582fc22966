"""Rules for notices of moved and cancelled reunions, to patients who were sent another state and may come."""

from dataclasses import replace
from datetime import datetime

from services.reunions.meetings import COMING, PatientReunion, SentReunion, Stands
from services.reunions.messages import CATEGORY, ReunionKind, closes, digest, entry, naming, shown
from services.reunions.policy import Policy
from shared.rules.plan import Message

SENT_CANCELLATION = frozenset({*COMING, Stands.INVITED})
"""Statuses of patients who are sent a cancellation: they may come, or have not declined."""


def notice(meeting: PatientReunion, policy: Policy) -> Message | None:
    """The notice about a reunion for this patient, due at once; None where none is needed.

    Its key is made of the new content and the message with the old one.
    """
    last = meeting.last
    if last is None or last.start is None:
        return None
    return _moved(meeting, last, last.start, policy) if meeting.on else _cancelled(meeting, last, last.start, policy)


def _moved(meeting: PatientReunion, last: SentReunion, told_start: datetime, policy: Policy) -> Message | None:
    """The notice of a new time or site, to a patient who has a place or waits.

    Where the status is new as well, the message about it tells both. An invited patient gets the new time with the next
    message, and one who is offered a place with a repeated offer.
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
        must_reach=True,
        calendar=(entry(meeting),) if meeting.stands is Stands.IN else (),
        answers_until=closes(meeting),
    )


def _cancelled(meeting: PatientReunion, last: SentReunion, told_start: datetime, policy: Policy) -> Message | None:
    """The notice of a cancellation, which names the reunion as the patient was last sent it."""
    stands = meeting.stands if meeting.seat else last.stands
    if stands not in SENT_CANCELLATION or meeting.changed_at >= told_start:
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
        # A patient who has not answered IN gets no call, and no message outside the usual window.
        urgent_by=told_start - policy.urgent_ahead if stands in COMING else None,
        must_reach=stands in COMING,
        calendar=(entry(known, cancelled=True),),
    )
