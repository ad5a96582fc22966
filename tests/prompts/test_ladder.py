"""The ladder: agenda prompt, reminder, short notice."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prompts.policy import Policy
from shared.clinic.appointment import AppointmentStatus
from tests.prompts.fixtures import LONDON, SOURCE, Ward, london, shown

LONG_AGO = "2026-09-01 12:00"


@pytest.mark.parametrize(
    ("start", "agenda", "reminder"),
    [
        pytest.param("2026-12-07 09:00", "2026-11-30", "2026-12-03", id="Monday: reminded on Thursday"),
        pytest.param("2026-12-08 09:00", "2026-12-01", "2026-12-04", id="Tuesday: reminded on Friday"),
        pytest.param("2026-12-09 09:00", "2026-12-02", "2026-12-07", id="Wednesday: reminded on Monday"),
        pytest.param("2026-12-10 23:30", "2026-12-03", "2026-12-08", id="late in the evening is still that day"),
        pytest.param("2026-12-12 09:00", "2026-12-04", "2026-12-10", id="Saturday: both move to working days"),
        pytest.param("2026-12-13 09:00", "2026-12-04", "2026-12-10", id="Sunday: both move to working days"),
        pytest.param("2026-12-28 09:00", "2026-12-18", "2026-12-23", id="Christmas: on the substitute Monday itself"),
        pytest.param("2026-12-29 09:00", "2026-12-18", "2026-12-23", id="Christmas: reminder pulled near, agenda too"),
        pytest.param("2026-12-31 09:00", "2026-12-24", "2026-12-29", id="Christmas: between the days"),
        pytest.param("2027-01-04 09:00", "2026-12-24", "2026-12-30", id="New Year: agenda not on the substitute"),
        pytest.param("2027-03-30 09:00", "2027-03-19", "2027-03-24", id="Easter: Tuesday after, reminded on Wednesday"),
        pytest.param(
            "2027-03-31 09:00", "2027-03-22", "2027-03-25", id="Easter: Wednesday after, reminded on Thursday"
        ),
        pytest.param("2027-04-01 09:00", "2027-03-25", "2027-03-30", id="clocks go forward between the two"),
        pytest.param("2026-10-28 09:00", "2026-10-21", "2026-10-26", id="clocks go back between the two"),
    ],
)
def test_a_week_and_two_working_days_before(start: str, agenda: str, reminder: str) -> None:
    """The agenda is asked for 7 days before, the reminder comes 2 working days before, at the patient's own time."""
    assert Ward().says(LONG_AGO, start).planned() == [f"agenda {agenda} CLOCK", f"reminder {reminder} CLOCK"]


@pytest.mark.parametrize(
    ("policy", "start", "planned"),
    [
        pytest.param(
            Policy(holidays="GB-SCT"),
            "2026-12-02 09:00",
            ["agenda 2026-11-24 CLOCK", "reminder 2026-11-27 CLOCK"],
            id="Saint Andrew's Day is a bank holiday in Scotland",
        ),
        pytest.param(
            Policy(agenda_days=14),
            "2026-12-08 09:00",
            ["agenda 2026-11-24 CLOCK", "reminder 2026-12-04 CLOCK"],
            id="agenda two weeks before",
        ),
        pytest.param(
            Policy(reminder_working_days=1),
            "2026-12-08 09:00",
            ["agenda 2026-12-01 CLOCK", "reminder 2026-12-07 CLOCK"],
            id="reminder one working day before",
        ),
        pytest.param(
            Policy(reminder_working_days=20),
            "2026-12-08 09:00",
            ["agenda 2026-11-06 CLOCK", "reminder 2026-11-10 CLOCK"],
            id="a reminder before the agenda's day pushes the agenda back",
        ),
    ],
)
def test_what_a_clinic_may_tune(policy: Policy, start: str, planned: list[str]) -> None:
    """The numbers are the policy's, and the two messages keep apart whatever they are."""
    assert Ward(policy).says(LONG_AGO, start).planned() == planned


def test_messages_expire_before_the_next_begins() -> None:
    """An agenda prompt is no longer sent 48 hours before the reminder, nor a reminder once the appointment begins."""
    agenda, reminder = Ward().says(LONG_AGO).plan().messages
    assert agenda.expires_at == reminder.send_at - timedelta(hours=48)
    assert agenda.send_at <= agenda.expires_at - timedelta(hours=22)
    assert reminder.expires_at == london("2026-12-08 09:00")


