"""What a card is filled with at the claim, on real PostgreSQL: of whoever has the appointment now, or nothing."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.cards.app import planner
from services.cards.policy import Policy
from services.delivery.lists import clinician_cards
from shared.clinic.appointment import APPOINTMENTS
from shared.planning.engine import Engine
from shared.schedule import patient_replies, texts
from shared.schedule.patient_replies import Answered
from shared.schedule.texts import TextWords
from shared.words.filling import PatientRequest
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment

POLICY = Policy(domains=("nhs.example.org",))
EMAIL = "ada.grey@nhs.example.org"
START = MONDAY + timedelta(days=21)
ASKED_AT = MONDAY + timedelta(days=14, hours=8)
CARD_AT = MONDAY + timedelta(days=18, hours=7)
THING = f"{SOURCE}/appointment/1001"

KEEP_TEXT = """
INSERT INTO texts.texts (id, address, patients, received_at, meaning, urgent, after, key_id, sealed)
VALUES ($1, '', $2, $3, 'agenda', $4, $5, $6, $7)
"""


class StackHarness:
    """A world with a planner of cards, which reads the same records as that of prompts."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.cards = Engine(planner(POLICY), harness.pool, harness.encryption)

    async def says(self, *events: dict[str, Any], only_cards: bool = False, only_prompts: bool = False) -> None:
        """The clinic publishes; a planner that is behind has not read it yet."""
        records = [self.harness.record(event, APPOINTMENTS) for event in events]
        if not only_cards:
            assert await self.harness.engine.take(records) == []
        if not only_prompts:
            assert await self.cards.take(records) == []

    async def asked(self) -> tuple[UUID, UUID]:
        """The agenda prompt goes out; its id, and its patient's."""
        await self.harness.deliver_at(ASKED_AT)
        rows = await self.harness.messages(kind="agenda", state="sent")
        (row,) = [row for row in rows if any(thing.endswith("/1001") for thing in row["things"])]
        return row["id"], row["patient_id"]

    async def answers(
        self,
        text_id: str,
        message: UUID,
        patients: list[UUID],
        body: str | None = None,
        token: str | None = None,
        urgent: tuple[str, ...] = (),
        *,
        is_reply: bool = True,
    ) -> None:
        """A text is kept, as an answer to a message or as one that nobody understands."""
        at = ASKED_AT + timedelta(hours=1)
        sealed = texts.seal(self.harness.encryption, text_id, TextWords("+447700900001", body or token or ""))
        async with self.harness.pool.acquire() as connection:
            await connection.execute(
                KEEP_TEXT, text_id, patients, at, list(urgent), message, sealed.key_id, sealed.ciphertext
            )
            if is_reply:
                answer = Answered(
                    text_id=text_id,
                    planner="prompts",
                    patient_id=patients[0],
                    message_id=message,
                    at=at,
                    token=token,
                    number=None,
                    quiet=False,
                )
                await patient_replies.keep(connection, [answer])

    async def plans(self) -> list[Mapping[str, Any]]:
        """The data of every card, as the schedule has it."""
        rows = await self.harness.messages(planner="cards")
        return [json.loads(row["data"]) for row in rows if row["state"] == "scheduled"]

    async def read(self, now: datetime = CARD_AT) -> dict[str, PatientRequest]:
        """What the claims of all cards would read."""
        cards = await self.plans()
        async with self.harness.pool.acquire() as connection:
            return await clinician_cards.load(connection, self.harness.encryption, ("prompts", "cards"), cards, now)


@pytest.fixture
async def town(harness: Harness) -> StackHarness:
    await harness.pool.execute("TRUNCATE cards.facts")
    return StackHarness(harness)


def booked(**more: Any) -> dict[str, Any]:
    return appointment(start=START, **{"clinician_email": EMAIL, **more})


async def test_what_a_patient_said_is_read(town: StackHarness) -> None:
    """Own words are opened and split; the last wish about the appointment as it stands is there."""
    await town.says(booked())
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient], body="my back, sleep, tablets")
    await town.answers("SM2", message, [patient], token="2")
    assert await town.read() == {THING: PatientRequest(("my back", "sleep", "tablets"), wish="2")}


async def test_no_words_are_in_any_plan(town: StackHarness) -> None:
    """The schedule holds names of things, and nothing that anybody said or is called."""
    await town.says(booked(first_name="Siân"))
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient], body="my back")
    (row,) = await town.harness.messages(planner="cards")
    kept = " ".join(str(value) for value in row.values())
    assert not [word for word in ("back", "Siân", "grey", "nhs.example") if word in kept]
    facts = await town.harness.pool.fetch("SELECT data FROM cards.facts")
    assert not [row for row in facts if "Siân" in row["data"] or EMAIL in row["data"]]


async def test_whoever_had_it_before_is_not_read(town: StackHarness) -> None:
    """Once the clinic gives the appointment to another patient, the first one's words are nobody's to read there."""
    await town.says(booked())
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient], body="my back", token=None, urgent=("pain",))
    await town.says(booked(patient="p2", phone="07700 900002", at=ASKED_AT))
    assert await town.read() == {THING: PatientRequest()}


@pytest.mark.parametrize("behind", ["only_cards", "only_prompts"])
async def test_nothing_is_read_while_a_planner_is_behind(town: StackHarness, behind: str) -> None:
    """Where the two have not read the same of an appointment, nobody can tell whose it is."""
    await town.says(booked())
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient], body="my back")
    moved = booked(patient="p2", phone="07700 900002", at=ASKED_AT)
    await town.says(moved, **{behind: True})
    assert await town.read() == {}


async def test_an_urgent_text_is_seen_at_its_own_clinic(town: StackHarness) -> None:
    """Of the patient alone who wrote it, understood or not; not on a card of another source."""
    await town.says(booked(), booked(id="2001", patient="q1", source=OTHER_SOURCE, phone="07700 900002"))
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient], body="chest pain", urgent=("chest",), is_reply=False)
    found = await town.read()
    assert found[THING].is_urgent
    assert [one.is_urgent for one in found.values()].count(True) == 1
    assert found[THING].items == ()
    assert not (await town.read(CARD_AT + clinician_cards.URGENT_FOR))[THING].is_urgent


async def test_an_urgent_text_from_a_shared_phone_is_nobodys(town: StackHarness) -> None:
    """Whoever of them wrote it: a person finds out, and no card says it of both."""
    await town.says(booked())
    message, patient = await town.asked()
    await town.answers("SM1", message, [patient, UUID(int=7)], body="x", urgent=("chest",), is_reply=False)
    assert not (await town.read())[THING].is_urgent


async def test_cards_follow_the_clinic(town: StackHarness) -> None:
    """A card is withdrawn with its last appointment, and goes to a colleague who takes the list over."""
    await town.says(booked())
    await town.says(booked(clinician_email="bo@nhs.example.org", at=MONDAY + timedelta(minutes=1)))
    rows = await town.harness.messages(planner="cards")
    assert sorted(row["state"] for row in rows) == ["scheduled", "withdrawn"]
    await town.says(booked(clinician_email=None, at=MONDAY + timedelta(minutes=2)))
    assert {row["state"] for row in await town.harness.messages(planner="cards")} == {"withdrawn"}
    await town.says(appointment(id="3001", start=START))
    assert len(await town.harness.pool.fetch("SELECT FROM cards.facts WHERE thing LIKE '%3001'")) == 0
