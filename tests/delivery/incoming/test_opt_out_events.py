"""Each patient's clinics learn what a patient, or the carrier, has stopped, and what goes on again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.cards.app import planner
from services.cards.forms import CARD
from services.cards.policy import Policy
from shared.events.topic_names import RESPONSES
from shared.words import store
from tests.delivery.incoming.test_unsubscribes import ADA, DUE, mailed, told, unsubscribe
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient, receipt

ONE = f"{SOURCE}/appointment/1001"
NUMBER = "9434765919"


async def events(harness: Harness) -> list[dict[str, Any]]:
    """What clinics are told, in order."""
    rows = await harness.pool.fetch("SELECT key, event FROM schedule.outbox WHERE topic = $1 ORDER BY seq", RESPONSES)
    found = [{"key": row["key"], **json.loads(row["event"])} for row in rows]
    return [event for event in found if event["type"] == "cocreate.opt_out.v1"]


async def short(harness: Harness) -> list[tuple[str, str, str, list[str]]]:
    """State, category, origin and things of each."""
    data = [event["data"] for event in await events(harness)]
    return [(one["state"], one["category"], one["origin"], one["things"]) for one in data]


async def texted(harness: Harness, *booked: dict[str, Any]) -> None:
    """Everybody was texted about their appointment."""
    await harness.clinic_says(*(booked or (appointment(),)))
    assert await harness.deliver_at(DUE)


async def test_a_stop_by_text_is_told(harness: Harness) -> None:
    """STOP is an event with the clinic's own names, and neither a number nor a patient's name."""
    await texted(harness)
    await harness.phone_says("Stop. Thank you", at=DUE)
    [event] = await events(harness)
    patient_id = await harness.pool.fetchval("SELECT id FROM people.patients")
    since = await harness.pool.fetchval("SELECT since_at FROM people.opt_outs")
    name = event["subject"].removeprefix("opt-out/")
    assert UUID(name)
    assert (event["source"], event["id"], event["key"]) == ("urn:cocreate:people", f"{name}/stopped", str(patient_id))
    assert datetime.fromisoformat(event["time"]) == datetime.fromisoformat(event["data"]["at"]) == since
    data = {"things": [ONE], "category": "all", "state": "stopped", "origin": "reply", "at": event["data"]["at"]}
    assert event["data"] == data
    whole = json.dumps(event)
    assert not any(
        secret in whole for secret in ("7700", "900001", "Ada", harness.encryption.index("+447700900001").hex())
    )


async def test_a_stop_that_changes_nothing_is_told_once(harness: Harness) -> None:
    """Said again, by text, by the carrier or in one batch, it is the same stop."""
    await texted(harness)
    for body, opt_out in (("STOP", None), ("STOP", "STOP"), ("stop please", None)):
        await harness.phone_says(body, opt_out=opt_out)
    [message] = await harness.messages(state="sent")
    await harness.provider_says(receipt(message["id"], "failed", message["provider_id"], 21610))
    assert len(await events(harness)) == 1


async def test_what_the_carrier_tells_later_is_told(harness: Harness) -> None:
    """21610: the phone has opted out at the carrier, and the clinic learns of it by the code."""
    await texted(harness)
    [message] = await harness.messages(state="sent")
    await harness.provider_says(receipt(message["id"], "failed", message["provider_id"], 21610))
    assert await short(harness) == [("stopped", "all", "carrier 21610", [ONE])]


async def test_an_unsubscribe_is_told(harness: Harness) -> None:
    """A link in a mail stops one category; every appointment of that clinic's in the schedule is named."""
    message_id = await mailed(harness)
    assert await told(harness, unsubscribe(message_id), unsubscribe(message_id, "goals")) == []
    things = [ONE, f"{SOURCE}/appointment/1002"]
    found = [(state, category, origin, sorted(named)) for state, category, origin, named in await short(harness)]
    assert found == [("stopped", c, "unsubscribe", things) for c in ("appointments", "goals")]
    assert await told(harness, unsubscribe(message_id)) == []
    assert len(await events(harness)) == 2
    assert ADA not in json.dumps(await events(harness))


