"""`cocreate plan`: what events would make us send, without anything running; and what the log says was sent."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.platform.clock import Connection
from shared.security.encryption import Encryption
from tests.cli.conftest import Desk, Terminal
from tests.harness import INDEX_KEY, KEYS, MONDAY, SOURCE, Harness, appointment

PLACES = f"""source,clinic,name,phone,sender,language,staffed,name_cy,sender_cy
{SOURCE},MSK,Riverside Health Centre,020 7946 0101,Riverside Hospital,,yes,,
{SOURCE},WELSH,Bay View,029 2018 0101,Glanmor Health Board,both,yes,Golwg y Bae,Bwrdd Iechyd Glanmor
"""


@pytest.fixture
def plan(terminal: Terminal, tmp_path: Path) -> Any:
    """What is printed for one appointment of somebody."""
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")

    def planned(clinic: str = "MSK", **details: Any) -> str:
        event = appointment(clinic=clinic)
        event["data"]["patient"] |= details
        (tmp_path / "events.json").write_text(json.dumps(event), "utf-8")
        return terminal("plan", tmp_path / "events.json", "--places", tmp_path / "places.csv")

    return planned


@pytest.mark.parametrize(
    ("language", "clinic", "told"),
    [
        pytest.param(None, "MSK", "by text in en, 2 segments", id="nothing known"),
        pytest.param("cy", "MSK", "by text in cy, 2 segments", id="Welsh"),
        pytest.param(None, "WELSH", "by text in cy + en, ", id="the site's"),
        pytest.param("en", "WELSH", "by text in en, 2 segments", id="the patient's before the site's"),
    ],
)
def test_the_plan_says_in_which_language_and_at_what_price(
    language: str | None, clinic: str, told: str, plan: Any
) -> None:
    """Each text is told with its languages and segments, and all of them with what they are billed as."""
    shown = plan(clinic, **({"language": language} if language else {}))
    assert told in shown
    assert "texts, billed as " in shown


@pytest.mark.parametrize(
    ("details", "told"),
    [
        pytest.param({"first_name": "N/A"}, "Hello, you have an appointment", id="no name"),
        pytest.param({"first_name": "N/A", "language": "cy-GB"}, "Helo, mae gennych", id="no name, in Welsh"),
        pytest.param({"first_name": "evil\u00b7com"}, "Hello, you have an appointment", id="a link in disguise"),
        pytest.param({"first_name": "ZZZTEST"}, "not sent: this is a test patient", id="a test patient"),
        pytest.param({"language": "so"}, "patient.language is not used: no message is written", id="Somali"),
        pytest.param({"contacts": [{"channel": "sms", "value": "07700\u00a0900001"}]}, "by text", id="no-break space"),
        pytest.param({"contacts": [{"channel": "telex", "value": "1"}]}, "contacts.channel is not used", id="a telex"),
        pytest.param({"contacts": [{"channel": "email", "value": "a@\u00e9.example"}]}, "by e-mail", id="a domain"),
        pytest.param({"contacts": [{"channel": "email", "value": "a@b..example"}]}, "is no e-mail address", id="dots"),
    ],
)
def test_what_people_really_send(details: dict[str, Any], told: str, plan: Any) -> None:
    """The plan tells what is not used of an event, and what is sent all the same."""
    assert told in plan(**details)


@pytest.mark.parametrize("order", [1, -1], ids=["appointment first", "patient first"])
def test_a_child_in_a_list(order: int, terminal: Terminal, tmp_path: Path) -> None:
    """Nobody tells a child that they were missed, in whichever order its record and its appointment come."""
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")
    yesterday = (datetime.now(UTC) - timedelta(hours=20)).isoformat(timespec="seconds")  # what no file dates is of now
    missed: dict[str, Any] = {"resourceType": "Appointment", "id": "a9", "status": "noshow", "start": yesterday}
    missed |= {"participant": [{"actor": {"reference": "Patient/c9"}, "status": "accepted"}]}
    phone = [{"system": "phone", "use": "mobile", "value": "07700 900123"}]
    child = {"resourceType": "Patient", "id": "c9", "birthDate": "2019", "telecom": phone}
    (tmp_path / "list.json").write_text(json.dumps([missed, child][::order]), "utf-8")
    shown = terminal("plan", tmp_path / "list.json", "--places", tmp_path / "places.csv")
    assert "nothing for" in shown
    assert "missed about" not in shown
    grown = json.dumps([missed, child | {"birthDate": "1980"}][::order])
    (tmp_path / "list.json").write_text(grown, "utf-8")
    assert "missed about a9" in terminal("plan", tmp_path / "list.json", "--places", tmp_path / "places.csv")


def test_a_clinic_without_a_name_is_shown_and_held(plan: Any) -> None:
    """What it would say, with gaps for what nobody has approved, and that nothing goes until somebody does."""
    shown = " ".join(plan("NEPHROLOGY-HD").split())
    assert "[sender]" in shown
    assert "held until somebody approves a public name for clinic 'NEPHROLOGY-HD'" in shown


def test_a_mail_has_no_segments(plan: Any) -> None:
    """Only texts are billed."""
    shown = plan(contacts=[{"channel": "email", "value": "ada@example.org"}])
    assert "by e-mail in en\n" in shown
    assert "Subject: Your appointment" in shown
    assert "billed" not in shown


def test_a_carer_is_told_of_the_patient(plan: Any) -> None:
    """Who reads it is said, and the words are theirs."""
    shown = plan(contacts=[{"channel": "sms", "value": "07700 900001", "role": "carer"}])
    assert "by text to a carer in en" in shown
    assert "Ada has an appointment" in shown


def test_another_format_is_no_text(plan: Any) -> None:
    """Whoever needs braille gets none, and the need is named."""
    shown = plan(formats=["braille"])
    assert "not sent" in shown
    assert "(braille)" in shown


def test_texts_ask_for_answers_where_these_are_read(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rehearsal says what delivery would, by the same setting."""
    assert "Reply 1: coming" in plan()
    monkeypatch.setenv("COCREATE_SMS_ANSWERS", "false")
    assert "Reply" not in plan()


