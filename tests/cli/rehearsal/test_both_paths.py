"""The preview is the truth: each history comes to the same messages, tasks and answers live and rehearsed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests.cli.rehearsal.both_paths import Lived, lived, records, rehearsed
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, appointment, goal, patient
from tests.tables import Tables

History = list[dict[str, Any]]

NUMBER, OTHER_NUMBER, THIRD_NUMBER = "9434765919", "9434765870", "9990000018"
"""NHS numbers with right check digits."""

VISIT = MONDAY + timedelta(days=21, hours=1)
"""A Monday at ten; the prompt and the reminder go on working days before."""

SOON = VISIT - timedelta(days=1, hours=-1)
"""After the reminder, on the Sunday before."""


def after(**span: float) -> datetime:
    """A time after the first event."""
    return MONDAY + timedelta(**span)


def minimal(event: dict[str, Any]) -> dict[str, Any]:
    """The same event with no more of its patient than the id."""
    data = event["data"]
    return event | {"data": data | {"patient": {"id": data["patient"]["id"]}}}


def gone(event: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The thing of an event is gone from then on."""
    return event | {"id": f"{event['id']}-gone", "time": at.isoformat(), "data": None}


def shared(kind: str, id_: str, at: datetime, **data: Any) -> dict[str, Any]:
    """An event of a course, an enrolment or a reunion."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{id_}-{at:%m%dT%H%M%S}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{id_}",
        "time": at.isoformat(),
        "data": data,
    }


def course(at: datetime, *starts: datetime, status: str = "planned", id_: str = "C1") -> dict[str, Any]:
    """An event of a course at the hill."""
    sessions = [{"number": number, "start": start.isoformat()} for number, start in enumerate(starts, 1)]
    return shared("course", id_, at, clinic="HILL", sessions=sessions, status=status)


def enrolment(at: datetime, **data: Any) -> dict[str, Any]:
    """An event of somebody's enrolment in the first course."""
    ada = appointment()["data"]["patient"]
    return shared("enrolment", "E1", at, **{"patient": ada, "course": "C1", **data})


def death(number: str, at: datetime, status: str = "2") -> dict[str, Any]:
    """The NHS's notice of a death."""
    return {
        "specversion": "1.0",
        "id": f"{number}-{status}",
        "source": "https://notices.example.org",
        "type": "pds-death-notification-2",
        "subject": number,
        "time": at.isoformat(),
        "data": {"deathNotificationStatus": status},
    }


def trusts(**more: Any) -> History:
    """One person at two trusts, known to both by the NHS number, on one day."""
    here, there = appointment("A", VISIT, **more), appointment("B", VISIT + timedelta(hours=3), source=OTHER_SOURCE)
    for event in (here, there):
        event["data"]["patient"]["nhs_number"] = NUMBER
    return [here, there]


BOOKED = appointment(start=VISIT)
SERIES = [appointment(f"D{day}", MONDAY + timedelta(days=day, hours=5)) for day in range(7, 17) if day % 7 < 5]

