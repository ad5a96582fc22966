"""Who hears that we missed them, when, and what a person does first or instead."""

from datetime import timedelta
from typing import Any

import pytest

from tests.followup.fixtures import Ward, by_clock, london

MISSED = "2026-12-01 09:00"  # a Tuesday
LEARNT = "2026-12-01 18:30"


@pytest.mark.parametrize(
    ("start", "learnt", "planned"),
    [
        pytest.param(MISSED, "2026-12-01 12:00", ["missed 2026-12-02 CLOCK"], id="the next working day"),
        pytest.param(MISSED, "2026-12-03 08:00", ["missed 2026-12-04 CLOCK"], id="the day after we learnt of it"),
        pytest.param("2026-12-04 09:00", "2026-12-04 12:00", ["missed 2026-12-07 CLOCK"], id="a Friday: Monday"),
        pytest.param("2026-12-24 09:00", "2026-12-24 12:00", ["missed 2026-12-29 CLOCK"], id="Christmas Eve"),
        pytest.param(MISSED, "2026-11-30 12:00", ["missed 2026-12-02 CLOCK"], id="known before it was"),
        pytest.param(MISSED, "2026-12-07 23:00", ["missed 2026-12-08 CLOCK"], id="on the last day"),
        pytest.param(MISSED, "2026-12-08 08:00", [], id="too late"),
    ],
)
def test_the_next_working_day(start: str, learnt: str, planned: list[str]) -> None:
    """After both the appointment and the news, and never later than five working days after the appointment."""
    ward = Ward().visit(learnt, start)
    assert ward.planned() == planned
    assert ward.tasks() == []


def test_it_expires_when_the_fifth_working_day_closes() -> None:
    """Later, it would only be blame; an answer acts for two weeks."""
    message = Ward().visit(LEARNT).wanted("missed")
    assert by_clock(message.expires_at) == "2026-12-08 18:00"
    assert message.answers_until == message.send_at + timedelta(days=14)
    assert [said["missed"] for said in message.says.values()] == [london(MISSED).isoformat()]


@pytest.mark.parametrize("status", ["booked", "arrived", "fulfilled", "cancelled", "entered-in-error", "pending"])
def test_a_corrected_status_is_not_told(status: str) -> None:
    """Whoever came after all, or was never expected, hears nothing."""
    assert Ward().visit(LEARNT).visit("2026-12-02 08:00", status=status).planned() == []


def test_it_is_told_once() -> None:
    """A status that comes and goes, or a start that is put right, makes no second message."""
    ward = Ward().visit(LEARNT).tell("missed")
    ward.visit("2026-12-02 17:00", status="fulfilled").visit("2026-12-03 09:00").visit(
        "2026-12-03 10:00", "2026-12-01 09:30"
    )
    assert ward.planned() == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"start": None}, id="nobody knows when it was"),
        pytest.param({"attends": False}, id="named for information only"),
        pytest.param({"clinic": "QUIET"}, id="a place that never tells"),
    ],
)
def test_who_is_not_told(data: dict[str, Any]) -> None:
    """Nothing is said, and nobody has anything to do."""
    ward = Ward().visit(LEARNT, **data)
    assert (ward.planned(), ward.tasks()) == ([], [])


@pytest.mark.parametrize("clinic", ["MSK", "ASK", "QUIET"])
def test_who_was_not_brought_is_a_task(clinic: str) -> None:
    """A child, or a person at risk, did not miss it: a person looks, wherever it was."""
    ward = Ward().visit(LEARNT, clinic=clinic, brought_by_others=True)
    assert ward.planned() == []
    assert ward.tasks() == ["not_brought not_brought by 2026-12-02 18:00"]
    assert ward.request().expires_at == london(LEARNT) + timedelta(days=28)


