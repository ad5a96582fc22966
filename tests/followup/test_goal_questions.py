"""When patients are asked how a goal went, and when they are asked again."""

from datetime import timedelta
from typing import Any

import pytest

from shared.calendar.sending_window import Window
from tests.followup.fixtures import POLICY, Ward, by_clock, london

SET = "2026-11-17 12:00"  # a Tuesday


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        pytest.param({}, "2026-12-01", id="after 14 days"),
        pytest.param({"confidence": 7}, "2026-12-01", id="sure enough"),
        pytest.param({"confidence": 6}, "2026-11-24", id="not sure: after 7"),
        pytest.param({"review_on": "2026-12-03"}, "2026-12-03", id="on the day agreed"),
        pytest.param({"review_on": "2026-12-03", "confidence": 2}, "2026-12-03", id="agreed, though not sure"),
        pytest.param({"review_on": "2026-12-05"}, "2026-12-07", id="a Saturday: the Monday after"),
        pytest.param({"review_on": "2026-12-25"}, "2026-12-29", id="Christmas: the working day after"),
        pytest.param({"review_on": "2026-11-17"}, "2026-11-17", id="on the day it was set"),
    ],
)
def test_the_day_on_which_a_goal_is_asked_about(data: dict[str, Any], asked: str) -> None:
    """The day agreed, else two weeks later, or one where the patient was not sure; a working day in any case."""
    assert Ward().goal(SET, **data).planned() == [f"goal {asked} CLOCK"]


@pytest.mark.parametrize("status", ["on-hold", "achieved", "abandoned", "replaced", "entered-in-error"])
@pytest.mark.parametrize("when", ["before", "asked", "silent", "low", "silent twice"])
def test_a_goal_that_has_ended_wants_nothing(status: str, when: str) -> None:
    """No question, no task, no wake-up: whatever was asked and answered before."""
    ward = Ward().goal(SET)
    if when != "before":
        ward.tell("goal")
    if when.startswith("silent"):
        ward.wait("2026-12-08 09:00")
    if when == "silent twice":
        ward.tell("goal.again").wait("2026-12-20 09:00")
        assert ward.tasks()
    if when == "low":
        ward.answer("2026-12-02 09:00", "C").answer("2026-12-02 09:10", "it hurts")
    ward.goal("2026-12-21 09:00", status=status)
    assert (ward.to_come(), ward.tasks(), list(ward.plan().wakeups)) == ([], [], [])


def test_a_goal_that_is_gone_wants_nothing() -> None:
    """A tombstone ends it as any status does."""
    assert Ward().goal(SET).deletes("2026-11-20 09:00").plan().messages == ()
    asked = Ward().goal(SET).tell("goal").deletes("2026-12-02 09:00").wait("2027-01-10 09:00")
    assert (asked.to_come(), asked.tasks()) == ([], [])


def test_a_question_lives_three_working_days_and_its_answer_as_long_as_we_wait() -> None:
    """It may go until the window closes on the third working day after its own; an answer acts five days longer."""
    question = Ward().goal(SET).wanted("goal")
    assert by_clock(question.expires_at) == "2026-12-04 18:00"
    assert question.answers_until == question.expires_at + timedelta(days=5)
    (said,) = question.says.values()
    assert set(said) == {"round", "place"}


def test_silence_is_asked_about_once_and_then_somebody_calls() -> None:
    """Five days without an answer, twice: one more question in between, a task and an event at the end."""
    ward = Ward().goal(SET).tell("goal").wait("2026-12-06 09:00")
    assert ward.planned() == []
    ward.wait("2026-12-06 CLOCK")
    assert ward.planned() == ["goal.again 2026-12-07 CLOCK"]
    ward.tell("goal.again").wait("2026-12-12 09:00")
    assert (ward.planned(), ward.tasks()) == ([], [])
    ward.wait("2026-12-12 CLOCK")  # a Saturday
    assert ward.tasks() == ["support_needed silent_twice by 2026-12-14 18:00"]
    assert ward.request().expires_at == london("2026-12-12 CLOCK") + timedelta(days=28)
    (told,) = ward.responses("goal.support_needed")
    assert (told.data, told.at) == ({"reason": "silent_twice"}, london("2026-12-12 CLOCK"))
    assert ward.wait("2027-03-01 09:00").planned() == []


