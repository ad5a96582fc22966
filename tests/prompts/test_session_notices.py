"""Sessions that are moved, off or on again: only to those who were told otherwise, and one message for all of them."""

from datetime import timedelta
from typing import Any

import pytest

from shared.rules.plan import Message
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from tests.prompts.course_fixtures import COURSE, LONG_AGO, MOVED, WEEKS, School, enrolled, of, remind, reminded
from tests.prompts.fixtures import DALES, SOURCE, london

CLOSE = ("2026-11-03 10:00", "2026-11-04 10:00", "2026-11-10 10:00")
"""Two sessions on two days running, both of which are told on Monday, and one a week later."""

NEWS_AT = "2026-11-02 17:30"


def notices(school: School, patient: str = "p1") -> list[Message]:
    """The notices that are wanted."""
    return [m for m in school.plan(patient).messages if m.kind in {"session.moved", "session.cancelled"}]


def shown(school: School, patient: str = "p1") -> list[str]:
    """A notice in one line: what, of which sessions, and what its words are told."""
    return [
        " ".join(
            [
                one.kind.split(".")[1],
                *sorted(thing.rpartition("/")[2] for thing in one.says if "/session/" in thing),
                *(name for name in ("several", "back", "goes_on") if one.data.get(name)),
                *([one.data["what"]] if "what" in one.data else []),
            ]
        )
        for one in notices(school, patient)
    ]


def both() -> School:
    """Somebody who was told of the two sessions that are close together."""
    return remind(remind(enrolled(*CLOSE), 1), 2)


def claimed(school: School, at: str = NEWS_AT) -> School:
    """Every notice is told, after all that was told before."""
    before = [said.told_at for of in school.told().sayings.values() for said in of]
    for one in notices(school):
        school.claim(one, max([london(at), *(told_at + timedelta(seconds=1) for told_at in before)]))
    return school


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param({"starts": MOVED}, ["moved 1"], id="the whole course, by a week"),
        pytest.param({"starts": ("2026-11-03 11:00", *WEEKS[1:])}, ["moved 1"], id="another hour"),
        pytest.param({"clinic": "MSK"}, ["moved 1"], id="another site"),
        pytest.param({"off": (1,)}, ["cancelled 1 goes_on one"], id="one session"),
        pytest.param({"off": (1, 2, 3, 4, 5, 6)}, ["cancelled 1 one"], id="all sessions: one message"),
        pytest.param({"status": "cancelled"}, ["cancelled 1 course"], id="the course"),
        pytest.param({"status": "entered-in-error"}, ["cancelled 1 course"], id="the course was an error"),
        pytest.param({"starts": dict(enumerate(WEEKS[1:], 2))}, ["cancelled 1 goes_on one"], id="left out"),
        pytest.param({"starts": (WEEKS[0], *MOVED[1:])}, [], id="sessions that nobody was told of"),
        pytest.param({"off": (2, 3)}, [], id="the same, cancelled"),
        pytest.param({"starts": (*WEEKS, "2026-12-15 10:00")}, [], id="one more"),
        pytest.param({"starts": dict(zip((7, 8, 9), WEEKS, strict=False))}, [], id="the same times, other numbers"),
    ],
)
def test_whoever_was_told_of_the_first_session_hears(news: dict[str, Any], expected: list[str]) -> None:
    """Whoever was told nothing yet hears nothing."""
    assert shown(reminded(1).course(NEWS_AT, **news)) == expected
    assert shown(enrolled().course(NEWS_AT, **news)) == []


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        pytest.param({"starts": CLOSE, "off": (1, 2)}, ["cancelled 1 2 goes_on several"], id="both are off"),
        pytest.param({"starts": CLOSE, "status": "cancelled"}, ["cancelled 1 2 course"], id="the course is off"),
        pytest.param(
            {"starts": ("2026-11-05 10:00", "2026-11-06 10:00", CLOSE[2])}, ["moved 1 2 several"], id="both move"
        ),
        pytest.param(
            {"starts": (CLOSE[0], "2026-11-06 10:00", CLOSE[2]), "off": (1,)},
            ["cancelled 1 goes_on one", "moved 2"],
            id="one is off, one moves",
        ),
        pytest.param(
            {"starts": (CLOSE[1], "2026-11-05 10:00", CLOSE[2])},
            ["moved 1 2"],
            id="the first takes the second's time, which has another",
        ),
    ],
)
def test_several_sessions_are_one_message(news: dict[str, Any], expected: list[str]) -> None:
    """Not one for each: sorted by what became of them. A time that is taken by another session is still right."""
    assert sorted(shown(both().course(NEWS_AT, **news))) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param({"status": "withdrawn"}, [], id="withdrawn: they know"),
        pytest.param({"status": "completed"}, [], id="completed"),
        pytest.param({"status": "entered-in-error"}, ["cancelled 1 one"], id="in error"),
        pytest.param({"course": "C9"}, ["cancelled 1 one"], id="put into another course"),
        pytest.param({"patient": "p2"}, ["cancelled 1 one"], id="was somebody else's"),
    ],
)
def test_what_becomes_of_an_enrolment(data: dict[str, Any], expected: list[str]) -> None:
    """Whoever withdraws needs no telling; whom the organiser takes out does, where they were told to come."""
    assert shown(reminded(1).enrols(NEWS_AT, **data)) == expected
    assert shown(enrolled().enrols(NEWS_AT, **data)) == []


