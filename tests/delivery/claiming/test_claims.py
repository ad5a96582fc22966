"""The claim holds its promises with any number of replicas: never twice, never past the cap, never too early."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.claiming import claims
from services.delivery.claiming.claims import Claimed
from services.delivery.claiming.overdue import Overdue
from services.delivery.providers.outcomes import Accepted, Misconfigured, NotSent, OptedOut, RefusedForGood, Unknown
from services.delivery.sending.records import SendResult, record
from shared.patients import identity
from shared.platform import clock, metrics
from shared.rules.plan import Message, Plan
from shared.schedule import reconciliation
from tests.harness import MONDAY, SOURCE, Harness, appointment, patient, receipt

DUE_NOW = "SELECT count(*) FROM schedule.messages WHERE due_at <= $1 AND state = 'scheduled'"
LEASE = timedelta(seconds=60)
SOON = MONDAY + timedelta(days=3)
DUE = MONDAY + timedelta(days=14, hours=8)  # the agenda prompt of an appointment on day 21 is due by then


def message(key: str) -> Message:
    at = {"at": SOON.isoformat(), "zone": "Europe/London"}
    visit = {"start": at, "end": at, "mode": "in-person", "place": {"place": f"{SOURCE}#MSK"}}
    data = {**visit, "wish": "none", "has_list": False}
    says = {
        f"{SOURCE}/appointment/{key}": {
            "start": SOON.isoformat(),
            "mode": "in-person",
            "place": f"{SOURCE}#MSK",
            "on": True,
        }
    }
    return Message(
        key=key,
        kind="reminder",
        template="reminder",
        category="appointments",
        send_at=MONDAY,
        expires_at=SOON,
        says=says,
        places=(f"{SOURCE}#MSK",),
        data=data,
    )


async def claim(harness: Harness, limit: int = 50) -> list[Claimed]:
    claimed, _ = await harness.claims(LEASE).claim(limit)
    return claimed


async def with_messages(harness: Harness, patients: int, each: int) -> None:
    """Patients with so many messages that are due now."""
    await harness.registry_says(
        *(patient(f"p{n}", contacts=[{"channel": "sms", "value": f"07700 9000{n:02d}"}]) for n in range(patients))
    )
    async with harness.pool.acquire() as connection, connection.transaction():
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM people.patients ORDER BY id")]
        plans = {i: Plan(tuple(message(f"{i}/{n}") for n in range(each))) for i in ids}
        await reconciliation.reconcile(connection, "prompts", plans, MONDAY)
    await harness.beat()


async def one_due(harness: Harness, **details: Any) -> None:
    """One patient whose agenda prompt is due now, everybody caught up."""
    await harness.clinic_says(appointment(**details))
    await harness.turn(DUE)
    await harness.beat()


async def test_many_claimers_never_pass_the_cap_nor_meet(harness: Harness) -> None:
    """Twelve replicas that claim 200 messages of eight patients at once claim five of each patient, and each once."""
    await with_messages(harness, 8, 25)
    rounds = await asyncio.gather(*(claim(harness, 7) for _ in range(60)))
    claimed = [one.letter.message_id for those in rounds for one in those]
    while await harness.pool.fetchval(DUE_NOW, MONDAY):
        claimed += [one.letter.message_id for one in await claim(harness)]
    rows = await harness.messages()
    assert len(claimed) == len(set(claimed)) == 40
    assert set(Counter(row["patient_id"] for row in rows if row["state"] == "sending").values()) == {5}
    assert {row["attempt"] for row in rows if row["state"] == "sending"} == {1}


async def test_the_cap_opens_again_on_the_next_local_day(harness: Harness) -> None:
    """What the cap keeps back goes out, five a day, on the days that follow."""
    await with_messages(harness, 1, 12)
    sent = [len(await harness.deliver_at(MONDAY + timedelta(days=day))) for day in range(3)]
    assert sent == [5, 5, 2]


async def test_a_locked_patient_is_left_to_whoever_holds_them(harness: Harness) -> None:
    """While somebody holds a patient's lock, nothing of theirs is claimed, and others' messages are."""
    await with_messages(harness, 2, 1)
    held: UUID = (await harness.messages())[0]["patient_id"]
    async with harness.pool.acquire() as connection, connection.transaction():
        await identity.lock(connection, [held])
        claimed = await claim(harness)
    assert len(claimed) == 1
    assert len(await claim(harness)) == 1


async def test_a_cancellation_that_commits_first_wins(harness: Harness) -> None:
    """A claim that meets a cancellation under way passes the patient by, and finds nothing once it is through."""
    await one_due(harness)
    async with harness.pool.acquire() as connection:
        async with connection.transaction():
            rows = await connection.fetch("SELECT id FROM people.patients")
            await identity.lock(connection, [row["id"] for row in rows])
            assert await claim(harness) == []
            await reconciliation.reconcile(connection, "prompts", {rows[0]["id"]: Plan()}, DUE)
        assert await claim(harness) == []
    assert {state for _, state, _ in await harness.standing()} == {"withdrawn"}


async def test_a_notice_does_not_overtake_what_it_corrects(harness: Harness) -> None:
    """While an agenda prompt is being sent, or may have been, "cancelled" waits; once its fate is known, it goes."""
    await one_due(harness)
    claimed = await claim(harness)
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    assert await harness.deliver() == []
    assert ("cancelled", "scheduled", "earlier_on_its_way") in await harness.standing()
    await record(harness.pool, [SendResult(claimed[0], Unknown("timeout"))])
    assert await harness.deliver_at(DUE + timedelta(seconds=4)) == []
    harness.texts.listed.append((claimed[0].letter, "SM1"))
    await harness.turn(DUE + timedelta(seconds=30))
    await harness.reconcile_unknown()
    assert ["is cancelled" in letter.text for letter in await harness.deliver()] == [True]


async def test_a_notice_is_not_needed_where_nothing_was_sent(harness: Harness) -> None:
    """Where the prompt that a cancellation waits for turns out never to have been sent, nobody hears of either."""
    await one_due(harness)
    claimed = await claim(harness)
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    await record(harness.pool, [SendResult(claimed[0], NotSent("connect"))])
    assert await harness.deliver_at(DUE + timedelta(minutes=1)) == []
    assert {state for _, state, _ in await harness.standing()} == {"withdrawn"}


async def test_a_cancellation_behind_a_claim_waits_and_leaves_it(harness: Harness) -> None:
    """A cancellation that comes while a claim holds the patient waits for it, and then tells whoever was told."""
    await one_due(harness)
    cancelled = appointment(status="cancelled", at=DUE)
    async with harness.pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch("SELECT id FROM people.patients")
        await identity.lock_free(connection, [rows[0]["id"]], 1)
        waiting = asyncio.create_task(harness.clinic_says(cancelled))
        while not await harness.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    assert {state for _, state, _ in await harness.standing()} == {"withdrawn"}


async def test_a_stop_at_the_number_holds_for_whoever_has_it(harness: Harness) -> None:
    """21610 is recorded for the number: it stops later messages, also those of another patient with that number."""
    harness.texts.answers = [OptedOut("21610")]
    later = MONDAY + timedelta(days=35)
    await harness.clinic_says(appointment("1"), appointment("2", later, patient="p2", email="b@example.org"))
    letters = []
    for day in range(36):
        letters += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert len(letters) == 1
    assert {(state, why) for _, state, why in await harness.standing()} == {("withheld", "opted_out")}


async def test_an_expired_lease_is_unknown_never_scheduled(harness: Harness) -> None:
    """A sender that died in the middle leaves a message that nobody sends again before the provider's list was read."""
    await one_due(harness)
    [claimed] = await claim(harness)
    await harness.turn(DUE + LEASE + timedelta(seconds=1))
    await harness.beat()
    harness.texts.shows_list = False
    await harness.reconcile_unknown()
    assert await claim(harness) == []
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert (row["state"], row["why"], row["resends"]) == ("unknown", "lease_expired", 0)


