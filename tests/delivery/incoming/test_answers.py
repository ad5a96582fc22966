"""Answers in the database: what a message asked, when that is open, and what becomes of an answer, once."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.claiming.erasure import Erasure
from services.delivery.incoming.texts import Texts
from shared.clinic import places
from shared.events.topic_names import INBOUND
from tests.harness import MONDAY, RIVERSIDE, WRITER, Harness, appointment, patient, text

START = MONDAY + timedelta(days=21)
ASKED = MONDAY + timedelta(days=14, hours=8)
REMINDED = START + timedelta(days=-3, hours=8)
PHONE = "+447700900001"


@pytest.fixture
async def asking(harness: Harness) -> Harness:
    """A world whose texts ask, and a place where somebody reads."""
    harness.writer = replace(WRITER, can_answer=True)
    async with harness.pool.acquire() as connection:
        await places.store(connection, [replace(RIVERSIDE, staffed=True)])
    return harness


async def asked(harness: Harness, at: datetime = REMINDED, **more: Any) -> list[UUID]:
    """Ada was asked for her agenda, and perhaps reminded; the messages."""
    await harness.clinic_says(appointment(**more))
    letters = await harness.deliver_at(ASKED)
    if at > ASKED:
        letters += await harness.deliver_at(at)
    return [letter.message_id for letter in letters]


async def replies(harness: Harness) -> list[tuple[str | None, int | None, UUID]]:
    """Token, number and message of each answer that is kept, the oldest first."""
    rows = await harness.pool.fetch("SELECT token, number, message_id FROM schedule.replies ORDER BY at, id")
    return [tuple(row) for row in rows]


async def told_clinics(harness: Harness) -> list[dict[str, Any]]:
    """Events on their way to `clinic.responses`, in order."""
    rows = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses' ORDER BY seq")
    return [json.loads(row["event"]) for row in rows]


async def kinds(harness: Harness) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in await harness.tasks()]


class TestAsked:
    """What a message asked is noted when it goes."""

    async def test_with_the_message(self, asking: Harness) -> None:
        """Tokens of its form, and own words where somebody reads them."""
        await asked(asking)
        rows = await asking.messages()
        assert [(row["kind"], row["asked"], row["asked_words"]) for row in rows] == [
            ("agenda", ["2"], True),
            ("reminder", ["1", "2", "3"], False),
        ]

    async def test_nothing_where_texts_are_not_answered(self, harness: Harness) -> None:
        """A text that asks for nothing has no answer: whatever comes goes to a person."""
        await asked(harness)
        await harness.phone_says("1")
        assert [row["asked"] for row in await harness.messages(planner="prompts")] == [[], []]
        assert await replies(harness) == []
        assert await kinds(harness) == [("read_reply", "open")]

    async def test_nothing_of_whoever_may_not_answer(self, asking: Harness) -> None:
        """A phone that may receive and not answer is asked nothing, and what comes from it goes to a person."""
        phone = {"channel": "sms", "value": PHONE, "may_answer": False}
        await asking.clinic_says(appointment(phone=None))
        await asking.registry_says(patient(contacts=[phone], first_name="Ada"))
        [letter] = await asking.deliver_at(ASKED)
        assert "Reply" not in letter.text
        await asking.phone_says("2")
        assert await replies(asking) == []
        assert await kinds(asking) == [("read_reply", "open")]

    async def test_nothing_by_mail(self, asking: Harness) -> None:
        """An e-mail asks for no token."""
        await asking.clinic_says(appointment(phone=None, email="ada@example.org"))
        await asking.deliver_at(ASKED)
        assert {tuple(row["asked"]) for row in await asking.messages()} == {()}


class TestAnswers:
    """An answer belongs to one question, and reaches its planner once."""

    async def test_it_is_kept_acknowledged_and_told(self, asking: Harness) -> None:
        """A 2 is thanked for at once, at any hour; the clinic hears it, and a person has a task; the time stands."""
        _, reminder = await asked(asking)
        night = REMINDED + timedelta(hours=7)
        await asking.turn(night)
        await asking.phone_says("2")
        [ack] = await asking.deliver()
        assert ack.address == PHONE
        assert "stay" in ack.text or "still" in ack.text
        assert await replies(asking) == [("2", None, reminder)]
        [event] = await told_clinics(asking)
        assert (event["type"], event["data"]["things"]) == (
            "cocreate.reschedule.requested.v1",
            ["https://riverside.example.org/appointment/1001"],
        )
        assert await kinds(asking) == [("rebook", "open")]

    async def test_a_one_undoes_it(self, asking: Harness) -> None:
        """Who can come after all says 1: the task closes by itself."""
        await asked(asking)
        for body in ("2", "1"):
            await asking.phone_says(body)
            await asking.deliver()
        assert [event["type"] for event in await told_clinics(asking)] == [
            "cocreate.reschedule.requested.v1",
            "cocreate.attendance.confirmed.v1",
        ]
        assert await kinds(asking) == [("rebook", "closed")]

    async def test_two_that_come_at_once(self, asking: Harness) -> None:
        """Of two answers in one batch the later stands, though the gateway's clock is ahead of ours."""
        await asked(asking)
        ahead = datetime.now(UTC) + timedelta(seconds=2)
        both = [text("3", sid="SM-b", at=ahead), text("1", sid="SM-a", at=ahead)]
        assert await asking.texts_come(*both, timestamp=ahead) == []
        await asking.deliver()
        assert [event["type"] for event in await told_clinics(asking)] == [
            "cocreate.cancellation.requested.v1",
            "cocreate.attendance.confirmed.v1",
        ]
        assert await kinds(asking) == []

    async def test_the_clinics_own_event_closes_the_task(self, asking: Harness) -> None:
        """Moved by the clinic: the request is met, and an answer to the old time says nothing of the new one."""
        await asked(asking)
        await asking.phone_says("2")
        await asking.deliver()
        later = START + timedelta(days=7)
        await asking.clinic_says(appointment(start=later, at=await asking.now()))
        assert await kinds(asking) == [("rebook", "closed")]
        [notice] = await asking.deliver()
        assert "It is now" in notice.text
        await asking.phone_says("1")
        assert len(await replies(asking)) == 1
        assert ("read_reply", "open") in await kinds(asking)

    @pytest.mark.parametrize(
        ("body", "tasks"), [("1", []), ("2", [("read_reply", "open")]), ("3", [("read_reply", "open")])]
    )
    async def test_an_answer_while_the_news_is_on_its_way(
        self, asking: Harness, body: str, tasks: list[tuple[str, str]]
    ) -> None:
        """An answer to the old time, once it has moved and nobody has said so, acts on nothing; a request is read."""
        await asked(asking)
        await asking.clinic_says(appointment(start=START + timedelta(days=7), at=await asking.now()))
        await asking.turn(await asking.now() + timedelta(minutes=1))
        await asking.phone_says(body, at=datetime.now(UTC))
        letters = await asking.deliver()
        assert ["It is now" in letter.text for letter in letters] == [True]
        assert await told_clinics(asking) == []
        assert await kinds(asking) == tasks

    async def test_after_the_appointment(self, asking: Harness) -> None:
        """Answers after the appointment act on nothing: a person reads them."""
        await asked(asking)
        await asking.turn(START + timedelta(hours=1))
        await asking.phone_says("2")
        assert await replies(asking) == []
        assert await kinds(asking) == [("read_reply", "open")]

    async def test_what_was_written_before_the_question(self, asking: Harness) -> None:
        """A text that came before the reminder went out is no answer to it, however late it is taken in."""
        await asked(asking)
        async with asking.pool.acquire() as connection:
            await connection.execute("UPDATE schedule.messages SET claimed_at = claimed_at + interval '1 h'")
        await asking.phone_says("1")
        assert await replies(asking) == []

    async def test_twice_the_same_text(self, asking: Harness) -> None:
        """A text that comes twice, at two replicas at once and again later, is one answer, one task and one event."""
        await asked(asking)
        record = asking.record(text("3", sid="SM-1", at=await asking.now()), INBOUND)
        await asyncio.gather(*(Texts(asking.pool, asking.encryption).take([record]) for _ in range(2)))
        await asking.deliver()
        await Texts(asking.pool, asking.encryption).take([record])
        assert await asking.deliver() == []
        assert len(await replies(asking)) == len(await told_clinics(asking)) == 1
        assert await kinds(asking) == [("not_needed", "open")]

    async def test_two_people_on_one_phone(self, asking: Harness) -> None:
        """Where two who share a phone could be meant, nothing is guessed: a person reads it."""
        await asking.clinic_says(appointment(), appointment("1002", patient="p2", first_name="Bo"))
        await asking.deliver_at(ASKED)
        await asking.deliver_at(ASKED + timedelta(minutes=31))
        await asking.deliver_at(REMINDED)
        await asking.deliver_at(REMINDED + timedelta(hours=1))
        await asking.phone_says("1")
        assert await replies(asking) == []
        assert await kinds(asking) == [("read_reply", "open")]

    async def test_of_two_who_turn_out_to_be_one(self, asking: Harness) -> None:
        """A merge brings along what the one answered: the other's request is open as well."""
        await asked(asking)
        await asking.phone_says("2")
        await asking.deliver()
        number = "9990000018"
        await asking.registry_says(patient("p1", nhs_number=number), patient("x9", nhs_number=number))
        await asking.wake()
        assert len(await replies(asking)) == 1
        assert await kinds(asking) == [("rebook", "open")]