@given(st.uuids().map(str))
def test_messages_are_spread_by_patient(patient: str) -> None:
    """Each patient has one time of day between 10:00 and 16:00, and always the same."""
    ward = Ward().says(LONG_AGO, patient=patient)
    times = {message.send_at.astimezone(LONDON).time() for message in ward.plan(patient).messages}
    assert len(times) == 1
    assert time(10) <= times.pop() < time(16)
    assert ward.plan(patient) == ward.plan(patient)


def test_patients_differ() -> None:
    """A clinic's patients don't all write back at the same minute."""
    wards = [Ward().says(LONG_AGO, patient=str(n)).plan(str(n)) for n in range(60)]
    assert len({plan.messages[0].send_at for plan in wards}) > 30


@pytest.mark.parametrize(
    ("clinic", "data", "zone"),
    [
        pytest.param("AZORES", {}, "Atlantic/Azores", id="the registry's zone"),
        pytest.param("MSK", {"zone": "Atlantic/Azores"}, "Atlantic/Azores", id="the event's zone outranks it"),
        pytest.param("unmapped", {}, "Europe/London", id="a clinic that nobody registered: the policy's"),
    ],
)
def test_days_are_the_clinics_own(clinic: str, data: dict[str, Any], zone: str) -> None:
    """Half past midnight in London is the evening before in the Azores, and days are counted from there."""
    ward = Ward().says(LONG_AGO, "2026-12-08 00:30", clinic=clinic, **data)
    days = ["2026-11-30", "2026-12-03"] if zone == "Atlantic/Azores" else ["2026-12-01", "2026-12-04"]
    lines = [shown(message, ZoneInfo(zone)) for message in ward.plan().messages]
    assert lines == [f"agenda {days[0]} CLOCK", f"reminder {days[1]} CLOCK"]


BOTH = ["agenda 2026-12-01 CLOCK", "reminder 2026-12-04 CLOCK"]


@pytest.mark.parametrize(
    ("created", "planned"),
    [
        pytest.param("2026-11-30 12:00", BOTH, id="in time for both"),
        pytest.param(
            "2026-12-01 17:00",
            ["agenda 2026-12-01 17:00", "reminder 2026-12-04 CLOCK"],
            id="a little late, with room: the agenda prompt at once",
        ),
        pytest.param(
            "2026-12-01 18:30",
            ["agenda 2026-12-02 08:00", "reminder 2026-12-04 CLOCK"],
            id="in the evening, with room: when the window opens",
        ),
        pytest.param("2026-12-02 17:00", ["short_notice 2026-12-02 17:00"], id="no room: one short notice"),
        pytest.param("2026-12-04 23:00", ["short_notice 2026-12-04 23:00"], id="after the reminder's time"),
        pytest.param("2026-12-08 06:59", [], id="just over 2 hours before, and no window opens: a task"),
        pytest.param("2026-12-08 07:00", [], id="2 hours before: too late"),
        pytest.param("2026-12-08 08:30", [], id="half an hour before: too late"),
        pytest.param("2026-12-08 09:30", [], id="written down after it began"),
        pytest.param("2026-12-09 09:00", [], id="written down a day after"),
    ],
)
@pytest.mark.parametrize("says_created", [True, False])
def test_late_bookings(created: str, planned: list[str], *, says_created: bool) -> None:
    """A booking's lateness is `created`, or else the time of the first event."""
    data = {"created": created} if says_created else {}
    assert Ward().says(created, **data).planned() == planned


def test_a_short_notice_is_useful_until_two_hours_before() -> None:
    """It expires 2 hours before the start, so it waits over a night but never comes too late."""
    message = Ward().says("2026-12-07 17:59").wanted("short_notice")
    assert (message.send_at, message.expires_at) == (london("2026-12-07 17:59"), london("2026-12-08 07:00"))


@pytest.mark.parametrize(
    ("heard_on", "created", "planned"),
    [
        pytest.param(
            "2026-12-03 12:00", "2026-11-01 12:00", BOTH, id="booked long ago, heard of late: what is due is sent"
        ),
        pytest.param("2026-11-01 12:00", "2026-12-03 12:00", BOTH, id="created after we heard of it: a mistake"),
        pytest.param("2026-11-01 12:00", "2030-01-01 00:00", BOTH, id="created in 2030: a mistake"),
        pytest.param("2026-12-08 09:00", "2026-11-01 12:00", [], id="heard of when it began"),
        pytest.param("2026-12-20 12:00", "2026-11-01 12:00", [], id="history"),
    ],
)
def test_created_and_first_heard_of(heard_on: str, created: str, planned: list[str]) -> None:
    """A late event is no late booking; whatever began before we heard of it wants nothing."""
    assert Ward().says(heard_on, created=created).planned() == planned


