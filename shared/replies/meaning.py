"""The closed set of meanings of a reply."""

from dataclasses import dataclass, field
from enum import StrEnum


class About(StrEnum):
    """A topic that only a person may answer."""

    BEREAVEMENT = "bereavement"
    """Somebody has died: stop and read before anything else goes out."""
    WRONG_NUMBER = "wrong number"
    """Not the patient's phone, or its holder doubts it: nothing about a patient may be sent there."""
    STOPPING = "stopping"
    """Mentions stopping texts, but not clearly enough for a rule to act."""
    IN_HOSPITAL = "in hospital"
    """In hospital now: the clinic's record, and whoever waits for them, should know."""
    MOVED_AWAY = "moved away"
    """Lives elsewhere, or is another clinic's patient now."""
    INTERPRETER = "interpreter"
    """Needs somebody who interprets or signs, or does not understand our language."""
    TRANSPORT = "transport"
    """Asks how to get there: transport, parking, a lift."""
    PREPARATION = "preparation"
    """Asks what to do before: to fast, what to take, what to bring."""
    VISIT = "visit"
    """Cannot come, wants another time, is late, asks when or where: never filed as an agenda alone."""
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
    """An opt-out from all texts. `rest` is the remaining text, plain, for a person; empty where it is courtesy."""

    rest: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StopsCategory:
    """An opt-out from one category: `appointments`, `goals` or `groups`. `rest` as with `StopsAll`."""

    category: str
    rest: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CancelsAndStops:
    """A bare CANCEL: the carrier has blocked us, and perhaps an appointment was meant. An opt-out **and** a task."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """The wish to receive texts again."""


@dataclass(frozen=True, slots=True)
class AsksHelp:
    """HELP or INFO, a request for the sender's name and contact. Twilio answers it before we see it."""


@dataclass(frozen=True, slots=True)
class OutOfPlace:
    """A bare answer to no open question: often to one that has closed. Nothing may act on it."""

    token: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """Several answers in one text: which of them counts would be a guess."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Yes or no without a token: the question is ambiguous, so we ask for the token, or a person reads it.

    A carrier that had blocked us takes YES for START: that is reported in `OptOutType`, not here.
    """

    yes: bool


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """Own words about a topic that only a person may answer."""

    about: About
    items: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class UnsafePhone:
    """Somebody else may read this phone, and what comes to it may harm: nothing at all goes there.

    It is no opt-out, also where it says "stop": the patient may want to be reached in another way, or later.
    """


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Free text: an agenda, what went well, what got in the way. Its items are the patient's own words."""

    items: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Empty, punctuation, thanks, a reaction or an automatic answer: no reply is needed."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Resembles an answer, but no rule may act on it: a person reads it."""


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
    | UnsafePhone
    | OwnWords
    | Nothing
    | Unclear
)

ACTING = (Acts, StopsAll, StopsCategory, CancelsAndStops, Restarts, UnsafePhone)
"""Meanings on which we act without a person: a wrong one harms, so none of them is ever guessed."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A reply as it was read.

    Attributes:
        meaning: its meaning, apart from urgent phrases.
        urgent: ids of the urgent phrases in it (`urgent.toml`). Whatever the meaning, any of these escalates it.
        language: code of the language, where it is one that we do not write; empty: ours, or unknown.
        silence: whether the writer asks that nothing be sent: no answer of ours goes to whoever is in danger then.
        why: the rules that decided, with the words that they matched: for `cocreate replies`, never for a log.

    """

    meaning: Meaning
    urgent: tuple[str, ...] = ()
    silence: bool = False
    language: str = ""
    why: tuple[str, ...] = field(default=(), repr=False)
