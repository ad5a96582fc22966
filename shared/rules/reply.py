"""What patients answered, and what people made of tasks, as the rules see them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reply:
    """A patient's answer to one of our messages: a token, or own words, never both.

    Attributes:
        id: the provider's name for the text.
        at: when it came.
        planner: whose message it answers.
        message_id: that message.
        kind: the message's kind.
        said: what that message said, by thing.
        token: a key of `shared.replies.answer_tokens.TOKENS`; None: own words.
        number: of `SURE`, 0 to 10; of `IN` how many come, the patient included, where the text says so.
        items: own words, item by item; none where they are erased, or where it is a token.
        quiet: nothing acknowledges it: it is long ago, was answered otherwise, or that phone has had its answers.
        is_urgent: whether it speaks of danger as well.

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
        """What the message was about."""
        return tuple(self.said)


@dataclass(frozen=True, slots=True)
class Done:
    """What a person made of a task (a value of `shared.schedule.tasks.Outcome`), and when."""

    outcome: str
    at: datetime
