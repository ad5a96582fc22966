"""Suggested replies: the answers that a phone's last text asks for, each sent with one click."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.sandbox.entries import SandboxText
from shared.replies.answer_tokens import RESERVED, TOKENS
from shared.words.rules.asking import AnswerOption, asked

_NUMBERED = {"SURE": ("SURE 3", "SURE 8")}  # a low answer and a high one to one question


@dataclass(frozen=True, slots=True)
class Quick:
    """A suggested reply, with its meaning from the text; empty where the text gives none."""

    body: str
    meaning: str


def quick_answers(texts: Sequence[SandboxText]) -> tuple[Quick, ...]:
    """The suggested replies to our last text, in its order; `texts` are given oldest first."""
    last = next((text.body for text in reversed(texts) if text.direction == "outbound-api"), "")
    meanings = _meanings(asked(last).answers)
    return tuple(
        Quick(body, "" if word in _NUMBERED else meaning or TOKENS.get(word, ""))
        for word, meaning in meanings.items()
        if word in TOKENS or word in RESERVED
        for body in _NUMBERED.get(word, (word,))
    )


def _meanings(answers: Iterable[AnswerOption]) -> dict[str, str]:
    """What each token means, in the order of the text; the first that is said counts."""
    meanings: dict[str, str] = {}
    for one in answers:
        meanings[one.token] = meanings.get(one.token) or one.meaning
    return meanings