@pytest.mark.parametrize(("kind", "id", "what"), [(COURSE, "C1", "course"), ("enrolment", "E1", "one")])
def test_what_is_gone_is_off(kind: str, id: str, what: str) -> None:  # noqa: A002
    """A tombstone is a cancellation to those who were told."""
    assert shown(reminded(1).drops(NEWS_AT, kind, id)) == [f"cancelled 1 {what}"]
    assert enrolled().drops(NEWS_AT, kind, id).plan().messages == ()


def test_nobody_hears_of_what_is_over() -> None:
    """A course that is tidied away after its last session is news to nobody."""
    school = remind(enrolled(WEEKS[0]), 1)
    over = "2026-11-03 10:00"
    assert notices(school.course(over, WEEKS[:1], status="cancelled")) == []
    assert notices(school.course(over, WEEKS[:1], off=(1,))) == []
    assert notices(school.course(over, MOVED[:1])) == []
    assert notices(school.drops("2026-11-05 10:00", COURSE, "C1")) == []


def test_a_course_that_goes_before_its_people() -> None:
    """Whoever withdrew is told nothing when it is cancelled afterwards; nor is anybody of an error that was none."""
    assert shown(reminded(1).enrols(NEWS_AT, status="withdrawn").course(NEWS_AT, status="cancelled")) == []
    assert shown(reminded(1).enrols(NEWS_AT, status="entered-in-error").enrols("2026-11-02 17:31")) == []


def test_there_and_back_again() -> None:
    """A → B → A is told again only where B was told, and says that it goes ahead after all."""
    assert shown(reminded(1).course(NEWS_AT, off=(1,)).course("2026-11-02 17:40")) == []
    school = claimed(reminded(1).course(NEWS_AT, off=(1,)))
    assert shown(school) == []
    assert shown(school.course("2026-11-02 17:40")) == ["moved 1 back"]
    assert shown(claimed(school, "2026-11-02 17:41")) == []
    assert shown(school.course("2026-11-02 17:50", off=(1,))) == ["cancelled 1 goes_on one"]


def test_a_notice_is_useful_until_the_session() -> None:
    """Due once it has settled and, where the window opens late, in the urgent one; useless once the session begins."""
    (off,) = notices(both().course(NEWS_AT, CLOSE, off=(1, 2)))
    settled = london(NEWS_AT) + timedelta(minutes=15)
    assert (off.send_at, off.expires_at) == (settled, london(CLOSE[1]))
    assert off.urgent_by == london(CLOSE[0]) - both().policy.urgent_ahead
    (moved,) = notices(reminded(1).course(NEWS_AT, MOVED))
    assert moved.expires_at == london(MOVED[0])