@pytest.mark.parametrize(
    ("done", "outcome", "planned"),
    [
        pytest.param("2026-12-02 09:00", "done", ["missed 2026-12-02 CLOCK"], id="the same day, before its time"),
        pytest.param("2026-12-02 17:00", "done", ["missed 2026-12-03 CLOCK"], id="the next day"),
        pytest.param("2026-12-01 19:00", "done", ["missed 2026-12-02 CLOCK"], id="not before the next working day"),
        pytest.param("2026-12-08 17:00", "done", [], id="too late"),
        pytest.param("2026-12-02 09:00", "not_needed", [], id="refused"),
    ],
)
def test_where_a_person_releases_it(done: str, outcome: str, planned: list[str]) -> None:
    """A task first, of use as long as the message is; only its being done sends anything."""
    ward = Ward().visit(LEARNT, clinic="ASK")
    assert ward.planned() == []
    assert ward.tasks() == ["release release_first by 2026-12-02 18:00"]
    assert by_clock(ward.request().expires_at) == "2026-12-08 18:00"
    assert ward.close(ward.request(), done, outcome).planned() == planned


@pytest.mark.parametrize(
    ("answers", "planned"),
    [
        pytest.param(["2"], [], id="asked for another time"),
        pytest.param(["3"], [], id="said that it is not needed"),
        pytest.param(["2", "1"], ["missed 2026-12-02 CLOCK"], id="took it back"),
        pytest.param(["1", "2"], [], id="changed their mind"),
        pytest.param(["1"], ["missed 2026-12-02 CLOCK"], id="said that they come"),
    ],
)
def test_not_while_a_request_is_open(answers: list[str], planned: list[str]) -> None:
    """Who asked for another time before did not simply miss it."""
    ward = Ward().visit(LEARNT)
    for hour, token in enumerate(answers, start=10):
        ward.asked_prompts(f"2026-11-30 {hour}:00", token)
    assert ward.planned() == planned


def test_a_request_for_another_start_is_another_matter() -> None:
    """It was moved, as they asked; then they missed the new one."""
    ward = Ward().visit(LEARNT).asked_prompts("2026-11-20 10:00", "2", start="2026-11-24 09:00")
    assert ward.planned() == ["missed 2026-12-02 CLOCK"]


def test_who_has_another_appointment_already_is_not_asked() -> None:
    """They called, and were booked again; an appointment that they had before is none of this."""
    ward = Ward().visit("2026-11-01 09:00", "2026-12-20 09:00", "booked", id="a2").visit(LEARNT)
    assert ward.planned() == ["missed 2026-12-02 CLOCK"]
    assert ward.visit("2026-12-01 20:00", "2026-12-21 09:00", "booked", id="a3").planned() == []


def test_two_of_one_day_are_one_message() -> None:
    """One thing to hear of, and an answer counts for both."""
    ward = Ward().visit(LEARNT).visit(LEARNT, "2026-12-01 11:00", id="a2")
    assert ward.planned() == ["missed 2026-12-02 CLOCK"]
    assert len(ward.wanted("missed").says) == 2
    ward.tell("missed").answer("2026-12-02 17:00", "2", id="a1")
    assert len(ward.request().things) == 2


def test_what_becomes_known_later_of_the_same_day_is_not_told_again() -> None:
    """The same text twice reads as a mistake, and where a person releases it, there is nothing left to release."""
    ward = Ward().visit(LEARNT).tell("missed")
    assert ward.visit("2026-12-02 18:30", "2026-12-01 11:00", id="a2").planned() == []
    assert ward.visit("2026-12-02 18:30", "2026-12-01 11:00", id="a3", clinic="HILL").planned() == [
        "missed 2026-12-03 CLOCK"
    ]
    ward = Ward().visit(LEARNT, clinic="ASK").visit(LEARNT, "2026-12-01 11:00", id="a2", clinic="ASK")
    first, second = ward.plan().task_requests
    assert ward.close(first, "2026-12-02 08:00").tell("missed").tasks() == []
    assert ward.close(second, "2026-12-02 17:30").planned() == []