@pytest.mark.parametrize("answer", ["A", "B", "C", "it went well", "TALK"])
@pytest.mark.parametrize("quiet", [False, True])
def test_a_late_answer_makes_the_question_whole(answer: str, *, quiet: bool) -> None:
    """Whatever came, somebody answered: nobody is asked again, and the task for silence closes by itself."""
    ward = Ward().goal(SET).tell("goal").wait("2026-12-08 09:00")
    assert ward.planned() == ["goal.again 2026-12-07 CLOCK"]
    ward.tell("goal.again").wait("2026-12-20 09:00").answer("2026-12-15 12:00", answer, quiet=quiet)
    assert [task for task in ward.tasks() if "silent" in task] == []
    assert [message for message in ward.to_come() if message.kind == "goal.again"] == []


@pytest.mark.parametrize(
    ("first", "second", "task"),
    [
        pytest.param(False, None, False, id="an e-mail cannot be answered"),
        pytest.param(True, False, False, id="the second was an e-mail"),
        pytest.param(True, True, True, id="both were texts"),
    ],
)
def test_only_what_was_asked_by_text_is_met_with_silence(first: bool, second: bool | None, task: bool) -> None:
    """Who could not answer is not silent."""
    ward = Ward().goal(SET).tell("goal", asked=first).wait("2026-12-08 09:00")
    assert bool(ward.to_come()) == (second is not None)
    if second is not None:
        ward.tell("goal.again", asked=second)
    assert bool(ward.wait("2027-01-20 09:00").tasks()) == task


def test_a_question_that_never_went_is_no_silence() -> None:
    """It expired: nobody was asked, so nobody is asked again, and the goal's day is over."""
    ward = Ward().goal(SET).wait("2027-01-20 09:00")
    assert ward.planned() == ["goal 2026-12-01 CLOCK"]
    assert ward.tasks() == []


@pytest.mark.parametrize(
    ("review_on", "asked"),
    [
        pytest.param("2026-12-15", ["goal 2026-12-15 CLOCK"], id="another day: another round"),
        pytest.param("2026-12-03", ["goal 2026-12-08 CLOCK"], id="too soon: a week after the last question"),
        pytest.param("2026-12-01", [], id="the same day, now agreed"),
        pytest.param("2026-11-27", [], id="a day that had passed"),
        pytest.param(None, [], id="none"),
    ],
)
def test_a_day_agreed_anew_is_another_round(review_on: str | None, asked: list[str]) -> None:
    """Only a later one; and never within a week of the last question."""
    ward = Ward().goal(SET).tell("goal").answer("2026-12-01 17:00", "A")
    ward.goal("2026-12-02 09:00", review_on=review_on, confidence=5)
    assert [line for line in ward.planned() if line.startswith("goal 2")] == asked


def test_a_day_agreed_anew_ends_the_silence() -> None:
    """Who will be asked on another day is not asked again before it, nor called for having said nothing."""
    ward = Ward().goal(SET).tell("goal").goal("2026-12-02 09:00", review_on="2026-12-16").wait("2026-12-08 09:00")
    assert ward.planned() == ["goal 2026-12-16 CLOCK"]


def test_moving_the_day_before_it_was_asked_moves_the_question() -> None:
    """One question is wanted, with the new day in its key."""
    ward = Ward().goal(SET, review_on="2026-12-03")
    before = ward.wanted("goal").key
    ward.goal("2026-11-20 09:00", review_on="2026-12-10")
    assert ward.planned() == ["goal 2026-12-10 CLOCK"]
    assert ward.wanted("goal").key != before


def test_later_rounds_are_where_the_place_wants_them() -> None:
    """Six weeks and three months after the goal was set; one at a time, and nowhere else."""
    ward = Ward().goal(SET, clinic="LATER").tell("goal").answer("2026-12-01 17:00", "A")
    assert "goal 2026-12-29 CLOCK" in ward.planned()
    ward.tell("goal").answer("2026-12-29 17:00", "A")
    assert "goal 2027-02-16 CLOCK" in ward.planned()
    ward.tell("goal").answer("2027-02-16 17:00", "A")
    assert [line for line in ward.planned() if line.startswith("goal 2")] == []
    elsewhere = Ward().goal(SET).tell("goal").answer("2026-12-01 17:00", "A")
    assert [line for line in elsewhere.planned() if line.startswith("goal 2")] == []


