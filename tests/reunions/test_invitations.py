"""Invitations: who is invited, when, and who is asked once more."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from services.reunions.invitees import is_graduate
from shared.clinic.courses import Course, Enrolment
from tests.reunions.fixtures import SOURCE, THING, WHO, Ward, asked, by_clock, invited, london

SET = "2026-09-01 12:00"
INVITED = ["invitation 2026-10-27 CLOCK"]


def course(sessions: int = 7, cancelled: int = 0, status: str = "planned") -> Course:
    """A course, of which the last sessions were cancelled."""
    each = [
        {"number": n, "start": london("2026-03-03 10:00"), "cancelled": n > sessions - cancelled}
        for n in range(1, sessions + 1)
    ]
    return Course.model_validate({"sessions": each, "status": status})


@pytest.mark.parametrize(
    ("attended", "status", "of", "graduate"),
    [
        pytest.param(7, "completed", course(), True, id="all of seven"),
        pytest.param(5, "completed", course(), True, id="five of seven"),
        pytest.param(5, "enrolled", course(), True, id="five of seven, not marked as completed"),
        pytest.param(4, "completed", course(), False, id="completed, but four of seven"),
        pytest.param(5, "completed", course(6), True, id="five of six"),
        pytest.param(4, "completed", course(6), False, id="four of six"),
        pytest.param(5, "completed", course(cancelled=1), True, id="five of the six that took place"),
        pytest.param(4, "completed", course(cancelled=2), True, id="four of five"),
        pytest.param(1, "completed", course(1), True, id="one of one"),
        pytest.param(0, "completed", course(1), False, id="none of one"),
        pytest.param(0, "completed", course(cancelled=7), False, id="no session took place"),
        pytest.param(7, "withdrawn", course(), False, id="withdrawn"),
        pytest.param(7, "entered-in-error", course(), False, id="never there"),
        pytest.param(5, "enrolled", course(status="cancelled"), True, id="cancelled after five of seven"),
        pytest.param(7, "completed", course(status="entered-in-error"), False, id="a course that never was"),
    ],
)
def test_who_is_a_graduate(attended: int, status: str, of: Course, graduate: bool) -> None:
    """Five of seven in the published model, of the sessions that were not cancelled."""
    state = {"course": "c1", "attended": tuple(range(1, attended + 1)), "status": status, "patient": {"id": "p1"}}
    assert is_graduate(Enrolment.model_validate(state), of, Fraction(5, 7)) is graduate


def test_sessions_that_a_course_has_not_make_no_graduate() -> None:
    """Numbers that name no session of the course are not counted."""
    state = {"course": "c1", "attended": (8, 9, 10, 11, 12), "patient": {"id": "p1"}}
    assert not is_graduate(Enrolment.model_validate(state), course(), Fraction(5, 7))


@pytest.mark.parametrize(
    ("ward", "planned"),
    [
        pytest.param(invited(), INVITED, id="a graduate of a course that it names"),
        pytest.param(invited(courses=(), sites=("ELM",)), INVITED, id="of a course at a site that it names"),
        pytest.param(invited(courses=("c9",)), [], id="of another course"),
        pytest.param(invited(courses=(), sites=("HILL",)), [], id="of another site"),
        pytest.param(Ward().course(SET).enrols(SET, 4).reunion(SET), [], id="came too rarely"),
        pytest.param(Ward().course(SET).enrols(SET, status="withdrawn").reunion(SET), [], id="withdrew"),
        pytest.param(Ward().course(SET).enrols(SET, 0).reunion(SET, kind="taster"), INVITED, id="taster: enrolled"),
        pytest.param(
            Ward().course(SET).enrols(SET, 0, status="withdrawn").reunion(SET, kind="taster"), [], id="taster: withdrew"
        ),
        pytest.param(invited(status="cancelled"), [], id="cancelled before anybody knew"),
        pytest.param(
            Ward()
            .course(SET)
            .course(SET, "c2")
            .enrols(SET)
            .enrols(SET, id="e2", course="c2")
            .reunion(SET, courses=("c1", "c2")),
            INVITED,
            id="of two of its courses: once",
        ),
        pytest.param(invited().deletes("2026-09-02 12:00"), [], id="deleted before anybody knew"),
    ],
)
def test_who_is_invited(ward: Ward, planned: list[str]) -> None:
    """Graduates of its courses, or of courses at its sites; to a taster whoever takes part."""
    assert ward.planned() == planned


@pytest.mark.parametrize("order", ["cer", "cre", "ecr", "erc", "rce", "rec"])
def test_any_order_of_arrival(order: str) -> None:
    """An enrolment before its course, a reunion before its graduates: the same invitation."""
    ward = Ward()
    publish: dict[str, Callable[[str], Ward]] = {"c": ward.course, "e": ward.enrols, "r": ward.reunion}
    for step in order:
        publish[step](SET)
    assert ward.planned() == INVITED


@pytest.mark.parametrize(
    ("known", "reunion", "planned"),
    [
        pytest.param(SET, {}, INVITED, id="six weeks before"),
        pytest.param(
            SET,
            {"start": "2026-12-07 14:00"},
            ["invitation 2026-10-26 CLOCK"],
            id="six weeks before, by the clock in winter",
        ),
        pytest.param(
            SET, {"start": "2026-12-12 14:00"}, ["invitation 2026-10-30 CLOCK"], id="on a Saturday: the Friday before"
        ),
        pytest.param("2026-11-10 09:00", {}, ["invitation 2026-11-10 CLOCK"], id="late: on the same day"),
        pytest.param("2026-11-10 17:00", {}, ["invitation 2026-11-11 CLOCK"], id="late: on the next day"),
        pytest.param("2026-11-13 17:00", {}, ["invitation 2026-11-16 CLOCK"], id="late: on Monday"),
        pytest.param("2026-11-27 17:00", {}, [], id="two days before the list closes: no time to answer"),
        pytest.param("2026-12-02 12:00", {}, [], id="once the list is closed"),
        pytest.param("2026-12-09 12:00", {}, [], id="once it is over"),
    ],
)
def test_when_graduates_are_invited(known: str, reunion: dict[str, Any], planned: list[str]) -> None:
    """Six weeks before, or the working day before that; late graduates at their next time while there is any."""
    assert Ward().course(SET).reunion(SET, **reunion).enrols(known).planned() == planned


def test_an_invitation_asks_until_the_list_closes() -> None:
    """It is of no use and takes no answer afterwards; it names the patient in its key, for it is many people's."""
    message = invited(most_in_party=2).wanted("invitation")
    assert message.expires_at == message.answers_until == london("2026-12-01 14:00")
    assert message.key == f"{THING}/{WHO}/invitation"
    assert message.category == "groups"
    assert (message.data["guests"], message.data["what"]) == (True, "reunion")
    assert message.says[THING] == {
        "start": "2026-12-08T14:00:00+00:00",
        "place": f"{SOURCE}#ELM",
        "standing": "invited",
        "party": 1,
        "since": None,
        "until": None,
    }
    (entry,) = message.calendar
    assert (entry.thing, entry.sequence, entry.cancelled) == (THING, 0, False)