async def test_a_start_ends_each_stop(harness: Harness) -> None:
    """What is stopped no longer ends under the name of its own stop; a stop after that has another name."""
    await texted(harness)
    await harness.phone_says("no more goal texts")
    await harness.phone_says("STOP")
    await harness.phone_says("START")
    await harness.phone_says("START")
    stopped = {e["subject"]: e["data"]["category"] for e in await events(harness) if e["data"]["state"] == "stopped"}
    restarted = {
        e["subject"]: e["data"]["category"] for e in await events(harness) if e["data"]["state"] == "restarted"
    }
    assert sorted(stopped.values()) == ["all", "goals"]
    assert restarted == stopped
    assert {e["id"] for e in await events(harness)} == {
        f"{s[8:]}/{w}" for s in stopped for w in ("stopped", "restarted")
    }
    await harness.phone_says("STOP")
    assert (await events(harness))[-1]["subject"] not in stopped


async def test_a_start_is_told_with_its_own_time(harness: Harness) -> None:
    """When it went on again, by our clock, and never before it stopped."""
    await texted(harness)
    await harness.phone_says("stop please")
    await harness.turn(DUE + timedelta(days=3))
    await harness.phone_says("START")
    stop, start = await events(harness)
    assert (start["data"]["state"], start["data"]["origin"]) == ("restarted", "reply")
    assert datetime.fromisoformat(start["time"]).astimezone(UTC) == DUE + timedelta(days=3)
    assert datetime.fromisoformat(stop["time"]) < datetime.fromisoformat(start["time"])


async def test_on_a_shared_phone_each_clinic_learns_of_its_own_patient(harness: Harness) -> None:
    """Two patients of two sources with one phone: an event for each, in neither the other's name for anything."""
    theirs = f"{OTHER_SOURCE}/appointment/7"
    await texted(harness, appointment(), appointment("7", patient="q1", source=OTHER_SOURCE))
    await harness.phone_says("STOP")
    found = await events(harness)
    assert sorted(event["data"]["things"] for event in found) == sorted([[ONE], [theirs]])
    assert len({event["key"] for event in found}) == len({event["subject"] for event in found}) == 2


async def test_one_patient_of_two_sources_is_told_to_both(harness: Harness) -> None:
    """Each source learns of it by its own things, and by these alone."""
    await harness.registry_says(patient(nhs_number=NUMBER), patient("q1", source=OTHER_SOURCE, nhs_number=NUMBER))
    await texted(harness, appointment(), appointment("7", patient="q1", source=OTHER_SOURCE))
    await harness.phone_says("STOP")
    found = await events(harness)
    assert sorted(e["data"]["things"] for e in found) == sorted([[ONE], [f"{OTHER_SOURCE}/appointment/7"]])
    assert len({event["key"] for event in found}) == 1
    assert len({event["subject"] for event in found}) == 2


async def test_identifiers_with_slashes_are_of_their_source(harness: Harness) -> None:
    """However a hospital numbers its appointments, a stop is one event for it."""
    later = MONDAY + timedelta(days=22)
    await texted(harness, appointment("2026/1001"), appointment("2027/7/2", start=later), appointment("9", start=later))
    await harness.phone_says("STOP")
    [(_, _, _, things)] = await short(harness)
    assert sorted(things) == [f"{SOURCE}/appointment/{name}" for name in ("2026/1001", "2027/7/2", "9")]


async def test_where_nothing_is_planned_nobody_is_told(harness: Harness) -> None:
    """A phone of nobody's, and a patient of whom nothing stands in the schedule: no clinic's message was stopped."""
    await harness.phone_says("STOP", phone="+447700900077")
    await harness.registry_says(patient(contacts=[{"channel": "sms", "value": "07700 900001"}]))
    await harness.phone_says("STOP")
    assert await harness.pool.fetchval("SELECT count(*) FROM people.opt_outs") == 2
    assert await events(harness) == []


