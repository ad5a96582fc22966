"""What a text makes us do: every meaning, what the carrier has done, and what is urgent, which only ever adds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.forms import FORMS, NOT_UNDERSTOOD, OPTED_OUT, URGENT
from services.delivery.incoming.responding import (
    HELPS,
    READ,
    STOPS,
    Effect,
    HoldMessages,
    HoldPhone,
    OpenTask,
    Restart,
    SendAnswer,
    Stop,
    TextContext,
    respond,
)
from shared.replies.answer_tokens import RESERVED, TOKENS
from shared.replies.meaning import (
    About,
    Acts,
    AsksHelp,
    CancelsAndStops,
    Meaning,
    NeedsPerson,
    Nothing,
    OutOfPlace,
    OwnWords,
    Restarts,
    Several,
    StopsAll,
    StopsCategory,
    Unclear,
    Understood,
    UnsafePhone,
    YesOrNo,
)
from shared.replies.reading import read
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why

DANGER = OpenTask(TaskKind.URGENT, Why.SOUNDS_URGENT)
CALL = OpenTask(TaskKind.CALL, Why.OPTED_OUT)
DEATH = (HoldMessages(TaskKind.BEREAVEMENT), OpenTask(TaskKind.BEREAVEMENT, Why.DEATH_REPORTED))
DOUBT = (HoldMessages(TaskKind.WRONG_NUMBER), OpenTask(TaskKind.WRONG_NUMBER, Why.NUMBER_DOUBTED))
UNSAFE = (HoldPhone(), OpenTask(TaskKind.UNSAFE_PHONE, Why.PHONE_UNSAFE))
UNSAFE_DANGER = OpenTask(TaskKind.UNSAFE_PHONE, Why.DANGER_ON_UNSAFE_PHONE)
READ_SAFELY = OpenTask(TaskKind.READ_REPLY, Why.PHONE_UNSAFE)
ACK = SendAnswer(NOT_UNDERSTOOD)
WARN = SendAnswer(URGENT)
ALL_STOPPED = SendAnswer(OPTED_OUT, "all")


def said(meaning: Meaning, *urgent: str) -> Understood:
    return Understood(meaning, urgent)


def case(**more: Any) -> TextContext:
    return TextContext(**{"whole": "SOME WORDS", **more})


CASES: list[tuple[str, Understood, TextContext, tuple[Effect, ...]]] = [
    ("own words", said(OwnWords(("my back",))), case(), (READ, ACK)),
    ("a second time that day", said(OwnWords(("and my knee",))), case(acknowledged=True), (READ,)),
    ("an answer that no question asked for", said(OutOfPlace("1")), case(), (READ, ACK)),
    ("an answer that one did ask for", said(Acts("1")), case(), (READ, ACK)),
    ("two answers", said(Several(("1", "2"))), case(), (READ, ACK)),
    ("yes", said(YesOrNo(yes=True)), case(), (READ, ACK)),
    ("no rule knows", said(Unclear()), case(), (READ, ACK)),
    ("cannot come", said(NeedsPerson(About.VISIT)), case(), (READ, ACK)),
    ("asks for a call", said(NeedsPerson(About.CALL)), case(), (READ, ACK)),
    ("speaks of stopping", said(NeedsPerson(About.STOPPING)), case(), (READ, ACK)),
    ("courtesy", said(Nothing()), case(), ()),
    ("a picture alone", said(Nothing()), case(pictures=1), (READ, ACK)),
    ("a death", said(NeedsPerson(About.BEREAVEMENT)), case(), DEATH),
    ("a wrong number", said(NeedsPerson(About.WRONG_NUMBER)), case(), DOUBT),
    ("stop, in their own words", said(StopsAll()), case(), (Stop("all", "reply"), ALL_STOPPED)),
    ("stop, once more", said(StopsAll()), case(stopped=frozenset({"all"})), (Stop("all", "reply"),)),
    ("stop, and more to read", said(StopsAll("my back")), case(), (Stop("all", "reply"), READ, ALL_STOPPED)),
    ("stop, and a death", said(StopsAll("she passed away")), case(), (Stop("all", "reply"), *DEATH)),
    ("stop, and a wrong number", said(StopsAll("wrong number")), case(), (Stop("all", "reply"), *DOUBT)),
    ("the carrier's STOP", said(StopsAll()), case(whole="STOP", carrier="STOP"), (Stop("all", "carrier"),)),
    ("STOP of a carrier that does not say so", said(StopsAll()), case(whole="STOP"), (Stop("all", "carrier"),)),
    ("a category", said(StopsCategory("goals")), case(), (Stop("goals", "reply"), SendAnswer(OPTED_OUT, "goals"))),
    (
        "a category after another",
        said(StopsCategory("goals")),
        case(stopped=frozenset({"groups"})),
        (Stop("goals", "reply"), SendAnswer(OPTED_OUT, "goals")),
    ),
    (
        "a category where all is stopped",
        said(StopsCategory("goals")),
        case(stopped=frozenset({"all"})),
        (Stop("goals", "reply"),),
    ),
    ("CANCEL", said(CancelsAndStops()), case(whole="CANCEL", carrier="STOP"), (Stop("all", "carrier"), CALL)),
    ("CANCEL, of a silent carrier", said(CancelsAndStops()), case(whole="CANCEL"), (Stop("all", "carrier"), CALL)),
    ("a word of the carrier's own", said(OwnWords(("arret",))), case(carrier="STOP"), (Stop("all", "carrier"), READ)),
    ("START", said(Restarts()), case(whole="START", carrier="START"), (Restart(),)),
    ("UNSTOP, of which the carrier tells nothing", said(Restarts()), case(whole="UNSTOP"), (Restart(),)),
    ("texts again, in their own words", said(Restarts()), case(), (Restart(by_carrier=False),)),
    ("the same, where all is stopped", said(Restarts()), case(stopped=frozenset({"all"})),
     (Restart(by_carrier=False), READ, ACK)),
    ("YES, which the carrier takes for START", said(YesOrNo(yes=True)), case(carrier="START"),
     (Restart(by_name=False), READ, ACK)),
    ("HELP", said(AsksHelp()), case(whole="HELP", carrier="HELP"), ()),
    ("INFO, and the carrier says nothing", said(AsksHelp()), case(whole="INFO"), ()),
    ("help please", said(AsksHelp()), case(whole="HELP PLEASE"), (READ, ACK)),
    ("danger", said(OwnWords(("x",)), "want-to-die"), case(), (DANGER, WARN)),
    ("danger, read an hour late", said(OwnWords(("x",)), "a"), case(waited=timedelta(hours=1)), (DANGER,)),
    ("own words, read two hours late", said(OwnWords(("x",))), case(waited=timedelta(hours=2)), (READ,)),
    ("danger again within the hour", said(OwnWords(("x",)), "want-to-die"), case(warned=True), (DANGER,)),
    ("own words, to a machine perhaps", said(OwnWords(("x",))), case(exhausted=True), (READ,)),
    ("danger, to a machine perhaps", said(OwnWords(("x",)), "a"), case(exhausted=True), (DANGER,)),
    ("stop, of a machine perhaps", said(StopsAll()), case(exhausted=True), (Stop("all", "reply"),)),
    ("danger after an acknowledgement", said(OwnWords(("x",)), "a"), case(acknowledged=True), (DANGER, WARN)),
    ("danger in courtesy", said(Nothing(), "a"), case(), (DANGER, WARN)),
    ("danger in a stop", said(StopsAll("x"), "a"), case(), (Stop("all", "reply"), DANGER, WARN)),
    ("danger in a stop, warned", said(StopsAll(), "a"), case(warned=True), (Stop("all", "reply"), DANGER, ALL_STOPPED)),
    ("danger in a death", said(NeedsPerson(About.BEREAVEMENT), "a"), case(), (*DEATH, DANGER, WARN)),
    ("danger at a wrong number", said(NeedsPerson(About.WRONG_NUMBER), "a"), case(), (*DOUBT, DANGER, WARN)),
    ("danger behind a block", said(StopsAll(), "a"), case(carrier="STOP"), (Stop("all", "carrier"), DANGER)),
    ("an unsafe phone", said(UnsafePhone()), case(), UNSAFE),
    ("danger, on an unsafe phone", said(UnsafePhone(), "a"), case(), (HoldPhone(), UNSAFE_DANGER)),
    ("danger, from a phone that is held", said(OwnWords(("x",)), "a"), case(unsafe=True), (UNSAFE_DANGER,)),
    ("own words, from a phone that is held", said(OwnWords(("x",))), case(unsafe=True), (READ_SAFELY,)),
    ("stop, from a phone that is held", said(StopsAll()), case(unsafe=True), (Stop("all", "reply"),)),
    ("danger, and a wish for silence", Understood(OwnWords(("x",)), ("a",), silence=True), case(), (DANGER,)),
    ("danger in help", said(AsksHelp(), "a"), case(whole="HELP", carrier="HELP"), (DANGER, WARN)),
]  # fmt: skip


@pytest.mark.parametrize(("meant", "found", "effects"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_follows(meant: Understood, found: TextContext, effects: tuple[Effect, ...]) -> None:
    """Each meaning has its effects, and no more: a clear wish is done, everything else a person reads."""
    assert respond(meant, found) == effects


def test_every_meaning_has_its_case() -> None:
    """The table leaves no meaning out, so a new one has to be decided."""
    assert {type(meant.meaning) for _, meant, _, _ in CASES} == set(get_args(Meaning))


def test_the_carriers_words_are_those_that_nobody_asks_for() -> None:
    """What the carrier takes itself are words that no message of ours asks anybody to text."""
    assert STOPS | HELPS < RESERVED
    assert not RESERVED & TOKENS.keys()


cases = st.builds(
    TextContext,
    whole=st.sampled_from(["", "STOP", "CANCEL", "HELP", "SOME WORDS"]),
    carrier=st.sampled_from([None, "STOP", "START", "HELP"]),
    pictures=st.integers(0, 2),
    stopped=st.frozensets(st.sampled_from(["all", "goals", "groups", "appointments"])),
    acknowledged=st.booleans(),
    warned=st.booleans(),
    exhausted=st.booleans(),
)
SAMPLES = [meant.meaning for _, meant, _, _ in CASES]


@given(st.sampled_from([one for one in SAMPLES if one != UnsafePhone()]), cases)
def test_what_is_urgent_only_ever_adds(meaning: Meaning, found: TextContext) -> None:
    """With an urgent phrase a person is asked at once, and nothing else that would be done is left out."""
    plainly, urgently = (respond(said(meaning, *urgent), found) for urgent in ((), ("a",)))
    assert DANGER in urgently
    kept = {effect for effect in plainly if not isinstance(effect, SendAnswer) and effect != READ}
    assert kept <= set(urgently)
    assert found.is_blocked or found.exhausted or found.warned or WARN in urgently


@given(st.sampled_from(SAMPLES), cases, st.booleans(), st.booleans(), st.booleans())
def test_an_unsafe_phone_is_never_answered(
    meaning: Meaning, found: TextContext, urgent: bool, silence: bool, known: bool
) -> None:
    """Whatever comes from a phone that is held, or makes it so: no answer, no thanks, and no task says to call it."""
    understood = Understood(meaning, ("a",) * urgent, silence=silence)
    effects = respond(understood, replace(found, unsafe=known))
    if known or meaning == UnsafePhone():
        assert not [e for e in effects if isinstance(e, SendAnswer)]
        assert DANGER not in effects
        assert READ not in effects
        assert UNSAFE_DANGER in effects or not urgent


@given(st.sampled_from(SAMPLES), cases, st.booleans())
def test_nobody_is_answered_twice_or_behind_a_block(meaning: Meaning, found: TextContext, urgent: bool) -> None:
    """A text gets one answer at most, in words that there are; where the carrier blocks us, or after too many, none."""
    answers = [e for e in respond(said(meaning, *("a",) * urgent), found) if isinstance(e, SendAnswer)]
    assert len(answers) <= (not found.is_blocked and not found.exhausted)
    assert {answer.words for answer in answers} <= {form.name for form in FORMS}
    assert all(bool(answer.category) == (answer.words == OPTED_OUT) for answer in answers)


@given(st.text(max_size=400), cases)
def test_no_text_raises_and_none_is_lost(body: str, found: TextContext) -> None:
    """Whatever is written has an effect or reaches a person, or is a courtesy that wants nothing."""
    understood = read(body)
    effects = respond(understood, replace(found, whole=body.strip().upper()))
    wants_nothing = isinstance(understood.meaning, Nothing | AsksHelp) and not understood.urgent
    assert wants_nothing or any(isinstance(effect, OpenTask | Stop | Restart) for effect in effects)
    assert not understood.urgent or DANGER in effects