def test_one_invitation_whatever_moves() -> None:
    """Who has it is not invited anew when time or place change, nor when they attend once more."""
    ward = asked().answer("2026-10-28 12:00", "LATER").tell("seat.later")
    ward.reunion("2026-10-29 12:00", "2026-12-10 14:00").enrols("2026-10-29 12:00", 6)
    assert ward.planned() == []


@pytest.mark.parametrize(
    ("ward", "planned"),
    [
        pytest.param(asked(), ["invitation.again 2026-11-10 CLOCK"], id="silent for two weeks"),
        pytest.param(asked().answer("2026-11-09 12:00", "OUT").tell("seat.out"), [], id="has answered"),
        pytest.param(asked().tell("invitation.again"), [], id="asked twice already"),
        pytest.param(invited().tell("invitation", asked=False), [], id="by e-mail: nobody is silent"),
        pytest.param(
            invited().tell("invitation", "2026-11-10 17:30"),
            ["invitation.again 2026-11-25 CLOCK"],
            id="told late: 14 days after that, at their time",
        ),
        pytest.param(invited().tell("invitation", "2026-11-16 17:30"), [], id="the list closes within three days"),
        pytest.param(asked().enrols("2026-11-02 12:00", status="entered-in-error"), [], id="was never enrolled"),
    ],
)
def test_who_is_asked_once_more(ward: Ward, planned: list[str]) -> None:
    """Who could answer and did not for two weeks; not within the last three days."""
    assert ward.planned() == planned


def test_a_claim_plans_nobody_again_but_a_wake_up_does() -> None:
    """The silence after an invitation wakes the rule, from when it went."""
    ward = asked()
    (wakeup,) = ward.plan().wakeups
    assert wakeup.key == f"{THING}/again"
    assert by_clock(wakeup.at - timedelta(days=14)) == "2026-10-27 CLOCK"
