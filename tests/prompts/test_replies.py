"""Answers of one token: the last stands, the clinic hears of each, and a person sees to a request."""

from typing import Any

import pytest

from shared.rules import task_requests
from shared.rules.reply import Done
from shared.schedule.states import Why
from tests.prompts.fixtures import Ward, london
from tests.prompts.texting import LONG_AGO, THING, A, B, acknowledged, answered, asked, events, reminded, tasks

COMING, NEW_TIME, NOT_NEEDED = "attendance.confirmed/SM", "reschedule.requested/SM", "cancellation.requested/SM"


class TestTheLastAnswerStands:
    """Of `1`, `2` and `3`."""

    @pytest.mark.parametrize(
        ("answers", "acks", "task", "told"),
        [
            pytest.param([("05 12:00", "1")], ["answer.coming SM1"], [], [f"{COMING}1"], id="coming"),
            pytest.param(
                [("05 12:00", "2")], ["answer.new_time SM1"], ["rebook SM1"], [f"{NEW_TIME}1"], id="a new time"
            ),
            pytest.param(
                [("05 12:00", "3")], ["answer.not_needed SM1"], ["not_needed SM1"], [f"{NOT_NEEDED}1"], id="not needed"
            ),
            pytest.param(
                [("05 12:00", "2"), ("05 12:01", "1")],
                ["answer.coming SM2"],
                [],
                [f"{NEW_TIME}1", f"{COMING}2"],
                id="a new time, then coming after all",
            ),
            pytest.param(
                [("05 12:00", "3"), ("05 12:01", "1")],
                ["answer.coming SM2"],
                [],
                [f"{NOT_NEEDED}1", f"{COMING}2"],
                id="not needed, then coming after all",
            ),
            pytest.param(
                [("05 12:00", "2"), ("05 12:01", "3")],
                ["answer.not_needed SM2"],
                ["not_needed SM2"],
                [f"{NEW_TIME}1", f"{NOT_NEEDED}2"],
                id="a new time, then not needed at all",
            ),
            pytest.param(
                [("05 12:00", "1"), ("05 12:01", "2"), ("05 12:02", "1")],
                ["answer.coming SM3"],
                [],
                [f"{COMING}1", f"{NEW_TIME}2", f"{COMING}3"],
                id="coming, not, and coming: each is heard",
            ),
            pytest.param(
                [("05 12:00", "1"), ("06 11:59", "1")],
                ["answer.coming SM1"],
                [],
                [f"{COMING}1", f"{COMING}2"],
                id="the same again within a day",
            ),
            pytest.param(
                [("05 12:00", "1"), ("06 11:00", "1"), ("06 12:00", "1"), ("07 11:00", "1")],
                ["answer.coming SM1", "answer.coming SM3"],
                [],
                [f"{COMING}{n}" for n in (1, 2, 3, 4)],
                id="the same again and again: once a day",
            ),
            pytest.param(
                [("05 12:00", "2"), ("06 13:00", "2")],
                ["answer.new_time SM1", "answer.new_time SM2"],
                ["rebook SM1"],
                [f"{NEW_TIME}1", f"{NEW_TIME}2"],
                id="asked for a new time twice: one task",
            ),
            pytest.param(
                [("08 08:59", "2")], ["answer.new_time SM1"], ["rebook SM1"], [f"{NEW_TIME}1"], id="at the last minute"
            ),
            pytest.param([("08 09:00", "2")], [], [], [], id="when it has begun"),
            pytest.param([("09 12:00", "1")], [], [], [], id="the day after"),
            pytest.param([("05 12:00", "9")], [], [], [], id="no more of this kind: delivery's own business"),
            pytest.param([("05 12:00", "A"), ("05 12:01", "IN")], [], [], [], id="answers to other questions"),
        ],
    )
    def test_each(self, answers: list[tuple[str, str]], acks: list[str], task: list[str], told: list[str]) -> None:
        """Each answer is told to the clinic, the last is acknowledged, and a request that stands is one task."""
        ward = answered(*((f"2026-12-{at}", what) for at, what in answers))
        assert (acknowledged(ward), tasks(ward), events(ward)) == (acks, task, told)

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param({"planner": "followup"}, id="another planner's message, though about the same"),
            pytest.param({"said": {}}, id="to a message that is erased"),
            pytest.param({"said": {THING: {}}}, id="to a message whose words are erased"),
            pytest.param(
                {"said": {"elsewhere/appointment/7": {"start": london(A).isoformat()}}}, id="of another thing"
            ),
            pytest.param(
                {"said": {THING: {"start": london(A).isoformat(), "mode": "video", "place": "x", "on": True}}},
                id="to a video appointment that is now in person",
            ),
            pytest.param(
                {"said": {THING: {"start": london(A).isoformat(), "mode": "in-person", "place": "x", "on": False}}},
                id="to a cancellation",
            ),
        ],
    )
    @pytest.mark.parametrize("what", ["1", "2", "3"])
    def test_what_counts_for_nothing(self, what: str, data: dict[str, Any]) -> None:
        """An answer to something else says nothing of the appointment as it now is; at most a person reads it."""
        plan, before = answered(("2026-12-05 12:00", what), **data).plan(), reminded().plan()
        assert (plan.messages, plan.responses) == (before.messages, before.responses)
        assert {request.kind for request in plan.task_requests} <= {task_requests.TaskKind.READ_REPLY}

    def test_a_bare_token_to_several_is_no_answer(self) -> None:
        """Nobody could say which of two appointments a 2 means."""
        ward = Ward().says(LONG_AGO, A).says(LONG_AGO, "2026-12-08 15:00", id="1002").tell("agenda", "2026-12-01 16:00")
        assert ward.answers("2", "2026-12-02 12:00").plan().task_requests == ()

    def test_a_quiet_answer_has_its_effect(self) -> None:
        """Nothing acknowledges it; the clinic and its people hear of it all the same."""
        ward = answered(("2026-12-05 12:00", "2"), quiet=True)
        assert (acknowledged(ward), tasks(ward), events(ward)) == ([], ["rebook SM1"], [f"{NEW_TIME}1"])
        assert acknowledged(ward.answers("2", "2026-12-05 13:00")) == ["answer.new_time SM2"]

    def test_what_the_clinic_reads(self) -> None:
        """When it is, what now stands, and which request it undoes; nothing else of the patient."""
        ward = answered(("2026-12-05 12:00", "2"), ("2026-12-05 13:00", "1"))
        new_time, coming = ward.plan().responses
        start = london(A).isoformat()
        assert (new_time.type, new_time.things, new_time.at) == (
            "reschedule.requested",
            (THING,),
            london("2026-12-05 12:00"),
        )
        assert new_time.data == {"start": start, "answer": "new_time"}
        assert coming.data == {"start": start, "answer": "coming", "undoes": "reschedule.requested"}

    def test_only_a_yes_undoes(self) -> None:
        """Whoever no longer needs what they wanted at another time asks for something else: the last event says it."""
        ward = answered(("2026-12-05 12:00", "2"), ("2026-12-05 13:00", "3"))
        assert [response.data.get("undoes") for response in ward.plan().responses] == [None, None]

    def test_only_the_first_yes_undoes(self) -> None:
        """A second 1 undoes nothing: nothing was asked for then."""
        ward = answered(("2026-12-05 12:00", "3"), ("2026-12-05 13:00", "1"), ("2026-12-06 14:00", "1"))
        assert [response.data.get("undoes") for response in ward.plan().responses] == [
            None,
            "cancellation.requested",
            None,
        ]
        assert [message.data["undoes"] for message in ward.plan().messages] == [True, False]


