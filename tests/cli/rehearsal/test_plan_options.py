"""`cocreate plan` on another clock, with other words, of what brings no message, and of what people have to do."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services.cli.rehearsal import printing
from shared.platform.clock import Connection
from shared.words import store
from shared.words.wording import Part, Slot
from tests.cli.conftest import Desk, Terminal
from tests.harness import MONDAY, SOURCE, appointment, patient

PLACES = f"""source,clinic,name,phone,sender,staffed
{SOURCE},MSK,Riverside Health Centre,020 7946 0101,Riverside Hospital,yes
"""

SNOW = datetime(2027, 1, 12, 6, 30, tzinfo=UTC)
"""A Tuesday of the winter to come."""


@pytest.fixture
def plan(terminal: Terminal, tmp_path: Path) -> Any:
    """What is printed for these events."""
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")

    def planned(events: Any, *options: str | Path, code: int = 0) -> str:
        (tmp_path / "events.json").write_text(json.dumps(events), "utf-8")
        places = ("--places", tmp_path / "places.csv")
        return terminal("plan", tmp_path / "events.json", *places, *options, code=code)

    return planned


def snow_day(patients: int = 2) -> list[dict[str, Any]]:
    """People who are booked for a snowy Tuesday at two, and the clinic cancels in the morning."""
    start = SNOW.replace(hour=14)
    booked = [
        appointment(str(n), start, patient=f"p{n}", at=SNOW - timedelta(days=30), phone=f"07700 90000{n}")
        for n in range(1, patients + 1)
    ]
    off = [
        appointment(str(n), start, "cancelled", patient=f"p{n}", at=SNOW, phone=f"07700 90000{n}")
        for n in range(1, patients + 1)
    ]
    return [*booked, *off]


def test_a_snow_day_to_come_is_rehearsed(plan: Any) -> None:
    """What went before is history in a line each, without words; what is due on that morning is told in full."""
    shown = plan(snow_day(), "--at", "2027-01-12T06:40")
    history, _, then = shown.partition("From Tue 12 Jan 2027 06:40 on")
    assert history.startswith("Before Tue 12 Jan 2027 06:40")
    assert history.count("agenda about") == history.count("reminder about") == 2
    assert "Riverside Health Centre" not in history
    assert then.count("cancelled about") == 2
    assert "is cancelled. Please do not come." in then
    assert "2 texts, billed as" in then


def test_what_is_dated_after_the_clock_is_not_heard_of(plan: Any) -> None:
    """It is said how many events those are, and which time would hear them."""
    shown = plan(snow_day(), "--at", "2027-01-12T06:00Z")
    assert "2 events are dated later and not heard of yet: --at Tue 12 Jan 2027 06:30 would hear all." in shown
    assert "cancelled about" not in shown
    assert "From Tue 12 Jan 2027 06:00 on nothing is due." in shown


def test_the_live_door_still_refuses_what_is_dated_ahead(plan: Any) -> None:
    """Without another clock an event of next winter is a wrong clock; the cure is named."""
    shown = plan([appointment(at=datetime.now(UTC) + timedelta(days=300))], code=1)
    assert "more than 5 minutes ahead" in shown
    assert "with --at" in shown


@pytest.mark.parametrize("at", ["tomorrow", "2027-13-01", ""])
def test_what_is_no_instant_is_refused(at: str, plan: Any) -> None:
    """One sentence with the cure."""
    assert "write 2027-01-12T06:30" in plan([appointment()], "--at", at, code=1)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        pytest.param([patient()], "1 patient read; nothing to send.", id="a patient alone"),
        pytest.param([patient(), patient("p2")], "2 patients read; nothing to send.", id="two"),
        pytest.param(
            [patient(), appointment(status="proposed")], "1 patient, 1 appointment read; nothing to send.", id="not yet"
        ),
    ],
)
def test_what_was_read_is_counted_where_nothing_is_sent(events: Any, told: str, plan: Any) -> None:
    """Silence would look like a fault."""
    assert told in plan(events)


def test_a_fhir_patient_alone_is_counted(plan: Any) -> None:
    """A resource as well as an event."""
    resource = {"resourceType": "Patient", "id": "a", "telecom": [{"system": "phone", "value": "07700 900001"}]}
    assert "1 patient read; nothing to send." in plan(resource)


def test_what_people_have_to_do_is_told(plan: Any) -> None:
    """One line: what, about which thing, until when, and why."""
    start = MONDAY + timedelta(days=21)
    stopped = patient(opt_outs=["appointments"], at=start - timedelta(days=2))
    off = appointment(start=start, status="cancelled", at=start - timedelta(days=1))
    shown = plan([appointment(start=start), stopped, off], "--at", (start - timedelta(days=1)).isoformat())
    task = next(line for line in shown.splitlines() if "task reach_otherwise" in line)
    assert "about 1001, due " in task
    assert "reach this patient another way" in task
    assert "(the patient wants no such messages)" in task


def test_the_words_are_named(plan: Any, terminal: Terminal) -> None:
    """Without a database those that are shipped, which is said."""
    assert "Words: as shipped; no database is named here" in plan([appointment()])
    assert "Words: as shipped.\n" in plan([appointment()], "--words", "shipped")
    assert "Nothing runs here" in plan([appointment()], "--words", "published", code=1)
    assert "There are no words nowhere.toml" in plan([appointment()], "--words", "nowhere.toml", code=1)


DRAFT = """[[message]]
planner = "prompts"
name = "agenda"
language = "en"
sms = "{{ first_name }}, see you {{ start|on }}: {{ place.phone }}."
"""


def test_drafts_of_a_file_or_folder_are_tried(plan: Any, tmp_path: Path) -> None:
    """In place of the shipped words; all other messages keep theirs."""
    drafts = tmp_path / "drafts"
    (drafts / "prompts" / "en").mkdir(parents=True)
    (drafts / "agenda.toml").write_text(DRAFT, "utf-8")
    (drafts / "prompts" / "en" / "reminder.toml").write_text(
        'sms = "{{ first_name }}, soon: {{ place.phone }}."', "utf-8"
    )
    one = plan([appointment()], "--words", drafts / "agenda.toml")
    assert "Ada, see you on Monday 7 December: 020 7946 0101." in one
    assert "a reminder of your appointment" in one
    both = plan([appointment()], "--words", drafts)
    assert "Ada, see you on Monday" in both
    assert "Ada, soon: 020 7946 0101." in both
    (tmp_path / "empty").mkdir()
    assert "There are no words in" in plan([appointment()], "--words", tmp_path / "empty", code=1)


def test_published_words_are_those_of_the_database(desk: Desk, plan: Any) -> None:
    """By default as well, where one answers; drafts only where they are asked for."""
    slot = Slot(planner="prompts", name="agenda", part=Part.SMS)

    async def published(connection: Connection) -> None:
        kept = await store.save(connection, slot, "{{ first_name }}, ours: {{ start|on }}, {{ place.phone }}.", "Bea")
        await store.publish(connection, slot, kept.version)
        await store.save(connection, slot, "{{ first_name }}, drafted: {{ start|on }}, {{ place.phone }}.", "Bea")

    desk.do(published)
    assert "Ada, ours: on Monday" in plan([appointment()])
    assert "Words: as published." in plan([appointment()], "--words", "published")
    assert "Ada, drafted: on Monday" in plan([appointment()], "--words", "draft")
    assert "Ada, ours" not in plan([appointment()], "--words", "shipped")


def test_a_database_that_is_away_is_no_hindrance(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are the shipped ones then, which is said with the cause."""
    monkeypatch.setenv("COCREATE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("COCREATE_KEYS", "k:" + "A" * 43 + "=")
    monkeypatch.setenv("COCREATE_INDEX_KEY", "A" * 43 + "=")
    shown = plan([appointment()])
    assert "as shipped, for the published ones cannot be read: " in shown
    assert "agenda about 1001 by text" in shown


def test_a_terminal_of_80_columns_is_enough(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines break between words; all but the beginning is set in."""
    start = MONDAY + timedelta(days=21)
    off = appointment(start=start, status="cancelled", at=start - timedelta(days=1))
    events = [appointment(start=start), patient(opt_outs=["appointments"], at=start - timedelta(days=2)), off]
    at = ("--at", (start - timedelta(days=1)).isoformat())
    whole = plan(events, *at)
    assert any(len(line) > 80 for line in whole.splitlines())
    monkeypatch.setattr(printing, "out", Console(width=80, force_terminal=True, color_system=None))
    narrow = plan(events, *at)
    assert max(map(len, narrow.splitlines())) <= 80
    assert narrow.split() == whole.split()
