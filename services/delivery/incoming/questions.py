"""Matches a text to the one open question that it answers; an ambiguous text matches none and goes to staff."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.replies.meaning import Acts, Meaning, OwnWords

COMING = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A sent message whose question the phone may still answer.

    Attributes:
        category: the category that the answer `9` opts out of.
        asked: the answer tokens that the message asked for.
        words: whether the message asked for own words as well.
        told_at: when the message was sent.
        open_until: end of the time for answers: the question's own, or the time of a later message that replaced it.

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
        """Whether a text received at this time can answer the question."""
        return self.told_at <= at < self.open_until

    @property
    def about(self) -> tuple[str, UUID, tuple[str, ...]]:
        """The subject of the question: messages with the same subject repeat one question."""
        return self.planner, self.patient_id, self.things


def tokens(questions: Iterable[OpenQuestion]) -> frozenset[str]:
    """All answer tokens that these questions accept."""
    return frozenset(token for question in questions for token in question.asked)


def answered(meaning: Meaning, questions: Sequence[OpenQuestion]) -> OpenQuestion | None:
    """The question that a text answers, where only one can be meant; of a repeated question, the last message.

    A bare `1` to several reminders of one patient answers the last of them: "I am coming" changes nothing, and whoever
    comes every day must not say it for nothing. What would change something is not guessed: a person reads it.
    """
    match meaning:
        case Acts(token):
            asking = [question for question in questions if token in question.asked]
        case OwnWords():
            asking = [question for question in questions if question.words]
        case _:
            return None
    if len({question.about for question in asking}) != 1 and not (meaning == Acts(COMING) and _of_one_patient(asking)):
        return None
    return max(asking, key=lambda question: (question.told_at, question.message_id))


def _of_one_patient(asking: Sequence[OpenQuestion]) -> bool:
    return len({(question.planner, question.patient_id) for question in asking}) == 1


def category_of(token: str, questions: Iterable[OpenQuestion]) -> str | None:
    """The category of the questions that asked for this token; None where they belong to several, or none did."""
    asking = {question.category for question in questions if token in question.asked}
    return next(iter(asking)) if len(asking) == 1 else None
