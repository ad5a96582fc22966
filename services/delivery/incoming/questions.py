"""Which of our questions a text answers: one, or none where a person must tell. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.replies.meaning import Acts, Meaning, OwnWords


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A message that asked something at one phone.

    Attributes:
        category: of which an answer `9` wants no more.
        asked: the tokens that it asked for.
        words: whether it asked for own words as well.
        told_at: when it went.
        open_until: when an answer comes too late: the time is over, or a later message said something else.

    """

    message_id: UUID
    planner: str
    patient_id: UUID
    category: str
    things: tuple[str, ...]
    asked: frozenset[str]
    words: bool
    told_at: datetime
    open_until: datetime

    def is_open(self, at: datetime) -> bool:
        """Whether a text that came then can be an answer to it."""
        return self.told_at <= at < self.open_until

    @property
    def about(self) -> tuple[str, UUID, tuple[str, ...]]:
        """What it is about: several messages about the same ask the same question again."""
        return self.planner, self.patient_id, self.things


def tokens(questions: Iterable[OpenQuestion]) -> frozenset[str]:
    """All the tokens that these understand."""
    return frozenset(token for question in questions for token in question.asked)


def answered(meaning: Meaning, questions: Sequence[OpenQuestion]) -> OpenQuestion | None:
    """The question that a text answers, where only one can be meant; of messages about the same, the last."""
    match meaning:
        case Acts(token):
            asking = [question for question in questions if token in question.asked]
        case OwnWords():
            asking = [question for question in questions if question.words]
        case _:
            return None
    if len({question.about for question in asking}) != 1:
        return None
    return max(asking, key=lambda question: (question.told_at, question.message_id))


def category_of(token: str, questions: Iterable[OpenQuestion]) -> str | None:
    """The one category whose messages asked for this token."""
    asking = {question.category for question in questions if token in question.asked}
    return next(iter(asking)) if len(asking) == 1 else None
