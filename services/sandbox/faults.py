"""The faults of a provider, their probabilities, and repeatable random draws of them."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class ProviderFault(StrEnum):
    """A fault of a request to the API; its value is the field of `Faults` with its probability."""

    TOO_MANY = "too_many"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    HANG_AFTER = "hang_after"
    HALF_OPEN = "half_open"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"


class MailFault(StrEnum):
    """A fault of handing over a mail; its value is the field of `Faults` with its probability."""

    DEFERRED = "mail_deferred"
    UNANSWERED = "mail_unanswered"


FaultT = TypeVar("FaultT", bound=StrEnum)


class Faults(BaseModel):
    """The probabilities of faults, 0 to 1. A request has one fault at most, so each kind sums to 1 at most."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    seed: int = Field(default=0, description="Same seed, same mix and same order of requests: same faults.")
    latency: Seconds = Field(default=0, description="Seconds before every answer of the messages API.")
    too_many: Probability = Field(default=0, description="Refused with 429 (20429), not accepted.")
    error_before: Probability = Field(default=0, description="500 (20500), not accepted.")
    error_after: Probability = Field(default=0, description="500 (20500), although accepted.")
    hang_after: Probability = Field(default=0, description="Accepted, then no answer ever.")
    half_open: Probability = Field(default=0, description="Request read, not accepted, no answer ever.")
    reset_before: Probability = Field(default=0, description="Connection reset, not accepted.")
    reset_after: Probability = Field(default=0, description="Accepted, then the connection is reset.")
    repeated: bool = Field(
        default=True,
        description="Whether requests about a number that had a fault may meet another before a text to it is taken.",
    )
    list_lag: Seconds = Field(
        default=0, description="Seconds until a message appears in lists, by the sandbox's clock."
    )
    callback_doubled: Probability = Field(default=0, description="A status callback is posted twice.")
    callback_late: Probability = Field(default=0, description="A status callback waits for `callback_late_by` first.")
    callback_late_by: Seconds = Field(default=2, description="Seconds by which a late callback is late.")
    callback_shuffled: Probability = Field(default=0, description="A message's callbacks are posted last status first.")
    mail_deferred: Probability = Field(default=0, description="Mail refused for now (451), not kept.")
    mail_unanswered: Probability = Field(default=0, description="Mail kept, then the connection breaks (RFC 1047).")

    @model_validator(mode="after")
    def _at_most_one_fault(self) -> Self:
        for kind in (ProviderFault, MailFault):
            if sum(getattr(self, fault) for fault in kind) > 1 + 1e-9:  # ten times 0.1 is a little above 1
                names = ", ".join(kind)
                message = f"a request meets at most one of {names}: their probabilities may sum to 1 at most"
                raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The faults of one message's callbacks: shuffled as a whole, late or doubled one by one."""

    shuffled: bool
    late: tuple[bool, ...]
    doubled: tuple[bool, ...]


class FaultMix:
    """Draws faults at the present probabilities. Requests, callbacks and mails each have a seeded random sequence."""

    def __init__(self, faults: Faults) -> None:
        """Start with these probabilities; `set` replaces them."""
        self.set(faults)

    @property
    def faults(self) -> Faults:
        """The present probabilities."""
        return self._faults

    def set(self, faults: Faults) -> None:
        """Replace the probabilities at once, and restart the random sequences from the seed."""
        self._faults = faults
        self._requests, self._callbacks, self._mails = (
            random.Random(f"{faults.seed}/{stream}")  # noqa: S311 - faults have to repeat, not to be secret
            for stream in ("requests", "callbacks", "mails")
        )

    def for_request(self) -> ProviderFault | None:
        """The fault of the next request to the API; None: no fault."""
        return self._pick(ProviderFault, self._requests)

    def for_mail(self) -> MailFault | None:
        """The fault of the next mail; None: no fault."""
        return self._pick(MailFault, self._mails)

    def for_callbacks(self, steps: int) -> Itinerary:
        """The faults of the next message's callbacks, with one flag for each of its `steps` statuses."""
        faults, chance = self._faults, self._callbacks.random
        return Itinerary(
            shuffled=chance() < faults.callback_shuffled,
            late=tuple(chance() < faults.callback_late for _ in range(steps)),
            doubled=tuple(chance() < faults.callback_doubled for _ in range(steps)),
        )

    def _pick(self, kind: type[FaultT], stream: random.Random) -> FaultT | None:
        drawn = stream.random()
        for fault in kind:
            drawn -= getattr(self._faults, fault)
            if drawn < 0:
                return fault
        return None
