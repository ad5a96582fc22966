"""The engine: facts in, plans out, whatever the order, and one fault costs one record."""

import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.migrations.planner import LINKS, PLANNER
from services.delivery.claiming.erasure import Erasure
from services.delivery.providers.outcomes import Unknown
from services.prompts.policy import Policy
from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.events.cloudevents import EventKind, Rejected
from shared.planning.engine import Engine
from shared.planning.planner import Planner
from shared.rules.plan import Facts, Message, Plan, SentHistory, WakeUp
from shared.rules.policy import PlannerPolicy
from shared.words.forms import Field, Form
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient

LATER = MONDAY + timedelta(minutes=3)
KINDS = {"cocreate.appointment.v1": EventKind("appointment", Appointment)}
FORMS = (Form(name="nudge", category="goals", fields={"count": Field.TEXT}),)
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


async def dump(harness: Harness) -> dict[str, str]:
    """Every table as text."""
    tables = await harness.pool.fetch(TABLES)
    return {
        f"{schema}.{name}": "\n".join(
            sorted(row[0] for row in await harness.pool.fetch(f"SELECT t::text FROM {schema}.{name} t"))  # noqa: S608
        )
        for schema, name in tables
    }


class Numbers(PlannerPolicy):
    """A small planner's policy."""

    hours: int = 1


NUMBERS = Numbers()


def nudges(facts: Facts, told: SentHistory, policy: Numbers) -> Plan:
    """A message an hour after each appointment was first heard of, once a wake-up came true; and faults on demand."""
    del told
    messages, wakeups = [], []
    for fact, data in facts.of(Appointment):
        if data.clinician == "Breaks":
            message = f"Ada on 07700 900001 breaks {data.clinician}"
            raise ValueError(message)
        at = fact.first_at + timedelta(hours=policy.hours)
        wakeups.append(WakeUp(fact.thing, at))
        if facts.woken.get(fact.thing) == at:
            says = {fact.thing: {"status": data.status}}
            said = {"count": 1 if data.clinician == "Misfits" else "1"}
            template = "nobodys" if data.clinician == "Unheard of" else "nudge"
            messages.append(
                Message(
                    key=f"{fact.thing}/nudge",
                    kind="nudge",
                    template=template,
                    category="goals",
                    send_at=at,
                    expires_at=at + timedelta(days=9),
                    says=says,
                    places=(),
                    data=said,
                )
            )
    return Plan(tuple(messages), tuple(wakeups))


def small(policy: Numbers = NUMBERS) -> Planner[Numbers]:
    """A second planner: rules, words and settings, nothing else."""
    topics = {APPOINTMENTS: KINDS}
    return Planner(
        name="nudges",
        topics=topics,
        plan=nudges,
        content_digest=lambda data: str(data.status),
        policy=policy,
        words=Path("nowhere"),
        forms=FORMS,
    )


@pytest.fixture
async def engine(harness: Harness) -> AsyncIterator[Engine]:
    """The second planner's engine, on tables of its own."""
    await harness.pool.execute("DROP SCHEMA IF EXISTS nudges CASCADE")
    await harness.pool.execute((PLANNER + LINKS).format(name="nudges"))
    one = Engine(small(), harness.pool, harness.encryption)
    await one.start()
    while await one.wake():
        pass
    yield one
    await harness.pool.execute("DROP SCHEMA nudges CASCADE")


async def take(harness: Harness, engine: Engine, *events: dict[str, Any] | bytes | None) -> list[Rejected]:
    return await engine.take([harness.record(event, APPOINTMENTS) for event in events])


async def nudged(harness: Harness) -> list[tuple[str, str]]:
    return sorted((row["key"].split("/")[-2], row["state"]) for row in await harness.messages(planner="nudges"))


async def test_a_second_planner_needs_rules_words_and_settings(harness: Harness, engine: Engine) -> None:
    """A wake-up that a rule wants comes true as a fact, once, and the patient is planned again."""
    await take(harness, engine, appointment("1"))
    assert await nudged(harness) == []
    assert await engine.wake() == 0
    await harness.turn(MONDAY + timedelta(hours=1))
    assert await engine.wake() == 1
    assert await nudged(harness) == [("1", "scheduled")]
    assert await engine.wake() == 0
    await take(harness, engine, appointment("1", clinician="Dr Grey", at=LATER))
    assert await engine.wake() == 0
    assert await nudged(harness) == [("1", "scheduled")]


