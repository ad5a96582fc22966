"""What people and systems really send, from the event to the phone: what cannot be read never costs an appointment."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.schedule.states import Why
from tests.harness import MONDAY, Harness, appointment, patient

REMINDED = MONDAY + timedelta(days=14, hours=8)  # the agenda prompt of an appointment in three weeks is due
LATER = MONDAY + timedelta(days=1)

BAD_CONTACTS = [
    pytest.param([{"channel": "pager", "value": "1"}], "contacts.channel", "not_known", id="a pager"),
    pytest.param([{"channel": "sms", "value": "07700\a900001"}], "contacts.value", "unprintable", id="a bell"),
    pytest.param([{"channel": "sms"}], "contacts.value", "empty", id="no value"),
    pytest.param([{"channel": "sms", "value": "ask her son"}], "contacts.value", "no_number", id="words"),
    pytest.param([{"channel": "email", "value": "ada@example..org"}], "contacts.value", "no_address", id="two dots"),
    pytest.param(7, "contacts", "wrong_type", id="a number"),
]


async def told(harness: Harness) -> list[tuple[str, str]]:
    """The field and reason of each event to the clinic about what could not be read."""
    rows = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses' ORDER BY seq")
    events = [json.loads(row["event"]) for row in rows]
    unread = [e["data"] for e in events if e["type"] == "cocreate.details.unreadable.v1"]
    assert "07700" not in str(unread)
    return [(one["field"], one["reason"]) for one in unread]


@pytest.mark.parametrize(("contacts", "field", "reason"), BAD_CONTACTS)
async def test_a_cancellation_with_a_bad_contact_reaches_the_patient(
    harness: Harness, contacts: Any, field: str, reason: str
) -> None:
    """The contact is lost, and the clinic hears of it once; whom an earlier event reached hears of the cancellation."""
    await harness.clinic_says(appointment())
    assert len(await harness.deliver_at(REMINDED)) == 1
    for sequence in ("1", "2"):
        off = appointment(status="cancelled", at=REMINDED, sequence=sequence, event_id=f"off-{sequence}")
        off["data"]["patient"]["contacts"] = contacts
        assert await harness.clinic_says(off) == []
    known = await harness.deliver()
    is_list_of_readable = reason in {"no_number", "no_address"}  # read, but of no use: nobody is there any more
    assert len(known) == (0 if is_list_of_readable else 1)
    assert await told(harness) == [(f"patient.{field}", reason)]


@pytest.mark.parametrize(
    "number", ["07700\u00a0900001", "\u202a07700900001\u202c", "\ufeff07700\u2011900001", "+44\u00ad7700 900001"]
)
async def test_what_is_invisible_is_cleaned(harness: Harness, number: str) -> None:
    """A number that was pasted from somewhere is the number that is seen, and is nobody's concern."""
    await harness.clinic_says(appointment(phone=number))
    [sent] = await harness.deliver_at(REMINDED)
    assert sent.address == "+447700900001"
    assert await told(harness) == []


async def test_an_opt_out_holds_however_the_domain_is_spelt(harness: Harness) -> None:
    """A mailbox is one address in every spelling of its domain."""
    await harness.clinic_says(appointment(phone=None, email="ada@kliník.example"))
    [sent] = await harness.deliver_at(REMINDED)
    assert sent.address == "ada@xn--klink-2sa.example"
    spellings = await harness.pool.fetch("SELECT address FROM people.addresses")
    await harness.clinic_says(appointment("1002", patient="p2", phone=None, email="ADA@XN--KLINK-2SA.example"))
    assert {row["address"] for row in await harness.pool.fetch("SELECT address FROM people.addresses")} == {
        row["address"] for row in spellings
    }


@pytest.mark.parametrize(
    ("details", "channel"),
    [
        pytest.param({"language": "ur-PK"}, "own record", id="a language that we do not write"),
        pytest.param({"language": "Urdu"}, "embedded", id="a language by its name"),
        pytest.param({"formats": ["interpreter"]}, "own record", id="a need"),
    ],
)
async def test_somebody_interprets(harness: Harness, details: dict[str, Any], channel: str) -> None:
    """Two weeks before the meeting, and not before, a person is asked for an interpreter: once, until it begins."""
    start = MONDAY + timedelta(days=28)
    event = appointment(start=start)
    if channel == "embedded":
        event["data"]["patient"] |= details
    await harness.clinic_says(event)
    if channel == "own record":
        await harness.registry_says(patient(contacts=[{"channel": "sms", "value": "07700 900001"}], **details))
    await harness.wake()
    assert await harness.tasks(kind="interpreter") == []
    await harness.turn(start - timedelta(days=14))
    await harness.wake()
    [task] = await harness.tasks(kind="interpreter")
    assert (task["why"], task["expires_at"], task["state"]) == (Why.OTHER_LANGUAGE, start, "open")
    assert task["due_at"] == start - timedelta(days=7)
    [sent] = await harness.deliver_at(start - timedelta(days=7, hours=-8))
    assert sent.text.startswith("Riverside Hospital: Ada, you have an appointment")
    off = appointment(start=start, status="cancelled", at=start - timedelta(days=6))
    await harness.turn(start - timedelta(days=6))
    await harness.clinic_says(off)
    [task] = await harness.tasks(kind="interpreter")
    assert (task["state"], task["outcome"]) == ("closed", "no_longer_wanted")


async def test_whoever_speaks_our_languages_needs_no_interpreter(harness: Harness) -> None:
    """A tag of a region is no other language."""
    event = appointment(start=MONDAY + timedelta(days=5))
    event["data"]["patient"]["language"] = "cy-GB"
    await harness.clinic_says(event)
    await harness.wake()
    assert await harness.tasks(kind="interpreter") == []
    assert await told(harness) == []


@pytest.mark.parametrize("name", ["ZZZTEST", "ZZZTEST DO NOT USE", "XXTESTPATIENT-ABCD", "Test Patient"])
async def test_a_test_patient_is_held(harness: Harness, name: str) -> None:
    """Nothing goes to a record that stands for nobody, and the log says why; once it has a name, it is a person."""
    await harness.clinic_says(appointment(first_name=name))
    assert await harness.deliver_at(REMINDED) == []
    assert ("agenda", "scheduled", "test_patient") in await harness.standing()
    await harness.registry_says(patient(first_name="Ada", contacts=[{"channel": "sms", "value": "07700 900001"}]))
    assert len(await harness.deliver()) == 1


@pytest.mark.parametrize("name", ["N/A", "Mrs", "Unknown", "Baby of", "evil\u00b7com", "evil.\u0107om", "?"])
async def test_nobody_is_greeted_by_what_is_no_name(harness: Harness, name: str) -> None:
    """A person without a name, or with one that would arrive as a link, is greeted without it."""
    await harness.clinic_says(appointment(first_name=name))
    [sent] = await harness.deliver_at(REMINDED)
    assert sent.text.startswith("Riverside Hospital: Hello, you have an appointment")
    assert "evil" not in sent.text
