"""The life of a message: every change of state that there is, as values. `changes` makes them.

The database has the table too (`schedule.transitions`), and refuses what is not in it, whoever asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.schedule.states import WAITING, MessageState, Why


class Transition(StrEnum):
    """A change of a message's state, or of the reason for which it stays in it."""

    WANTED = "wanted"
    WITHDRAWN = "withdrawn"
    # at the claim
    CLAIMED = "claimed"
    WAITS = "waits"
    WITHHELD = "withheld"
    EXHAUSTED = "exhausted"
    # when the provider answers, or does not
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    BLOCKED = "blocked"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    # while nobody can tell
    LEASE_LOST = "lease_lost"
    FOUND = "found"
    GIVEN_BACK = "given_back"
    RESENT = "resent"
    PARKED = "parked"
    # when a receipt comes
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    RETURNED = "returned"
    STOPPED = "stopped"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Legal:
    """What the table allows.

    Attributes:
        before: states that it leads from.
        state: the one that it leads to.
        whys: reasons that it can have.
        means: when it happens, for people.
        resent: states that it also leads from, where the message was sent once more: the first attempt, which the
            provider's list did not show, has turned up.

    """

    before: frozenset[MessageState]
    state: MessageState
    whys: frozenset[Why]
    means: str
    resent: frozenset[MessageState] = frozenset()


NEVER_SENT = frozenset({MessageState.SCHEDULED, MessageState.WITHDRAWN, MessageState.WITHHELD})
DOUBTED = frozenset({MessageState.UNKNOWN, MessageState.PARKED})
UNANSWERED = DOUBTED | {MessageState.SENDING}
HANDED_OVER = UNANSWERED | {MessageState.SENT}


def _legal(before: Iterable[MessageState], state: MessageState, whys: Iterable[Why], means: str) -> Legal:
    return Legal(frozenset(before), state, frozenset(whys), means)


def _by_receipt(before: Iterable[MessageState], state: MessageState, whys: Iterable[Why], means: str) -> Legal:
    return replace(_legal(before, state, whys, means), resent=NEVER_SENT)


_NOT_NOW = {Why.PROVIDER_BUSY, Why.SENDER_BLOCKED, Why.NEXT_CHANNEL}
_NEVER = {Why.BEFORE_GO_LIVE, Why.DECEASED, Why.OPTED_OUT, Why.EXPIRED, Why.OTHER_FORMAT, Why.OTHER_COUNTRY, *WAITING}
_WAITS = {MessageState.SCHEDULED}
_UNWANTED = {Why.NO_LONGER_WANTED, Why.FORGOTTEN}

