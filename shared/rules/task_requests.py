"""Tasks for people: their kinds, and the request for a task that a rule returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from shared.platform.ids import NAMESPACE


class TaskKind(StrEnum):
    """The kinds of tasks for people."""

    REACH_OTHERWISE = "reach_otherwise"
    URGENT = "urgent"
    UNSAFE_PHONE = "unsafe_phone"
    READ_REPLY = "read_reply"
    CALL = "call"
    BEREAVEMENT = "bereavement"
    WRONG_NUMBER = "wrong_number"
    REBOOK = "rebook"
    NOT_NEEDED = "not_needed"
    ASK_AGENDA = "ask_agenda"
    SUPPORT_NEEDED = "support_needed"
    NOT_BROUGHT = "not_brought"
    RELEASE = "release"
    REUNION_DUE = "reunion_due"
    OVER_CAPACITY = "over_capacity"
    HOUR_UNKNOWN = "hour_unknown"
    INTERPRETER = "interpreter"
    WHOSE_NUMBER = "whose_number"
    TOLD_TO_COME = "told_to_come"


KINDS: Mapping[TaskKind, str] = {
    TaskKind.REACH_OTHERWISE: "reach this patient another way: a message could not go, or not as they need it",
    TaskKind.URGENT: "read this text now, and call: it speaks of danger",
    TaskKind.UNSAFE_PHONE: (
        "safeguarding, now: do not text or call this number, somebody else may read or answer it; reach the patient "
        "in a safe way; nothing goes there until an operator lifts it (`cocreate unsafe lift`)"
    ),
    TaskKind.READ_REPLY: "read what was texted to us, and answer it",
    TaskKind.CALL: "call: CANCEL was texted, perhaps of an appointment, and no text of ours arrives there any more",
    TaskKind.BEREAVEMENT: (
        "find out whether this patient has died, as we were told; nothing goes until you say not_needed"
    ),
    TaskKind.WRONG_NUMBER: (
        "find out whose phone this is: a text doubts it; nothing goes there until you say not_needed"
    ),
    TaskKind.REBOOK: "find a new time: the patient asked for one; until you move it, the appointment stays booked",
    TaskKind.NOT_NEEDED: "cancel the appointment if that is right: the patient says that it is not needed",
    TaskKind.ASK_AGENDA: "ask what they want to talk about when you meet: no text of ours reaches this patient",
    TaskKind.SUPPORT_NEEDED: (
        "call about the goal: it is not going well, the patient asked to talk, or has not answered"
    ),
    TaskKind.NOT_BROUGHT: "find out why: a child, or a person at risk, was not brought to the appointment",
    TaskKind.REUNION_DUE: "plan a reunion: people finished a course here some months ago, and none is planned",
    TaskKind.OVER_CAPACITY: "find room, or tell somebody: more people have a place than there are places now",
    TaskKind.HOUR_UNKNOWN: "find out the hour of this appointment, and have it published; nothing goes about it before",
    TaskKind.INTERPRETER: "book somebody who interprets at this meeting, and see how the patient gets to know of it",
    TaskKind.WHOSE_NUMBER: (
        "find out whose NHS number this is: records of two people give it; nothing goes until you say not_needed"
    ),
    TaskKind.TOLD_TO_COME: (
        "find out whether this patient has died: they were told to come, and a record says so; mend what is wrong"
    ),
    TaskKind.RELEASE: "say done if this patient may be told that we missed them: this place decides each time",
}
"""Instructions for each kind of task. `cocreate tasks show` shows the patient's text itself."""


def task_id(kind: TaskKind, key: str) -> UUID:
    """The id of a task: UUIDv5 of its kind and its key, so whoever raises the same task twice raises it once.

    The key names the occasion, of ids and instants and of nothing that is worded: `{message id}` of a message that
    could not go, `{text id}` of a text that is to be read (whether delivery or a planner wants it read: one task),
    `{thing}/{what happened to it}` of what a rule sees. Another occasion has another key, and so another task; what
    changes while the occasion lasts, such as the reason or the day it is due, is not in it.
    """
    return uuid5(NAMESPACE, f"task\n{kind}\n{key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """A task that a plan requests. No longer requested, it closes by itself; a task that a person closed stays closed.

    Attributes:
        kind: the kind of task.
        key: made of ids and instants: the same kind and key is the same task.
        things: the things that it concerns.
        why: a value of `shared.schedule.states.Why`.
        due_at: an open task is escalated from then on.
        expires_at: the task is useless from then on.
        text_id: the inbound text that it is about, where there is one.

    """

    kind: TaskKind
    key: str
    things: tuple[str, ...]
    why: str
    due_at: datetime
    expires_at: datetime
    text_id: str | None = None

    @property
    def id(self) -> UUID:
        """The id that it has as a task."""
        return task_id(self.kind, self.key)
