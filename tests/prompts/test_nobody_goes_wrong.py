"""What patients read of duplicates, waiting lists, days without an hour, series, and clinics that want it otherwise."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.prompts.messages import PromptKind
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import Places
from shared.rules.plan import Facts
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from tests.prompts.fixtures import DALES, LONDON, PLACES, SOURCE, Ward, london

LONG_AGO = "2026-10-01 12:00"
A, B = "2026-12-08 09:00", "2026-12-10 11:00"
NEWS_AT = "2026-12-02 12:00"
NOTICES = {PromptKind.MOVED, PromptKind.CANCELLED, PromptKind.NOT_FOR_NOW, PromptKind.REINSTATED}


class Clinic(Ward):
    """A ward of which one clinic wants some things otherwise than the house."""

    def __init__(self, **own: Any) -> None:
        super().__init__()
        self.own = ClinicPolicy.model_validate(own)

    def known_of(self, who: UUID) -> Facts:
        """All that is known of this patient, with the clinic's own wishes."""
        own = [
            replace(place, policy=self.own) if place.clinic == "MSK" and place.source == SOURCE else place
            for place in PLACES.known.values()
        ]
        return replace(super().known_of(who), places=Places.of(own))


def asked() -> Ward:
    """Whoever was asked for the agenda of an appointment."""
    return Ward().says(LONG_AGO, A).tell("agenda", "2026-12-01 16:00")


def notices(ward: Ward) -> list[str]:
    """The notices that are wanted, by kind."""
    return [str(message.kind) for message in ward.plan().messages if message.kind in NOTICES]


def tasks(ward: Ward) -> list[tuple[TaskKind, str]]:
    """What people are asked to do."""
    return [(request.kind, request.why) for request in ward.plan().task_requests]


@pytest.mark.parametrize(
    ("ward", "expected"),
    [
        pytest.param(asked().says(NEWS_AT, A, id="1002"), [], id="booked twice"),
        pytest.param(
            asked().says(NEWS_AT, A, id="1002").says("2026-12-02 13:00", A, status="cancelled"),
            [],
            id="booked twice, and one of them cancelled",
        ),
        pytest.param(
            asked().says(NEWS_AT, A, status="cancelled").says("2026-12-02 12:05", A, id="1002"),
            [],
            id="cancelled and booked anew at the same hour",
        ),
        pytest.param(
            asked().says(NEWS_AT, A, status="cancelled").says("2026-12-02 12:05", B, id="1002"),
            ["moved"],
            id="cancelled and booked anew at another hour",
        ),
        pytest.param(
            asked().says(NEWS_AT, A, status="cancelled").says("2026-12-02 12:05", B, id="1002", clinic="HILL"),
            ["cancelled"],
            id="cancelled, and something booked at another site",
        ),
        pytest.param(
            Ward()
            .says(LONG_AGO, A)
            .says(LONG_AGO, B, id="1002")
            .tell("agenda", "2026-12-01 16:00")
            .says(NEWS_AT, A, status="cancelled"),
            ["cancelled"],
            id="cancelled, of two that were booked at once",
        ),
        pytest.param(asked().says(NEWS_AT, A, status="waitlist"), ["not_for_now"], id="back on the waiting list"),
        pytest.param(asked().says(NEWS_AT, A, attends=False), ["not_for_now"], id="attends no more"),
        pytest.param(asked().says("2026-12-08 08:50", A, status="fulfilled"), [], id="kept that day"),
        pytest.param(asked().says(NEWS_AT, A, status="fulfilled"), ["cancelled"], id="kept on an earlier day"),
        pytest.param(asked().says(NEWS_AT, "2026-12-08 00:00"), [], id="that day, at an hour that nobody has said"),
        pytest.param(
            asked().says(NEWS_AT, A, status="cancelled").says("2026-12-02 12:05", "2026-12-08 00:00", id="1002"),
            [],
            id="cancelled, and booked anew that day at an hour that nobody has said",
        ),
        pytest.param(
            asked().says(NEWS_AT, "2026-12-08 00:00", clinic="HILL"),
            ["not_for_now"],
            id="at another site that day, at an hour that nobody has said",
        ),
        pytest.param(
            asked().says(NEWS_AT, "2026-12-09 00:00"),
            ["not_for_now"],
            id="another day, at an unknown hour",
        ),
        pytest.param(
            asked()
            .says(NEWS_AT, A, status="waitlist")
            .tell("not_for_now", "2026-12-02 12:15")
            .says("2026-12-03 09:00", A, status="cancelled"),
            ["cancelled"],
            id="back on the waiting list, told so, and given up",
        ),
        pytest.param(
            asked()
            .says(NEWS_AT, A, status="waitlist")
            .tell("not_for_now", "2026-12-02 12:15")
            .says("2026-12-03 09:00", B, id="1002")
            .says("2026-12-03 09:01", A, status="cancelled"),
            [],
            id="back on the waiting list, told so, and booked anew",
        ),
        pytest.param(
            asked()
            .says(NEWS_AT, A, status="cancelled")
            .tell("cancelled", "2026-12-02 12:15")
            .says("2026-12-03 09:00", A, status="waitlist")
            .says("2026-12-03 09:01", A, status="cancelled"),
            [],
            id="cancelled, told so, and cancelled again by way of the waiting list",
        ),
    ],
)
def test_what_is_told_of_what_was_told(ward: Ward, expected: list[str]) -> None:
    """What reads the same is the same, whatever its id; what does not stand is told once, by its true name."""
    assert notices(ward) == expected