def test_each_session_has_its_entry() -> None:
    """One message of several sessions moves, or takes away, the calendar entry of each."""
    off = notices(both().course(NEWS_AT, CLOSE, off=(1, 2)))[0].calendar
    assert [(e.thing, e.sequence, e.start, e.cancelled) for e in off] == [
        (of(n), 1, london(CLOSE[n - 1]), True) for n in (1, 2)
    ]
    later = ("2026-11-12 10:00", "2026-11-11 10:00", CLOSE[2])
    moved = notices(both().course(NEWS_AT, later))[0].calendar
    assert [(e.thing, e.sequence, e.start, e.cancelled) for e in moved] == [
        (of(n), 1, london(later[n - 1]), False) for n in (2, 1)
    ]


def test_a_notice_keeps_its_distance_from_the_reminder() -> None:
    """Two days after a notice that named it a session has its reminder; sooner, or told of it already, none."""
    near = claimed(reminded(1).course(NEWS_AT, ("2026-11-04 10:00", *WEEKS[1:])))
    assert not [m for m in near.plan().messages if of(1) in m.says]
    far = claimed(reminded(1).course(NEWS_AT, ("2026-11-12 10:00", *WEEKS[1:])))
    assert [m.kind for m in far.plan().messages if of(1) in m.says] == ["session.reminder"]


def test_who_was_told_of_several_is_reminded_of_those_that_were_not_named() -> None:
    """A notice of several names the first alone, so each of the others has its reminder, however soon."""
    moved = both().course(NEWS_AT, ("2026-11-05 10:00", "2026-11-06 10:00", CLOSE[2]))
    before = [m.key for m in moved.plan().messages if m.kind == "session.reminder"]
    after = [m.key for m in claimed(moved).plan().messages]
    assert before == after
    assert [key.split("/session/")[1][0] for key in after] == ["2", "3"]


def test_a_time_that_changes_hands_is_told_once() -> None:
    """Sessions that are numbered anew bring no second reminder of the same time and place."""
    school = reminded(1).course(NEWS_AT, {7: WEEKS[0], **dict(enumerate(WEEKS[1:], 2))})
    assert not [m for m in school.plan().messages if m.expires_at <= london(WEEKS[0])]


def test_enrolled_again_after_an_error() -> None:
    """Whoever was told that it is off, and takes part after all under another id, hears that it is on."""
    school = claimed(reminded(1).enrols(NEWS_AT, status="entered-in-error"))
    assert shown(school.enrols("2026-11-02 18:00", id="E2")) == ["moved 1 back"]


def test_appointments_and_sessions_do_not_mix() -> None:
    """On one day each has messages of its own, under its own category."""
    school = reminded(1).says(LONG_AGO, "2026-11-10 14:00")
    kinds = {(message.kind, message.category) for message in school.plan().messages}
    assert kinds == {("agenda", "appointments"), ("reminder", "appointments"), ("session.reminder", "groups")}
    assert f"{SOURCE}/appointment/1001" not in {t for m in notices(school.course(NEWS_AT, MOVED)) for t in m.says}


@pytest.mark.parametrize(
    ("school", "expected"),
    [
        pytest.param(
            reminded(1).course(NEWS_AT, status="cancelled").course(NEWS_AT, id="C2").enrols(NEWS_AT, "C2", id="E2"),
            [],
            id="published anew under another name",
        ),
        pytest.param(reminded(1).course(NEWS_AT, id="C2").enrols(NEWS_AT, "C2"), [], id="the enrolment points there"),
        pytest.param(
            reminded(1)
            .course(NEWS_AT, id="C2")
            .enrols(NEWS_AT, "C2", id="E2")
            .course(NEWS_AT, status="entered-in-error"),
            [],
            id="published twice, and one of them was an error",
        ),
        pytest.param(
            reminded(1)
            .course(NEWS_AT, status="cancelled")
            .course(NEWS_AT, ("2026-11-03 11:00", *WEEKS[1:]), id="C2")
            .enrols(NEWS_AT, "C2", id="E2"),
            ["cancelled 1 course"],
            id="published anew at another hour: both are told",
        ),
        pytest.param(
            reminded(1).course(NEWS_AT, status="cancelled").course(NEWS_AT, id="C2"),
            ["cancelled 1 course"],
            id="published anew, and nobody enrolled them",
        ),
        pytest.param(
            claimed(reminded(1).course(NEWS_AT, status="cancelled"))
            .course("2026-11-02 18:00", id="C2")
            .enrols("2026-11-02 18:00", "C2", id="E2"),
            ["moved 1 back"],
            id="published anew after they were told that it is off",
        ),
    ],
)
def test_a_course_is_no_name_to_its_people(school: School, expected: list[str]) -> None:
    """What stands at a told hour stands, by whichever course of that source."""
    assert shown(school) == expected


