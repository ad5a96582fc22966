"""What patients read of duplicates, waiting lists, days without an hour, series, and clinics that want it otherwise."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from services.prompts.messages import PromptKind
from shared.clinic.clinic_policy import ClinicPolicy
from shared.clinic.places import Places
from shared.rules.plan import Facts
from shared.rules.task_requests import TaskKind
from shared.schedule.states import Why
from tests.prompts.fixtures import LONDON, PLACES, SOURCE, Ward, london

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


def test_a_call_at_midnight_has_its_hour() -> None:
    """Only what somebody travels to needs more than a day."""
    assert tasks(Ward().says(LONG_AGO, "2026-12-08 00:00", mode="telephone")) == []


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
    """Reminders are kept, and agenda prompts give way."""
    own = Clinic(weekly_most=1).says(LONG_AGO, A)
    own.says(LONG_AGO, "2026-12-14 09:00", id="1002", clinic="HILL")
    house = Ward().says(LONG_AGO, A).says(LONG_AGO, "2026-12-14 09:00", id="1002", clinic="HILL")
    days = sorted(message.send_at for message in own.plan().messages)
    assert len(days) < len(house.plan().messages)
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(days))
    assert PromptKind.REMINDER in {message.kind for message in own.plan().messages}


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