@pytest.mark.parametrize(
    ("changes", "planned"),
    [
        pytest.param([("2026-12-03 12:00", "2026-12-08 09:00")], ["short_notice 2026-12-03 12:00"], id="moved near"),
        pytest.param([("2026-11-20 12:00", "2026-12-08 09:00")], BOTH, id="moved, in time"),
        pytest.param([("2026-12-08 08:00", "2026-12-08 09:00")], [], id="moved to within 2 hours"),
        pytest.param([("2026-12-03 12:00", "2026-12-01 09:00")], [], id="moved into the past"),
        pytest.param(
            [("2026-11-20 12:00", "2026-12-21 09:00"), ("2026-12-03 12:00", "2026-12-08 09:00")],
            ["short_notice 2026-12-03 12:00"],
            id="away and back again: the last change counts",
        ),
    ],
)
def test_moved_before_anybody_was_told(changes: list[tuple[str, str]], planned: list[str]) -> None:
    """A move is as late as its event: `created` no longer says since when the time is known."""
    ward = Ward().says("2026-11-01 12:00", "2026-12-15 09:00", created="2026-11-01 12:00")
    for at, start in changes:
        ward.says(at, start, created="2026-11-01 12:00")
    assert ward.planned() == planned


@pytest.mark.parametrize("status", AppointmentStatus)
def test_statuses(status: AppointmentStatus) -> None:
    """Booked and checked in want messages; no other status does."""
    wants = {AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN}
    assert Ward().says(LONG_AGO, status=status).planned() == (BOTH if status in wants else [])


@pytest.mark.parametrize("status", ["proposed", "pending", "waitlist", "cancelled", "noshow", "entered-in-error"])
def test_no_start(status: str) -> None:
    """What has no time yet is a valid fact that wants nothing."""
    assert Ward().says(LONG_AGO, None, status=status).planned() == []


def test_named_for_information_only() -> None:
    """Whoever is named for information only is not expected, so hears nothing."""
    assert Ward().says(LONG_AGO, attends=False).planned() == []


@pytest.mark.parametrize("told_at", ["2026-12-01 15:00", "2026-12-02 09:59"])
def test_what_was_told_is_not_wanted_again(told_at: str) -> None:
    """Once claimed, a message is not wanted again, and the next keeps its time."""
    ward = Ward().says(LONG_AGO).tell("agenda", told_at)
    assert ward.planned() == ["reminder 2026-12-04 CLOCK"]
    assert ward.tell("reminder", "2026-12-04 16:00").planned() == []


def test_short_notice_is_the_only_message() -> None:
    """Whoever got a short notice gets neither prompt nor reminder of the same time."""
    assert Ward().says("2026-12-03 12:00").tell("short_notice", "2026-12-03 12:01").planned() == []


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001 - local times
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)),
)
def test_two_messages_are_two_days_apart(start: datetime, ahead: timedelta) -> None:
    """However late an appointment is booked, its messages are due, and expire, 48 hours or more apart."""
    ward = Ward().says(f"{start - ahead:%Y-%m-%d %H:%M}", f"{start:%Y-%m-%d %H:%M}")
    for earlier, later in pairwise(ward.plan().messages):
        assert later.send_at - earlier.expires_at >= timedelta(hours=48)
        assert earlier.send_at < earlier.expires_at


def test_keys_are_ids_and_instants() -> None:
    """A key names the thing, the intention and the full UTC instant, so that doubles collide and moves do not."""
    ward = Ward().says(LONG_AGO, "2026-09-28 09:00")
    assert ward.wanted("agenda").key == f"{SOURCE}/appointment/1001/agenda/2026-09-28T08:00Z"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="the same again"),
        pytest.param({"clinician": "Dr Okafor"}, id="another clinician"),
        pytest.param({"cancelled_by": "clinic"}, id="a field that means nothing here"),
        pytest.param({"status": "checked-in"}, id="checked in"),
    ],
)
def test_an_unrelated_change_changes_no_message(data: dict[str, Any]) -> None:
    """Same keys, same digests: the schedule stays as it is."""
    ward = Ward().says(LONG_AGO)
    before = {message.key: message.digest() for message in ward.plan().messages}
    ward.says("2026-12-02 12:00", **data)
    assert {message.key: message.digest() for message in ward.plan().messages} == before
