"""The effects of a text from a patient, a closed set, and the rule that chooses them.

The rule never guesses. A text that no rule may answer becomes a task for staff; an urgent text always does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from services.delivery.forms import NOT_UNDERSTOOD, OPTED_OUT, URGENT
from services.delivery.incoming import questions
from services.delivery.incoming.desks import DESKS
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
    UnsafePhone,
)
from shared.replies.reading import read
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from shared.schedule.tasks import HOLDING

STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
"""Whole texts that Twilio handles itself: afterwards it blocks every text of ours, even a confirmation
(https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""

STARTS = frozenset({"START", "UNSTOP", "YES"})
"""Whole texts by which Twilio ends its block; no other text does."""

HELPS = frozenset({"HELP", "INFO"})
"""Whole texts that Twilio answers itself."""


STOPS_CATEGORY = "9"
"""The answer that opts out of a category: the category of the question that it answers."""

LASTS: Mapping[str, timedelta] = MappingProxyType(
    {URGENT: timedelta(hours=1), OPTED_OUT: timedelta(hours=2), NOT_UNDERSTOOD: timedelta(hours=2)}
)
"""How long after a patient's text each answer is still sent: later, the patient has put the phone away."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Opt the phone out of this category, for every patient who shares the phone."""

    category: str
    origin: Literal["reply", "carrier"]


@dataclass(frozen=True, slots=True)
class Restart:
    """End the opt-outs that came from this phone. An opt-out that the clinic recorded stays.

    Attributes:
        by_carrier: whether the carrier ends its block as well; otherwise its block stays in force.
        by_name: whether the patient asked for texts in words. A bare YES is the carrier's keyword and may answer
            anything: it ends an opt-out of all categories, never one of a single category.

    """

    by_carrier: bool = True
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class HoldMessages:
    """Hold messages until staff have looked: all to these patients (a death), or those to this phone (wrong number)."""

    kind: Literal[TaskKind.BEREAVEMENT, TaskKind.WRONG_NUMBER]


@dataclass(frozen=True, slots=True)
class HoldPhone:
    """Send nothing to this phone, for whoever has it, until an operator lifts it."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Open a task: staff read the text."""

    kind: TaskKind
    why: Why


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Send this message to the phone; `category` is the stopped category, where the message confirms an opt-out."""

    words: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class PassAnswer:
    """Pass an answer to the question's planner: a token, or the arrival of own words. `quiet`: without thanks."""

    question: OpenQuestion
    token: str | None = None
    number: int | None = None
    quiet: bool = False


Effect = Stop | Restart | HoldMessages | HoldPhone | OpenTask | SendAnswer | PassAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class TextContext:
    """The state of a text and of the phone that it came from.

    Attributes:
        whole: the text in capitals without surrounding space, as the carrier compares it.
        carrier: the keyword as which the carrier has handled the text; None: not handled.
        pictures: number of pictures that came with the text; they are not kept.
        stopped: the categories that the phone has opted out of.
        unsafe: whether somebody else may read the phone, as an earlier text said.
        acknowledged: whether the phone was sent "staff read texts later" within a day.
        warned: whether the phone was sent the emergency number within the hour.
        exhausted: whether the phone has reached the daily limit of answers.
        waited: time since the text came: after an outage of ours an answer would surprise the patient.
        acknowledgements_exhausted: whether the phone has reached the daily limit of acknowledgements.
        questions: open questions that the phone may answer.

    """

    whole: str = field(default="", repr=False)
    carrier: Literal["STOP", "START", "HELP"] | None = None
    pictures: int = 0
    stopped: frozenset[str] = frozenset()
    unsafe: bool = False
    acknowledged: bool = False
    warned: bool = False
    exhausted: bool = False
    waited: timedelta = timedelta(0)
    acknowledgements_exhausted: bool = False
    questions: tuple[OpenQuestion, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether the carrier blocks the phone from this text on."""
        return self.carrier == "STOP" or (self.carrier is None and self.whole in STOPS)

    @property
    def is_helped(self) -> bool:
        """Whether the carrier has answered the text as HELP."""
        return self.carrier == "HELP" or (self.carrier is None and self.whole in HELPS)

    @property
    def gets_no_thanks(self) -> bool:
        """Whether no acknowledgement goes there now: it is blocked, has had enough of them, or has waited too long."""
        return self.is_blocked or self.acknowledgements_exhausted or self.waited >= LASTS[NOT_UNDERSTOOD]


READ = OpenTask(TaskKind.READ_REPLY, Why.OWN_WORDS)
DANGER = OpenTask(TaskKind.URGENT, Why.SOUNDS_URGENT)
UNSAFE = OpenTask(TaskKind.UNSAFE_PHONE, Why.PHONE_UNSAFE)
UNSAFE_DANGER = OpenTask(TaskKind.UNSAFE_PHONE, Why.DANGER_ON_UNSAFE_PHONE)


def respond(said: Understood, case: TextContext) -> tuple[Effect, ...]:
    """All effects of a text, in the order in which they are carried out.

    Urgency adds an urgent task to the other effects and removes none of them: staff read the text soon in any case.
    """
    done = _without_answers(said, case)
    unsafe = case.unsafe or HoldPhone() in done
    # Danger together with a wish for silence is silence: who asks for it knows who else reads.
    silent = unsafe or (bool(said.urgent) and said.silence)
    answer = None if case.is_blocked or case.exhausted or silent else _answer(done, case)
    if answer is not None and case.waited >= LASTS[answer.words]:
        answer = None
    # An urgent text is never thanked for, whether or not the emergency number is sent again.
    quiet = bool(answer or said.urgent) or silent or case.gets_no_thanks
    told = [replace(effect, quiet=quiet) if isinstance(effect, PassAnswer) else effect for effect in done]
    return (*told, answer) if answer else tuple(told)


def _without_answers(said: Understood, case: TextContext) -> list[Effect]:
    """All that is done about a text but to answer it."""
    done = [*_by_the_carrier(said.meaning, case), *_by_meaning(said.meaning, case)]
    if said.urgent:  # read at once is read: one task, the sooner one
        done = [effect for effect in done if not _is_to_read(effect)] + [DANGER]
    return _with_care(done) if case.unsafe or HoldPhone() in done else done


def _with_care(done: list[Effect]) -> list[Effect]:
    """The same effects of a text from an unsafe phone: no task says to call it, and danger is for safeguarding.

    One task for safeguarding stands for the text, also where it was to be read for other reasons.
    """
    if DANGER in done:
        return [one for one in done if one not in (DANGER, UNSAFE) and not _is_to_read(one)] + [UNSAFE_DANGER]
    return [OpenTask(READ.kind, Why.PHONE_UNSAFE) if _is_to_read(effect) else effect for effect in done]


def _is_to_read(effect: Effect) -> bool:
    """Whether this is a task to read the text in time, at whichever desk."""
    return isinstance(effect, OpenTask) and effect.kind is TaskKind.READ_REPLY


def _by_the_carrier(meaning: Meaning, case: TextContext) -> Iterator[Effect]:
    """The effects of the carrier's handling, followed even where our reading differs: its lists can be configured."""
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
        case UnsafePhone():
            yield HoldPhone()
            yield UNSAFE
        case CancelsAndStops():
            yield Stop(ALL, origin)
            yield OpenTask(TaskKind.CALL, Why.OPTED_OUT)
        case Restarts():
            opened = case.carrier == "START" or (case.carrier is None and case.whole in STARTS)
            yield Restart(by_carrier=opened)
            if not opened and ALL in case.stopped:  # the carrier may block us still: a person tells them to text START
                yield READ
        case AsksHelp():
            if not case.is_helped:  # "help please" is no word of the carrier's, and may be a cry
                yield READ
        case Nothing():
            if case.pictures:  # a picture alone: the patient expects that staff see it
                yield READ
        case NeedsPerson(About.BEREAVEMENT):
            yield HoldMessages(TaskKind.BEREAVEMENT)
            yield OpenTask(TaskKind.BEREAVEMENT, HOLDING[TaskKind.BEREAVEMENT])
        case NeedsPerson(About.WRONG_NUMBER):
            yield HoldMessages(TaskKind.WRONG_NUMBER)
            yield OpenTask(TaskKind.WRONG_NUMBER, HOLDING[TaskKind.WRONG_NUMBER])
        case NeedsPerson(about) if about in DESKS:
            yield OpenTask(TaskKind.READ_REPLY, DESKS[about])
        case Acts(token) if token == STOPS_CATEGORY:
            no_more = questions.category_of(token, case.questions)
            yield READ if no_more is None else Stop(no_more, origin)
            if question := questions.answered(meaning, case.questions):  # an answer as well: not silence
                yield PassAnswer(question, token)
        case Acts(token, number) if question := questions.answered(meaning, case.questions):
            yield PassAnswer(question, token, number)
        case OwnWords() if question := questions.answered(meaning, case.questions):
            yield PassAnswer(question)
            yield READ
        case _:
            yield READ


def _beside(rest: str, case: TextContext) -> Iterator[Effect]:
    """The effects of the words beside a stop: "she has died, please stop texting" reports a death as well."""
    if not rest:
        return
    about = read(rest).meaning
    if isinstance(about, NeedsPerson):
        yield from _by_meaning(about, case)
    else:
        yield READ


def _answer(done: list[Effect], case: TextContext) -> SendAnswer | None:
    """The single answer to a text: the most important of those that apply.

    None for a report of a death or a wrong number: an automatic message would hurt, or tell a stranger too much.
    """
    held = any(isinstance(effect, HoldMessages) for effect in done)
    if DANGER in done and not case.warned:
        return SendAnswer(URGENT)
    stops = [effect for effect in done if isinstance(effect, Stop)]
    if stops and not held and not case.stopped & {ALL, stops[0].category}:
        return SendAnswer(OPTED_OUT, stops[0].category)
    heard = any(isinstance(effect, PassAnswer) for effect in done)  # its planner thanks for it
    if any(map(_is_to_read, done)) and not stops and not heard and not case.acknowledged:
        return SendAnswer(NOT_UNDERSTOOD)
    return None