def answered(*answers: str) -> Ward:
    """Who missed us answers, an hour apart."""
    ward = Ward().visit(LEARNT).tell("missed")
    for hour, answer in enumerate(answers, start=17):
        ward.answer(f"2026-12-02 {hour}:00", answer, id="a1")
    return ward


@pytest.mark.parametrize(
    ("answers", "task", "events", "acks"),
    [
        pytest.param(["2"], True, ["reschedule.requested"], ["missed.new_time"], id="a new time"),
        pytest.param(["3"], False, ["rebooking.declined"], ["missed.not_needed"], id="not needed"),
        pytest.param(["2", "3"], False, ["reschedule.requested", "rebooking.declined"], ["missed.not_needed"], id="no"),
        pytest.param(["3", "2"], True, ["rebooking.declined", "reschedule.requested"], ["missed.new_time"], id="yes"),
        pytest.param(["2", "2"], True, ["reschedule.requested"] * 2, ["missed.new_time"], id="twice"),
    ],
)
def test_the_last_answer_stands(answers: list[str], task: bool, events: list[str], acks: list[str]) -> None:
    """A new time is a task; no need of one is none, for no appointment is left to cancel."""
    ward = answered(*answers)
    assert bool(ward.tasks()) == task
    assert [response.type for response in sorted(ward.plan().responses, key=lambda one: one.at)] == events
    assert [message.kind for message in ward.to_come()] == acks


def test_a_new_time_is_found_within_a_working_day() -> None:
    """The task names the text, is due a working day later, and is of use for four weeks."""
    request = answered("2").request()
    assert (request.kind, request.why, request.text_id) == ("rebook", "asked", "SM0")
    assert (by_clock(request.due_at), request.expires_at) == ("2026-12-03 17:00", london("2026-12-30 17:00"))


@pytest.mark.parametrize(
    ("booked", "open_still"),
    [
        pytest.param({"start": "2026-12-10 09:00", "id": "a2"}, False, id="a new one"),
        pytest.param({"start": "2026-12-10 09:00", "id": "a2", "clinic": "MSK-2"}, False, id="at the same site"),
        pytest.param({"start": "2026-12-10 09:00", "id": "a1"}, False, id="the same one, moved"),
        pytest.param({"start": "2026-12-10 09:00", "id": "a2", "clinic": "HILL"}, True, id="elsewhere"),
        pytest.param({"start": "2026-12-02 11:00", "id": "a2"}, True, id="one that is over"),
        pytest.param({"start": "2026-12-10 09:00", "id": "a2", "status": "pending"}, True, id="not agreed yet"),
    ],
)
def test_the_clinics_own_booking_closes_it(booked: dict[str, Any], *, open_still: bool) -> None:
    """A later appointment at the same place, booked since."""
    ward = answered("2").visit("2026-12-03 09:00", **{"status": "booked", **booked})
    assert bool(ward.tasks()) == open_still


def test_what_was_booked_before_is_no_answer() -> None:
    """An appointment that they had all along is not the new time that they ask for."""
    ward = Ward().visit("2026-11-01 09:00", "2026-12-20 09:00", "booked", id="a2").visit(LEARNT).tell("missed")
    assert ward.answer("2026-12-02 17:00", "2", id="a1").tasks()


def test_asking_again_after_the_task_was_done() -> None:
    """It is another task: the first was closed, and no appointment followed."""
    ward = answered("2")
    first = ward.request()
    ward.close(first, "2026-12-03 09:00").answer("2026-12-08 09:00", "2", id="a1")
    assert ward.request().id != first.id


def test_asking_again_soon_after_it_was_tried_in_vain_is_acknowledged() -> None:
    """Whoever missed our call, and asks again the same evening, hears that we try again."""
    ward = answered("2")
    ward.close(ward.request(), "2026-12-02 17:30", "in_vain").answer("2026-12-02 17:40", "2", id="a1")
    assert [message.reply_to for message in ward.to_come()] == ["SM0", "SM1"]
