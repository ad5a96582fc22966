"""The kinds of messages, and their data."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from shared.rules.plan import Message
from shared.rules.reply import Reply

GOALS = "goals"
APPOINTMENTS = "appointments"


class FollowUpKind(StrEnum):
    """The kinds of messages."""

    GOAL = "goal"
    AGAIN = "goal.again"
    DID_IT = "goal.did_it"
    DID_SOME = "goal.did_some"
    NOT_YET = "goal.not_yet"
    SURE = "goal.sure"
    TALK = "goal.talk"
    WORDS = "goal.words"
    MISSED = "missed"
    NEW_TIME = "missed.new_time"
    NOT_NEEDED = "missed.not_needed"


def at_place(place: str) -> dict[str, Any]:
    """The place that signs, as a message's data."""
    return {"place": {"place": place}}


def shown(at: datetime, zone: ZoneInfo) -> dict[str, str]:
    """An instant as a placeholder's value, shown in the clinic's time zone."""
    return {"at": at.isoformat(), "zone": zone.key}


def acknowledgement(  # noqa: PLR0913, PLR0917 - a message's parts
    reply: Reply,
    kind: FollowUpKind,
    category: str,
    place: str,
    expires_at: datetime,
    more: Mapping[str, Any] | None = None,
    answers_until: datetime | None = None,
) -> Message:
    """The acknowledgement of a text, due at once. Its key holds the text's id, so that each text gets one."""
    return Message(
        key=f"reply/{reply.id}",
        kind=kind,
        template=kind,
        category=category,
        send_at=reply.at,
        expires_at=expires_at,
        says=reply.said,
        places=(place,),
        data={**at_place(place), **(more or {})},
        answers_until=answers_until,
        reply_to=reply.id,
    )
