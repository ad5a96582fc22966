"""Who is erased is gone at once, is sent nothing twice, and is brought back by nothing that is older."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.people import forgetting
from shared.patients import erasures, identity
from shared.platform import clock
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient

NUMBER = "9434765919"
PHONE = "+447700900001"
CONTACTS = [{"channel": "sms", "value": "07700 900001"}]
WHO = ("rees", "asked for by letter 17")
SOON = MONDAY + timedelta(days=1)
LATER = MONDAY + timedelta(days=2)
RECORD: dict[str, Any] = {"first_name": "Una", "contacts": CONTACTS, "nhs_number": NUMBER}

WORDS = "My name is Una and I have a question about 1001"
SECRETS = ("Una", "900001", NUMBER, "1001")


async def known(harness: Harness) -> UUID:
    """Una: with a record, an appointment that she was told of, one that she was not, and a text to be read."""
    await harness.registry_says(patient("p1", **RECORD))
    await harness.clinic_says(appointment("1001", first_name="Una"))
    await harness.deliver_at(MONDAY + timedelta(hours=1))
    await harness.turn(MONDAY + timedelta(hours=2))
    await harness.phone_says(WORDS)
    return await owner(harness)


async def owner(harness: Harness, local_id: str = "p1", source: str = SOURCE) -> UUID:
    async with harness.pool.acquire() as connection:
        found = await identity.find(connection, [identity.reference(harness.encryption, source, local_id)])
    [one] = found.values()
    return one


async def forget(harness: Harness, one: UUID) -> forgetting.ErasureExtent:
    async with harness.pool.acquire() as connection, connection.transaction():
        now = (await clock.read(connection)).now
        return await forgetting.forget(connection, harness.encryption, one, WHO, now)


async def erased(harness: Harness) -> UUID:
    """Una, erased a day after the last that was said of her."""
    one = await known(harness)
    await harness.turn(SOON)
    await forget(harness, one)
    return one


COLUMNS = """
SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'words', 'places', 'public')
    AND table_type = 'BASE TABLE' AND table_name <> 'outbox'
"""


async def test_nothing_of_a_patient_is_left(harness: Harness) -> None:
    """No row of any table holds a name, a number, a thing, an index of theirs, or sealed words."""
    await known(harness)
    indexes = [harness.encryption.index(PHONE).hex(), identity.reference(harness.encryption, SOURCE, "p1").hex()]
    one = await owner(harness)
    await harness.turn(SOON)
    await forget(harness, one)
    left: dict[str, set[str]] = {}
    for (name,) in await harness.pool.fetch(COLUMNS):
        for row in await harness.pool.fetch(f"SELECT t::text AS row FROM {name} t"):  # noqa: S608 - from the catalogue
            held = [secret for secret in (*SECRETS, *indexes) if secret in row["row"]]
            if held:
                left.setdefault(name, set()).update(held)
    assert left == {"people.erased_references": {indexes[1]}}
    sealed = await harness.pool.fetchval("SELECT count(*) FROM schedule.messages WHERE sealed IS NOT NULL")
    assert (sealed, await harness.pool.fetchval("SELECT count(*) FROM texts.texts WHERE sealed IS NOT NULL")) == (0, 0)


async def test_what_was_planned_is_withdrawn_with_the_reason(harness: Harness) -> None:
    """Clinics are told of each message that it is withdrawn and why, with their things, before these are forgotten."""
    await harness.pool.execute("DELETE FROM schedule.outbox")
    await known(harness)
    await harness.turn(SOON)
    planned = {str(row["id"]) for row in await harness.messages(state="scheduled")}
    await harness.pool.execute("DELETE FROM schedule.outbox")
    await forget(harness, await owner(harness))
    rows = await harness.pool.fetch("SELECT event->'data' AS data, topic FROM schedule.outbox ORDER BY seq")
    told = [(row["topic"], json.loads(row["data"])) for row in rows]
    messages = [data for topic, data in told if topic == "messaging.status"]
    assert planned
    assert {data["id"] for data in messages} == planned
    assert {(data["state"], data["why"]) for data in messages} == {("withdrawn", "forgotten")}
    assert all(data["things"] for data in messages)
    assert {data["outcome"] for topic, data in told if topic == "clinic.tasks"} == {"forgotten"}
    assert await harness.tasks() == []
    assert await harness.deliver_at(MONDAY + timedelta(days=30)) == []


async def test_who_did_it_and_why_is_on_record(harness: Harness) -> None:
    """With the opaque id, and nothing else of the patient."""
    one = await erased(harness)
    async with harness.pool.acquire() as connection:
        [record] = await erasures.recorded(connection, [one])
    assert (record.erased_by, record.erased_for, record.erased_at) == (*WHO, SOON)


async def test_a_replay_brings_nobody_back(harness: Harness) -> None:
    """All topics are read from their beginning: no details, no facts, no plan, no message."""
    await erased(harness)
    sent = len(harness.texts.letters)
    await harness.registry_says(patient("p1", **RECORD))
    await harness.clinic_says(appointment("1001", first_name="Una"))
    await harness.phone_says(WORDS, sid="SM-in-1")
    for table in ("people.details", "people.identifiers", "people.addresses", "prompts.facts"):
        assert await harness.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a constant
    await harness.deliver_at(LATER)
    assert len(harness.texts.letters) == sent
    assert await harness.tasks() == []


async def test_what_was_dated_before_and_comes_later_stays_out(harness: Harness) -> None:
    """A late event about another thing of theirs, or by another planner's topic, is no news either."""
    await erased(harness)
    await harness.clinic_says(appointment("1002", first_name="Una", at=MONDAY + timedelta(hours=3)))
    assert await harness.pool.fetchval("SELECT count(*) FROM prompts.facts") == 0