TABLE: Mapping[Transition, Legal] = {
    Transition.WANTED: _legal(
        {MessageState.SCHEDULED, MessageState.WITHDRAWN},
        MessageState.SCHEDULED,
        {Why.PLANNED},
        "a plan wants it otherwise, or again",
    ),
    Transition.WITHDRAWN: _legal(_WAITS, MessageState.WITHDRAWN, _UNWANTED, "no plan wants it, or its patient is gone"),
    Transition.CLAIMED: _legal(_WAITS, MessageState.SENDING, {Why.CLAIMED}, "it is about to be handed over"),
    Transition.WAITS: _legal(_WAITS, MessageState.SCHEDULED, WAITING, "it may not go now"),
    Transition.WITHHELD: _legal(_WAITS, MessageState.WITHHELD, _NEVER, "it may never go"),
    Transition.EXHAUSTED: _legal(_WAITS, MessageState.FAILED, {Why.REFUSED}, "every address has refused it"),
    Transition.ACCEPTED: _legal(UNANSWERED, MessageState.SENT, {Why.ACCEPTED}, "the provider takes it"),
    Transition.NOT_SENT: _legal(UNANSWERED, MessageState.SCHEDULED, _NOT_NOW, "the provider does not, and may later"),
    Transition.BLOCKED: _legal(
        UNANSWERED, MessageState.WITHHELD, {Why.OPTED_OUT}, "the carrier stops it: they said STOP"
    ),
    Transition.REFUSED: _legal(UNANSWERED, MessageState.FAILED, {Why.REFUSED}, "the provider never will"),
    Transition.TIMED_OUT: _legal(
        {MessageState.SENDING}, MessageState.UNKNOWN, {Why.TIMED_OUT}, "the provider does not answer"
    ),
    Transition.LEASE_LOST: _legal(
        {MessageState.SENDING}, MessageState.UNKNOWN, {Why.LEASE_EXPIRED}, "its sender stopped"
    ),
    Transition.FOUND: _legal(
        {MessageState.UNKNOWN}, MessageState.SENT, {Why.FOUND_AT_PROVIDER}, "the provider's list has it"
    ),
    Transition.GIVEN_BACK: _legal(
        {MessageState.SENT}, MessageState.UNKNOWN, {Why.TIMED_OUT}, "what was found was another one's"
    ),
    Transition.RESENT: _legal(
        {MessageState.UNKNOWN}, MessageState.SCHEDULED, {Why.RESEND}, "the provider's list has it not"
    ),
    Transition.PARKED: _legal(
        {MessageState.UNKNOWN}, MessageState.PARKED, {Why.NOT_FOUND_AT_PROVIDER}, "nobody can ever tell"
    ),
    Transition.CONFIRMED: _by_receipt(
        UNANSWERED, MessageState.SENT, {Why.ACCEPTED}, "a receipt says that it was taken"
    ),
    Transition.DELIVERED: _by_receipt(
        HANDED_OVER, MessageState.DELIVERED, {Why.DELIVERED}, "a receipt says that it arrived"
    ),
    Transition.RETURNED: _by_receipt(
        HANDED_OVER, MessageState.SCHEDULED, {Why.UNDELIVERED, Why.NEXT_CHANNEL}, "a receipt says that it did not, yet"
    ),
    Transition.STOPPED: _by_receipt(
        HANDED_OVER, MessageState.WITHHELD, {Why.OPTED_OUT}, "a receipt says that the carrier stopped it"
    ),
    Transition.UNDELIVERED: _by_receipt(
        HANDED_OVER, MessageState.FAILED, {Why.UNDELIVERED}, "a receipt says that it never will"
    ),
}
"""Every change of state that there is; what a plan wants anew begins as `scheduled`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is written down of a message before a byte of it leaves. `asked`: tokens of answers, with spaces between."""

    claim_token: UUID
    lease_until: datetime
    channel: str
    address: bytes
    words: str
    segments: int | None
    key_id: str
    sealed: bytes = field(repr=False)
    asked: str
    asked_words: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a message, made by one of the functions below.

    Attributes:
        transition: which of the table.
        why: why it stands where it then stands.
        detail: more of that, for operators.
        due_at: when delivery looks at it next; None: as before.
        provider_id: the provider's name for the attempt, where it is told now.
        refused: whether it never goes to the same address again.
        claim: what is written down as it is claimed.
        token: of the claim that it is about; None: of any.

    """

    transition: Transition
    why: Why
    detail: str = ""
    due_at: datetime | None = None
    provider_id: str | None = None
    refused: bool = False
    claim: Claim | None = None
    token: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse a reason that the table does not have."""
        if self.why not in TABLE[self.transition].whys:
            raise ValueError(f"{self.transition} has no reason {self.why}: add it to shared.schedule.transitions.TABLE")

    @property
    def state(self) -> MessageState:
        """Where the message then stands."""
        return TABLE[self.transition].state

    def fenced(self, token: UUID) -> "Change":
        """The same change, of this claim alone: an answer to an older one changes nothing."""
        return replace(self, token=token)


def legal_pairs() -> dict[tuple[MessageState, MessageState], bool]:
    """Each change of state that the table has, and whether only a message that was sent once more can make it."""
    always = {(before, legal.state) for legal in TABLE.values() for before in legal.before}
    late = {(before, legal.state) for legal in TABLE.values() for before in legal.resent}
    return dict.fromkeys(always, False) | dict.fromkeys(late - always, True)


def withdrawn(why: Why = Why.NO_LONGER_WANTED) -> Change:
    """No plan wants it any more, or its patient was erased."""
    return Change(transition=Transition.WITHDRAWN, why=why)


