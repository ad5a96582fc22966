"""Answers in own words: the list of what to talk about."""

from typing import Any

import pytest

from tests.prompts.fixtures import Ward, london
from tests.prompts.texting import LONG_AGO, THING, A, B, C, acknowledged, asked, events, reminded, tasks


class TestOwnWords:
    """The list of what to talk about."""

    def test_the_clinic_gets_them(self) -> None:
        """Item by item, with the appointment and its time; acknowledged, and no task: a person reads every text."""
        ward = asked().answers("My back\nSleep", "2026-12-02 12:00")
        (event,) = ward.plan().responses
        assert (event.key, event.type, event.things) == ("agenda.submitted/SM1", "agenda.submitted", (THING,))
        assert event.data == {"start": london(A).isoformat(), "items": ["My back", "Sleep"]}
        assert (acknowledged(ward), tasks(ward)) == (["answer.list SM1"], [])
        assert "back" not in repr(ward.plan())

    def test_of_several_appointments(self) -> None:
        """One event of all that the message was about, at the time of the first."""
        ward = Ward().says(LONG_AGO, "2026-12-08 15:00").says(LONG_AGO, A, id="1002").tell("agenda", "2026-12-01 16:00")
        (event,) = ward.answers("My back", "2026-12-02 12:00").plan().responses
        assert sorted(thing.rpartition("/")[2] for thing in event.things) == ["1001", "1002"]
        assert event.data["start"] == london(A).isoformat()
        assert acknowledged(ward) == ["answer.list SM1"]

    @pytest.mark.parametrize(
        ("times", "acks"),
        [
            pytest.param(["12:00", "12:02", "12:10"], ["SM1"], id="one list in three texts"),
            pytest.param(["12:00", "12:11"], ["SM1", "SM2"], id="an afterthought"),
            pytest.param(["12:00", "12:08", "12:16"], ["SM1", "SM3"], id="counted from what was acknowledged"),
        ],
    )
    def test_one_list_is_acknowledged_once(self, times: list[str], acks: list[str]) -> None:
        """Each text reaches the clinic; only the first within ten minutes is acknowledged."""
        ward = asked()
        for at in times:
            ward.answers("My back", f"2026-12-02 {at}")
        assert acknowledged(ward) == [f"answer.list {ack}" for ack in acks]
        assert len(events(ward)) == len(times)

    def test_a_quiet_text(self) -> None:
        """Nothing acknowledges it; the next within ten minutes is acknowledged."""
        ward = asked().answers("My back", "2026-12-02 12:00", quiet=True).answers("Sleep", "2026-12-02 12:01")
        assert acknowledged(ward) == ["answer.list SM2"]
        assert len(events(ward)) == 2

    def test_erased(self) -> None:
        """Of words that are erased there is nothing to tell; that there was a list is still known."""
        ward = asked().answers("", "2026-12-02 12:00", items=(), said={THING: {}})
        assert events(ward) == []
        assert ward.wanted("reminder").data["has_list"]

    @pytest.mark.parametrize(
        ("at", "change", "kept"),
        [
            pytest.param("2026-12-05 12:00", {"start": B}, True, id="moved: the list goes along"),
            pytest.param("2026-12-05 12:00", {"start": A, "mode": "video"}, True, id="now by video: the same"),
            pytest.param("2026-12-05 12:00", {"start": A, "status": "cancelled"}, False, id="cancelled: no list of it"),
            pytest.param("2026-12-05 12:00", {"start": A, "status": "fulfilled"}, False, id="over"),
            pytest.param("2026-12-08 09:30", {"start": C}, False, id="booked anew after it had passed"),
        ],
    )
    def test_a_list_goes_along(self, at: str, change: dict[str, Any], *, kept: bool) -> None:
        """It is about the appointment wherever it moves; one that is booked anew wants another."""
        ward = asked().answers("My back", "2026-12-02 12:00").says(at, **change)
        assert bool(events(ward)) == kept
        assert ("agenda" in [m.kind for m in ward.plan().messages]) == (change["start"] == C)

    def test_words_to_another_planner(self) -> None:
        """What somebody writes of a goal, or of an appointment that they missed, is no list for the next."""
        ward = asked().answers("My back", "2026-12-02 12:00", planner="followup")
        assert ward.plan() == asked().plan()

    def test_after_the_start(self) -> None:
        """Words that come when it has begun are for whoever reads texts."""
        ward = reminded().answers("My back", "2026-12-08 09:00")
        assert ward.plan() == reminded().plan()
