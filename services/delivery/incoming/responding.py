"""What a text from a patient makes us do: a closed set of effects, and the rule that chooses. Pure.

Nothing here is a guess. What no rule may answer reaches a person; what sounds urgent always does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from services.delivery.forms import NOT_UNDERSTOOD, OPTED_OUT, URGENT
from services.delivery.incoming import questions
from services.delivery.incoming.questions import OpenQuestion
from shared.patients.person import ALL
from shared.replies.meaning import (
    About,
    Acts,
    AsksHelp,
    CancelsAndStops,
    Meaning,
    NeedsPerson,
    Nothing,
    OwnWords,
    Restarts,
    StopsAll,
    StopsCategory,
    Understood,
)
from shared.replies.reading import read
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from shared.schedule.tasks import HOLDING

STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
"""Whole texts that Twilio takes itself: from then on it lets nothing of ours through, not even a confirmation
(https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""

STARTS = frozenset({"START", "UNSTOP", "YES"})
"""Whole texts by which Twilio lets ours through again; nothing else does."""

HELPS = frozenset({"HELP", "INFO"})
"""Whole texts that Twilio answers itself."""


NO_MORE = "9"
"""The answer by which a category stops: of whichever question it answers."""

LASTS: Mapping[str, timedelta] = MappingProxyType(
    {URGENT: timedelta(hours=1), OPTED_OUT: timedelta(hours=2), NOT_UNDERSTOOD: timedelta(hours=2)}
)
"""How long after a text an answer to it is one: later, who wrote has put the phone away."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing of this category goes to that phone any more, whoever has it."""

    category: str
    origin: Literal["reply", "carrier"]


@dataclass(frozen=True, slots=True)
class Restart:
    """What was stopped from that phone is stopped no longer. What the clinic stopped, stays.

    Attributes:
        by_carrier: whether the carrier lets texts through again. Where it does not, its block stands, whoever asks.
        by_name: whether texts were asked for. A bare YES is the carrier's word and may answer anything: it undoes a
            stop of everything, and no stop of one category.

    """

    by_carrier: bool = True
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class HoldMessages:
    """Nothing goes out until a person has looked: to these patients (a death), or to that phone of theirs."""

    kind: Literal[TaskKind.BEREAVEMENT, TaskKind.WRONG_NUMBER]


@dataclass(frozen=True, slots=True)
class Ask:
    """A person reads it."""

    kind: TaskKind
    why: Why


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """An answer in these words to that phone; `category` is the one that was stopped, where it confirms that."""

    words: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """This question's planner hears the answer: a token, or that own words have come. `quiet`: it thanks nobody."""

    question: OpenQuestion
    token: str | None = None
    number: int | None = None
    quiet: bool = False


Effect = Stop | Restart | HoldMessages | Ask | SendAnswer | Tell


@dataclass(frozen=True, slots=True)
class TextContext:
    """What is the case with a text and the phone that it came from.

    Attributes:
        whole: the text in capitals without the space around it, as the carrier compares it.
        carrier: what the carrier says that it has done about it already.
        pictures: how many came with it; nobody keeps them.
        stopped: the categories that are stopped at that phone.
        acknowledged: whether that phone was told within a day that a person reads texts later.
        warned: whether it was told within the hour whom to call in danger.
        exhausted: whether that phone has had all the answers that we send within a day.
        waited: how long ago it came: after an outage of ours an answer would come from nowhere.
        talked_out: whether that phone has had all the acknowledgements that we send within a day.
        questions: what it was asked, and may still answer.

    """

    whole: str = field(default="", repr=False)
    carrier: Literal["STOP", "START", "HELP"] | None = None
    pictures: int = 0
    stopped: frozenset[str] = frozenset()
    acknowledged: bool = False
    warned: bool = False
    exhausted: bool = False
    waited: timedelta = timedelta(0)
    talked_out: bool = False
    questions: tuple[OpenQuestion, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether the carrier lets nothing through to that phone from this text on."""
        return self.carrier == "STOP" or (self.carrier is None and self.whole in STOPS)

    @property
    def is_helped(self) -> bool:
        """Whether the carrier has answered it."""
        return self.carrier == "HELP" or (self.carrier is None and self.whole in HELPS)


READ = Ask(TaskKind.READ_REPLY, Why.OWN_WORDS)


def respond(said: Understood, case: TextContext) -> tuple[Effect, ...]:
    """Everything that follows from a text, in the order in which it is done.

    What is urgent in it changes nothing of that, and comes on top: a person reads it soon, whatever else it says.
    """
    done = [*_by_the_carrier(said.meaning, case), *_by_meaning(said.meaning, case)]
    if said.urgent:  # read at once is read: one task, the sooner one
        done = [effect for effect in done if effect != READ] + [Ask(TaskKind.URGENT, Why.SOUNDS_URGENT)]
    answer = None if case.is_blocked or case.exhausted else _answer(done, case)
    if answer is not None and case.waited >= LASTS[answer.words]:
        answer = None
    # Whoever speaks of danger is thanked for nothing, whether or not they are told again whom to call.
    quiet = bool(answer or said.urgent) or case.is_blocked or case.talked_out or case.waited >= LASTS[NOT_UNDERSTOOD]
    told = [replace(effect, quiet=quiet) if isinstance(effect, Tell) else effect for effect in done]
    return (*told, answer) if answer else tuple(told)


def _by_the_carrier(meaning: Meaning, case: TextContext) -> Iterator[Effect]:
    """What the carrier has done stands, whatever we read: its words can be set to others than ours."""
    if case.carrier == "STOP" and not isinstance(meaning, StopsAll | CancelsAndStops):
        yield Stop(ALL, "carrier")
    if case.carrier == "START" and not isinstance(meaning, Restarts):
        yield Restart(by_name=False)


def _by_meaning(meaning: Meaning, case: TextContext) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case for each meaning
    origin: Literal["reply", "carrier"] = "carrier" if case.is_blocked else "reply"
    match meaning:
        case StopsAll(rest):
            yield Stop(ALL, origin)
            yield from _beside(rest, case)
        case StopsCategory(category, rest):
            yield Stop(category, origin)
            yield from _beside(rest, case)
        case CancelsAndStops():
            yield Stop(ALL, origin)
            yield Ask(TaskKind.CALL, Why.OPTED_OUT)
        case Restarts():
            opened = case.carrier == "START" or (case.carrier is None and case.whole in STARTS)
            yield Restart(by_carrier=opened)
            if not opened and ALL in case.stopped:  # the carrier may block us still: a person tells them to text START
                yield READ
        case AsksHelp():
            if not case.is_helped:  # "help please" is no word of the carrier's, and may be a cry
                yield READ
        case Nothing():
            if case.pictures:  # a picture alone: whoever sent it thinks that somebody sees it
                yield READ
        case NeedsPerson(About.BEREAVEMENT):
            yield HoldMessages(TaskKind.BEREAVEMENT)
            yield Ask(TaskKind.BEREAVEMENT, HOLDING[TaskKind.BEREAVEMENT])
        case NeedsPerson(About.WRONG_NUMBER):
            yield HoldMessages(TaskKind.WRONG_NUMBER)
            yield Ask(TaskKind.WRONG_NUMBER, HOLDING[TaskKind.WRONG_NUMBER])
        case Acts(token) if token == NO_MORE:
            no_more = questions.category_of(token, case.questions)
            yield READ if no_more is None else Stop(no_more, origin)
            if question := questions.answered(meaning, case.questions):  # it is an answer: nobody is silent
                yield Tell(question, token)
        case Acts(token, number) if question := questions.answered(meaning, case.questions):
            yield Tell(question, token, number)
        case OwnWords() if question := questions.answered(meaning, case.questions):
            yield Tell(question)
            yield READ
        case _:
            yield READ


def _beside(rest: str, case: TextContext) -> Iterator[Effect]:
    """What else is said beside a stop: "she has died, please stop texting" is a death as well."""
    if not rest:
        return
    about = read(rest).meaning
    if isinstance(about, NeedsPerson):
        yield from _by_meaning(about, case)
    else:
        yield READ


def _answer(done: list[Effect], case: TextContext) -> SendAnswer | None:
    """The one answer that a text gets, the weightiest.

    None to a report of a death, or to whoever may be no patient: a machine's words hurt, or tell too much.
    """
    held = any(isinstance(effect, HoldMessages) for effect in done)
    if Ask(TaskKind.URGENT, Why.SOUNDS_URGENT) in done and not case.warned:
        return SendAnswer(URGENT)
    stops = [effect for effect in done if isinstance(effect, Stop)]
    if stops and not held and not case.stopped & {ALL, stops[0].category}:
        return SendAnswer(OPTED_OUT, stops[0].category)
    heard = any(isinstance(effect, Tell) for effect in done)  # its planner thanks for it
    if READ in done and not stops and not heard and not case.acknowledged:
        return SendAnswer(NOT_UNDERSTOOD)
    return None