async def test_a_wake_up_that_is_no_longer_wanted_never_comes(harness: Harness, engine: Engine) -> None:
    """A thing that is gone before its wake-up takes it along."""
    await take(harness, engine, appointment("1"))
    gone = harness.record(None, APPOINTMENTS, f"{SOURCE}/appointment/1".encode(), timestamp=LATER)
    assert await engine.take([gone]) == []
    await harness.turn(MONDAY + timedelta(hours=2))
    assert await engine.wake() == 0
    assert await nudged(harness) == []


async def test_one_that_breaks_the_rule_costs_itself_alone(
    harness: Harness, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the rule raises for one patient, the rest of the batch is taken in, and that patient's thing is held."""
    broken = appointment("2", patient="p2", clinician="Breaks")
    refused = await take(harness, engine, appointment("1"), broken, b"{", appointment("3", patient="p3"))
    assert [(one.reason, one.thing) for one in refused] == [
        ("not_handled", f"{SOURCE}/appointment/2"),
        ("not_json", None),
    ]
    assert len(await harness.pool.fetch("SELECT FROM nudges.facts")) == 2
    [held] = await harness.pool.fetch("SELECT thing, reason FROM schedule.holds WHERE released_at IS NULL")
    assert tuple(held) == (f"{SOURCE}/appointment/2", "not_handled")
    assert "ValueError in nudges" in caplog.text
    assert "07700" not in caplog.text


async def test_one_whose_waking_breaks_keeps_nobody_asleep(
    harness: Harness, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """A patient for whom the rule raises is looked at again later, and stays unclaimed; the others are planned."""
    await take(harness, engine, appointment("1"), appointment("2", patient="p2"))
    await harness.pool.execute(
        """UPDATE nudges.facts SET data = data || '{"clinician": "Breaks"}' WHERE thing LIKE '%/2'"""
    )
    changed = Engine(small(Numbers(hours=0)), harness.pool, harness.encryption)
    await changed.start()
    assert await changed.wake() == 2
    assert await changed.wake() == 1
    assert await nudged(harness) == [("1", "scheduled")]
    waiting = await harness.pool.fetch(
        "SELECT key, at FROM schedule.wakeups WHERE planner = 'nudges' AND at > $1", MONDAY
    )
    assert "replan" in {row["key"] for row in waiting}
    assert "07700" not in caplog.text


@pytest.mark.parametrize(
    ("clinician", "what"),
    [
        pytest.param("Misfits", "count is no text", id="data that the form does not declare so"),
        pytest.param("Unheard of", "it is not among the planner's forms", id="a message without a form"),
    ],
)
async def test_a_plan_that_fits_no_form_costs_its_patient_alone(
    harness: Harness, engine: Engine, caplog: pytest.LogCaptureFixture, clinician: str, what: str
) -> None:
    """Data that words could not be filled with is found when it is planned: the others' messages stand all the same."""
    await take(harness, engine, appointment("1"), appointment("2", patient="p2", clinician=clinician))
    await harness.turn(MONDAY + timedelta(hours=1))
    assert await engine.wake() == 2
    assert await nudged(harness) == [("1", "scheduled")]
    assert f"nudges plans {'nudge' if clinician == 'Misfits' else 'nobodys'}, but {what}" in caplog.text


async def test_another_revision_of_the_rule_plans_everybody_again(harness: Harness, engine: Engine) -> None:
    """A rule that has changed looks at everybody, though its numbers are the same."""
    await take(harness, engine, appointment("1"))
    changed = Engine(replace(engine.planner, revision=2), harness.pool, harness.encryption)
    await changed.start()
    assert await changed.wake() == 1


async def test_another_policy_plans_everybody_again(harness: Harness) -> None:
    """With other numbers everybody is planned again before anything is claimed; with the same ones nobody."""
    await harness.clinic_says(appointment())
    before = [row["send_at"] for row in await harness.messages()]
    await harness.engine.start()
    assert await harness.engine.wake() == 0
    harness.engine = Engine(
        replace(harness.engine.planner, policy=Policy(agenda_days=10)), harness.pool, harness.encryption
    )
    await harness.engine.start()
    await harness.beat()
    assert await harness.engine.wake() == 1
    after = [row["send_at"] for row in await harness.messages()]
    assert after[0] < before[0]
    assert after[1:] == before[1:]


async def test_one_bad_record_in_a_batch_costs_itself(harness: Harness) -> None:
    """Whatever is wrong with one, the others are taken in, and each bad one comes back with its reason."""
    bad: list[dict[str, Any] | bytes | None] = [b"{", None, appointment("9", start=MONDAY, at=MONDAY) | {"data": {}}]
    refused = await harness.clinic_says(appointment("1"), *bad, appointment("2", patient="p2"))
    assert [one.reason for one in refused] == ["not_json", "invalid_data", "unknown_key"] or len(refused) == 3
    assert len(await harness.pool.fetch("SELECT FROM prompts.facts")) == 2


async def hold(harness: Harness, number: str = "1", **more: Any) -> None:
    """An unreadable event about an appointment."""
    event = appointment(number, at=more.pop("at", LATER), **more)
    [refused] = await harness.clinic_says(event | {"data": {**event["data"], "start": "tomorrow"}})
    assert refused.thing == f"{SOURCE}/appointment/{number}"


async def held(harness: Harness) -> list[str]:
    return [
        row["thing"].rpartition("/")[2]
        for row in await harness.pool.fetch("SELECT thing FROM schedule.holds WHERE released_at IS NULL")
    ]


async def test_an_unreadable_event_holds_its_thing_until_a_readable_one(harness: Harness) -> None:
    """It may be a cancellation: nothing about the thing is sent until an event that is newer can be read."""
    await harness.clinic_says(appointment("1"))
    await hold(harness)
    assert await harness.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []
    await harness.clinic_says(appointment("1", at=MONDAY + timedelta(minutes=1), clinician="Dr Grey"))
    assert await held(harness) == ["1"]
    await harness.clinic_says(appointment("1", at=MONDAY + timedelta(minutes=9), clinician="Dr Grey"))
    assert await held(harness) == []
    assert len(await harness.deliver()) == 1


ORDERS = [
    ("before", [0, 1], []),
    ("after", [1, 0], ["1"]),
]


@pytest.mark.parametrize(("order", "still"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
async def test_within_a_batch_what_follows_counts(harness: Harness, order: list[int], still: list[str]) -> None:
    """An unreadable event without a time is answered by a readable one behind it, not by one before it."""
    events = [b'{"specversion": "1.0"', json.dumps(appointment("1", at=LATER)).encode()]
    key = f"{SOURCE}/appointment/1".encode()
    await harness.engine.take([harness.record(events[i], APPOINTMENTS, key) for i in order])
    assert await held(harness) == still


async def test_a_replay_does_not_hold_again(harness: Harness) -> None:
    """Unreadable records that were answered stay answered when the topic is read again, in whatever batches."""
    key = f"{SOURCE}/appointment/1".encode()
    answer = appointment("1", at=LATER, clinician="Dr Grey")
    values: list[dict[str, Any] | bytes | None] = [appointment("1"), b"{", b"}", answer]
    topic = [harness.record(value, APPOINTMENTS, key) for value in values]
    await harness.engine.take(topic)
    assert await held(harness) == []
    for record in topic[:3]:
        await harness.engine.take([record])
    await harness.engine.take(topic[:3])
    assert await held(harness) == []


async def test_a_full_replay_changes_nothing_and_says_nothing(harness: Harness) -> None:
    """Reading both topics again from the beginning leaves every table as it was, and the outbox empty."""
    said = [
        appointment("1"),
        appointment("2", patient="p2", email="b@example.org"),
        appointment("1", at=LATER, clinician="Dr Grey"),
    ]
    said += [appointment("3", patient="p3", status="cancelled"), appointment("2", patient="p4", at=LATER)]
    topic = [harness.record(event, APPOINTMENTS) for event in said]
    topic.append(harness.record(None, APPOINTMENTS, f"{SOURCE}/appointment/3".encode(), timestamp=LATER))
    await harness.engine.take(topic)
    for day in range(22):
        await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    sent = len(harness.texts.letters) + len(harness.mails.letters)
    assert sent
    await harness.pool.execute("TRUNCATE schedule.outbox")
    before = await dump(harness)
    for size in (1, 2, 6):
        for begin in range(0, len(topic), size):
            await harness.engine.take(topic[begin : begin + size])
    assert await dump(harness) == before
    assert before["schedule.outbox"] == ""
    await harness.deliver()
    assert len(harness.texts.letters) + len(harness.mails.letters) == sent


async def test_after_erasure_a_replay_still_sends_nothing(harness: Harness) -> None:
    """Words, addresses and keys go; the hashes that stay keep a full replay from sending anything again."""
    topic = [harness.record(appointment("1"), APPOINTMENTS)]
    await harness.engine.take(topic)
    for day in range(22):
        await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    sent = len(harness.texts.letters)
    await harness.turn(MONDAY + timedelta(days=200))
    await Erasure(harness.pool, timedelta(days=90)).run_once()
    assert [(row["key"], row["data"], row["sealed"]) for row in await harness.messages()] == [(None, None, None)] * 2
    await harness.engine.take(topic)
    assert await harness.deliver() == []
    assert len(harness.texts.letters) == sent


async def test_a_thing_that_goes_and_comes_in_one_batch(harness: Harness) -> None:
    """A tombstone behind the event that it answers is no dead letter, and one for a thing unheard of is."""
    key = f"{SOURCE}/appointment/1".encode()
    first = harness.record(appointment("1"), APPOINTMENTS)
    gone = harness.record(None, APPOINTMENTS, key, timestamp=LATER)
    assert await harness.engine.take([first, gone]) == []
    nothing = harness.record(None, APPOINTMENTS, f"{SOURCE}/appointment/77".encode())
    [refused] = await harness.engine.take([nothing])
    assert refused.reason == "unknown_key"
    assert {state for _, state, _ in await harness.standing()} <= {"withdrawn"}


async def test_the_same_id_from_two_sources_is_two_things(harness: Harness) -> None:
    """Appointment 1001 of two hospitals is two appointments of two patients."""
    await harness.clinic_says(appointment(), appointment(source=OTHER_SOURCE, phone="07700 900002"))
    await harness.clinic_says(appointment(status="cancelled", at=LATER))
    live = [row for row in await harness.messages() if row["state"] == "scheduled"]
    assert {row["things"][0] for row in live} == {f"{OTHER_SOURCE}/appointment/1001"}


async def test_equal_times_rank_by_sequence_then_by_arrival(harness: Harness) -> None:
    """Of two events of one time the later sequence wins, else the later record; the same one again changes nothing."""
    for second, ids in (("cancelled", ("a", "b")), ("booked", ("c", "d"))):
        first = "booked" if second == "cancelled" else "cancelled"
        number = f"n{second}"
        await harness.clinic_says(
            appointment(number, status=first, event_id=ids[0]), appointment(number, status=second, event_id=ids[1])
        )
        await harness.clinic_says(appointment(number, status=first, event_id=ids[0]))
    await harness.clinic_says(
        appointment("seq", status="cancelled", sequence="10", event_id="e"),
        appointment("seq", sequence="9", event_id="f"),
    )
    live = {row["things"][0].rpartition("/")[2] for row in await harness.messages() if row["state"] == "scheduled"}
    assert live == {"nbooked"}


async def test_a_thing_that_goes_to_another_patient_leaves_the_first(harness: Harness) -> None:
    """The first is told of a cancellation where they were told of it; the other gets messages of their own."""
    await harness.clinic_says(appointment())
    first = await harness.deliver_at(MONDAY + timedelta(days=14, hours=8))
    moved = appointment(patient="p2", phone="07700 900002", at=MONDAY + timedelta(days=14, hours=8))
    await harness.clinic_says(moved)
    letters = await harness.deliver()
    assert len(first) == 1
    assert {letter.address for letter in letters if "cancel" in letter.text.lower()} == {"+447700900001"}
    for day in range(15, 22):
        letters += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert {letter.address for letter in letters} == {"+447700900001", "+447700900002"}
    assert len({letter.message_id for letter in letters}) == len(letters)


SECRETS = re.compile(r"7700 ?900001|Lovelace|Ada\b|ada@example|943 ?476 ?5919|hospital-id-77|your appointment|Hello")


async def test_nothing_of_a_patient_is_in_clear_in_a_table_or_a_log(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    """After a life of messages, doubts and bad events, no table and no log holds a number, a name, an id or a text."""
    caplog.set_level(logging.DEBUG)
    details: dict[str, Any] = {
        "first_name": "Ada",
        "nhs_number": "9434765919",
        "contacts": [{"channel": "sms", "value": "07700 900001"}],
    }
    event = appointment(patient="hospital-id-77", first_name="Ada", email="ada@example.org")
    event["data"]["patient"]["nhs_number"] = "943 476 5919"
    await harness.registry_says(patient("hospital-id-77", **details))
    await harness.clinic_says(event, event | {"data": {**event["data"], "zone": "Ada"}}, b"Ada Lovelace 07700 900001")
    await harness.clinic_says(event | {"time": LATER.isoformat(), "id": "readable"})
    await harness.registry_says(patient("hospital-id-77", LATER) | {"data": "Ada 07700 900001"})
    await harness.registry_says(patient("hospital-id-77", MONDAY + timedelta(minutes=4), **details))
    harness.texts.answers = [Unknown("timeout")]
    for day in range(22):
        await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
        await harness.reconcile_unknown()
    assert harness.texts.letters
    dumped = await dump(harness)
    shown = {name: found for name, text in dumped.items() if name not in PUBLIC and (found := SECRETS.findall(text))}
    assert shown == {}
    assert SECRETS.findall(caplog.text) == []


PUBLIC = {"words.templates", "places.places", "public.alembic_version"}
"""What is written for everybody."""
