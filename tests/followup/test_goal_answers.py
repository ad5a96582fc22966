"""What answers about goals come to: acknowledgements, progress for the clinic, and a call where it goes badly."""

from datetime import timedelta
from typing import Any

import pytest

from tests.followup.fixtures import Ward, by_clock, london

SET = "2026-11-17 12:00"
DAY = "2026-12-02"  # a Wednesday, the day after the question


def asked(**data: Any) -> Ward:
    """A goal that was asked about on Tuesday 1 December."""
    return Ward().goal(SET, **data).tell("goal")


def told(ward: Ward, *answers: str) -> Ward:
    """Answers an hour apart, each to the last message; acknowledgements are told."""
    for hour, answer in enumerate(answers, start=9):
        ward.answer(f"{DAY} {hour:02}:00", answer)
        for message in ward.to_come():
            if message.reply_to:
                ward.claim(message, message.send_at)
    return ward


def acked(ward: Ward) -> list[str]:
    """Which words acknowledged what, in order."""
    return [saying.kind for saying in ward.sayings[next(iter(ward.sayings))][1:]]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param(["A"], ["goal.did_it"], id="did it"),
        pytest.param(["B"], ["goal.did_some"], id="did some"),
        pytest.param(["C"], ["goal.not_yet"], id="not yet"),
        pytest.param(["it went so so"], ["goal.words"], id="own words"),
        pytest.param(["A", "SURE 8"], ["goal.did_it", "goal.sure"], id="how sure"),
        pytest.param(["B", "my knee hurt", "SURE 4"], ["goal.did_some", "goal.words", "goal.sure"], id="both"),
        pytest.param(["C", "TALK"], ["goal.not_yet", "goal.talk"], id="talk"),
        pytest.param(["A", "B"], ["goal.did_it", "goal.did_some"], id="corrected"),
        pytest.param(["A", "B", "A"], ["goal.did_it", "goal.did_some", "goal.did_it"], id="and back"),
        pytest.param(["A", "A"], ["goal.did_it"], id="the same again"),
        pytest.param(["A", "SURE 4", "SURE 4"], ["goal.did_it", "goal.sure"], id="the same number again"),
        pytest.param(["A", "SURE 4", "SURE 5"], ["goal.did_it", "goal.sure", "goal.sure"], id="another number"),
        pytest.param(["A", "SURE 4", "A"], ["goal.did_it", "goal.sure"], id="the same, with another between"),
        pytest.param(["one", "two"], ["goal.words"], id="two texts of own words"),
        pytest.param(["C", "TALK", "TALK"], ["goal.not_yet", "goal.talk"], id="talk twice"),
    ],
)
def test_each_answer_has_its_words(answers: list[str], words: list[str]) -> None:
    """Once, and not again for the same answer on the same day."""
    assert acked(told(asked(), *answers)) == words


def test_an_acknowledgement_goes_at_once_to_who_wrote() -> None:
    """It is due when the text came, useless two hours later, and says what the question said: so both stay open."""
    ward = asked().answer(f"{DAY} 23:30", "A")
    ack = ward.wanted("goal.did_it")
    assert (ack.send_at, ack.expires_at) == (london(f"{DAY} 23:30"), london("2026-12-03 01:30"))
    assert (ack.reply_to, ack.category) == ("SM0", "goals")
    assert "SM0" in ack.key
    (said,) = ward.sayings.values()
    assert ack.says == {next(iter(ward.sayings)): said[0].said}
    assert ack.answers_until == ack.send_at + timedelta(days=5)


def test_the_same_answer_a_day_later_is_acknowledged() -> None:
    """Whoever writes again the next day wants to know that it came."""
    ward = told(asked(), "A").answer("2026-12-03 09:00", "A")
    assert ward.planned() == ["goal.did_it 2026-12-03 09:00"]


def test_a_replaced_answer_that_was_not_acknowledged_is_not() -> None:
    """Both came before we could write: only the last one is answered."""
    ward = asked().answer(f"{DAY} 09:00", "A").answer(f"{DAY} 09:01", "C")
    assert ward.planned() == [f"goal.not_yet {DAY} 09:01"]


def test_nothing_acknowledges_a_quiet_answer() -> None:
    """The clinic hears of it all the same."""
    ward = asked().answer(f"{DAY} 09:00", "A", quiet=True)
    assert ward.planned() == []
    assert len(ward.responses("goal.progress")) == 1


