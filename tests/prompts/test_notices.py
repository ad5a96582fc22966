"""Notices: only to those who were told otherwise, and only of what makes them come or stay away."""

from typing import Any

import pytest

from tests.prompts.fixtures import Ward, london

LONG_AGO = "2026-09-01 12:00"
A, B, C = "2026-12-08 09:00", "2026-12-15 09:00", "2026-12-22 09:00"


def asked() -> Ward:
    """A patient who was asked for the agenda of A."""
    return Ward().says(LONG_AGO, A).tell("agenda", "2026-12-01 16:00")


def notices(ward: Ward, patient: str = "p1") -> list[str]:
    """The kinds of notice that the plan wants."""
    kinds = {"moved", "cancelled", "not_for_now", "reinstated"}
    return [message.kind for message in ward.plan(patient).messages if message.kind in kinds]


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        pytest.param({"start": B}, ["moved"], id="moved later"),
        pytest.param({"start": "2026-12-03 09:00"}, ["moved"], id="moved earlier"),
        pytest.param({"start": "2026-12-08 11:00"}, ["moved"], id="moved on the same day"),
        pytest.param({"start": "2026-12-08 09:05"}, ["moved"], id="moved by five minutes"),
        pytest.param({"start": "2026-12-01 09:00"}, ["cancelled"], id="moved into the past"),
        pytest.param({"mode": "telephone"}, ["moved"], id="now by telephone"),
        pytest.param({"clinic": "HILL"}, ["moved"], id="now at another site"),
        pytest.param({"clinic": "unmapped"}, ["moved"], id="now at a clinic that nobody registered"),
        pytest.param({"clinic": "MSK-2"}, [], id="another clinic of the same site"),
        pytest.param({"clinician": "Dr Okafor"}, [], id="another clinician"),
        pytest.param({"end": london("2026-12-08 10:00")}, [], id="another length"),
        pytest.param({}, [], id="nothing"),
        pytest.param({"status": "cancelled"}, ["cancelled"], id="cancelled"),
        pytest.param({"status": "cancelled", "start": None}, ["cancelled"], id="cancelled, and its time with it"),
        pytest.param({"status": "cancelled", "start": B}, ["cancelled"], id="moved and cancelled at once"),
        pytest.param({"status": "entered-in-error"}, ["cancelled"], id="entered in error"),
        pytest.param({"status": "checked-in"}, [], id="checked in"),
        pytest.param({"status": "arrived"}, ["cancelled"], id="kept early: they arrived"),
        pytest.param({"status": "fulfilled"}, ["cancelled"], id="kept early"),
        pytest.param({"status": "noshow"}, ["cancelled"], id="missed, by a date that was wrong"),
        pytest.param({"status": "pending"}, ["not_for_now"], id="to be agreed again"),
    ],
)
def test_what_is_news(change: dict[str, Any], notice: list[str]) -> None:
    """Another time, site or mode is news, and that it's off; a changed room, clinician or length is not."""
    told, untold = asked(), Ward().says(LONG_AGO, A)
    assert notices(told.says("2026-12-02 12:00", **{"start": A, **change})) == notice
    assert notices(untold.says("2026-12-02 12:00", **{"start": A, **change})) == []


@pytest.mark.parametrize(
    ("ward", "notice"),
    [
        pytest.param(asked().says("2026-12-02 12:00", B).says("2026-12-02 13:00", A), [], id="A→B→A, B never told"),
        pytest.param(
            asked().says("2026-12-02 12:00", B).tell("moved", "2026-12-02 12:01").says("2026-12-02 13:00", A),
            ["moved"],
            id="A→B→A, B told",
        ),
        pytest.param(
            asked().says("2026-12-02 12:00", B).tell("moved", "2026-12-02 12:01").says("2026-12-02 13:00", C),
            ["moved"],
            id="A→B→C, B told",
        ),
        pytest.param(
            asked().says("2026-12-02 12:00", A, status="cancelled").says("2026-12-02 13:00", A),
            [],
            id="cancelled and back, never told",
        ),
        pytest.param(
            asked()
            .says("2026-12-02 12:00", A, status="cancelled")
            .tell("cancelled", "2026-12-02 12:01")
            .says("2026-12-02 13:00", A),
            ["reinstated"],
            id="cancelled, told, and back",
        ),
        pytest.param(
            asked()
            .says("2026-12-02 12:00", A, status="cancelled")
            .tell("cancelled", "2026-12-02 12:01")
            .says("2026-12-02 13:00", B),
            ["reinstated"],
            id="cancelled, told, and back at another time",
        ),
        pytest.param(
            asked()
            .says("2026-12-02 12:00", A, status="cancelled")
            .tell("cancelled", "2026-12-02 12:01")
            .says("2026-12-02 13:00", B, status="entered-in-error"),
            [],
            id="cancelled, told, and cancelled in another way",
        ),
        pytest.param(asked().deletes("2026-12-02 12:00"), ["cancelled"], id="gone"),
        pytest.param(Ward().says(LONG_AGO, A).deletes("2026-12-02 12:00"), [], id="gone, never told"),
        pytest.param(
            asked().deletes("2026-12-02 12:00").tell("cancelled", "2026-12-02 12:01").says("2026-12-02 13:00", A),
            ["reinstated"],
            id="gone, told, and back",
        ),
        pytest.param(asked().says("2026-12-08 09:00", A, status="cancelled"), [], id="cancelled when it began"),
        pytest.param(asked().says("2026-12-08 08:59", A, status="cancelled"), ["cancelled"], id="a minute before"),
        pytest.param(asked().says("2026-12-08 09:30", B), [], id="changed after the old start"),
        pytest.param(asked().says("2026-12-08 08:30", B), ["moved"], id="changed just before the old start"),
        pytest.param(asked().deletes("2026-12-09 09:00"), [], id="gone after it was over"),
    ],
)
def test_histories(ward: Ward, notice: list[str]) -> None:
    """A notice is wanted exactly where what was last told differs from the facts."""
    assert notices(ward) == notice