@pytest.fixture
def goal(terminal: Terminal, tmp_path: Path) -> Any:
    """What is printed for one goal of somebody who has an appointment on the day of its question."""
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")

    def planned(**data: Any) -> str:
        booked = appointment()
        event = booked | {"id": "g1", "type": "cocreate.goal.v1", "subject": "goal/77"}
        event["data"] = {"patient": booked["data"]["patient"], "set_on": "2026-11-16", "clinic": "MSK", **data}
        (tmp_path / "events.json").write_text(json.dumps([booked, event]), "utf-8")
        return terminal("plan", tmp_path / "events.json", "--places", tmp_path / "places.csv")

    return planned


def test_questions_of_two_planners_keep_apart(goal: Any) -> None:
    """Both plan one patient, and half an hour is between two conversations; nobody answers here, and that is said."""
    shown = goal()
    told = dict(reversed(line.split(" about ")[0].split("  ")) for line in shown.splitlines() if "by text" in line)
    first, second = sorted(
        datetime.strptime(f"{told[kind]} +0000", "%a %d %b %Y %H:%M %z") for kind in ("goal", "agenda")
    )
    assert timedelta(minutes=30) <= second - first < timedelta(hours=2)
    assert "Nobody answers here" in shown


def test_a_silence_is_rehearsed(goal: Any) -> None:
    """What a planner wants to look at again comes true: nobody has answered, and it asks once more."""
    assert goal().count(" goal") > goal(review_on="2026-11-20", status="on-hold").count(" goal")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param({"status": "achieved"}, "it is achieved; only active ones are asked about", id="achieved"),
        pytest.param({"set_on": "2025-11-16"}, "came too late to be useful", id="long ago"),
    ],
)
def test_a_goal_that_is_not_asked_about_says_why(data: dict[str, Any], told: str, goal: Any) -> None:
    """Nothing for it, in a sentence."""
    assert told in goal(**data)


@pytest.fixture
def course(terminal: Terminal, tmp_path: Path) -> Any:
    """What is printed for a course of two sessions, of one patient who has finished it, and for a reunion."""
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")
    sessions = [{"number": 1, "start": "2026-11-24T13:00:00Z"}, {"number": 2, "start": "2026-12-01T13:00:00Z"}]
    told = {
        "course": {"clinic": "MSK", "sessions": sessions},
        "enrolment": {"patient": appointment()["data"]["patient"], "course": "1"},
        "reunion": {"start": "2027-03-03T14:00:00Z", "rsvp_by": "2027-02-24T17:00:00Z", "capacity": 9, "clinic": "MSK"},
    }

    def planned(order: tuple[str, ...] = ("course", "enrolment", "reunion"), **changed: dict[str, Any]) -> str:
        events = [
            appointment()
            | {
                "id": kind,
                "type": f"cocreate.{kind}.v1",
                "subject": "1",
                "data": {**told[kind], **changed.get(kind, {})},
            }
            for kind in order
        ]
        (tmp_path / "events.json").write_text(json.dumps(events), "utf-8")
        return terminal("plan", tmp_path / "events.json", "--places", tmp_path / "places.csv")

    return planned


GRADUATE = {"attended": [1, 2], "status": "completed"}


def test_a_course_and_its_reunion_are_rehearsed(course: Any) -> None:
    """Each session is reminded of, whoever came is invited, and it is said that nobody answers; in any order."""
    enrolled = course(reunion={"courses": ["1"]})
    assert enrolled.count("session.reminder about") == 2
    assert "invitation" not in enrolled
    invited = course(enrolment=GRADUATE, reunion={"courses": ["1"]})
    assert "invitation about 1 by text" in invited
    assert "Nobody answers here, so nobody has a place" in " ".join(invited.split())
    assert course(("reunion", "enrolment", "course"), enrolment=GRADUATE, reunion={"courses": ["1"]}) == invited


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({"reunion": {"courses": ["2"]}}, "reunion/1: nobody whom we know is invited", id="another course"),
        pytest.param({"enrolment": {"course": "2"}}, "course/1: nobody is enrolled", id="enrolled elsewhere"),
        pytest.param({"enrolment": {"course": "2"}}, "or the course is not known", id="an unknown course"),
        pytest.param({"course": {"status": "cancelled"}}, "course/1: it is cancelled", id="cancelled"),
    ],
)
def test_a_course_that_nobody_hears_of_says_why(changed: dict[str, Any], told: str, course: Any) -> None:
    """Nothing for it, in a sentence: what refers to nothing is seen before it is published."""
    assert told in course(**{"reunion": {"courses": ["1"]}, **changed})


def test_the_log_says_what_texts_are_billed_as(desk: Desk) -> None:
    """A sent text has its segments in the log, and the log their sum."""

    async def sent(_: Connection) -> None:
        async with asyncpg.create_pool(desk.url, min_size=1, max_size=4) as pool:
            harness = await Harness(pool, Encryption.of(KEYS, INDEX_KEY)).open()
            await harness.clinic_says(appointment())
            await harness.deliver_at(MONDAY + timedelta(days=14, hours=8))

    desk.do(sent)
    told = {row["kind"]: row["segments"] for row in map(json.loads, desk("messages", "--json").splitlines())}
    assert told == {"agenda": 2, "reminder": None}
    assert "These texts are billed as 2 segments." in desk("messages")
