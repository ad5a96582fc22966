"""Everything that makes a planner: what it reads, its rule, its words, and what it settles between patients."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.events.cloudevents import EventKind
from shared.events.types import EventData
from shared.platform.clock import Connection
from shared.rules.plan import Facts, Plan, SentHistory
from shared.rules.policy import Policy
from shared.rules.waiting_list import Seat
from shared.words.forms import Form

P = TypeVar("P", bound=Policy)


@dataclass(frozen=True, slots=True)
class Before:
    """Where patients stand with whatever has places, by thing; and who else stands elsewhere than before."""

    seats: Mapping[UUID, Mapping[str, Seat]]
    others: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Planner(Generic[P]):
    """Everything that makes a planner: what it reads, its rule, and its words.

    Attributes:
        name: its PostgreSQL schema and consumer group.
        topics: topic → CloudEvent type → kind of thing; every kind's data is `shared.planning.arrivals.Owned`.
        plan: the rule.
        content_digest: a digest of what a patient would be told of a thing in this state: where it differs, the thing
            has changed for them.
        policy: the rule's numbers.
        words: folder of its templates.
        forms: what each of its messages may say: a plan's data is held against them.
        partial: whether it takes only some of the things that its topics tell of: that another is gone is no fault.
        shared_kinds: the kinds of things that are nobody's own, and concern everybody who refers to them, or did.
        before: what must be settled between patients before each is planned: who has a place.
        revision: of the rule itself; raise it when the rule or the data that it plans changes.

    """

    name: str
    topics: Mapping[str, Mapping[str, EventKind[Any]]]
    plan: Callable[[Facts, SentHistory, P], Plan]
    content_digest: Callable[[Any], str]
    policy: P
    words: Path
    forms: tuple[Form, ...]
    partial: bool = False
    shared_kinds: frozenset[str] = frozenset()
    before: Callable[[Connection, Mapping[UUID, Facts], datetime], Awaitable[Before]] | None = None
    revision: int = 1

    @property
    def shapes(self) -> dict[str, type[EventData]]:
        """The shape of each kind of thing that its topics tell of."""
        return {kind.name: kind.data for kinds in self.topics.values() for kind in kinds.values()}

    def policy_digest(self) -> str:
        """The rule's revision and the policy as text: another one means that everybody is planned again."""
        return f"{self.revision} {self.policy.digest()}"