@pytest.mark.parametrize(
    ("answers", "low", "called"),
    [
        pytest.param(["A", "SURE 7"], False, False, id="sure"),
        pytest.param(["A", "SURE 6"], True, False, id="not sure"),
        pytest.param(["C", "TALK", "SURE 3"], True, True, id="not sure, and somebody will call"),
    ],
)
def test_a_low_number_is_fine(answers: list[str], *, low: bool, called: bool) -> None:
    """The words know whether the number is low, and whether somebody will call; they never hold the number."""
    ward = asked()
    for hour, answer in enumerate(answers, start=9):
        ward.answer(f"{DAY} {hour:02}:00", answer)
    ack = ward.wanted("goal.sure")
    assert (ack.data["low"], ack.data["called"]) == (low, called)
    assert set(ack.data) == {"place", "low", "called"}


def test_talk_says_by_when_we_call() -> None:
    """The task's own time: a working day later."""
    ward = asked().answer(f"{DAY} 11:00", "C").answer(f"{DAY} 11:05", "TALK")
    assert ward.tasks() == ["support_needed asked_to_talk by 2026-12-03 11:05"]
    assert ward.wanted("goal.talk").data["call_by"]["at"] == london("2026-12-03 11:05").isoformat()


def test_progress_tells_all_that_is_known_of_the_round() -> None:
    """Each answer is an event that needs no other: answer, number, change, the patient's own words."""
    ward = told(asked(confidence=8), "B", "my knee hurt", "SURE 5", "A")
    states = [dict(one.data) for one in ward.responses("goal.progress")]
    same = {"round": "2026-12-01", "asked_at": london("2026-12-01 CLOCK").isoformat()}
    words = ["my knee hurt"]
    assert states == [
        {"answer": "did_some", "confidence": None, "change_since_set": None, "words": [], **same},
        {"answer": "did_some", "confidence": None, "change_since_set": None, "words": words, **same},
        {"answer": "did_some", "confidence": 5, "change_since_set": -3, "words": words, **same},
        {"answer": "did_it", "confidence": 5, "change_since_set": -3, "words": words, **same},
    ]


def test_no_change_is_told_where_nothing_was_known_before() -> None:
    """A clinic that asked for no number when the goal was set gets none to compare."""
    (_, told_last) = told(asked(), "A", "SURE 5").responses("goal.progress")
    assert told_last.data["change_since_set"] is None


def round_of(ward: Ward, day: str, *answers: str) -> Ward:
    """The goal is asked about on this day, and answered on the same evening."""
    ward.goal(f"{day} 06:00", review_on=day).tell("goal", f"{day} 12:00")
    for minute, answer in enumerate(answers):
        ward.answer(f"{day} 19:{minute:02}", answer)
    return ward


@pytest.mark.parametrize(
    ("rounds", "low_twice"),
    [
        pytest.param([["C"], ["C"]], 1, id="not yet, twice"),
        pytest.param([["C"], ["A"], ["C"]], 0, id="did it in between"),
        pytest.param([["C"], ["B"], ["C"]], 0, id="did some in between"),
        pytest.param([["C"], ["A", "SURE 6"]], 1, id="not yet, then not sure"),
        pytest.param([["B", "SURE 2"], ["A", "SURE 6"]], 1, id="not sure, twice"),
        pytest.param([["C"], ["A", "SURE 7"], ["C"]], 0, id="sure in between"),
        pytest.param([["C", "A"], ["C"]], 0, id="the first was corrected"),
        pytest.param([["C"], ["C", "A"]], 0, id="the second was corrected"),
        pytest.param([["A", "C"], ["B", "C"]], 1, id="corrected to not yet, twice"),
        pytest.param([["C", "C"]], 0, id="one round counts once"),
        pytest.param([["A", "SURE 3", "SURE 9"], ["C"]], 0, id="a number corrected"),
        pytest.param([["C"], ["it went well"], ["C"]], 1, id="own words decide nothing"),
        pytest.param([["C"], ["C"], ["C"]], 1, id="three times: a row is told once"),
        pytest.param([["C"], ["C"], ["C"], ["C"]], 2, id="four times: two rows"),
    ],
)
def test_two_low_answers_in_a_row(rounds: list[list[str]], low_twice: int) -> None:
    """Not yet, or a number below seven; the last answer of a round counts; then somebody calls."""
    ward = Ward().goal(SET, review_on="2026-11-30")
    for day, answers in zip(("2026-12-01", "2027-01-05", "2027-02-02", "2027-03-02"), rounds, strict=False):
        round_of(ward, day, *answers)
    assert [task.split()[1] for task in ward.tasks()] == ["low_twice"] * low_twice
    assert [dict(one.data) for one in ward.responses("goal.support_needed")] == [{"reason": "low_twice"}] * low_twice