@pytest.mark.parametrize(
    ("at", "waits"),
    [
        pytest.param(NEWS_AT, 15, id="days before"),
        pytest.param("2026-12-08 05:00", 10, id="four hours before"),
        pytest.param("2026-12-08 06:00", 5, id="three hours before"),
        pytest.param("2026-12-08 07:30", 0, id="an hour and a half before: at once"),
    ],
)
def test_news_settles(at: str, waits: int) -> None:
    """News waits for what may follow within minutes, less the nearer the time."""
    cancelled = asked().says(at, A, status="cancelled").wanted("cancelled")
    assert cancelled.send_at == london(at) + timedelta(minutes=waits)


@pytest.mark.parametrize(
    ("booked_at", "start", "expected"),
    [
        pytest.param("2026-12-06 22:00", "2026-12-07 09:30", [], id="at night, and the urgent window opens before"),
        pytest.param(
            "2026-12-06 22:00",
            "2026-12-07 08:00",
            [(TaskKind.REACH_OTHERWISE, Why.BOOKED_TOO_LATE)],
            id="at night, for so soon that nothing opens before",
        ),
        pytest.param("2026-12-07 10:00", "2026-12-07 11:00", [], id="by day: they were there or on the telephone"),
        pytest.param(
            LONG_AGO, "2026-12-08 00:00", [(TaskKind.HOUR_UNKNOWN, Why.NO_HOUR)], id="midnight, in person: no hour"
        ),
    ],
)
def test_what_only_a_person_can_do(booked_at: str, start: str, expected: list[tuple[TaskKind, str]]) -> None:
    """Where no text may go in time, or nothing could be said in it, a person is asked; and no text is planned."""
    ward = Ward().says(booked_at, start)
    assert tasks(ward) == expected
    assert not (expected and ward.plan().messages)


@pytest.mark.parametrize("mode", ["telephone", "video"])
def test_a_call_at_midnight_has_no_hour_either(mode: str) -> None:
    """Nobody is told to expect a call "at about midnight"."""
    ward = Ward().says(LONG_AGO, "2026-12-08 00:00", mode=mode)
    assert tasks(ward) == [(TaskKind.HOUR_UNKNOWN, Why.NO_HOUR)]
    assert not ward.plan().messages


@pytest.mark.parametrize(
    ("told", "changed_at", "to", "expected"),
    [
        pytest.param(A, "2026-12-07 22:00", B, [], id="the urgent window opens before"),
        pytest.param(
            "2026-12-08 06:45",
            "2026-12-07 22:00",
            B,
            [(TaskKind.REACH_OTHERWISE, Why.CHANGED_TOO_LATE)],
            id="from an hour before the urgent window opens",
        ),
        pytest.param("2026-12-08 06:45", "2026-12-07 20:00", B, [], id="in the evening before"),
        pytest.param("2026-12-08 06:45", "2026-12-08 05:00", "2026-12-08 05:45", [], id="delivery sees it expire"),
    ],
)
def test_what_moves_at_night(told: str, changed_at: str, to: str, expected: list[tuple[TaskKind, str]]) -> None:
    """Where no text may go before the hour at which they would come, a person is asked, while it helps."""
    ward = Ward().says(LONG_AGO, told).tell("agenda", "2026-12-01 16:00").says(changed_at, to)
    assert notices(ward) == ["moved"]
    assert tasks(ward) == expected