HISTORIES: dict[str, History] = {
    "booked and kept": [BOOKED],
    "cancelled without contacts": [BOOKED, minimal(appointment(start=VISIT, status="cancelled", at=SOON))],
    "cancelled before anything was said": [BOOKED, appointment(start=VISIT, status="cancelled", at=after(days=2))],
    "contacts come in an event of their own": [
        minimal(BOOKED),
        patient(contacts=[{"channel": "email", "value": "ada@example.org"}], first_name="Ada", at=after(days=16)),
    ],
    "nobody ever says how to reach them": [minimal(BOOKED)],
    "a landline alone": [appointment(start=VISIT, phone="020 7946 0999")],
    "one of two doubles removed": [
        BOOKED,
        appointment("1002", VISIT, at=after(minutes=5)),
        appointment("1002", VISIT, "entered-in-error", at=SOON),
    ],
    "two sites, one of them off": [
        BOOKED,
        appointment("1002", VISIT, clinic="HILL", at=after(minutes=5)),
        appointment("1002", VISIT, "cancelled", clinic="HILL", at=SOON),
    ],
    "moved by less than is read": [BOOKED, appointment(start=VISIT + timedelta(microseconds=900), at=SOON)],
    "moved to the next day and back": [
        BOOKED,
        appointment(start=VISIT + timedelta(days=1), at=SOON),
        appointment(start=VISIT, at=SOON + timedelta(hours=1), event_id="back"),
    ],
    "cancelled, and booked anew for another week": [
        BOOKED,
        appointment(start=VISIT, status="cancelled", at=SOON),
        appointment("1002", VISIT + timedelta(days=7), at=SOON + timedelta(minutes=1)),
    ],
    "cancelled by mistake": [
        BOOKED,
        appointment(start=VISIT, status="cancelled", at=SOON),
        appointment(start=VISIT, at=SOON + timedelta(minutes=4), event_id="back"),
    ],
    "cancelled with contacts that nobody can read": [
        BOOKED,
        appointment(start=VISIT, status="cancelled", phone="07700\u200b900001", email="ada\u200b@example.org", at=SOON),
    ],
    "a number with a no-break space": [appointment(start=VISIT, phone="07700\u00a0900001")],
    "put on the waiting list": [BOOKED, appointment(start=VISIT, status="waitlist", at=SOON)],
    "named for information from now on": [BOOKED, appointment(start=VISIT, at=SOON, event_id="cc", attends=False)],
    "booked late on the last evening before a holiday": [
        appointment(start=datetime(2026, 12, 29, 9, tzinfo=UTC), at=datetime(2026, 12, 24, 18, 30, tzinfo=UTC))
    ],
    "booked on Friday night for Monday": [appointment(start=after(days=7), at=after(days=4, hours=10))],
    "booked for the same evening": [appointment(start=after(hours=11), at=after(hours=9, minutes=20))],
    "daily visits": SERIES,
    "every week": [appointment(f"W{week}", VISIT + timedelta(days=7 * week, hours=5)) for week in range(4)],
    "an international mailbox, and none": [
        appointment(start=VISIT, phone=None, email="ada@bücher.example"),
        appointment("1002", VISIT, phone=None, email="ada@x..example", patient="p2"),
    ],
    "at midnight, and a call of seconds": [
        appointment(start=VISIT.replace(hour=0)),
        appointment("1002", VISIT, patient="p2", end=(VISIT + timedelta(seconds=30)).isoformat(), mode="telephone"),
    ],
    "names that are none": [
        appointment(str(number), VISIT, patient=f"p{number}", first_name=name)
        for number, name in enumerate(("N/A", "Mrs", "ZZZTEST", "evil.ćom"))
    ],
    "two trusts on one day": trusts(),
    "two trusts, one of them cancels": [*trusts(), appointment("A", VISIT, "cancelled", at=SOON)],
    "two trusts learn that they have one patient": [
        BOOKED,
        appointment("B", VISIT + timedelta(hours=3), source=OTHER_SOURCE, phone="07700 900002"),
        patient(nhs_number=NUMBER, at=after(days=1)),
        patient(source=OTHER_SOURCE, nhs_number=NUMBER, at=after(days=2)),
    ],
    "one of two trusts had the wrong person": [
        *trusts(),
        patient(source=OTHER_SOURCE, nhs_number=OTHER_NUMBER, at=after(days=2)),
    ],
    "a number that was somebody dead's": [
        BOOKED,
        patient(nhs_number=NUMBER, at=after(days=1)),
        death(NUMBER, after(days=2)),
        patient(nhs_number=OTHER_NUMBER, at=after(days=3)),
    ],
    "a doubt outlasts that they turn out to be another": [
        patient(nhs_number=NUMBER),
        death(NUMBER, after(hours=1)),
        patient(nhs_number=OTHER_NUMBER, at=after(hours=2)),
        *(event | {"time": after(hours=3).isoformat()} for event in trusts()[1:]),
        patient("p2", nhs_number=THIRD_NUMBER, at=after(hours=4)),
        patient(nhs_number=THIRD_NUMBER, at=after(hours=5)),
        appointment(start=VISIT, at=after(hours=6)),
        appointment("1002", VISIT, patient="p2", at=after(hours=7)),
    ],
    "told of somebody who has died": [BOOKED, goal(), death(NUMBER, after(days=8)), patient(nhs_number=NUMBER)],
    "a death that was none": [
        BOOKED,
        patient(nhs_number=NUMBER),
        death(NUMBER, after(days=2)),
        death(NUMBER, after(days=3), "U"),
    ],
    "the appointment's record is gone": [BOOKED, gone(BOOKED, SOON)],
    "the patient's record is gone": [
        minimal(BOOKED),
        patient(contacts=[{"channel": "sms", "value": "07700 900001"}]),
        gone(patient(), after(days=16)),
    ],
    "another patient's from now on": [BOOKED, appointment(start=VISIT, patient="p2", phone="07700 900002", at=SOON)],
    "paused for a fortnight": [
        BOOKED,
        patient(paused=True, at=after(days=1)),
        patient(paused=False, at=after(days=15)),
    ],
    "stopped before a cancellation": [
        BOOKED,
        patient(opt_outs=["appointments"], at=SOON - timedelta(hours=2)),
        appointment(start=VISIT, status="cancelled", at=SOON),
    ],
    "stopped before they are asked": [BOOKED, patient(opt_outs=["all"], at=after(days=1))],
    "braille": [BOOKED, patient(formats=["braille"], at=after(days=1))],
    "a goal, and nobody answers": [goal()],
    "a goal and a visit on one day": [BOOKED, goal(set_on=MONDAY.date())],
    "missed, and told so": [BOOKED, appointment(start=VISIT, status="noshow", at=VISIT + timedelta(hours=2))],
    "a child who was not brought": [
        appointment(start=VISIT, status="noshow", at=VISIT + timedelta(hours=2), brought_by_others=True),
    ],
    "a session moved by seconds": [
        course(MONDAY, VISIT),
        enrolment(after(minutes=1)),
        course(SOON, VISIT + timedelta(seconds=30)),
    ],
    "a course called off": [
        enrolment(MONDAY),
        course(after(minutes=1), VISIT, VISIT + timedelta(days=7)),
        course(SOON, VISIT, VISIT + timedelta(days=7), status="cancelled"),
    ],
    "a reunion moves": [
        course(MONDAY, after(days=1), after(days=2)),
        enrolment(after(days=3), attended=[1, 2], status="completed"),
        *(
            shared(
                "reunion",
                "R1",
                at,
                start=start.isoformat(),
                rsvp_by=(start - timedelta(days=5)).isoformat(),
                capacity=9,
                clinic="HILL",
                courses=["C1"],
            )
            for at, start in ((after(days=4), after(days=40)), (after(days=20), after(days=41)))
        ),
    ],
}


