"""The closed set of what a reply can mean."""

from dataclasses import dataclass, field
from enum import StrEnum


class About(StrEnum):
    """What a reply is about that only a person may answer."""

    BEREAVEMENT = "bereavement"
    """Somebody has died: stop and read before anything else goes out."""
    WRONG_NUMBER = "wrong number"
    """Not the patient's phone, or its holder doubts it: nothing about a patient may be said there."""
    STOPPING = "stopping"
    """Speaks of stopping texts, and does not say it so that a rule may act."""
    VISIT = "visit"
    """Cannot come, wants another time, is late, asks when or where: never to be filed as an agenda alone."""
    CALL = "call"
    """Asks for a call."""


@dataclass(frozen=True, slots=True)
class Acts:
    """The one answer to an open question: a key of `shared.replies.answer_tokens.TOKENS`.

    `SURE` has a `number`, 0 to 10. `IN` has one where the text says how many come: 1 to 10, the writer included.
    """

    token: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class StopsAll:
    """No more texts at all. `rest` is what else it says, plain, for a person; empty where that is courtesy."""

    rest: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StopsCategory:
    """No more texts of one category: `appointments`, `goals` or `groups`. `rest` as with `StopsAll`."""

    category: str
    rest: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CancelsAndStops:
    """A bare CANCEL: the carrier has blocked us, and perhaps an appointment was meant. Opted out **and** a task."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """Texts again."""


@dataclass(frozen=True, slots=True)
class AsksHelp:
    """HELP or INFO: who we are, and how to reach us. Twilio answers it before we see it."""


@dataclass(frozen=True, slots=True)
class OutOfPlace:
    """A bare answer that no open question understands: often one that has closed. Nothing may act on it."""

    token: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """More than one answer in one text: which of them holds would be a guess."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Yes or no without a token: to which question would be a guess, so ask for the token, or a person reads it.

    A carrier that had blocked us takes YES for START; it says so in `OptOutType`, this reading does not.
    """

    yes: bool


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """Own words whose subject no rule may answer."""

    about: About
    items: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Free text: an agenda, what went well, what got in the way. Its items are the patient's own words."""

    items: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Empty, punctuation, thanks, a reaction, an automatic answer: nobody waits for anything."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Looks like an answer and is none that a rule may act on: a person reads it."""


Meaning = (
    Acts
    | StopsAll
    | StopsCategory
    | CancelsAndStops
    | Restarts
    | AsksHelp
    | OutOfPlace
    | Several
    | YesOrNo
    | NeedsPerson
    | OwnWords
    | Nothing
    | Unclear
)

ACTING = (Acts, StopsAll, StopsCategory, CancelsAndStops, Restarts)
"""Meanings that change something without a person: a wrong one harms, so none of them is ever guessed."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A reply, read.

    Attributes:
        meaning: what it means, apart from what is urgent in it.
        urgent: ids of the urgent phrases in it (`urgent.toml`). Whatever the meaning, one of these escalates it.
        why: the rules that decided, with the words that they saw: for `cocreate replies`, never for a log.

    """

    meaning: Meaning
    urgent: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=(), repr=False)
