"""What patients text: kept once, done under their locks, answered where we may, and read by a person in time."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.delivery.claiming.erasure import Erasure
from services.delivery.due import Policy as DeliveryPolicy
from services.delivery.forms import FORMS
from services.delivery.incoming.texts import Texts, received_at
from services.delivery.providers.outcomes import Accepted, OptedOut, RefusedForGood, Unknown
from services.delivery.sending.receipts import HALF_AN_HOUR
from shared.clinic.places import Place
from shared.clinic.places import store as store_places
from shared.events.topic_names import INBOUND
from shared.patients import identity
from shared.platform import clock
from shared.platform.clock import Moment
from shared.platform.database import Pool
from shared.schedule import task_list, tasks, texts
from shared.schedule.task_escalation import Deadlines
from shared.schedule.tasks import Outcome
from shared.security.encryption import Encryption
from shared.words.forms import misfits
from tests.harness import MONDAY, OTHER_SOURCE, RIVERSIDE, Harness, appointment, patient, receipt, text

PHONE = "+447700900001"
OTHER_PHONE = "+447700900002"
START = MONDAY + timedelta(days=21)
DUE = MONDAY + timedelta(days=14, hours=8)
"""When the agenda of the first appointment is due."""
REMINDED = START + timedelta(days=-3, hours=8)
"""When its reminder is."""
NIGHT = DUE + timedelta(hours=10)
BARE = "We don't read texts straight away."


async def told(harness: Harness, **more: Any) -> UUID:
    """Ada was sent the agenda of her appointment, by text; the message."""
    await harness.clinic_says(appointment(**more))
    [letter] = await harness.deliver_at(DUE)
    return letter.message_id


async def opt_outs(harness: Harness) -> list[tuple[str, str]]:
    """What is stopped at Ada's phone, and by whom."""
    rows = await harness.pool.fetch("SELECT * FROM people.opt_outs ORDER BY category")
    assert all(row["address"] == harness.encryption.index(PHONE) for row in rows)
    return [(row["category"], row["origin"]) for row in rows]


async def kinds(harness: Harness) -> list[str]:
    return [row["kind"] for row in await harness.tasks()]


async def answers(harness: Harness) -> list[str]:
    """What delivery has asked for to be answered, in order."""
    return [row["template"] for row in await harness.messages(planner="delivery")]


async def kept(harness: Harness, sid: str) -> texts.StoredText:
    async with harness.pool.acquire() as connection:
        found = await texts.load(connection, harness.encryption, sid)
    assert found is not None
    return found


async def close(harness: Harness, kind: str, outcome: Outcome) -> None:
    [row] = await harness.tasks(kind=kind, state="open")
    async with harness.pool.acquire() as connection:
        await tasks.close(connection, row["id"], outcome, "rees", await harness.now())


async def staffed(harness: Harness) -> None:
    """Somebody reads there what patients write."""
    place = {name: getattr(RIVERSIDE, name) for name in ("source", "clinic", "name", "phone", "sender", "address")}
    async with harness.pool.acquire() as connection:
        await store_places(connection, [Place(**place, staffed=True)])