def test_a_course_that_is_published_twice_is_led_up_to_once() -> None:
    """Each session is reminded of once, whichever of the two it is told by."""
    school = enrolled().course(LONG_AGO, id="C2").enrols(LONG_AGO, "C2", id="E2")
    assert len(school.plan().messages) == len(WEEKS)
    first = min(school.plan().messages, key=lambda message: message.send_at)
    school.claim(first, first.send_at)
    assert len(school.plan().messages) == len(WEEKS) - 1


def test_what_else_stands_at_the_hour_of_a_session_is_told() -> None:
    """An appointment at the very hour and place of a session that is off still stands."""
    school = reminded(1)
    school.says(LONG_AGO, WEEKS[0], clinic="HILL")
    (off,) = notices(school.course(NEWS_AT, off=(1,)))
    assert [other["start"]["at"] for other in off.data["others"]] == [london(WEEKS[0]).isoformat()]


def test_what_stands_on_the_days_of_several_that_are_off() -> None:
    """Each day counts, not the first alone; and another trust's visits are its own to tell."""
    school = both().says(LONG_AGO, "2026-11-04 12:00").says(LONG_AGO, "2026-11-04 13:00", id="2", source=DALES)
    (off,) = notices(school.course(NEWS_AT, CLOSE, off=(1, 2)))
    assert [other["start"]["at"] for other in off.data["others"]] == [london("2026-11-04 12:00").isoformat()]


def test_every_old_hour_is_named() -> None:
    """Of several that move, each hour at which somebody would come for nothing."""
    (moved,) = notices(both().course(NEWS_AT, ("2026-11-05 10:00", "2026-11-06 10:00", CLOSE[2])))
    assert [gone["start"]["at"] for gone in moved.data["gone"]] == [london(at).isoformat() for at in CLOSE[:2]]
    (elsewhere,) = notices(both().course(NEWS_AT, CLOSE, clinic="MSK"))
    assert elsewhere.data["gone"] == []


def test_a_session_without_an_hour() -> None:
    """Midnight is a day without an hour: nothing is told of it, and a person finds out."""
    school = enrolled("2026-11-03 00:00", WEEKS[1])
    assert [of(2) in message.says for message in school.plan().messages] == [True]
    assert [(one.kind, one.why, one.things) for one in school.plan().task_requests] == [
        (TaskKind.HOUR_UNKNOWN, Why.NO_HOUR, (of(1),))
    ]


def test_a_session_that_moves_at_night() -> None:
    """From an hour before any text may go: a person is asked."""
    school = remind(enrolled("2026-11-03 06:30"), 1)
    school.course("2026-11-02 23:00", ("2026-11-03 11:00",))
    assert [(one.kind, one.why) for one in school.plan().task_requests] == [
        (TaskKind.REACH_OTHERWISE, Why.CHANGED_TOO_LATE)
    ]


def test_what_is_back_under_another_number_takes_nothing_out_again() -> None:
    """The entry of a session that was called off left the calendar then."""
    school = claimed(reminded(1).course(NEWS_AT, {2: WEEKS[1]}))
    (back,) = notices(school.course("2026-11-02 18:00", {2: WEEKS[1], 7: WEEKS[0]}))
    assert [(entry.thing, entry.cancelled) for entry in back.calendar] == [(of(7), False)]