LATE = [
    ("accepted", Accepted("SM1"), "sent"),
    ("not sent", NotSent("429"), "scheduled"),
    ("refused", RefusedForGood("21211"), "failed"),
    ("opted out", OptedOut("21610"), "withheld"),
    ("no answer", Unknown("timeout"), "unknown"),
]


@pytest.mark.parametrize(("outcome", "state"), [case[1:] for case in LATE], ids=[case[0] for case in LATE])
async def test_an_outcome_that_comes_after_the_lease_still_counts(harness: Harness, outcome: Any, state: str) -> None:
    """What the provider answered after the lease was over ends the doubt, as long as nobody took the message over."""
    await one_due(harness)
    [claimed] = await claim(harness)
    await harness.turn(DUE + LEASE + timedelta(seconds=1))
    harness.texts.shows_list = False
    await harness.reconcile_unknown()
    await record(harness.pool, [SendResult(claimed, outcome)])
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert row["state"] == state


async def test_a_late_answer_ends_a_parked_one_s_doubt(harness: Harness) -> None:
    """A message that was parked is sent once the provider's answer arrives after all; no answer leaves it parked."""
    await one_due(harness)
    [claimed] = await claim(harness)
    [row] = await harness.messages(id=claimed.letter.message_id)
    await harness.turn(row["expires_at"])
    await harness.reconcile_unknown()
    await record(harness.pool, [SendResult(claimed, Unknown("timeout"))])
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert (row["state"], row["why"]) == ("parked", "not_found_at_provider")
    await record(harness.pool, [SendResult(claimed, Accepted("SM1"))])
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert (row["state"], row["provider_id"]) == ("sent", "SM1")