@pytest.mark.parametrize(
    ("at", "due"),
    [
        pytest.param("2026-12-02 20:30", "2026-12-02 20:45", id="in the evening"),
        pytest.param("2026-12-02 20:50", "2026-12-02 20:55", id="shortly before the night"),
        pytest.param("2026-12-02 20:57", "2026-12-02 20:57", id="at its edge"),
        pytest.param("2026-12-02 21:30", "2026-12-02 21:45", id="at night"),
    ],
)
def test_news_does_not_settle_into_the_night(at: str, due: str) -> None:
    """What could be told this evening is not put off until morning."""
    assert asked().says(at, A, status="cancelled").wanted("cancelled").send_at == london(due)


def told_two(clinic: str = "HILL", start: str = "2026-12-08 11:00") -> Ward:
    """Two appointments on one day, both told."""
    ward = Ward().says(LONG_AGO, A).says(LONG_AGO, start, id="1002", clinic=clinic)
    return ward.tell("agenda", "2026-12-01 16:00")


@pytest.mark.parametrize(
    ("ward", "named", "others"),
    [
        pytest.param(told_two().says(NEWS_AT, B), True, 1, id="another one that day"),
        pytest.param(asked().says(NEWS_AT, B), False, 0, id="none"),
        pytest.param(asked().says(NEWS_AT, "2026-12-08 15:00"), False, 0, id="the new time itself is no other"),
        pytest.param(
            told_two().says(NEWS_AT, B).says(NEWS_AT, "2026-12-09 11:00", id="1002", clinic="HILL"),
            False,
            0,
            id="the other one moved as well",
        ),
        pytest.param(
            asked().says(NEWS_AT, B).says(NEWS_AT, A, id="1002", source=DALES, clinic="EYE"),
            False,
            0,
            id="another trust's is not ours to tell",
        ),
        pytest.param(
            asked().says(NEWS_AT, B).says(NEWS_AT, A, id="1002", clinic="NEW"),
            False,
            0,
            id="one of which no message may tell",
        ),
    ],
)
def test_what_moved_is_told_beside_what_stands(ward: Ward, named: bool, others: int) -> None:
    """Whoever has two appointments on a day reads which of them has moved, and that the other one stands."""
    about = {message.data["old_place"]["place"]: message for message in ward.plan().messages if message.kind == "moved"}
    moved = about[f"{SOURCE}#MSK"]
    assert (moved.data["names_old_place"], len(moved.data["others"])) == (named, others)


def test_two_that_change_hours_at_two_sites_do_not_forbid_each_other() -> None:
    """Each notice names the site to which nobody should come, and what stands there or elsewhere at that hour."""
    ward = told_two().says(NEWS_AT, "2026-12-08 11:00").says(NEWS_AT, A, id="1002", clinic="HILL")
    moved = [message for message in ward.plan().messages if message.kind is PromptKind.MOVED]
    assert [message.data["old_place"]["place"].partition("#")[2] for message in moved] == ["HILL", "MSK"]
    for message in moved:
        (other,) = message.data["others"]
        assert other["start"] == message.data["old"]
        assert other["place"] != message.data["old_place"]


@pytest.mark.parametrize(
    ("own", "template", "asks"),
    [
        pytest.param({}, "short_notice", True, id="the house"),
        pytest.param({"agenda_days": "0"}, "reminder", False, id="a clinic that does not ask"),
    ],
)
def test_a_short_notice_asks_where_the_agenda_is_asked_for(own: dict[str, str], template: str, asks: bool) -> None:
    """Who is not asked in good time is not asked late either."""
    ward = Clinic(**own).says("2026-12-07 12:00")
    message = ward.wanted("short_notice")
    assert (message.template, message.ask_instead) == (template, asks)


def test_a_late_visit_of_a_series_is_no_new_question() -> None:
    """One more of a series, booked for tomorrow: who was asked for the series is not asked again."""
    ward = weekly(Ward()).says("2027-02-09 12:00", "2027-02-10 09:00", id="late")
    assert ward.wanted("short_notice").template == "reminder"