async def test_whoever_is_published_anew_is_a_new_patient(harness: Harness) -> None:
    """With a later time: nothing is known of what they were told before, so what is still of use is told anew."""
    one = await known(harness)
    asked = [letter.text for letter in await harness.deliver_at(MONDAY + timedelta(days=14, hours=7))]
    await harness.turn(MONDAY + timedelta(days=15))
    await forget(harness, one)
    again = MONDAY + timedelta(days=16)
    await harness.turn(again)
    await harness.registry_says(patient("p1", at=again, **RECORD))
    await harness.clinic_says(appointment("1001", first_name="Una", at=again))
    assert await owner(harness) != one
    assert len(asked) == 1
    assert [letter.text for letter in await harness.deliver_at(MONDAY + timedelta(days=17, hours=7))] == asked


async def test_a_stop_outlasts_it(harness: Harness) -> None:
    """Whoever stopped texts and comes back by another's hand is still sent none."""
    await known(harness)
    await harness.phone_says("STOP")
    await harness.turn(SOON)
    await forget(harness, await owner(harness))
    sent = len(harness.texts.letters)
    await harness.turn(LATER)
    await harness.registry_says(patient("p1", at=LATER, **RECORD))
    await harness.clinic_says(appointment("1003", first_name="Una", at=LATER))
    await harness.deliver_at(MONDAY + timedelta(days=20))
    assert len(harness.texts.letters) == sent


async def test_a_death_is_still_heard(harness: Harness) -> None:
    """Whoever has died and is published anew by a feed that does not know it, is written nothing."""
    await known(harness)
    notice = {
        "specversion": "1.0",
        "id": "n1",
        "source": "urn:nhs:pds",
        "type": "pds-death-notification-2",
        "subject": NUMBER,
        "time": (MONDAY + timedelta(hours=4)).isoformat(),
        "data": {"deathNotificationStatus": "2"},
    }
    await harness.turn(SOON)
    assert await harness.registry_says(notice) == []
    assert (await forget(harness, await owner(harness))).deaths == 1
    sent = len(harness.texts.letters)
    await harness.turn(LATER)
    await harness.registry_says(patient("p1", at=LATER, **RECORD))
    await harness.clinic_says(appointment("1003", first_name="Una", at=LATER))
    await harness.deliver_at(MONDAY + timedelta(days=20))
    assert len(harness.texts.letters) == sent


async def test_another_on_the_same_phone_loses_nothing(harness: Harness) -> None:
    """Her brother's messages, facts and the words from their phone stay."""
    await harness.clinic_says(appointment("2001", patient="p2", first_name="Ben"))
    one = await known(harness)
    await harness.turn(SOON)
    assert (await forget(harness, one)).scheduled.shared_texts == 1
    assert await harness.messages(patient_id=await owner(harness, "p2"), state="scheduled")
    [row] = await harness.pool.fetch("SELECT patients, sealed FROM texts.texts")
    assert row["patients"] == [await owner(harness, "p2")]
    assert row["sealed"] is not None


async def test_who_was_united_is_erased_as_one(harness: Harness) -> None:
    """Both clinics' records go, by whichever id they are named, and neither comes back by a replay."""
    await harness.registry_says(patient("p1", **RECORD), patient("q7", source=OTHER_SOURCE, **RECORD))
    one = await owner(harness)
    assert one == await owner(harness, "q7", OTHER_SOURCE)
    await harness.turn(SOON)
    done = await forget(harness, one)
    assert len(done.patients) == 2
    assert done.known.sources == (OTHER_SOURCE, SOURCE)
    await harness.registry_says(patient("p1", **RECORD), patient("q7", source=OTHER_SOURCE, **RECORD))
    assert await harness.pool.fetchval("SELECT count(*) FROM people.details") == 0


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_while_a_message_is_on_its_way_nothing_is_erased(harness: Harness, state: str) -> None:
    """Nobody could tell any more whether it went, and the provider would be asked in vain."""
    await harness.registry_says(patient("p1", **RECORD))
    await harness.clinic_says(appointment("1001", first_name="Una"))
    for one in ("sending", "unknown")[: ("sending", "unknown").index(state) + 1]:
        await harness.pool.execute("UPDATE schedule.messages SET state = $1, claimed_at = send_at", one)
    with pytest.raises(forgetting.OnTheirWay):
        await forget(harness, await owner(harness))
    assert await harness.pool.fetchval("SELECT count(*) FROM people.details") > 0


async def test_who_waits_for_the_lock_looks_again(harness: Harness) -> None:
    """A batch that met the patient before and locks them after finds that they are gone."""
    one = await erased(harness)
    async with harness.pool.acquire() as connection, connection.transaction():
        with pytest.raises(identity.Merged):
            await identity.lock(connection, [one])