async def test_an_old_token_changes_nothing(harness: Harness) -> None:
    """What an earlier claim has to say is not believed once the message was claimed again."""
    await one_due(harness)
    [first] = await claim(harness)
    await record(harness.pool, [SendResult(first, NotSent("429"))])
    await harness.turn(DUE + timedelta(minutes=1))
    await harness.engine.wake()
    await harness.beat()
    [second] = await claim(harness)
    before = await harness.messages()
    for outcome in (Accepted("SM9"), RefusedForGood("21211"), NotSent("429"), Unknown("timeout")):
        await record(harness.pool, [SendResult(first, outcome)])
    assert await harness.messages() == before
    assert second.letter.claim_token != first.letter.claim_token


async def test_a_receipt_before_our_record_stays(harness: Harness) -> None:
    """A receipt that is quicker than our record moves the message on, and the record changes nothing any more."""
    await one_due(harness)
    [claimed] = await claim(harness)
    await harness.provider_says(receipt(claimed.letter.message_id, "delivered"))
    for outcome in (Accepted("SM1"), Unknown("timeout"), NotSent("429")):
        await record(harness.pool, [SendResult(claimed, outcome)])
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert (row["state"], row["provider_id"], row["unknown_at"]) == ("delivered", "SM1", None)
    assert row["claimed_at"] is not None


async def test_a_failure_before_our_record_keeps_its_pause(harness: Harness) -> None:
    """A receipt that asks for another attempt in half an hour is not overtaken by our record of the first."""
    await one_due(harness)
    [claimed] = await claim(harness)
    await harness.provider_says(receipt(claimed.letter.message_id, "undelivered", error_code=30003))
    await record(harness.pool, [SendResult(claimed, Unknown("timeout"))])
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert (row["state"], row["why"], row["due_at"]) == ("scheduled", "undelivered", DUE + timedelta(minutes=30))
    await harness.clinic_says(appointment("77", start=MONDAY + timedelta(days=90), at=DUE))
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert row["due_at"] == DUE + timedelta(minutes=30)