def test_a_visit_that_had_passed_is_booked_anew() -> None:
    """Changed after its old start: the new time is no move but a visit of its own, with prompt and reminder."""
    ward = asked().says("2026-12-08 09:30", C)
    assert ward.planned() == ["agenda 2026-12-15 CLOCK", "reminder 2026-12-18 CLOCK"]


@pytest.mark.parametrize(
    ("start", "planned"),
    [
        pytest.param(C, ["moved 2026-12-02 12:15", "agenda 2026-12-15 CLOCK", "reminder 2026-12-18 CLOCK"], id="far"),
        pytest.param(
            "2026-12-11 09:00",
            ["moved 2026-12-02 12:15", "agenda 2026-12-04 CLOCK", "reminder 2026-12-09 CLOCK"],
            id="a week ahead: the prompt in its own time",
        ),
        pytest.param(
            "2026-12-10 09:00",
            ["moved 2026-12-02 12:15", "agenda 2026-12-04 12:15", "reminder 2026-12-08 CLOCK"],
            id="the prompt 48 hours after the notice",
        ),
        pytest.param("2026-12-08 12:00", ["moved 2026-12-02 12:15", "reminder 2026-12-04 CLOCK"], id="no room to ask"),
        pytest.param("2026-12-04 09:00", ["moved 2026-12-02 12:15"], id="the notice is all"),
    ],
)
def test_after_a_move(start: str, planned: list[str]) -> None:
    """The notice counts as a message about the new time: what follows keeps 48 hours from it, or gives way."""
    assert asked().says("2026-12-02 12:00", start).planned() == planned


def test_a_move_told_and_reminded() -> None:
    """Once told of the new time, the ladder goes on from there."""
    ward = asked().says("2026-12-02 12:00", C).tell("moved", "2026-12-02 12:05").tell("agenda", "2026-12-15 15:59")
    assert ward.planned() == ["reminder 2026-12-18 CLOCK"]


def test_moved_away_and_back_keeps_the_reminder_apart() -> None:
    """Asked, moved away and back: the reminder waits until 48 hours after the notice."""
    ward = asked().says("2026-12-03 12:00", B).tell("moved", "2026-12-03 12:00").says("2026-12-03 16:00", A)
    assert ward.tell("moved", "2026-12-03 16:00").planned() == ["reminder 2026-12-07 08:00"]


def test_each_notice_has_a_key_of_its_own() -> None:
    """A→B→A→B, each told: four intentions, none of which is the other's double."""
    ward, keys = asked(), []
    for hour, start in enumerate((B, A, B, A), start=12):
        ward.says(f"2026-12-02 {hour}:00", start)
        keys.append(ward.wanted("moved").key)
        ward.tell("moved", f"2026-12-02 {hour}:30")
    assert len(set(keys)) == 4
    assert notices(ward) == []


def test_a_notice_that_waits_keeps_its_key() -> None:
    """What changes nothing for the patient doesn't change the notice."""
    ward = asked().says("2026-12-02 12:00", B)
    before = ward.wanted("moved")
    assert ward.says("2026-12-02 13:00", B, clinician="Dr Okafor").wanted("moved") == before


