"""Conversations, or rounds: a question about one or several goals, and the replies to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.followup.messages import FollowUpKind
from shared.rules.plan import Facts, SentHistory, SentMessage
from shared.rules.reply import Reply

PLANNER = "followup"
ANSWERS = frozenset({"A", "B", "C"})

Pair = tuple[str, str]
"""A goal, and the name of a round: the day for which it was planned."""


@dataclass(slots=True)
class Conversation:
    """A round about one goal, or about several that were asked about together.

    Attributes:
        key: made of the goals and their rounds.
        said: goal → its round, and the place that asked.
        first: the question; None where only replies are known: its sending failed, and it was answered all the same.
        again: the repeated question after a silence.
        replies: the replies, oldest first.

    """

    key: str
    said: dict[str, Mapping[str, Any]]
    first: SentMessage | None = None
    again: SentMessage | None = None
    replies: list[Reply] = field(default_factory=list)

    @property
    def asked_at(self) -> list[datetime]:
        """The times of the questions; of the first reply where no question is known."""
        return [said.told_at for said in (self.first, self.again) if said] or [self.replies[0].at]

    @property
    def place(self) -> str:
        """The place that asked."""
        return str(self.said[min(self.said)]["place"])

    def last(self, tokens: Iterable[str]) -> Reply | None:
        """The last reply with one of these tokens."""
        wanted = frozenset(tokens)
        return next((reply for reply in reversed(self.replies) if reply.token in wanted), None)

    @property
    def asks_to_talk(self) -> list[Reply]:
        """The replies that ask for a call."""
        return [reply for reply in self.replies if reply.token == "TALK"]  # noqa: S105 - the token's name


def conversations(facts: Facts, told: SentHistory, keys: Mapping[str, str]) -> tuple[Conversation, ...]:
    """Every round of this patient, in order of time. `keys`: goal → its name in message keys, where it differs."""
    found: dict[Pair, Conversation] = {}
    for said, saying in _messages(told, FollowUpKind.GOAL):
        _take(found, said, keys).first = saying
    for said, saying in _messages(told, FollowUpKind.AGAIN):
        _take(found, said, keys).again = saying
    for reply in sorted(facts.replies, key=lambda reply: (reply.at, reply.id)):
        said = {thing: of for thing, of in reply.said.items() if "round" in of}
        if reply.planner == PLANNER and said:
            _take(found, said, keys).replies.append(reply)
    each = {id(one): one for one in found.values()}.values()
    return tuple(sorted(each, key=lambda one: (one.asked_at[0], one.key)))


def round_key(name: str, round_name: str) -> str:
    """The key of a round of a goal."""
    return f"{name}/goal/{round_name}"


def _take(
    found: dict[Pair, Conversation], said: Mapping[str, Mapping[str, Any]], keys: Mapping[str, str]
) -> Conversation:
    """The conversation to which this content belongs; a new one where there is none."""
    pairs = [(thing, str(of["round"])) for thing, of in sorted(said.items())]
    one = next((found[pair] for pair in pairs if pair in found), None)
    if one is None:
        one = Conversation(" + ".join(round_key(keys.get(thing, thing), name) for thing, name in pairs), dict(said))
    for pair in pairs:
        found.setdefault(pair, one)
        one.said.setdefault(pair[0], said[pair[0]])
    return one


def _messages(told: SentHistory, kind: FollowUpKind) -> list[tuple[dict[str, Mapping[str, Any]], SentMessage]]:
    """The messages of this kind, in order of time, each with its content about all its goals."""
    by_id: dict[Any, tuple[dict[str, Mapping[str, Any]], SentMessage]] = {}
    for thing, sayings in told.sayings.items():
        for saying in sayings:
            if saying.kind == kind:
                by_id.setdefault(saying.message_id, ({}, saying))[0][thing] = saying.said
    return sorted(by_id.values(), key=lambda one: (one[1].told_at, str(one[1].message_id)))