async def test_what_was_not_sent_is_planned_again_first(harness: Harness) -> None:
    """Between an attempt that failed and the next one the planner looks again: a cancelled appointment is withdrawn."""
    await one_due(harness)
    [claimed] = await claim(harness)
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    await record(harness.pool, [SendResult(claimed, NotSent("429"))])
    await harness.turn(DUE + timedelta(minutes=1))
    await harness.beat()
    assert await claim(harness) == []
    await harness.engine.wake()
    await harness.beat()
    assert await harness.deliver() == []
    assert {state for _, state, _ in await harness.standing()} == {"withdrawn"}


async def test_a_refusal_goes_on_to_the_next_address_and_ends(harness: Harness) -> None:
    """A number that is refused for good is never tried again: the next address is, and after the last it has failed."""
    harness.texts.answers, harness.mails.answers = [RefusedForGood("21614")], [RefusedForGood("550")]
    await harness.clinic_says(appointment(email="ada@example.org"))
    letters = await harness.deliver_at(DUE)
    [row] = [row for row in await harness.messages() if row["kind"] == "agenda"]
    assert [letter.channel for letter in letters] == ["sms", "email"]
    assert (row["state"], row["why"], len(row["tried"])) == ("failed", "refused", 2)


async def test_a_blocked_sender_burns_no_other_message(harness: Harness) -> None:
    """Where the provider refuses our account, the messages wait and none is lost."""
    harness.texts.answers = [Misconfigured("20003")]
    await one_due(harness)
    await harness.deliver()
    [row] = [row for row in await harness.messages() if row["kind"] == "agenda"]
    assert (row["state"], row["why"]) == ("scheduled", "sender_blocked")
    assert len(await harness.deliver_at(DUE + timedelta(minutes=2))) == 1


async def unknown(harness: Harness, **details: Any) -> UUID:
    """One message to which the provider gave no answer."""
    harness.texts.answers = [Unknown("timeout")]
    await one_due(harness, **details)
    await harness.deliver()
    [row] = await harness.messages(state="unknown")
    message_id: UUID = row["id"]
    return message_id


async def settled(harness: Harness, message_id: UUID) -> tuple[str, str, int]:
    [row] = await harness.messages(id=message_id)
    return row["state"], row["why"], row["resends"]


async def test_unknown_is_found_in_the_provider_s_list(harness: Harness) -> None:
    """A message that the provider's list has is sent, and not again."""
    message_id = await unknown(harness)
    harness.texts.listed.append((harness.texts.letters[0], "SM7"))
    await harness.turn(DUE + timedelta(seconds=20))
    await harness.reconcile_unknown()
    assert await settled(harness, message_id) == ("sent", "found_at_provider", 0)
    assert len(harness.texts.letters) == 1


async def test_unknown_is_resent_once_after_grace(harness: Harness) -> None:
    """A list without it counts only after the grace period; then it goes out once more, and a second doubt parks it."""
    message_id = await unknown(harness)
    for seconds in (6, 20, 59):
        await harness.turn(DUE + timedelta(seconds=seconds))
        await harness.reconcile_unknown()
        assert (await settled(harness, message_id))[0] == "unknown"
    await harness.turn(DUE + timedelta(seconds=70))
    await harness.reconcile_unknown()
    assert await settled(harness, message_id) == ("scheduled", "resend", 1)
    harness.texts.answers = [Unknown("timeout")]
    await harness.deliver()
    assert len(harness.texts.letters) == 2
    await harness.turn(DUE + timedelta(minutes=5))
    await harness.reconcile_unknown()
    assert await settled(harness, message_id) == ("parked", "not_found_at_provider", 1)
    assert await harness.deliver_at(DUE + timedelta(hours=1)) == []


async def test_unknown_without_a_list_ends_by_its_expiry(harness: Harness) -> None:
    """Where the provider's list cannot be read, nothing is sent again, and a person learns of it when it expires."""
    message_id = await unknown(harness)
    harness.texts.shows_list = False
    [row] = await harness.messages(id=message_id)
    await harness.turn(row["expires_at"] - timedelta(seconds=1))
    await harness.reconcile_unknown()
    assert (await settled(harness, message_id))[0] == "unknown"
    await harness.turn(row["expires_at"] + timedelta(seconds=10))
    await harness.reconcile_unknown()
    assert await settled(harness, message_id) == ("parked", "not_found_at_provider", 0)