class TestWords:
    """Own words are kept once, sealed, and told to the clinic as they were written."""

    async def test_items(self, asking: Harness) -> None:
        """A list is told item by item, read by a person as well, and in no table in clear."""
        await asked(asking, ASKED)
        await asking.phone_says("my inhaler; sleep")
        [ack] = await asking.deliver()
        assert "straight away" in ack.text
        [event] = await told_clinics(asking)
        assert (event["type"], event["data"]["items"]) == ("cocreate.agenda.submitted.v1", ["my inhaler", "sleep"])
        assert await kinds(asking) == [("read_reply", "open")]
        await asking.pool.execute("DELETE FROM schedule.outbox")
        tables = ("schedule.messages", "schedule.replies", "schedule.responses", "tasks.tasks", "texts.texts")
        rows = [str(dict(row)) for table in tables for row in await asking.pool.fetch(f"SELECT * FROM {table}")]  # noqa: S608
        assert not any("inhaler" in row for row in rows)

    async def test_erased_words_change_nothing(self, asking: Harness) -> None:
        """Once the words are erased nothing is told again, nor taken back."""
        await asked(asking, ASKED)
        await asking.phone_says("my inhaler; sleep")
        await asking.deliver()
        await asking.turn(START + timedelta(days=200))
        while await Erasure(asking.pool, timedelta(days=90)).run_once():
            pass
        async with asking.pool.acquire() as connection:
            await connection.execute("UPDATE schedule.planners SET policy = 'another'")
        await asking.engine.start()
        await asking.wake()
        assert len(await told_clinics(asking)) == 1

    async def test_words_of_danger(self, asking: Harness) -> None:
        """What sounds urgent is answered by 999 and 111 alone, is a task for now, and still reaches the clinic."""
        await asked(asking, ASKED)
        await asking.phone_says("i want to die")
        [answer] = await asking.deliver()
        assert "999" in answer.text
        assert [event["type"] for event in await told_clinics(asking)] == ["cocreate.agenda.submitted.v1"]
        assert await kinds(asking) == [("urgent", "open")]
        [reminder] = await asking.deliver_at(REMINDED)
        assert "list" not in reminder.text


async def test_nothing_else_crosses_a_conversation(asking: Harness) -> None:
    """For half an hour after an exchange no other message goes to that patient; a notice does."""
    other = appointment("2002", START + timedelta(days=2), clinic="HILL")
    await asking.clinic_says(appointment(), other)
    await asking.deliver_at(ASKED)
    [waiting] = await asking.messages(state="scheduled", kind="agenda")
    await asking.turn(waiting["send_at"])
    await asking.phone_says("my inhaler; sleep")
    assert [letter.message_id for letter in await asking.deliver()] != [waiting["id"]]
    [row] = await asking.messages(id=waiting["id"])
    assert (row["state"], row["why"]) == ("scheduled", "in_conversation")
    await asking.clinic_says(appointment(status="cancelled", at=await asking.now()))
    [notice] = await asking.deliver()
    assert "cancelled" in notice.text
    [late] = await asking.deliver_at(waiting["send_at"] + timedelta(minutes=30))
    assert late.message_id == waiting["id"]