class TestKept:
    """Every text is kept, sealed, once."""

    async def test_with_whose_it_is_and_what_it_came_after(self, harness: Harness) -> None:
        """The words lie sealed, beside what they mean, whose phone sent them and what that phone was last sent."""
        message_id = await told(harness)
        sid = await harness.phone_says("my back hurts \U0001f926 a'r cefn", pictures=2)
        found = await kept(harness, sid)
        assert found.words == texts.TextWords(PHONE, "my back hurts \U0001f926 a'r cefn", 2)
        assert (found.meaning, found.received_at, found.places) == ("own_words", DUE, (f"{RIVERSIDE.source}#MSK",))
        assert found.after == ("agenda", DUE)
        [row] = await harness.pool.fetch("SELECT * FROM texts.texts")
        assert row["after"] == message_id
        assert [row["id"] for row in await harness.pool.fetch("SELECT id FROM people.patients")] == list(found.patients)
        assert b"back" not in row["sealed"]

    async def test_our_own_answer_is_not_what_it_came_after(self, harness: Harness) -> None:
        """A second text is about the same as the first, though an answer of ours lies between them."""
        await told(harness)
        await harness.turn(DUE + timedelta(minutes=1))
        await harness.phone_says("my back")
        await harness.deliver()
        second = await kept(harness, await harness.phone_says("and my knee"))
        assert second.after == ("agenda", DUE)
        assert [row["things"] for row in await harness.tasks()] == [[f"{RIVERSIDE.source}/appointment/1001"]] * 2

    async def test_repeats_and_replays_act_once(self, harness: Harness) -> None:
        """The same text twice in a batch, in two batches, at two replicas at once: kept, answered and asked once."""
        await told(harness)
        both = [text("my back"), text("my back")]
        assert await harness.texts_come(*both) == []
        assert await asyncio.gather(*(harness.texts_come(*both) for _ in range(4))) == [[], [], [], []]
        assert await harness.pool.fetchval("SELECT count(*) FROM texts.texts") == 1
        assert (await kinds(harness), await answers(harness)) == (["read_reply"], ["not_understood"])

    async def test_two_replicas_at_once(self, harness: Harness) -> None:
        """Texts of one phone that two replicas take at once all have their effect; each one once."""
        await told(harness)
        batches = [[text(f"my back {n} {m}", sid=f"S{n}{m}") for m in range(3)] for n in range(4)]
        await asyncio.gather(*(harness.texts_come(*batch, *batches[0]) for batch in batches))
        assert await kinds(harness) == ["read_reply"] * 12
        assert await answers(harness) == ["not_understood"]

    async def test_erased_with_the_content(self, harness: Harness) -> None:
        """After its time the words are gone; that it came is known, so that a replay does nothing, even then."""
        await told(harness)
        sid = await harness.phone_says("my back")
        await harness.deliver()
        await harness.turn(DUE + timedelta(days=91))
        while await Erasure(harness.pool, timedelta(days=90)).run_once():
            pass
        found = await kept(harness, sid)
        assert (found.words, found.meaning) == (None, "own_words")
        assert await harness.texts_come(text("my back", sid=sid)) == []
        assert await kinds(harness) == ["read_reply"]
        await Deadlines(harness.pool).run_once()
        assert [row["outcome"] for row in await harness.tasks()] == ["lapsed"]

    async def test_after_the_message_was_erased(self, harness: Harness) -> None:
        """Who answers a text months later, when we have erased it, is read like anybody else."""
        await told(harness)
        await harness.deliver_at(REMINDED)
        await harness.turn(START + timedelta(days=120))
        while await Erasure(harness.pool, timedelta(days=90)).run_once():
            pass
        await harness.phone_says("is this still on?")
        [row] = await harness.tasks()
        assert (row["kind"], row["things"]) == ("read_reply", [f"{RIVERSIDE.source}/appointment/1001"])
        [letter] = await harness.deliver()
        assert letter.address == PHONE

    async def test_no_log_and_no_event_shows_it(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        """Neither words nor number stand in a log or in an event; the task's event has codes and ids alone."""
        caplog.set_level(logging.DEBUG)
        await told(harness)
        await harness.phone_says("zeppelins make me want to die", opt_out=None)
        await harness.deliver()
        events = await harness.pool.fetch("SELECT topic, event::text FROM schedule.outbox")
        assert {"clinic.tasks", "messaging.status"} == {row["topic"] for row in events}
        shown = caplog.text + "".join(row["event"] for row in events)
        assert not any(word in shown for word in ("zeppelin", "7700900001", "Ada", "want"))
        task = next(json.loads(row["event"])["data"] for row in events if row["topic"] == "clinic.tasks")
        assert (task["kind"], task["text"]) == ("urgent", "SM-in-1")

    @pytest.mark.parametrize(
        ("event", "reason"),
        [
            pytest.param(b"{", "not_json", id="half a JSON"),
            pytest.param({**text("x"), "type": "cocreate.receipt.v1"}, "unknown_type", id="something else"),
            pytest.param({**text("x"), "data": {"body": "x"}}, "invalid_data", id="from nobody"),
            pytest.param({**text("x"), "time": "2027-12-01T09:00:00Z"}, "future_time", id="from the future"),
            pytest.param(None, "unknown_key", id="a tombstone"),
        ],
    )
    async def test_what_is_no_text_comes_back(self, harness: Harness, event: Any, reason: str) -> None:
        """A record that is no text goes to the dead letters, and the good one beside it has its effect."""
        key = b"urn:cocreate:gateway/text/SM9"
        [refused] = await harness.texts_come(event, text("stop please"), key=key)
        assert refused.reason == reason
        assert await opt_outs(harness) == [("all", "reply")]


class TestStops:
    """STOP and START."""

    async def test_what_waits_is_not_sent(self, harness: Harness) -> None:
        """From the next claim on nothing goes there; it is confirmed once, whatever else they text."""
        await told(harness)
        await harness.phone_says("please stop texting me")
        [letter] = await harness.deliver()
        assert (letter.address, "OK. No more texts." in letter.text) == (PHONE, True)
        await harness.phone_says("no more texts")
        assert await harness.deliver_at(REMINDED) == []
        assert ("reminder", "withheld", "opted_out") in await harness.standing()
        assert (await opt_outs(harness), await kinds(harness)) == ([("all", "reply")], [])

    async def test_however_the_number_is_written(self, harness: Harness) -> None:
        """A carrier that leaves the country code out names the same phone."""
        await told(harness)
        await harness.phone_says("no more texts", phone="07700900001")
        assert await opt_outs(harness) == [("all", "reply")]

    async def test_what_waits_is_looked_at_again(self, harness: Harness) -> None:
        """A message that waits because the patient is paused is due at once for the claim that withholds it."""
        await told(harness)
        await harness.registry_says(patient(at=DUE, paused=True))
        assert await harness.deliver_at(REMINDED) == []
        await harness.phone_says("no more texts")
        [waiting] = await harness.messages(kind="reminder")
        assert waiting["due_at"] == waiting["send_at"]

    async def test_the_carriers_stop_is_not_confirmed(self, harness: Harness) -> None:
        """Where the carrier has blocked us, it is recorded, and nothing is sent that could not arrive."""
        await told(harness)
        await harness.phone_says("Stop", opt_out="STOP")
        assert await harness.deliver_at(REMINDED) == []
        assert (await opt_outs(harness), await answers(harness)) == ([("all", "carrier")], [])

    async def test_a_category_alone(self, harness: Harness) -> None:
        """Who wants no more about goals still hears of appointments."""
        await told(harness)
        await harness.phone_says("stop goal texts please")
        assert [letter.text.split(".")[1] for letter in await harness.deliver()] == [" No more texts about goals"]
        assert await opt_outs(harness) == [("goals", "reply")]
        assert len(await harness.deliver_at(REMINDED)) == 1

    async def test_cancel_is_both(self, harness: Harness) -> None:
        """CANCEL stops the texts, as the carrier has, and a person calls: the appointment may have been meant."""
        await told(harness)
        await harness.phone_says("CANCEL", opt_out="STOP")
        assert (await opt_outs(harness), await answers(harness)) == ([("all", "carrier")], [])
        [row] = await harness.tasks()
        assert (row["kind"], row["why"], row["things"]) == (
            "call", "opted_out", [f"{RIVERSIDE.source}/appointment/1001"]
        )  # fmt: skip

    async def test_everybody_who_shares_the_phone(self, harness: Harness) -> None:
        """A phone that stops is stopped for whoever has it; what waits for them is looked at again, and withheld."""
        await told(harness)
        also = appointment("2001", START, patient="p2", source=OTHER_SOURCE, first_name="Bob", at=DUE)
        await harness.clinic_says(also)
        await harness.phone_says("stop all texts")
        assert ["OK. " in letter.text for letter in await harness.deliver()] == [True]
        assert await harness.deliver_at(REMINDED) == []
        assert [row["why"] for row in await harness.messages(kind="reminder")] == ["opted_out"] * 2

    async def test_start_undoes_what_a_text_or_the_carrier_stopped(self, harness: Harness) -> None:
        """START brings texts back; what the clinic stopped for the patient stays stopped."""
        await told(harness)
        await harness.phone_says("STOP", opt_out="STOP")
        await harness.phone_says("stop goal texts")
        await harness.phone_says("START", opt_out="START")
        assert await opt_outs(harness) == []
        assert len(await harness.deliver_at(REMINDED)) == 1
        await harness.registry_says(patient(at=REMINDED, opt_outs=["all"]))
        await harness.phone_says("START", opt_out="START")
        await harness.clinic_says(appointment(status="cancelled", at=REMINDED + timedelta(minutes=1)))
        assert await harness.deliver() == []

    async def test_yes_to_a_question_undoes_no_stop_of_a_category(self, harness: Harness) -> None:
        """The carrier takes YES for START: it lifts a stop of everything, and no wish about one kind of text."""
        await told(harness)
        await harness.phone_says("stop goal texts")
        await harness.phone_says("STOP", opt_out="STOP")
        await harness.phone_says("yes", opt_out="START")
        assert await opt_outs(harness) == [("goals", "reply")]

    async def test_own_words_do_not_open_the_carrier(self, harness: Harness) -> None:
        """Only START, UNSTOP and YES let us through there: its block stays on record, and a person tells them."""
        await told(harness)
        await harness.phone_says("STOP", opt_out="STOP")
        await harness.phone_says("please start texting me again")
        assert (await opt_outs(harness), await kinds(harness)) == ([("all", "carrier")], ["read_reply"])

    async def test_a_cancellation_still_reaches_who_stopped(self, harness: Harness) -> None:
        """Nobody who stopped our texts comes to a cancelled appointment: a person calls."""
        await told(harness)
        await harness.phone_says("STOP", opt_out="STOP")
        await harness.clinic_says(appointment(status="cancelled", at=DUE))
        await harness.deliver_at(REMINDED)
        [row] = await harness.tasks()
        assert (row["kind"], row["why"], row["state"]) == ("reach_otherwise", "opted_out", "open")

    async def test_a_link_in_a_mail_is_not_a_texts_to_undo(self, harness: Harness) -> None:
        """START undoes nothing that came another way."""
        await told(harness)
        query = "INSERT INTO people.opt_outs (address, category, origin, since_at) VALUES ($1, 'all', $2, $3)"
        await harness.pool.execute(query, harness.encryption.index(PHONE), "unsubscribe", DUE)
        await harness.phone_says("START", opt_out="START")
        assert await opt_outs(harness) == [("all", "unsubscribe")]

    @pytest.mark.parametrize(
        ("bodies", "left"),
        [(("stop texts", "start texts"), []), (("start texts", "stop texts"), [("all", "reply")])],
        ids=["back again", "out again"],
    )
    async def test_the_last_of_a_batch_counts(self, harness: Harness, bodies: tuple[str, str], left: list[Any]) -> None:
        """Of a stop and a start in one batch the later one holds."""
        await told(harness)
        assert await harness.texts_come(*(text(body, sid=body) for body in bodies)) == []
        assert await opt_outs(harness) == left

    async def test_a_claim_waits_or_knows(self, harness: Harness) -> None:
        """While a STOP holds the patient, nothing of theirs is claimed; once it commits, the claim knows of it."""
        await told(harness)
        [patient_id] = {row["patient_id"] for row in await harness.messages()}
        async with harness.pool.acquire() as connection, connection.transaction():
            await identity.lock(connection, [patient_id])
            stopping = asyncio.create_task(harness.phone_says("STOP", opt_out="STOP"))
            assert await harness.deliver_at(REMINDED) == []
            assert not stopping.done()
        await stopping
        assert await harness.deliver() == []

    async def test_in_the_same_instant_as_a_claim(self, harness: Harness) -> None:
        """A STOP and a claim at once: either the message had left, or it never does, and nothing goes afterwards."""
        await told(harness)
        await harness.turn(REMINDED)
        while await harness.engine.wake():
            pass
        await harness.beat()
        (claimed, _), _ = await asyncio.gather(harness.claims().claim(50), harness.phone_says("STOP", opt_out="STOP"))
        [reminder] = await harness.messages(kind="reminder")
        assert (reminder["state"] == "sending") == bool(claimed)
        assert await harness.deliver() == []

    async def test_the_carrier_refuses_the_confirmation(self, harness: Harness) -> None:
        """Where the carrier had blocked us unseen, the confirmation ends there, and planners are not woken for it."""
        await told(harness)
        await harness.phone_says("no more texts please")
        harness.texts.answers = [OptedOut("21610")]
        await harness.deliver()
        assert [(r["state"], r["why"]) for r in await harness.messages(planner="delivery")] == [
            ("withheld", "opted_out")
        ]
        assert await harness.pool.fetchval("SELECT count(*) FROM schedule.wakeups WHERE planner = 'delivery'") == 0


class TestDanger:
    """What sounds urgent."""

    async def test_a_person_in_half_an_hour_and_an_answer_at_once(self, harness: Harness) -> None:
        """At any hour the phone is told at once whom to call, and a person is to read it within half an hour."""
        await told(harness)
        await harness.turn(NIGHT)
        await harness.phone_says("i want to die")
        [letter] = await harness.deliver()
        assert (letter.address, BARE in letter.text) == (PHONE, True)
        assert "999" in letter.text
        assert "111" in letter.text
        [row] = await harness.tasks()
        assert (row["kind"], row["why"], row["due_at"]) == ("urgent", "sounds_urgent", NIGHT + timedelta(minutes=30))

    async def test_each_is_read_and_one_an_hour_answered(self, harness: Harness) -> None:
        """Urgent texts of one phone are one open task that counts them; the answer is repeated after an hour."""
        await told(harness)
        for minutes in (0, 10, 59, 60):
            await harness.turn(NIGHT + timedelta(minutes=minutes))
            await harness.phone_says("i want to die")
            await harness.deliver()
        [task] = await harness.tasks()
        assert (task["kind"], task["texts"], task["due_at"]) == ("urgent", 4, NIGHT + timedelta(minutes=30))
        assert await answers(harness) == ["urgent", "urgent"]

    async def test_whatever_holds_everything_else(self, harness: Harness) -> None:
        """The answer goes to a phone that has stopped, of a patient who is paused, past a day's most, unplanned."""
        await told(harness)
        await harness.phone_says("no more texts")
        await harness.registry_says(patient(at=DUE, paused=True))
        await harness.phone_says("i want to die")
        claimed, _ = await harness.claims().claim(50)  # nobody has said that they are caught up
        assert [BARE in one.letter.text for one in claimed] == [True]

    async def test_before_all_that_is_due(self, harness: Harness) -> None:
        """Of a hundred messages that are due, the answer is claimed first."""
        await told(harness)
        for number in range(40):
            phone = f"+4477009001{number:02}"
            await harness.clinic_says(appointment(f"x{number}", patient=f"x{number}", phone=phone, at=DUE))
        await harness.turn(REMINDED)
        while await harness.engine.wake():
            pass
        await harness.beat()
        await harness.phone_says("i want to die")
        claimed, _ = await harness.claims().claim(1)
        assert [BARE in one.letter.text for one in claimed] == [True]


class TestRead:
    """What a person reads."""

    async def test_in_time_and_acknowledged_once_a_day(self, harness: Harness) -> None:
        """Free text is a task within a working day; where nobody is there to read, the answer says so."""
        await told(harness)
        await harness.phone_says("can i come thursday instead")
        await harness.phone_says("or friday")
        [letter] = await harness.deliver()
        assert "nobody reads texts at this number" in letter.text
        assert [row["due_at"] for row in await harness.tasks()] == [DUE + timedelta(days=1)] * 2
        await harness.turn(DUE + timedelta(days=1))
        await harness.phone_says("hello? can i come on friday")
        assert len(await harness.deliver()) == 1

    async def test_at_most_five_answers_a_day(self, harness: Harness) -> None:
        """A slow autoresponder gets five answers in 24 hours, in one batch too; its urgent texts are one task."""
        await told(harness)
        for hours in range(8):
            await harness.turn(NIGHT + timedelta(hours=hours))
            await harness.phone_says("i want to die")
            await harness.deliver()
        assert (await answers(harness), await kinds(harness)) == (["urgent"] * 5, ["urgent"])
        await harness.turn(NIGHT + timedelta(hours=24))
        bodies = {"a": "i want to die", "b": "my back", "c": "please stop texting me"}
        assert await harness.texts_come(*(text(body, sid=sid) for sid, body in bodies.items())) == []
        assert len(await answers(harness)) == 6
        assert Counter(await kinds(harness)) == {"urgent": 1, "read_reply": 1}
        assert [row["texts"] for row in await harness.tasks(kind="urgent")] == [9]
        assert await opt_outs(harness) == [("all", "reply")]

    async def test_answers_that_never_went_leave_room(self, harness: Harness) -> None:
        """Answers that were withheld are none of the five, nor are those to another phone."""
        await told(harness)
        for hours in range(5):
            await harness.turn(NIGHT + timedelta(hours=hours))
            await harness.phone_says("i want to die")
        await harness.pool.execute("UPDATE schedule.messages SET address = '\\x00' WHERE key = 'reply/SM-in-1/urgent'")
        await harness.pool.execute("UPDATE schedule.messages SET state = 'withheld' WHERE key = 'reply/SM-in-2/urgent'")
        for hours in range(5, 9):
            await harness.turn(NIGHT + timedelta(hours=hours))
            await harness.phone_says("i want to die")
        assert len(await answers(harness)) == 7

    async def test_where_somebody_reads_it_says_by_when(self, harness: Harness) -> None:
        """At a staffed place the answer promises what the task demands, though texts ask for no answers yet."""
        await staffed(harness)
        await told(harness)
        await harness.phone_says("can i come thursday instead")
        [letter] = await harness.deliver()
        assert "our team will read it by 5pm on Tuesday 1 December" in letter.text

    async def test_before_the_next_thing_that_we_told_of(self, harness: Harness) -> None:
        """Who texts an hour before the appointment is read before it begins."""
        await told(harness)
        await harness.deliver_at(REMINDED)
        await harness.turn(START - timedelta(hours=1))
        await harness.phone_says("running late")
        [row] = await harness.tasks()
        assert row["due_at"] == START - timedelta(minutes=30)

    async def test_after_the_last_thing_that_we_told_of(self, harness: Harness) -> None:
        """Who texts after the appointment began is read within a working day: nothing is left to be in time for."""
        await told(harness)
        await harness.turn(START + timedelta(hours=1))
        await harness.phone_says("sorry i missed it")
        [row] = await harness.tasks()
        assert row["due_at"] == START + timedelta(days=1, hours=1)

    async def test_a_phone_that_changed_hands(self, harness: Harness) -> None:
        """What a phone's former owner was told there is shown to who reads, and nobody is answered in their name."""
        await told(harness)
        await harness.registry_says(
            patient(at=DUE, contacts=[]),
            patient("p2", at=DUE, source=OTHER_SOURCE, contacts=[{"channel": "sms", "value": PHONE}]),
        )
        sid = await harness.phone_says("can i come thursday instead")
        assert ((await kept(harness, sid)).after, await answers(harness)) == (("agenda", DUE), [])
        [row] = await harness.tasks()
        assert row["things"] == []

    async def test_answers_leave_a_days_most_alone(self, harness: Harness) -> None:
        """An answer uses up nothing of what a patient may be sent on a day, before it or with it."""
        harness.delivery = DeliveryPolicy(daily_cap=1)
        await told(harness)
        [reminder] = await harness.messages(kind="reminder")
        await harness.turn(reminder["send_at"] - timedelta(minutes=30))
        await harness.phone_says("my back")
        assert len(await harness.deliver()) == 1
        await harness.turn(reminder["send_at"])
        await harness.phone_says("i want to die")
        [answer] = await harness.deliver()
        assert "999" in answer.text
        [reminded] = await harness.deliver_at(reminder["send_at"] + timedelta(minutes=30))
        assert reminded.message_id == reminder["id"]

    async def test_by_night_it_is_answered_too(self, harness: Harness) -> None:
        """Who writes at night is awake: the answer waits for no window, and takes nothing from a day's most."""
        await told(harness)
        await harness.turn(NIGHT)
        await harness.phone_says("what time is it again")
        assert len(await harness.deliver()) == 1

    async def test_courtesy_wants_nothing(self, harness: Harness) -> None:
        """Thanks and automatic replies are kept, and nothing follows."""
        await told(harness)
        for body in ("ok thanks", "\U0001f44d", "I'm driving right now. I'll get back to you later."):
            await harness.phone_says(body)
        assert (await kinds(harness), await answers(harness), await opt_outs(harness)) == ([], [], [])
        assert await harness.pool.fetchval("SELECT count(*) FROM texts.texts") == 3

    async def test_a_shared_phone_names_nobody_by_guess(self, harness: Harness) -> None:
        """Two patients, one phone: one task, of neither alone, about what both were told; found under either."""
        await told(harness)
        await harness.clinic_says(
            appointment("2001", START, patient="p2", first_name="Bob", at=DUE, source=OTHER_SOURCE)
        )
        await harness.deliver()
        sid = await harness.phone_says("can we come thursday instead")
        [row] = await harness.tasks()
        assert row["patient_id"] is None
        assert set(row["things"]) == {f"{RIVERSIDE.source}/appointment/1001", f"{OTHER_SOURCE}/appointment/2001"}
        both = (await kept(harness, sid)).patients
        assert len(both) == 2
        async with harness.pool.acquire() as connection:
            for one in both:
                assert [t.text_id for t in await task_list.list_tasks(connection, patients=[one])] == [sid]
        [letter] = await harness.deliver()
        assert letter.address == PHONE
        assert not any(name in letter.text for name in ("Ada", "Bob"))

    async def test_a_number_that_is_nobodys(self, harness: Harness) -> None:
        """A text from a phone that nobody has is kept and read by a person; there is nobody to answer as."""
        sid = await harness.phone_says("who do i ring about my appointment", phone=OTHER_PHONE)
        [row] = await harness.tasks()
        assert (row["kind"], row["patient_id"], row["text_id"]) == ("read_reply", None, sid)
        assert await answers(harness) == []
        words = (await kept(harness, sid)).words
        assert words is not None
        assert words.sender == OTHER_PHONE

    async def test_a_number_that_is_nobodys_can_stop(self, harness: Harness) -> None:
        """A STOP from such a phone holds for whoever gets it later."""
        await harness.phone_says("STOP", opt_out="STOP")
        await harness.clinic_says(appointment())
        assert await harness.deliver_at(DUE) == []

    async def test_a_phone_that_was_told_nothing(self, harness: Harness) -> None:
        """A patient whom we have written nothing yet is read by a person, and not answered: from which place?"""
        await harness.clinic_says(appointment())
        await harness.phone_says("i want to die")
        assert (await kinds(harness), await answers(harness)) == (["urgent"], [])

    async def test_the_task_moves_with_a_merge(self, harness: Harness) -> None:
        """When two patients turn out to be one, the texts of the one are found under the other."""
        await told(harness)
        sid = await harness.phone_says("can i come thursday instead")
        number = {"nhs_number": "9434765919"}
        await harness.registry_says(patient("p9", at=DUE, source=OTHER_SOURCE, **number), patient(at=DUE, **number))
        [survivor] = [
            r["id"] for r in await harness.pool.fetch("SELECT id FROM people.patients WHERE merged_into IS NULL")
        ]
        assert (await kept(harness, sid)).patients == (survivor,)


class TestHeld:
    """A death, and a phone that is not the patient's."""

    async def test_a_death_holds_everything_until_a_person_says_not_needed(self, harness: Harness) -> None:
        """Nothing goes to the patient, by text or mail, and no machine answers; what waited goes on if all is well."""
        await told(harness, email="ada@example.org")
        await harness.phone_says("my mum passed away on sunday")
        assert await harness.deliver_at(REMINDED) == []
        assert ("reminder", "scheduled", "death_reported") in await harness.standing()
        [row] = await harness.tasks()
        assert (row["kind"], row["why"]) == ("bereavement", "death_reported")
        await close(harness, "bereavement", Outcome.NOT_NEEDED)
        assert [letter.address for letter in await harness.deliver()] == [PHONE]

    async def test_a_duplicate_that_is_not_needed_lets_go_of_nothing(self, harness: Harness) -> None:
        """A second text about the same death is closed as not needed: what the first one holds stays held."""
        await told(harness)
        first = await harness.phone_says("my mum passed away on sunday")
        second = await harness.phone_says("I told you, my mother has died")
        ids = {row["text_id"]: row["id"] for row in await harness.tasks()}
        for one, outcome in ((first, Outcome.DONE), (second, Outcome.NOT_NEEDED)):
            async with harness.pool.acquire() as connection:
                assert await tasks.close(connection, ids[one], outcome, "rees", DUE)
        assert await harness.deliver_at(REMINDED) == []
        async with harness.pool.acquire() as connection:  # the first was closed by mistake
            assert await tasks.close(connection, ids[first], Outcome.NOT_NEEDED, "rees", DUE)
        assert len(await harness.deliver()) == 1

    @pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.IN_VAIN])
    async def test_what_is_done_about_it_sends_nothing(self, harness: Harness, outcome: Outcome) -> None:
        """Who puts the record right closes the task as done: what was written before still does not go."""
        await told(harness)
        await harness.phone_says("my mum passed away on sunday")
        await close(harness, "bereavement", outcome)
        assert await harness.deliver_at(REMINDED) == []
        await harness.turn(START)
        await harness.deliver()
        assert ("reminder", "withheld", "death_reported") in await harness.standing()

    async def test_a_wrong_number_holds_that_phone(self, harness: Harness) -> None:
        """Nothing more about the patient goes to a phone that may be a stranger's, nor quietly anywhere else."""
        await told(harness, email="ada@example.org")
        await harness.phone_says("wrong number mate")
        assert await harness.deliver_at(REMINDED) == []
        assert ("reminder", "scheduled", "number_doubted") in await harness.standing()
        await close(harness, "wrong_number", Outcome.NOT_NEEDED)
        assert [letter.address for letter in await harness.deliver()] == [PHONE]

    async def test_a_new_number_mends_it(self, harness: Harness) -> None:
        """Once the clinic says another number, messages go there, and the doubted one is nobody's concern."""
        await told(harness)
        await harness.phone_says("wrong number mate")
        await close(harness, "wrong_number", Outcome.DONE)
        await harness.registry_says(patient(at=DUE, contacts=[{"channel": "sms", "value": OTHER_PHONE}]))
        assert [letter.address for letter in await harness.deliver_at(REMINDED)] == [OTHER_PHONE]

    @pytest.mark.parametrize("body", ["wrong number", "my mum passed away on sunday"])
    async def test_what_was_closed_by_mistake(self, harness: Harness, body: str) -> None:
        """A task that somebody has closed as done can still be said not to have been needed: what waits goes on."""
        await told(harness)
        await harness.phone_says(body)
        [row] = await harness.tasks()
        async with harness.pool.acquire() as connection:
            for outcome, closed in ((Outcome.DONE, True), (Outcome.IN_VAIN, False), (Outcome.NOT_NEEDED, True)):
                assert await tasks.close(connection, row["id"], outcome, "rees", DUE) is closed
            assert not await tasks.close(connection, row["id"], Outcome.NOT_NEEDED, "rees", DUE)
        assert len(await harness.deliver_at(REMINDED)) == 1

    async def test_what_is_no_hold_stays_closed(self, harness: Harness) -> None:
        """Any other task is closed once, whatever is said of it later."""
        await told(harness)
        await harness.phone_says("my back")
        [row] = await harness.tasks()
        async with harness.pool.acquire() as connection:
            assert await tasks.close(connection, row["id"], Outcome.DONE, "rees", DUE)
            assert not await tasks.close(connection, row["id"], Outcome.NOT_NEEDED, "rees", DUE)

    async def test_two_texts_one_hold(self, harness: Harness) -> None:
        """What two texts hold is held while the task of either is open."""
        await told(harness)
        for body in ("wrong number", "wrong number!"):
            await harness.phone_says(body)
        first, second = await harness.tasks()
        async with harness.pool.acquire() as connection:
            await tasks.close(connection, first["id"], Outcome.NOT_NEEDED, "rees", DUE)
            assert await connection.fetchval("SELECT count(*) FROM texts.holds") == 1
            await tasks.close(connection, second["id"], Outcome.NOT_NEEDED, "rees", DUE)
            assert await connection.fetchval("SELECT count(*) FROM texts.holds") == 0

    async def test_a_replay_holds_nothing_again(self, harness: Harness) -> None:
        """What a person has let go on stays so, whatever comes a second time."""
        await told(harness)
        sid = await harness.phone_says("wrong number")
        await close(harness, "wrong_number", Outcome.NOT_NEEDED)
        assert await harness.texts_come(text("wrong number", sid=sid)) == []
        assert len(await harness.deliver_at(REMINDED)) == 1

    async def test_a_hold_goes_with_a_merge(self, harness: Harness) -> None:
        """Who turns out to be another patient is held as that one."""
        await told(harness)
        await harness.phone_says("my mum passed away on sunday")
        number = {"nhs_number": "9434765919"}
        await harness.registry_says(patient("p9", at=DUE, source=OTHER_SOURCE, **number), patient(at=DUE, **number))
        assert await harness.deliver_at(REMINDED) == []
        await close(harness, "bereavement", Outcome.NOT_NEEDED)
        assert len(await harness.deliver()) == 1