@pytest.fixture
def both_ways(session_pool: Pool, tables: Tables, encryption: Encryption) -> Callable[[History], Any]:
    """Takes a history both ways: what it came to on the real path, and in the rehearsal."""

    async def both(history: History) -> tuple[Lived, Lived]:
        async with session_pool.acquire() as connection:
            await tables.clear(connection)
        told = records(history)
        return await lived(told, session_pool, encryption), rehearsed(told)

    return both


@pytest.fixture
def compare(both_ways: Callable[[History], Any]) -> Callable[[History], Any]:
    """Takes a history both ways, holds that they agree, and gives what they came to."""

    async def agreed(history: History) -> Lived:
        found, foretold = await both_ways(history)
        assert foretold == found
        return found  # type: ignore[no-any-return]

    return agreed


@pytest.mark.parametrize("name", HISTORIES)
async def test_both_paths_agree(name: str, both_ways: Callable[[History], Any]) -> None:
    """The same messages at the same times in the same words, the same tasks, the same answers to the clinic."""
    found, foretold = await both_ways(HISTORIES[name])
    assert foretold == found


async def test_a_cancellation_needs_no_contacts(compare: Callable[[History], Any]) -> None:
    """What was said once is remembered: the notice goes out."""
    found = await compare(HISTORIES["cancelled without contacts"])
    assert [said.kind for said in found.said] == ["agenda", "reminder", "cancelled"]
    assert {said.how for said in found.said} == {"sms"}