class TestTheClinicDecides:
    """A request stands until the clinic's own event, or a 1, ends it."""

    @pytest.mark.parametrize(
        ("change", "task"),
        [
            pytest.param({}, ["rebook SM1"], id="nothing"),
            pytest.param({"clinician": "Dr Okafor"}, ["rebook SM1"], id="another clinician"),
            pytest.param({"clinic": "MSK-2"}, ["rebook SM1"], id="another clinic of the same site"),
            pytest.param({"status": "checked-in"}, ["rebook SM1"], id="checked in"),
            pytest.param({"start": B}, [], id="moved"),
            pytest.param({"mode": "telephone"}, [], id="now by telephone"),
            pytest.param({"status": "cancelled"}, [], id="cancelled"),
            pytest.param({"status": "entered-in-error"}, [], id="entered in error"),
            pytest.param({"status": "arrived"}, [], id="they came"),
            pytest.param({"status": "noshow"}, [], id="they did not come"),
            pytest.param({"status": "pending"}, [], id="to be agreed again"),
            pytest.param({"attends": False}, [], id="not expected any more"),
        ],
    )
    def test_what_ends_a_request(self, change: dict[str, Any], task: list[str]) -> None:
        """Moved or cancelled: done. A changed room or clinic of the site: not what was asked for."""
        ward = answered(("2026-12-05 12:00", "2")).says("2026-12-05 13:00", **{"start": A, **change})
        assert tasks(ward) == task

    def test_gone(self) -> None:
        """A thing that is gone wants nobody to find it a new time."""
        assert tasks(answered(("2026-12-05 12:00", "2")).deletes("2026-12-05 13:00")) == []

    @pytest.mark.parametrize("told", [True, False])
    @pytest.mark.parametrize(
        ("there", "notice", "back"),
        [
            pytest.param({"start": B}, "moved", "moved", id="moved and back"),
            pytest.param({"start": A, "status": "cancelled"}, "cancelled", "reinstated", id="cancelled and back"),
        ],
    )
    def test_away_and_back(self, there: dict[str, Any], notice: str, back: str, *, told: bool) -> None:
        """Whoever was told of a decision has had their answer; a slip that nobody heard of leaves the request open."""
        ward = answered(("2026-12-05 12:00", "2")).says("2026-12-05 13:00", **there)
        if told:
            ward.tell(notice, "2026-12-05 13:01")
        ward.says("2026-12-05 14:00", A)
        if told:
            ward.tell(back, "2026-12-05 14:01")
        assert tasks(ward) == ([] if told else ["rebook SM1"])

    @pytest.mark.parametrize(
        ("what", "task"),
        [
            pytest.param("1", [], id="coming: the notice says when"),
            pytest.param("2", ["read_reply SM1"], id="a new time: perhaps not this one either"),
            pytest.param("3", ["read_reply SM1"], id="not needed: nor at another time, perhaps"),
        ],
    )
    def test_an_answer_crosses_a_move(self, what: str, task: list[str]) -> None:
        """To the old time, while the notice is on its way: it acts on nothing, and a request is read by a person."""
        moved = reminded().says("2026-12-05 12:00", B)
        before = moved.plan().messages
        assert moved.answers(what, "2026-12-05 12:01").plan().messages == before
        assert (tasks(moved), events(moved)) == (task, [])
        assert tasks(moved.tell("moved", "2026-12-05 12:02")) == task

    def test_an_answer_about_an_hour_with_two_names_crosses_a_move(self) -> None:
        """Booked twice, told once, and moved: a request to the old hour is read by a person, once."""
        twice = Ward().says(LONG_AGO, A).says(LONG_AGO, A, id="1002").tell("reminder", "2026-12-04 16:00")
        moved = twice.says("2026-12-05 12:00", B).says("2026-12-05 12:00", B, id="1002")
        assert tasks(moved.answers("2", "2026-12-05 12:01")) == ["read_reply SM1"]

    def test_an_answer_to_the_notice_settles_what_crossed_it(self) -> None:
        """Nobody need read what the patient has since said of the new time; nor where the appointment is off."""
        crossed = reminded().says("2026-12-05 12:00", B).answers("3", "2026-12-05 12:01")
        assert tasks(crossed.tell("moved", "2026-12-05 12:02").answers("2", "2026-12-05 12:03")) == ["rebook SM2"]
        off = reminded().says("2026-12-05 12:00", status="cancelled").answers("3", "2026-12-05 12:01")
        assert tasks(off) == []

    def test_an_answer_to_the_notice(self) -> None:
        """Once told of the new time, the patient may want yet another."""
        ward = reminded().says("2026-12-05 12:00", B).tell("moved", "2026-12-05 12:01")
        assert tasks(ward.answers("2", "2026-12-05 13:00")) == ["rebook SM1"]

    def test_the_appointment_stays_booked(self) -> None:
        """A request withdraws neither reminder nor notice."""
        ward = asked().answers("3", "2026-12-02 12:00")
        assert [message.kind for message in ward.plan().messages] == ["reminder", "answer.not_needed"]
        assert [message.kind for message in ward.says("2026-12-03 12:00", B).plan().messages][:1] == ["moved"]


