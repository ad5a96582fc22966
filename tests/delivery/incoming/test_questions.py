"""Which question a text answers: one that is open, and never a guess between two."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.forms import NOT_UNDERSTOOD, OPTED_OUT, URGENT
from services.delivery.incoming.questions import OpenQuestion, answered, category_of, tokens
from services.delivery.incoming.responding import (
    READ,
    Effect,
    OpenTask,
    PassAnswer,
    SendAnswer,
    Stop,
    TextContext,
    respond,
)
from shared.replies.answer_tokens import TOKENS
from shared.replies.meaning import Acts, OwnWords, Unclear
from shared.replies.reading import read
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ADA, BO = UUID(int=1), UUID(int=2)
VISIT, OTHER, GOAL = "s/appointment/1", "s/appointment/2", "s/goal/1"


def question(
    number: int,
    asked: str = "1 2 3",
    *,
    words: bool = False,
    patient: UUID = ADA,
    thing: str = VISIT,
    planner: str = "prompts",
    category: str = "appointments",
    hours: int = 0,
) -> OpenQuestion:
    """A question that went `hours` after noon."""
    told_at = NOON + timedelta(hours=hours)
    until = NOON + timedelta(days=3)
    return OpenQuestion(
        message_id=UUID(int=number),
        planner=planner,
        patient_id=patient,
        category=category,
        things=(thing,),
        asked=frozenset(asked.split()),
        words=words,
        told_at=told_at,
        open_until=until,
    )


REMINDER = question(11)
AGENDA = question(12, "2", words=True, hours=-48)
HIS = question(13, patient=BO, thing=OTHER)
NEXT = question(14, "2", words=True, thing=OTHER, hours=-1)
HOW = question(15, "A B C 9", thing=GOAL, planner="followup", category="goals", hours=-2)
TOMORROW = question(17, thing=OTHER, hours=20)
GROUP = question(16, "IN OUT LATER 9", thing="s/reunion/1", planner="reunions", category="groups")


@pytest.mark.parametrize(
    ("text", "open_ones", "expected"),
    [
        pytest.param("1", [REMINDER], 11, id="one question"),
        pytest.param("2", [AGENDA, REMINDER], 11, id="two messages about one thing: the last"),
        pytest.param("My back, and my sleep", [AGENDA, REMINDER], 12, id="own words: what asked for them"),
        pytest.param("1", [REMINDER, NEXT], 11, id="only one of two things asked for it"),
        pytest.param("2", [REMINDER, NEXT], None, id="either thing could be meant"),
        pytest.param("1", [REMINDER, TOMORROW], 17, id="coming, to two reminders of one patient: the last"),
        pytest.param("1", [TOMORROW, REMINDER, HIS], None, id="coming, but two people have one phone"),
        pytest.param("3", [REMINDER, TOMORROW], None, id="not needed, but which"),
        pytest.param("My back, and my sleep", [AGENDA, NEXT], None, id="either list could be meant"),
        pytest.param("1", [REMINDER, HIS], None, id="two people, one phone"),
        pytest.param("A", [REMINDER, HOW], 15, id="tokens of another kind"),
        pytest.param("A", [REMINDER], None, id="nobody asked for it"),
        pytest.param("1", [], None, id="nothing is open"),
        pytest.param("1 or 2", [REMINDER], None, id="two answers"),
        pytest.param("2 - my back", [REMINDER], None, id="no bare token"),
        pytest.param("yes", [REMINDER], None, id="yes, to what"),
        pytest.param("My back, and my sleep", [REMINDER], None, id="own words that nobody asked for"),
    ],
)
def test_which_question(text: str, open_ones: Sequence[OpenQuestion], expected: int | None) -> None:
    """A text answers the one question that it can mean, and none where two could be meant."""
    found = answered(read(text, tokens(open_ones)).meaning, open_ones)
    assert (found and found.message_id.int) == expected


@pytest.mark.parametrize(
    ("text", "open_ones", "effects"),
    [
        pytest.param("2", [REMINDER], [PassAnswer(REMINDER, "2")], id="a token: its planner thanks for it"),
        pytest.param("My back", [AGENDA], [PassAnswer(AGENDA), READ], id="own words: heard, and read by a person"),
        pytest.param(
            "9",
            [HOW, REMINDER],
            [Stop("goals", "reply"), PassAnswer(HOW, "9", quiet=True), SendAnswer(OPTED_OUT, "goals")],
            id="9 of one kind: stopped, and no silence",
        ),
        pytest.param("9", [HOW, GROUP], [READ, SendAnswer(NOT_UNDERSTOOD)], id="9 of two kinds"),
        pytest.param("2", [REMINDER, NEXT], [READ, SendAnswer(NOT_UNDERSTOOD)], id="a person where two could be meant"),
        pytest.param("2", [], [READ, SendAnswer(NOT_UNDERSTOOD)], id="a person where nothing is open"),
        pytest.param(
            "I want to die",
            [AGENDA],
            [PassAnswer(AGENDA, quiet=True), OpenTask(TaskKind.URGENT, Why.SOUNDS_URGENT), SendAnswer(URGENT)],
            id="danger: heard, and answered by 999 alone",
        ),
    ],
)
def test_what_follows(text: str, open_ones: Sequence[OpenQuestion], effects: list[Effect]) -> None:
    """An answer is told to its planner, which thanks for it; everything else goes where it went before."""
    assert list(respond(read(text, tokens(open_ones)), TextContext(questions=tuple(open_ones)))) == effects


@pytest.mark.parametrize(
    ("case", "is_quiet"),
    [
        pytest.param(TextContext(), False, id="as usual"),
        pytest.param(TextContext(exhausted=True), False, id="our own answers are used up"),
        pytest.param(TextContext(acknowledgements_exhausted=True), True, id="all are"),
        pytest.param(TextContext(waited=timedelta(hours=3)), True, id="hours late"),
        pytest.param(TextContext(carrier="STOP"), True, id="the carrier lets nothing through"),
    ],
)
def test_thanks_are_for_whoever_waits_for_them(case: TextContext, is_quiet: bool) -> None:
    """An answer counts in any case; it is acknowledged where that still reaches somebody who waits for it."""
    told = [
        e for e in respond(read("2", frozenset("2")), replace(case, questions=(REMINDER,))) if isinstance(e, PassAnswer)
    ]
    assert [(tell.token, tell.quiet) for tell in told] == [("2", is_quiet)]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(TextContext(warned=True), id="they were told whom to call within the hour"),
        pytest.param(TextContext(exhausted=True), id="our own answers are used up"),
    ],
)
def test_nobody_in_danger_is_thanked_for_a_list(case: TextContext) -> None:
    """Words of danger are heard and read by a person, and get no thanks, where the answer to them went before."""
    effects = respond(read("I want to die", frozenset("2")), replace(case, questions=(AGENDA,)))
    assert list(effects) == [PassAnswer(AGENDA, quiet=True), OpenTask(TaskKind.URGENT, Why.SOUNDS_URGENT)]


def test_it_is_open_from_the_telling_on_until_it_closes() -> None:
    """What was written before a question went out, or after it closed, answers something else."""
    late = replace(REMINDER, open_until=NOON + timedelta(hours=1))
    moments = (-1, 0, 59, 60)
    assert [late.is_open(NOON + timedelta(minutes=m)) for m in moments] == [False, True, True, False]


questions = st.lists(st.sampled_from([REMINDER, TOMORROW, AGENDA, HIS, NEXT, HOW, GROUP]), unique=True)


@given(questions, st.sampled_from(sorted(TOKENS)))
def test_never_a_guess(open_ones: list[OpenQuestion], token: str) -> None:
    """Whatever is open: an answer goes to a question that asked for it, and to none where two things did.

    "Coming" goes to the last of one patient's.
    """
    found = answered(Acts(token), open_ones)
    asking = [one for one in open_ones if token in one.asked]
    about = {one.about for one in asking}
    of_one = token == Acts("1").token and len({one.patient_id for one in asking}) == 1
    assert (found is not None) == (len(about) == 1 or of_one)
    assert found is None or found.told_at == max(one.told_at for one in asking)
    assert found is None or (token in found.asked and found.about in about)
    assert answered(Unclear(), open_ones) is None


@given(questions)
def test_own_words_are_always_read(open_ones: list[OpenQuestion]) -> None:
    """Own words reach a person whether or not a question was open for them."""
    assert READ in respond(read("my back hurts", tokens(open_ones)), TextContext(questions=tuple(open_ones)))
    assert answered(OwnWords(("x",)), open_ones) in {None, *open_ones}
    assert category_of("9", open_ones) in {None, "goals", "groups"}