def test_later_rounds_come_though_the_first_came_to_nothing() -> None:
    """A question that expired is passed over when its time is over."""
    ward = Ward().goal(SET, clinic="LATER")
    assert ward.planned() == ["goal 2026-12-01 CLOCK"]
    assert ward.wait("2026-12-05 09:00").planned() == ["goal 2026-12-01 CLOCK", "goal 2026-12-29 CLOCK"]


def test_goals_due_together_are_one_question() -> None:
    """One message says both, in words for several, and an answer counts for both."""
    ward = Ward().goal(SET).goal(SET, id="g2")
    assert ward.planned() == ["goal 2026-12-01 CLOCK"]
    question = ward.wanted("goal")
    assert (len(question.says), question.data["several"]) == (2, True)
    ward.tell("goal").answer("2026-12-01 17:00", "C")
    assert [one.things[0][-2:] for one in ward.responses("goal.progress")] == ["g1", "g2"]
    assert ward.tasks() == []  # one answer, though about two goals


def test_who_left_a_shared_question_is_not_asked_about_again() -> None:
    """One of two goals is achieved meanwhile: the second question is about the other alone."""
    ward = Ward().goal(SET).goal(SET, id="g2").tell("goal").goal("2026-12-02 09:00", status="achieved")
    again = ward.wait("2026-12-08 09:00").wanted("goal.again")
    assert [thing[-2:] for thing in again.says] == ["g2"]
    assert again.data["several"] is False
    ward.tell("goal.again").answer("2026-12-09 09:00", "B", id="g2")
    assert ward.wait("2027-01-08 09:00").tasks() == []


def test_another_goal_waits_until_no_answer_to_the_first_would_act() -> None:
    """Two open questions would make an answer a guess: the second waits, and no longer than it must."""
    ward = Ward().goal(SET).goal("2026-11-18 12:00", "2026-11-19", id="g2")
    first, second = sorted(ward.to_come(), key=lambda message: message.send_at)
    assert first.answers_until is not None
    assert second.send_at > first.answers_until
    ward.tell("goal").wait("2026-12-05 09:00").answer("2026-12-05 09:00", "A")
    assert ward.planned()[-1] == "goal 2026-12-10 CLOCK"
    assert ward.wanted("goal").send_at >= first.answers_until


def test_goals_of_two_places_are_two_questions() -> None:
    """Each place signs for its own goals alone, one after the other."""
    ward = Ward().goal(SET).goal(SET, id="g2", clinic="HILL")
    first, second = sorted(ward.to_come(), key=lambda message: message.send_at)
    assert (len(first.says), len(second.says)) == (1, 1)
    assert first.answers_until is not None
    assert second.send_at > first.answers_until


def test_another_goal_goes_as_soon_as_the_first_came_to_nothing() -> None:
    """A question that never went holds nobody up for longer than it lives."""
    ward = Ward().goal(SET).goal("2026-11-18 12:00", "2026-11-19", id="g2").wait("2026-12-04 18:00")
    assert ward.planned() == ["goal 2026-12-01 CLOCK", "goal 2026-12-07 CLOCK"]


def test_times_are_by_the_clinics_clock() -> None:
    """The Azores are an hour behind: the patient's time is the place's own."""
    (message,) = Ward().goal(SET, clinic="AZORES").plan().messages
    (london_s,) = Ward().goal(SET).plan().messages
    assert message.send_at - london_s.send_at == timedelta(hours=1)


def test_every_time_lies_in_the_window() -> None:
    """Questions are due on working days, whatever the day of the answer or the silence."""
    window: Window = POLICY.window(POLICY.zone)
    for day in range(1, 29):
        ward = Ward().goal(SET, review_on=f"2026-12-{day:02}").tell("goal").wait("2027-02-01 09:00")
        assert all(window.is_open(message.send_at) for message in ward.plan().messages)


def test_a_newer_round_ends_the_silence_of_the_older() -> None:
    """The second question never went; by the next round nobody is asked about the last one any more."""
    ward = Ward().goal(SET, clinic="LATER").tell("goal").wait("2026-12-29 09:00")
    assert ward.planned() == ["goal.again 2026-12-07 CLOCK", "goal 2026-12-29 CLOCK"]
    assert ward.tell("goal").planned() == ["goal 2027-02-16 CLOCK"]