@pytest.mark.parametrize(
    ("told_start", "change", "urgent_by", "expires_at"),
    [
        pytest.param(A, {"status": "cancelled"}, "2026-12-07 09:00", A, id="cancelled: a day before the old time"),
        pytest.param(A, {"start": B}, "2026-12-07 09:00", B, id="later: before the old time, useful until the new"),
        pytest.param(A, {"start": "2026-12-04 09:00"}, "2026-12-03 09:00", "2026-12-04 09:00", id="earlier: the new"),
        pytest.param(
            A, {"status": "cancelled", "start": "2026-12-03 09:00"}, "2026-12-07 09:00", A, id="as it was told"
        ),
        pytest.param(A, {"status": "cancelled", "start": C}, "2026-12-07 09:00", A, id="not as it would have been"),
    ],
)
def test_imminent(told_start: str, change: dict[str, Any], urgent_by: str, expires_at: str) -> None:
    """The urgent window applies where the usual one opens less than a day before somebody would come, or not."""
    ward = asked().says("2026-12-02 12:00", **{"start": told_start, **change})
    (message,) = [message for message in ward.plan().messages if message.urgent_by is not None]
    assert message.send_at == london("2026-12-02 12:15")
    assert (message.urgent_by, message.expires_at) == (london(urgent_by), london(expires_at))


def test_a_cancellation_speaks_of_what_was_told() -> None:
    """Whatever else the cancelling event says, the patient is told of the time and place that they know."""
    ward = asked().says("2026-12-02 12:00", B, status="cancelled", clinic="unmapped", mode="video")
    message = ward.wanted("cancelled")
    assert message.data["start"]["at"] == "2026-12-08T09:00:00+00:00"
    assert (message.data["mode"], message.template) == ("in-person", "cancelled")
    assert [place.rpartition("#")[2] for place in message.places] == ["MSK"]
    assert message.data["place"]["place"] in message.places


@pytest.mark.parametrize(("by", "said"), [("patient", True), ("clinic", False), (None, False)])
def test_by_whom(by: str | None, said: bool) -> None:
    """Whoever cancelled themselves is told that it was done as they asked."""
    ward = asked().says("2026-12-02 12:00", A, status="cancelled", cancelled_by=by)
    assert ward.wanted("cancelled").data["by_patient"] is said


@pytest.mark.parametrize(
    ("change", "mode"),
    [
        pytest.param({"mode": "telephone"}, "telephone", id="now by telephone"),
        pytest.param({"mode": "video"}, "video", id="now by video"),
        pytest.param({"start": B}, "in-person", id="in person, at another time"),
    ],
)
def test_words_know_both_modes(change: dict[str, Any], mode: str) -> None:
    """The words of a move know how the two meet now, and how they would have met."""
    message = asked().says("2026-12-02 12:00", **{"start": A, **change}).wanted("moved")
    assert (message.template, message.data["mode"], message.data["old_mode"]) == ("moved", mode, "in-person")


@pytest.mark.parametrize("mode", ["telephone", "video"])
def test_a_call_finds_the_patient_anywhere(mode: str) -> None:
    """Whoever is called, or meets by video, needn't hear that the clinician sits at another site."""
    ward = Ward().says(LONG_AGO, A, mode=mode).tell("agenda", "2026-12-01 16:00")
    assert notices(ward.says("2026-12-02 12:00", A, mode=mode, clinic="HILL")) == []
    assert notices(ward.says("2026-12-02 13:00", A, mode="in-person", clinic="HILL")) == ["moved"]


class TestAnotherPatient:
    """An appointment that was another patient's before."""

    def test_both_hear_of_it(self) -> None:
        """The one who had it is told that it's off; the new one gets what a late booking gets."""
        ward = asked().says("2026-12-03 12:00", A, patient="p2", created=LONG_AGO)
        assert notices(ward) == ["cancelled"]
        assert [message.kind for message in ward.plan("p2").messages] == ["short_notice"]

    def test_nobody_hears_of_what_was_never_told(self) -> None:
        """Who was never told of it needs no cancellation."""
        assert Ward().says(LONG_AGO, A).says("2026-12-03 12:00", A, patient="p2").planned() == []

    def test_keys_differ_by_holder(self) -> None:
        """Each holder's messages are their own: one's never count as the other's."""
        ward = Ward().says(LONG_AGO, A)
        keys = [ward.wanted("agenda").key]
        for day, patient in enumerate(("p2", "p3", "p1", "p2"), start=2):
            keys.append(ward.says(f"2026-09-{day:02d} 12:00", A, patient=patient).wanted("agenda", patient).key)
        p1, p2, p3 = keys[:3]
        assert keys == [p1, p2, p3, p1, p2]
        assert len({p1, p2, p3}) == 3

    def test_back_to_the_first(self) -> None:
        """Given away, told, and given back: it's on after all."""
        ward = asked().says("2026-12-03 12:00", A, patient="p2").tell("cancelled", "2026-12-03 12:30")
        assert notices(ward.says("2026-12-03 13:00", A)) == ["reinstated"]