async def test_what_waits_is_enough(harness: Harness) -> None:
    """Before the first message went a stop concerns the clinic already; not where all of it was withdrawn."""
    await harness.clinic_says(appointment())
    await harness.phone_says("STOP")
    assert await short(harness) == [("stopped", "all", "carrier", [ONE])]
    await harness.phone_says("START")
    await harness.clinic_says(appointment(status="cancelled", at=MONDAY + timedelta(minutes=1)))
    await harness.phone_says("STOP")
    assert [state for state, *_ in await short(harness)] == ["stopped", "restarted"]


async def test_cards_and_answers_are_no_patient_s(harness: Harness) -> None:
    """A clinician who stops the daily list is no patient who stopped anything."""
    await texted(harness)
    cards = planner(Policy())
    async with harness.pool.acquire() as connection:
        await store.ship(connection, cards.name, cards.words, cards.forms)
    await harness.pool.execute("UPDATE schedule.messages SET planner = $1, template = $2", cards.name, CARD)
    await harness.phone_says("STOP")
    assert await events(harness) == []


async def test_the_newest_twenty_are_named(harness: Harness) -> None:
    """Years of appointments fit into one event: by the newest the clinic knows who it is."""
    await texted(harness)
    await harness.pool.execute(
        """INSERT INTO schedule.messages SELECT (jsonb_populate_record(m, jsonb_build_object(
               'id', gen_random_uuid(), 'key', n, 'provider_id', null, 'claimed_at', m.claimed_at - n * interval '1 d',
               'things', ARRAY[$1 || n]))).* FROM schedule.messages m, generate_series(1, 30) n WHERE state = 'sent'""",
        f"{SOURCE}/appointment/old-",
    )
    await harness.phone_says("STOP")
    [(_, _, _, things)] = await short(harness)
    assert set(things) == {ONE, *(f"{SOURCE}/appointment/old-{n}" for n in range(1, 20))}


@pytest.mark.parametrize("has_phone", [True, False], ids=["has the phone", "has it no more"])
async def test_whose_phone_it_is_now(has_phone: bool, harness: Harness) -> None:
    """Whoever has the phone is concerned, and nobody who has another now."""
    await texted(harness)
    phone = "07700 900001" if has_phone else "07700 900002"
    await harness.registry_says(patient(at=DUE, contacts=[{"channel": "sms", "value": phone}]))
    await harness.phone_says("STOP")
    assert len(await events(harness)) == int(has_phone)


async def test_a_merge_tells_nothing_anew(harness: Harness) -> None:
    """Two of two phones turn out to be one: a stop stays at its phone, is told once, and its end to both sources."""
    await texted(harness, appointment(), appointment("7", patient="q1", source=OTHER_SOURCE, phone="07700 900002"))
    await harness.phone_says("stop please")
    assert await short(harness) == [("stopped", "all", "reply", [ONE])]
    at = await harness.now()
    await harness.registry_says(patient("q1", at, OTHER_SOURCE, nhs_number=NUMBER))
    contacts = [{"channel": "sms", "value": "07700 900001"}]
    await harness.registry_says(patient("p1", at, nhs_number=NUMBER, contacts=contacts))
    assert len(await events(harness)) == 1
    await harness.phone_says("START")
    ends = (await short(harness))[1:]
    theirs = f"{OTHER_SOURCE}/appointment/7"
    assert sorted(ends) == sorted(("restarted", "all", "reply", [name]) for name in (ONE, theirs))
    assert len({event["key"] for event in (await events(harness))[1:]}) == 1


async def test_a_category_stopped_twice_is_one_stop(harness: Harness) -> None:
    """Asked for again in other words, a category stops once, and ends once."""
    await texted(harness)
    await harness.phone_says("no more goal texts")
    await harness.phone_says("please, no more goal texts")
    await harness.phone_says("START")
    found = await events(harness)
    assert [(e["data"]["state"], e["data"]["category"]) for e in found] == [
        ("stopped", "goals"),
        ("restarted", "goals"),
    ]
    assert len({event["subject"] for event in found}) == 1