async def test_what_people_have_to_do_is_rehearsed(compare: Callable[[History], Any]) -> None:
    """Whoever stopped texts hears of a cancellation from a person, and both paths raise that task."""
    found = await compare(HISTORIES["stopped before a cancellation"])
    assert "reach_otherwise" in {task.kind for task in found.to_do if task.is_open}


CLINICS = ((SOURCE, "MSK"), (SOURCE, "HILL"), (OTHER_SOURCE, "MSK"))
STARTS = [VISIT + timedelta(days=day, hours=hour) for day, hour in ((0, 0), (0, 3), (1, 0), (7, 0))]
GAPS = st.one_of(
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(1, 6 * 24).map(lambda hours: timedelta(hours=hours)),
)


@st.composite
def bookings(draw: st.DrawFn) -> dict[str, Any]:
    """An event of one of a few appointments, of one of two people."""
    source, clinic = draw(st.sampled_from(CLINICS))
    event = appointment(
        draw(st.sampled_from("AB")),
        draw(st.sampled_from(STARTS)),
        draw(st.sampled_from(["booked"] * 6 + ["cancelled"] * 3 + ["noshow", "waitlist", "entered-in-error"])),
        patient=draw(st.sampled_from(["p1", "p1", "p2"])),
        source=source,
        clinic=clinic,
        attends=draw(st.sampled_from([True] * 5 + [False])),
    )
    how = draw(st.sampled_from(["whole", "whole", "minimal", "known by number", "gone"]))
    if how == "known by number":
        event["data"]["patient"]["nhs_number"] = draw(st.sampled_from([NUMBER, NUMBER, OTHER_NUMBER]))
    return minimal(event) if how == "minimal" else event | ({"data": None} if how == "gone" else {})


SAYINGS = st.one_of(
    st.fixed_dictionaries({"nhs_number": st.sampled_from([NUMBER, OTHER_NUMBER])}),
    st.fixed_dictionaries({"paused": st.booleans()}),
    st.fixed_dictionaries({"language": st.sampled_from(["cy", "both", "en"])}),
    st.just({"contacts": [{"channel": "email", "value": "ada@example.org"}]}),
    st.just({"opt_outs": ["appointments"]}),
    st.just({"deceased": True}),
)
SAID = st.builds(
    lambda who, source, data: patient(who, source=source, **data),
    st.sampled_from(["p1", "p2"]),
    st.sampled_from([SOURCE, OTHER_SOURCE]),
    SAYINGS,
)
DEATHS = st.builds(
    lambda number, status: death(number, MONDAY, status), st.sampled_from([NUMBER]), st.sampled_from("2U")
)
COURSES = st.builds(
    lambda starts, status: course(MONDAY, *sorted(starts), status=status),
    st.lists(st.sampled_from(STARTS), min_size=1, max_size=2, unique=True),
    st.sampled_from(["planned", "planned", "planned", "cancelled"]),
)
ENROLMENTS = st.sampled_from(["enrolled", "enrolled", "withdrawn"]).map(lambda status: enrolment(MONDAY, status=status))


def one_after_another(steps: Iterable[tuple[timedelta, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The same events, each so long after the one before."""
    at = MONDAY
    for number, (gap, event) in enumerate(steps):
        at += gap
        yield event | {"id": str(number), "time": at.isoformat()}


@pytest.mark.timeout(300)
@settings(max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    steps=st.lists(
        st.tuples(GAPS, st.one_of(bookings(), bookings(), bookings(), SAID, DEATHS, COURSES, ENROLMENTS)),
        min_size=3,
        max_size=9,
    )
)
async def test_any_history_agrees(
    steps: list[tuple[timedelta, dict[str, Any]]], both_ways: Callable[[History], Any]
) -> None:
    """Whatever two sources say of two people, of their appointments and of a course, and in which order."""
    found, foretold = await both_ways(list(one_after_another(steps)))
    assert foretold == found