class TestAnswers:
    """The answers themselves."""

    async def test_to_the_phone_that_wrote(self, harness: Harness) -> None:
        """A patient whose first address is a mailbox is answered on the phone that they wrote from."""
        mail = {"channel": "email", "value": "ada@example.org"}
        await harness.registry_says(patient(contacts=[mail, {"channel": "sms", "value": PHONE}]))
        await harness.clinic_says(appointment(phone=None))
        await harness.deliver_at(DUE)
        query = "UPDATE schedule.messages SET address = $1 WHERE state = 'sent'"  # as if the mailbox had refused it
        await harness.pool.execute(query, harness.encryption.index(PHONE))
        await harness.phone_says("can i come thursday instead")
        assert [letter.address for letter in await harness.deliver()] == [PHONE]

    async def test_not_twice_where_nobody_knows(self, harness: Harness) -> None:
        """An answer whose sending is in doubt is looked up and sent once more at most, like any message."""
        await told(harness)
        await harness.phone_says("can i come thursday instead")
        harness.texts.answers = [Unknown("timeout")]
        await harness.deliver()
        assert [row["state"] for row in await harness.messages(planner="delivery")] == ["unknown"]
        await harness.turn(DUE + timedelta(minutes=2))
        await harness.reconcile_unknown()
        assert len(await harness.deliver()) == 1
        assert [row["state"] for row in await harness.messages(planner="delivery")] == ["sent"]

    async def test_refused_is_the_end_of_it(self, harness: Harness) -> None:
        """A refused answer goes to no other address and wakes no planner, so that the next one is not kept waiting."""
        await told(harness, email="ada@example.org")
        await harness.phone_says("can i come thursday instead")
        harness.texts.answers = [RefusedForGood("21614")]
        await harness.deliver()
        assert [row["state"] for row in await harness.messages(planner="delivery")] == ["failed"]
        await harness.phone_says("can i come thursday instead please")
        assert len(await harness.deliver()) == 1

    async def test_failed_later(self, harness: Harness) -> None:
        """A receipt that reports a failure later sends it nowhere else."""
        await told(harness, email="ada@example.org")
        await harness.phone_says("can i come thursday instead")
        harness.texts.answers = [Accepted("SM77")]
        [letter] = await harness.deliver()
        await harness.provider_says(receipt(letter.message_id, "undelivered", "SM77", 30005))
        assert await harness.deliver_at(DUE + HALF_AN_HOUR) == []
        assert [row["why"] for row in await harness.messages(planner="delivery")] == ["refused"]

    async def test_not_hours_later(self, harness: Harness) -> None:
        """An answer that could not go for hours is not sent any more."""
        await told(harness)
        await harness.phone_says("can i come thursday instead")
        assert await harness.deliver_at(DUE + timedelta(hours=2)) == []

    async def test_not_after_an_outage_of_ours(self, harness: Harness) -> None:
        """A text that lay unread for a day is read by a person at once, and answered by nobody."""
        await told(harness)
        async with harness.pool.acquire() as connection:
            await clock.turn(connection, DUE, rate=1)
        await harness.phone_says("i want to die", at=datetime.now(UTC) - timedelta(days=1))
        [row] = await harness.tasks()
        assert timedelta(hours=23) < DUE - row["due_at"] < timedelta(hours=24)
        assert await answers(harness) == []

    async def test_its_data_fits_its_form(self, harness: Harness) -> None:
        """What each answer is filled with is what its form declares, so that no claim finds words that do not fit."""
        await told(harness)
        for body in ("stop goal texts", "can i come thursday instead", "i want to die"):
            await harness.phone_says(body)
        forms = {form.name: form for form in FORMS}
        rows = await harness.messages(planner="delivery")
        assert {row["template"] for row in rows} == forms.keys()
        assert [misfits(forms[row["template"]], json.loads(row["data"])) for row in rows] == [()] * 3