async def test_an_email_in_doubt_parks(harness: Harness) -> None:
    """Nobody can look an e-mail up, so one in doubt parks after the grace period and is not sent again."""
    harness.mails.answers = [Unknown("SMTPServerDisconnected")]
    harness.mails.shows_list = False
    await one_due(harness, phone=None, email="ada@example.org")
    await harness.deliver()
    await harness.turn(DUE + timedelta(seconds=70))
    await harness.reconcile_unknown()
    assert ("agenda", "parked", "not_found_at_provider") in await harness.standing()
    assert await harness.deliver_at(DUE + timedelta(hours=1)) == []


async def test_a_resend_of_a_cancelled_appointment_is_withdrawn(harness: Harness) -> None:
    """A message that was never sent, and whose appointment was cancelled meanwhile, is not resent."""
    message_id = await unknown(harness)
    await harness.clinic_says(appointment(status="cancelled", at=DUE))
    await harness.turn(DUE + timedelta(seconds=70))
    await harness.reconcile_unknown()
    assert await harness.deliver() == []
    assert (await settled(harness, message_id))[0] == "withdrawn"


async def test_a_receipt_saves_a_resend(harness: Harness) -> None:
    """A receipt that shows that the first attempt arrived after all keeps the second from going out."""
    message_id = await unknown(harness)
    await harness.turn(DUE + timedelta(seconds=70))
    await harness.reconcile_unknown()
    await harness.provider_says(receipt(message_id, "delivered", "SM1"))
    assert await harness.deliver() == []
    assert (await settled(harness, message_id))[:2] == ("delivered", "delivered")


async def test_of_two_alike_each_gets_its_own(harness: Harness) -> None:
    """A text that was taken for another of the same words is given back once an answer proves whose it is."""
    await with_messages(harness, 1, 2)
    first, second = await claim(harness)
    await record(harness.pool, [SendResult(first, Unknown("timeout"))])
    harness.texts.listed.append((second.letter, "SM2"))
    await harness.turn(MONDAY + timedelta(seconds=20))
    await harness.reconcile_unknown()
    assert (await settled(harness, first.letter.message_id))[:2] == ("sent", "found_at_provider")
    await record(harness.pool, [SendResult(second, Accepted("SM2"))])
    assert (await settled(harness, first.letter.message_id))[0] == "unknown"
    assert (await settled(harness, second.letter.message_id))[0] == "sent"
    await harness.turn(MONDAY + timedelta(seconds=90))
    await harness.reconcile_unknown()
    assert (await settled(harness, first.letter.message_id)) == ("scheduled", "resend", 1)


async def test_one_unknown_that_cannot_be_opened_holds_up_no_other(harness: Harness) -> None:
    """A message whose key is no longer configured is not looked up, and the next one is."""
    await with_messages(harness, 2, 1)
    first, second = await claim(harness)
    await record(harness.pool, [SendResult(first, Unknown("timeout")), SendResult(second, Unknown("timeout"))])
    await harness.pool.execute("UPDATE schedule.messages SET key_id = 'lost' WHERE id = $1", first.letter.message_id)
    harness.texts.listed.append((second.letter, "SM2"))
    await harness.turn(MONDAY + timedelta(seconds=20))
    await harness.reconcile_unknown()
    assert (await settled(harness, first.letter.message_id))[0] == "unknown"
    assert (await settled(harness, second.letter.message_id))[0] == "sent"