class TestTasks:
    """What a person is asked to do."""

    @pytest.mark.parametrize(
        ("what", "kind"),
        [
            pytest.param("2", task_requests.TaskKind.REBOOK, id="a new time"),
            pytest.param("3", task_requests.TaskKind.NOT_NEEDED, id="not needed"),
        ],
    )
    def test_a_task(self, what: str, kind: task_requests.TaskKind) -> None:
        """It says what of, why and by when: within a working day, and before the appointment with time to escalate."""
        (request,) = answered(("2026-12-04 17:00", what)).plan().task_requests
        assert (request.kind, request.things, request.why, request.text_id) == (kind, (THING,), Why.ASKED, "SM1")
        assert (request.due_at, request.expires_at) == (london("2026-12-07 13:00"), london(A))

    def test_far_ahead_a_working_day_is_given(self) -> None:
        """Asked on a Wednesday at noon, done by Thursday at noon."""
        (request,) = asked().answers("2", "2026-12-02 12:00").plan().task_requests
        assert request.due_at == london("2026-12-03 12:00")

    @pytest.mark.parametrize(
        ("done_at", "task"),
        [
            pytest.param("2026-12-05 12:30", ["rebook SM2"], id="seen to, and asked again: a new task"),
            pytest.param("2026-12-05 13:30", ["rebook SM1"], id="asked twice, then seen to: that was both"),
            pytest.param(None, ["rebook SM1"], id="asked twice, not yet seen to: one task"),
        ],
    )
    def test_asked_again(self, done_at: str | None, task: list[str]) -> None:
        """What a person closed stays closed; who asks once more must be heard once more."""
        ward = answered(("2026-12-05 12:00", "2"))
        (request,) = ward.plan().task_requests
        if done_at:
            ward.done[request.id] = Done("done", london(done_at))
        assert tasks(ward.answers("2", "2026-12-05 13:00")) == task

    def test_another_request_is_another_task(self) -> None:
        """2, 1 and 2 again: the first task has ended, the last begins anew."""
        ward = answered(("2026-12-05 12:00", "2"), ("2026-12-05 13:00", "1"), ("2026-12-05 14:00", "2"))
        assert tasks(ward) == ["rebook SM3"]