def claimed(claim: Claim) -> Change:
    """It is handed over as soon as this is committed."""
    return Change(transition=Transition.CLAIMED, why=Why.CLAIMED, claim=claim)


def waits(until: datetime, why: Why, detail: str = "") -> Change:
    """It may not go now; the same reason as before is no news."""
    return Change(transition=Transition.WAITS, why=why, detail=detail, due_at=until)


def withheld(why: Why, detail: str = "") -> Change:
    """It never goes. Where every address has refused it, it has failed."""
    transition = Transition.EXHAUSTED if why is Why.REFUSED else Transition.WITHHELD
    return Change(transition=transition, why=why, detail=detail)


def accepted(provider_id: str) -> Change:
    """The provider has it."""
    return Change(transition=Transition.ACCEPTED, why=Why.ACCEPTED, provider_id=provider_id)


def not_sent(why: Why, code: str, until: datetime, *, refused: bool = False) -> Change:
    """Surely not sent, and tried again then; `refused`: at another address."""
    return Change(transition=Transition.NOT_SENT, why=why, detail=code, due_at=until, refused=refused)


def blocked(code: str) -> Change:
    """Surely not sent: its reader stopped our texts at the carrier."""
    return Change(transition=Transition.BLOCKED, why=Why.OPTED_OUT, detail=code, refused=True)


def refused(code: str) -> Change:
    """Surely not sent, and there is no other address."""
    return Change(transition=Transition.REFUSED, why=Why.REFUSED, detail=code, refused=True)


def timed_out(code: str, look_at: datetime) -> Change:
    """Nobody can tell whether it was sent; it is looked up then."""
    return Change(transition=Transition.TIMED_OUT, why=Why.TIMED_OUT, detail=code, due_at=look_at)


def lost_lease(now: datetime) -> Change:
    """Its sender stopped in the middle. Never back to `scheduled`: it may have been sent."""
    return Change(transition=Transition.LEASE_LOST, why=Why.LEASE_EXPIRED, due_at=now)


def found(provider_id: str) -> Change:
    """The provider's list has it."""
    return Change(transition=Transition.FOUND, why=Why.FOUND_AT_PROVIDER, provider_id=provider_id)


def given_back(now: datetime) -> Change:
    """What was found was another message's: it is looked up again."""
    return Change(transition=Transition.GIVEN_BACK, why=Why.TIMED_OUT, due_at=now)


def resent(now: datetime) -> Change:
    """The provider's list has it not: it goes once more."""
    return Change(transition=Transition.RESENT, why=Why.RESEND, due_at=now)


def parked(detail: str = "") -> Change:
    """Nobody can tell, and it is too late or too doubtful to send again."""
    return Change(transition=Transition.PARKED, why=Why.NOT_FOUND_AT_PROVIDER, detail=detail)


def confirmed(provider_id: str) -> Change:
    """A receipt says that the provider has it."""
    return Change(transition=Transition.CONFIRMED, why=Why.ACCEPTED, provider_id=provider_id)


def delivered(provider_id: str) -> Change:
    """A receipt says that it arrived."""
    return Change(transition=Transition.DELIVERED, why=Why.DELIVERED, provider_id=provider_id)


def returned(provider_id: str, code: str, until: datetime, *, refused: bool = False) -> Change:
    """A receipt says that it did not arrive; it is tried again then, `refused`: at another address."""
    why = Why.NEXT_CHANNEL if refused else Why.UNDELIVERED
    made = Change(transition=Transition.RETURNED, why=why, detail=code, due_at=until)
    return replace(made, provider_id=provider_id, refused=refused)


def stopped(provider_id: str, code: str) -> Change:
    """A receipt says that its reader stopped our texts at the carrier."""
    made = Change(transition=Transition.STOPPED, why=Why.OPTED_OUT, detail=code)
    return replace(made, provider_id=provider_id, refused=True)


def undelivered(provider_id: str, code: str, *, refused: bool) -> Change:
    """A receipt says that it did not arrive, and it is tried no more."""
    made = Change(transition=Transition.UNDELIVERED, why=Why.UNDELIVERED, detail=code)
    return replace(made, provider_id=provider_id, refused=refused)
