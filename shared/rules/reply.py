"""Patients' replies and the outcomes of tasks, as input of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A patient's answer to one of our messages: a token, or own words, never both.

    Attributes:
        id: the provider's id of the text.
        at: when the text came.
        planner: the planner of the message that it answers.
        message_id: the message that it answers.
        kind: the message's kind.
        said: the message's content, by thing.
        token: a key of `shared.replies.answer_tokens.TOKENS`; None: own words.
        number: with `SURE`, 0 to 10; with `IN` the size of the party, the patient included, where the text gives it.
        items: own words, item by item; empty where they are erased, or where it is a token.
        quiet: not to be acknowledged: it is old, was answered otherwise, or that phone has had enough answers.
        is_urgent: whether the text holds an urgent phrase as well.

    """

    id: str
    at: datetime
    planner: str
    message_id: UUID
    kind: str
    said: Mapping[str, Mapping[str, Any]]
    token: str | None = None
    number: int | None = None
    items: tuple[str, ...] = field(default=(), repr=False)
    quiet: bool = False
    is_urgent: bool = False

    @property
    def things(self) -> tuple[str, ...]:
        """The things that the message was about."""
        return tuple(self.said)


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a task (a value of `shared.schedule.tasks.Outcome`), and its time."""

    outcome: str
    at: datetime