async def test_one_patient_who_cannot_be_opened_stops_no_other(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever's details are sealed with a lost key waits with that reason, and all others are claimed at once."""
    await with_messages(harness, 3, 2)
    lost: UUID = (await harness.messages())[0]["patient_id"]
    await harness.pool.execute("UPDATE people.details SET key_id = 'lost' WHERE patient_id = $1", lost)
    assert len(await claim(harness)) == 4
    assert caplog.text.count(str(lost)) == len(caplog.records) == 1
    assert "07700" not in caplog.text
    rows = await harness.messages(patient_id=lost)
    assert [(row["state"], row["why"]) for row in rows] == [("scheduled", "unreadable")] * 2
    assert {row["due_at"] for row in rows} == {MONDAY + timedelta(minutes=15)}
    assert await claim(harness) == []
    await harness.pool.execute("UPDATE people.details SET key_id = 'test'")
    assert len(await harness.deliver_at(MONDAY + timedelta(minutes=16))) == 2


async def test_what_cannot_be_opened_until_it_expires_is_withheld(harness: Harness) -> None:
    """A message that waits for a lost key does not wait for ever."""
    await with_messages(harness, 1, 1)
    await harness.pool.execute("UPDATE people.details SET key_id = 'lost'")
    assert await harness.deliver_at(SOON) == []
    assert await harness.standing() == [("reminder", "withheld", "unreadable")]


async def test_one_whose_words_break_stops_no_other(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """Data that breaks our own code keeps that patient's messages waiting, and nobody else's."""
    await with_messages(harness, 2, 1)
    broken: UUID = (await harness.messages())[0]["id"]
    data = '{"at": {"at": "07700 900000", "zone": "Europe/London"}}'
    await harness.pool.execute("UPDATE schedule.messages SET data = $2 WHERE id = $1", broken, data)
    assert len(await claim(harness)) == 1
    assert (await settled(harness, broken))[:2] == ("scheduled", "no_words")
    assert "07700" not in caplog.text


async def test_a_clock_that_is_read_once_a_claim(harness: Harness) -> None:
    """A lease is as long on a machine's clock however fast the shown one runs."""
    await one_due(harness)
    async with harness.pool.acquire() as connection:
        await clock.turn(connection, rate=1000)
        await clock.turn(connection, DUE)
    await harness.beat()
    [claimed] = await claim(harness)
    [row] = await harness.messages(id=claimed.letter.message_id)
    assert row["lease_until"] - row["claimed_at"] == LEASE * 1000


BACKLOG = """
INSERT INTO schedule.messages (id, planner, key, patient_id, category, kind, template, things, says, places, data,
    wanted, send_at, expires_at, on_unknown, state, why, due_at, planned_at, changed_at)
SELECT gen_random_uuid(), 'prompts', n::text, gen_random_uuid(), 'c', 'k', 't', '{}', '{}', '{}', '{}', 'w',
    $1, $1, 'park', CASE WHEN n % 4 = 0 THEN 'sent' ELSE 'scheduled' END, 'planned',
    $1::timestamptz - n * interval '1 second', $1, $1
FROM generate_series(1, 50000) AS n
"""


async def test_a_large_backlog_costs_no_claim_more(harness: Harness) -> None:
    """However much is due, a claim reads the oldest from the partial index, and no more than it asks for."""
    await harness.pool.execute(BACKLOG, MONDAY)
    await harness.pool.execute("ANALYZE schedule.messages")
    plan = await harness.pool.fetch("EXPLAIN (ANALYZE, FORMAT JSON) " + claims.CANDIDATES, MONDAY, 200)
    assert "messages_due_at_patient_id_idx" in plan[0][0]
    assert "Seq Scan" not in plan[0][0]
    assert '"Sort"' not in plan[0][0]


async def test_what_is_overdue_is_counted_by_reason(harness: Harness) -> None:
    """The number that an alarm watches says how many messages are due and wait, and why."""
    await harness.clinic_says(appointment(phone=None))
    assert await harness.deliver_at(DUE) == []
    await Overdue(harness.pool).run_once()
    assert metrics.WAITING.labels("no_contact")._value.get() == 1
    assert await harness.deliver_at(DUE + timedelta(days=30)) == []
    await Overdue(harness.pool).run_once()
    assert metrics.WAITING.labels("no_contact")._value.get() == 0