def test_two_low_answers_about_a_goal_that_has_ended_are_no_task() -> None:
    """Nothing was promised, and there is nothing left to help with."""
    ward = Ward().goal(SET, review_on="2026-11-30")
    for day in ("2026-12-01", "2027-01-05"):
        round_of(ward, day, "C")
    assert ward.tasks()
    assert ward.goal("2027-01-06 09:00", status="achieved").tasks() == []


def test_low_answers_about_two_goals_are_a_row() -> None:
    """It is the patient who finds it hard."""
    ward = Ward().goal(SET).tell("goal").answer("2026-12-01 19:00", "C")
    ward.goal("2026-12-02 09:00", "2026-12-02", id="g2", review_on="2026-12-15").tell("goal")
    assert ward.answer("2026-12-15 19:00", "C", id="g2").tasks() == ["support_needed low_twice by 2026-12-16 18:00"]
    assert ward.request().things == tuple(thing for thing in ward.sayings if thing.endswith("g2"))


def test_a_task_that_is_done_stays_done_until_the_patient_asks_again() -> None:
    """Asking once more while the task is open is the same task; after it was done it is another."""
    ward = told(asked(), "C", "TALK")
    first = ward.request()
    assert ward.answer("2026-12-03 10:00", "TALK").request() == first
    ward.close(first, "2026-12-04 09:00")
    assert ward.request() == first
    again = ward.answer("2026-12-04 10:00", "TALK").request()
    assert again.id != first.id
    assert by_clock(again.due_at) == "2026-12-07 10:00"


def test_who_asks_to_talk_after_the_goal_has_ended_is_called() -> None:
    """They were asked, and so they are heard: thanked for anything, called where they ask for it."""
    ward = asked().answer(f"{DAY} 09:00", "C").goal(f"{DAY} 10:00", status="achieved")
    assert ward.answer(f"{DAY} 11:00", "TALK").tasks() == ["support_needed asked_to_talk by 2026-12-03 11:00"]
    assert ward.planned() == [f"goal.talk {DAY} 11:00"]
    assert ward.answer(f"{DAY} 12:00", "A").planned() == [f"goal.talk {DAY} 11:00", f"goal.words {DAY} 12:00"]


@pytest.mark.parametrize("status", ["achieved", "replaced", "on-hold"])
def test_a_call_that_was_promised_outlives_the_goal(status: str) -> None:
    """We said by when we would call: whoever tidies up the goal meanwhile has not called."""
    ward = told(asked(), "C", "TALK")
    call = ward.request()
    assert ward.goal(f"{DAY} 12:00", status=status).request() == call
    assert told(asked(), "C").answer(f"{DAY} 11:00", "TALK").goal(f"{DAY} 11:01", status=status).planned() == [
        f"goal.talk {DAY} 11:00"
    ]


def test_no_call_is_promised_for_a_time_that_has_passed() -> None:
    """Nobody called in time, and the patient asks again: a later time is told, and the task stays overdue."""
    ward = told(asked(), "C", "TALK")
    call = ward.request()
    again = ward.answer("2026-12-04 12:00", "TALK").wanted("goal.talk")
    assert again.data["call_by"]["at"] == london("2026-12-07 12:00").isoformat()
    assert ward.request() == call


def test_asking_again_after_a_call_in_vain_is_acknowledged() -> None:
    """It is another task with a time of its own: whoever missed our call hears that we try again."""
    ward = told(asked(), "C", "TALK").close(told(asked(), "C", "TALK").request(), f"{DAY} 12:00", "in_vain")
    ward.answer(f"{DAY} 14:00", "TALK")
    assert ward.tasks() == ["support_needed asked_to_talk by 2026-12-03 14:00"]
    assert ward.planned() == [f"goal.talk {DAY} 14:00"]


def test_an_answer_about_a_goal_that_is_gone_is_still_told() -> None:
    """Nothing raises, and nothing that a patient said is lost."""
    ward = asked().deletes(f"{DAY} 08:00").answer(f"{DAY} 09:00", "C").answer(f"{DAY} 09:01", "TALK")
    assert len(ward.responses("goal.progress")) == 1
    assert [task.split()[1] for task in ward.tasks()] == ["asked_to_talk"]


def test_an_answer_to_a_question_that_surely_failed_counts() -> None:
    """The provider said that it never arrived, yet it was answered."""
    ward = asked()
    ward.answer(f"{DAY} 09:00", "A").sayings.clear()
    assert ward.planned() == [f"goal.did_it {DAY} 09:00"]
    assert ward.responses("goal.progress")[0].data["asked_at"] is None