def test_a_text_came_as_long_ago_as_it_really_did() -> None:
    """The gateway's clock is the machine's; ours may be turned, hurried or stopped: only how long ago it was counts."""
    real, shown = datetime(2030, 1, 1, tzinfo=UTC), MONDAY
    ago: Mapping[str, timedelta] = {"real": timedelta(minutes=5), "ahead": timedelta(minutes=-1)}
    assert received_at(real - ago["real"], real, Moment(shown, 1.0)) == shown - ago["real"]
    assert received_at(real - ago["real"], real, Moment(shown, 60.0)) == shown - 60 * ago["real"]
    assert received_at(real - ago["ahead"], real, Moment(shown, 1.0)) == shown


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
@settings(max_examples=25)
async def test_whatever_is_texted_is_kept_and_seen_to(pool: Pool, encryption: Encryption, bodies: list[str]) -> None:
    """No words break the batch, and each text is kept with its meaning; none that wants something is left alone."""
    await pool.execute("TRUNCATE texts.texts, tasks.tasks, people.opt_outs")
    harness = Harness(pool, encryption)
    events = [text(body.replace("\x00", ""), sid=f"S{n}", at=MONDAY) for n, body in enumerate(bodies)]
    records = [harness.record(event, INBOUND) for event in events]
    refused = await Texts(pool, encryption).take(records)
    rows = await pool.fetch("SELECT id, meaning, urgent FROM texts.texts ORDER BY id")
    assert len(rows) + len(refused) == len(bodies)
    raised = await pool.fetch("SELECT text_id, kind, texts FROM tasks.tasks")
    asked = {row["text_id"] for row in raised}
    alarms = [row for row in rows if row["urgent"] or row["meaning"] == "unsafe_phone"]
    assert sum(row["texts"] for row in raised if row["kind"] in {"urgent", "unsafe_phone"}) == len(alarms)
    harmless = {"nothing", "asks_help", "stops_all", "stops_category", "restarts"}
    assert all(row["id"] in asked or row["meaning"] in harmless or row in alarms for row in rows)