def weekly(ward: Ward, count: int = 4) -> Ward:
    """A visit a week, on Tuesdays."""
    first = datetime(2027, 1, 12, 9, tzinfo=LONDON)  # no bank holiday comes near
    for number in range(count):
        ward.says(LONG_AGO, f"{first + timedelta(weeks=number):%Y-%m-%d %H:%M}", id=str(number))
    return ward


@pytest.mark.parametrize(
    ("ward", "agendas"),
    [
        pytest.param(weekly(Ward(), 2), 2, id="two are no series"),
        pytest.param(weekly(Ward()), 1, id="the first"),
        pytest.param(weekly(Clinic(series="each")), 4, id="each, where the clinic wants it"),
        pytest.param(weekly(Clinic(series="2")), 2, id="every other"),
        pytest.param(weekly(Clinic(agenda_days=0)), 0, id="none"),
    ],
)
def test_for_which_visits_of_a_series_the_agenda_is_asked_for(ward: Ward, agendas: int) -> None:
    """For the first, or as the clinic has it; each is reminded of."""
    kinds = [message.kind for message in ward.plan().messages]
    assert kinds.count(PromptKind.AGENDA) == agendas
    assert kinds.count(PromptKind.REMINDER) == len({f.thing for f in ward.facts.values()})


def test_near_days_share_a_reminder() -> None:
    """Treatment day by day: one reminder of the days of less than a week, and never more than the most in a week."""
    ward = Ward()
    for number, day in enumerate((7, 8, 9, 10, 11)):
        ward.says(LONG_AGO, f"2026-12-{day:02d} 09:00", id=str(number))
    (reminder,) = [message for message in ward.plan().messages if message.kind is PromptKind.REMINDER]
    assert (reminder.template, len(reminder.says)) == ("reminder.week", 5)


def test_the_most_in_a_week() -> None:
    """Agenda prompts give way, and then the reminders of what they know; the only word about a visit never does."""
    own, house = Clinic(weekly_most=1, confirms="yes"), Ward()
    for ward in (own, house):
        ward.says(LONG_AGO, A).says("2026-10-21 12:00", "2026-12-14 09:00", id="1002")
    kinds = [message.kind for message in own.plan().messages]
    assert (kinds.count(PromptKind.REMINDER), kinds.count(PromptKind.AGENDA)) == (2, 0)
    assert [message.kind for message in house.plan().messages].count(PromptKind.AGENDA) == 2
    for message in [message for message in own.plan().messages if message.kind is PromptKind.BOOKED]:
        own.claim(message, message.send_at)
    reminders = [message for message in own.plan().messages if message.kind is PromptKind.REMINDER]
    assert len(reminders) == 1


@pytest.mark.parametrize(
    ("own", "kinds"),
    [
        pytest.param({}, ["agenda", "reminder"], id="the house"),
        pytest.param({"confirms": "yes"}, ["booked", "agenda", "reminder"], id="confirmed"),
        pytest.param({"reminder_days": "3 1"}, ["agenda", "reminder.early", "reminder"], id="reminded of twice"),
        pytest.param({"agenda_days": "0"}, ["reminder"], id="not asked"),
    ],
)
def test_a_clinic_leads_up_in_its_own_way(own: dict[str, str], kinds: list[str]) -> None:
    """An empty cell is as the house does; another one is the clinic's own, and nobody else's."""
    ward = Clinic(**own).says(LONG_AGO, A)
    assert [line.split(" ")[0] for line in ward.planned()] == kinds
    elsewhere = Clinic(**own).says(LONG_AGO, A, clinic="HILL")
    assert [line.split(" ")[0] for line in elsewhere.planned()] == ["agenda", "reminder"]


def test_a_1_to_several_is_for_all_of_them() -> None:
    """The clinic hears of each, the patient is thanked once; a 2 would not say which, and is left to a person."""
    ward = Ward()
    for number, day in enumerate((7, 8, 9)):
        ward.says(LONG_AGO, f"2026-12-{day:02d} 09:00", id=str(number))
    ward.claim(next(m for m in ward.plan().messages if m.kind is PromptKind.REMINDER), london("2026-12-03 12:00"))
    coming = ward.answers("1", "2026-12-03 13:00").plan()
    assert sorted(thing[-1] for response in coming.responses for thing in response.things) == ["0", "1", "2"]
    assert {response.type for response in coming.responses} == {"attendance.confirmed"}
    assert [message.kind for message in coming.messages].count(PromptKind.COMING) == 1
    assert ward.answers("2", "2026-12-03 14:00").plan().responses == coming.responses
