"""The NHS says that somebody has died: nothing is sent to them from the next claim, whoever's patient they are."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.cli.rehearsal.rehearsal import Rehearsal, Setup
from services.cli.rehearsal.timeline import MessageEntry
from services.cli.words.shipped import shipped_words
from services.delivery.claiming import reading
from services.delivery.due import Policy as DeliveryPolicy
from services.people.reports import KINDS
from services.prompts.app import planner
from services.prompts.policy import Policy
from shared.clinic import deaths
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS
from shared.clinic.places import Places
from shared.events.cloudevents import Event, Record
from shared.kafka.batches import read_batch
from shared.patients import details, identity
from shared.platform import clock
from shared.schedule import quarantine
from shared.words.book import Book
from tests.harness import MONDAY, OTHER_SOURCE, PLACES, SOURCE, Harness, appointment, patient

SPINE = "https://fhir.nhs.uk/Id/nhsSpineASID/200000000001"
N1, N2 = "9434765919", "9434765870"
SMS, OTHER_SMS = [{"channel": "sms", "value": "07700 900001"}], [{"channel": "sms", "value": "07700 900002"}]
DUE = MONDAY + timedelta(days=14, hours=8)
MINUTE = timedelta(minutes=1)
BOTH = 2
"""Each trust writes of its own appointment: no message is of two."""


def notice(
    number: str = N1, status: str | None = None, at: datetime = MONDAY, source: str = SPINE, **attributes: Any
) -> dict[str, Any]:
    """A notice as the NHS sends it, or with the status that somebody has looked up."""
    event = {
        "specversion": "1.0",
        "id": f"{number[-4:]}-{at:%m%dT%H%M%S}",
        "source": source,
        "type": "pds-death-notification-2",
        "subject": number,
        "time": at.isoformat(),
        "dataref": f"https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/{number}",
        **attributes,
    }
    return event | ({"data": {"deathNotificationStatus": status}} if status else {})


async def has_died(harness: Harness, local_id: str = "p1", source: str = SOURCE) -> bool:
    """Whether delivery would see this patient of a source as dead."""
    async with harness.pool.acquire() as connection:
        (found,) = (
            await identity.find(connection, [identity.reference(harness.encryption, source, local_id)])
        ).values()
        return (await details.load(connection, harness.encryption, [found]))[found].deceased


async def everybody_has_died(harness: Harness) -> tuple[bool, bool]:
    """The same of both sources' patients."""
    return await has_died(harness), await has_died(harness, "q1", OTHER_SOURCE)


async def two_records(harness: Harness) -> None:
    """One person, known by their number to two hospitals, with an appointment at each."""
    await harness.registry_says(
        patient("p1", nhs_number=N1, contacts=SMS), patient("q1", source=OTHER_SOURCE, nhs_number=N1)
    )
    await harness.clinic_says(appointment("1"), appointment("2", patient="q1", source=OTHER_SOURCE))


class TestStops:
    """A death stops everything."""

    @pytest.mark.parametrize("status", [None, "1", "2"], ids=["status not told", "informal", "formal"])
    async def test_nothing_is_sent_from_the_next_claim(self, harness: Harness, status: str | None) -> None:
        """What both hospitals have planned is withheld, and so is what they plan afterwards."""
        await two_records(harness)
        assert await harness.registry_says(notice(status=status)) == []
        assert await harness.deliver_at(DUE) == []
        await harness.clinic_says(appointment("3", patient="q1", source=OTHER_SOURCE, at=MONDAY + MINUTE))
        for day in range(14, 22):
            assert await harness.deliver_at(MONDAY + timedelta(days=day, hours=8)) == []
        assert {row["why"] for row in await harness.messages() if row["state"] == "withheld"} == {"deceased"}
        assert {row["state"] for row in await harness.messages()} <= {"withheld", "withdrawn"}

    async def test_others_are_written_to(self, harness: Harness) -> None:
        """Somebody else's number stops nobody else."""
        await two_records(harness)
        await harness.registry_says(notice(N2))
        assert len(await harness.deliver_at(DUE)) == BOTH

    @pytest.mark.parametrize("way", ["their own record", "an appointment"])
    async def test_whoever_comes_later_is_dead_from_the_start(self, harness: Harness, way: str) -> None:
        """A notice about a number that nobody knows yet is kept for whoever turns out to bear it."""
        assert await harness.registry_says(notice()) == []
        if way == "their own record":
            await harness.registry_says(patient(at=MONDAY + MINUTE, nhs_number=N1, contacts=SMS))
            await harness.clinic_says(appointment())
        else:
            event = appointment()
            event["data"]["patient"]["nhs_number"] = "943 476 5919"
            await harness.clinic_says(event)
        assert await has_died(harness)
        assert await harness.deliver_at(DUE) == []

    async def test_a_number_that_becomes_known_later(self, harness: Harness) -> None:
        """A patient who was known without a number is dead once their source tells the number of one who died."""
        await harness.clinic_says(appointment())
        await harness.registry_says(notice())
        assert not await has_died(harness)
        await harness.registry_says(patient(at=MONDAY + MINUTE, nhs_number=N1, contacts=SMS))
        assert await has_died(harness)
        assert await harness.deliver_at(DUE) == []

    async def test_it_goes_with_the_number(self, harness: Harness) -> None:
        """Who bore the number by a mistake that is corrected lives again; whoever bears it then has died."""
        await harness.registry_says(patient("p1", nhs_number=N1, contacts=SMS), notice())
        assert await has_died(harness)
        await harness.registry_says(patient("p1", MONDAY + MINUTE, nhs_number=N2, contacts=SMS))
        assert not await has_died(harness)
        await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS))
        assert await everybody_has_died(harness) == (False, True)

    async def test_it_stays_with_those_who_bear_it(self, harness: Harness) -> None:
        """A source that had the wrong person takes its own record away from the dead, and from nobody else."""
        await two_records(harness)
        await harness.registry_says(notice())
        await harness.registry_says(patient("p1", MONDAY + MINUTE, nhs_number=N2, contacts=SMS))
        assert await everybody_has_died(harness) == (False, True)

    async def test_no_number_is_kept_in_clear(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        """Neither the tables nor the log show the NHS number of a notice, taken or refused."""
        await harness.registry_says(notice(), notice(data={"deathNotificationStatus": "3"}))
        tables = ("people.patients", "people.identifiers", "people.details", "schedule.holds")
        rows = [str(dict(row)) for t in tables for row in await harness.pool.fetch(f"SELECT * FROM {t}")]  # noqa: S608
        assert rows
        assert [row for row in [*rows, caplog.text] if N1 in row] == []


class TestUndone:
    """A notice that is taken back, and what takes none back."""

    async def test_a_removal_undoes_it(self, harness: Harness) -> None:
        """The NHS says that the patient is alive: what falls due from then on is sent."""
        await two_records(harness)
        await harness.registry_says(notice())
        await harness.registry_says(notice(status="U", at=MONDAY + MINUTE))
        assert await everybody_has_died(harness) == (False, False)
        assert len(await harness.deliver_at(DUE)) == BOTH

    async def test_a_removal_of_what_nobody_heard_of(self, harness: Harness) -> None:
        """It changes nothing."""
        await harness.registry_says(notice(status="U"))
        await harness.registry_says(patient(nhs_number=N1))
        assert not await has_died(harness)

    STANDS: Sequence[Any] = (
        pytest.param(notice(status="U", at=MONDAY - MINUTE), id="an older removal"),
        pytest.param(patient(at=MONDAY + MINUTE, nhs_number=N1, deceased=False), id="a hospital that says otherwise"),
        pytest.param(notice(N2, "U", at=MONDAY + MINUTE), id="another's removal"),
        pytest.param(notice(status="2", at=MONDAY + MINUTE), id="the registrar's confirmation"),
        pytest.param(None, id="a tombstone"),
    )

    @pytest.mark.parametrize("event", STANDS)
    async def test_it_stands(self, harness: Harness, event: dict[str, Any] | None) -> None:
        """Only a later removal by the NHS takes a notice back."""
        await two_records(harness)
        await harness.registry_says(notice())
        key = f"{SPINE}/death/{N1}".encode()
        assert await harness.registry_says(event, key=key, timestamp=MONDAY + MINUTE) == []
        assert await everybody_has_died(harness) == (True, True)

    async def test_a_hospital_s_own_word_stands(self, harness: Harness) -> None:
        """The NHS takes back what the NHS has said, and not what a hospital has."""
        await harness.registry_says(patient(nhs_number=N1, deceased=True), notice())
        await harness.registry_says(notice(status="U", at=MONDAY + MINUTE))
        assert await has_died(harness)

    async def test_a_notice_that_comes_again_after_it_was_looked_up(self, harness: Harness) -> None:
        """The bare notice of a removal, delivered once more, stops nobody; that of a later change does."""
        await harness.registry_says(patient(nhs_number=N1, contacts=SMS), notice(), notice(status="U"))
        await harness.registry_says(notice())
        assert not await has_died(harness)
        await harness.registry_says(notice(at=MONDAY + MINUTE))
        assert await has_died(harness)

    async def test_whichever_system_of_the_nhs_speaks(self, harness: Harness) -> None:
        """A notice of one Spine system is taken back by another's: the number is the thing, not its speaker."""
        await harness.registry_says(patient(nhs_number=N1), notice())
        await harness.registry_says(notice(status="U", at=MONDAY + MINUTE, source=SPINE + "9"))
        assert not await has_died(harness)


def numbers() -> Iterator[str]:
    """Sound NHS numbers of nobody: those that begin with 999 are for tests."""
    return (number for n in range(10_000_000) if (number := nhs_number(f"999{n:07}")) is not None)


async def test_the_order_in_which_they_come_does_not_matter(harness: Harness) -> None:
    """Notice, removal, second notice and two hospitals' records come to the same in any order and any batches."""
    chance = random.Random(5)
    kinds = range(5)
    fresh = itertools.islice(numbers(), 120)
    for order, number in zip(itertools.permutations(kinds), fresh, strict=True):
        local = number[-6:]
        said = [
            patient(f"p{local}", nhs_number=number, contacts=SMS),
            patient(f"q{local}", source=OTHER_SOURCE, nhs_number=number),
            notice(number),
            notice(number, "U", at=MONDAY + MINUTE),
            notice(number, at=MONDAY + 2 * MINUTE),
        ]
        cut = chance.randrange(6)
        for batch in (order[:cut], order[cut:]):
            assert await harness.registry_says(*(said[i] for i in batch)) == []
        dead = await has_died(harness, f"p{local}"), await has_died(harness, f"q{local}", OTHER_SOURCE)
        assert dead == (True, True), order


async def test_a_replay_changes_nothing(harness: Harness) -> None:
    """Reading the topic again from the beginning neither stops nor revives anybody."""
    said = [patient(nhs_number=N1, contacts=SMS), notice(), notice(status="U", at=MONDAY + MINUTE), notice(N2)]
    topic = [harness.record(event, PATIENTS) for event in said]
    await harness.registrar.take(topic)
    tables = ("people.patients", "people.identifiers", "people.details", "schedule.holds")
    before = [await harness.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608
    for record in topic:
        await harness.registrar.take([record])
    await harness.registrar.take(topic)
    assert [await harness.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before  # noqa: S608


class TestRefused:
    """A notice that cannot be read."""

    async def test_it_holds_its_patient(self, harness: Harness) -> None:
        """Nothing is sent until a notice about this number can be read; its dead letter shows no number beside it."""
        await two_records(harness)
        [refused] = await harness.registry_says(notice(data={"deathNotificationStatus": "3"}, at=MONDAY + MINUTE))
        assert (refused.reason, N1 in str(refused.thing), N1 in refused.detail) == ("invalid_data", False, False)
        (row,) = await harness.pool.fetch("SELECT DISTINCT patient_id FROM schedule.messages")
        assert refused.thing == quarantine.patient_thing(row["patient_id"])
        assert await harness.deliver_at(DUE) == []
        assert ("agenda", "scheduled", "thing_held") in await harness.standing()
        await harness.registry_says(notice(status="U", at=MONDAY + 2 * MINUTE))
        assert len(await harness.deliver()) == BOTH

    async def test_one_of_nobody_holds_nobody(self, harness: Harness) -> None:
        """A number whose check digit is wrong is a dead letter alone, and the others of its batch are taken."""
        await two_records(harness)
        [refused] = await harness.registry_says(notice("9434765918"), notice())
        assert (refused.reason, refused.thing) == ("invalid_data", None)
        assert "check digit" in refused.detail
        assert await harness.pool.fetch("SELECT * FROM schedule.holds") == []
        assert await has_died(harness)

    async def test_a_fault_of_ours_holds_its_patient(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        """A notice that breaks us costs nobody else, and its patient is held."""
        await two_records(harness)

        async def broken(*_: Any) -> None:
            raise ValueError

        monkeypatch.setattr(details, "speak", broken)
        [refused] = await harness.registry_says(notice())
        assert (refused.reason, N1 in str(refused.thing)) == ("not_handled", False)
        assert await harness.deliver_at(DUE) == []


class TestRace:
    """A notice that comes while its patient's message is being claimed."""

    async def test_a_claim_that_has_begun_is_finished_first(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The notice waits for the patient's lock; what was claimed before it goes out, and nothing after it."""
        await two_records(harness)
        await harness.wake()
        await harness.turn(DUE)
        await harness.beat()
        inside, go_on = asyncio.Event(), asyncio.Event()
        read = reading.read

        async def slow(*seen: Any) -> Any:
            found = await read(*seen)
            inside.set()
            await go_on.wait()
            return found

        monkeypatch.setattr(reading, "read", slow)
        claim = asyncio.create_task(harness.claims().claim(50))
        await inside.wait()
        said = asyncio.create_task(harness.registry_says(notice()))
        done, _ = await asyncio.wait([said], timeout=0.2)
        go_on.set()
        claimed, _ = await claim
        assert not done, "it took effect in the middle of a claim"
        assert await said == []
        assert len(claimed) == BOTH
        await harness.clinic_says(appointment("3", MONDAY + timedelta(days=22)))
        assert await harness.deliver_at(DUE + timedelta(days=1)) == []

    async def test_a_notice_that_has_begun_lets_no_claim_in(self, harness: Harness) -> None:
        """While it is being taken in, its patient is passed over; afterwards nothing is left to claim."""
        await two_records(harness)
        await harness.wake()
        await harness.turn(DUE)
        await harness.beat()
        async with harness.pool.acquire() as connection, connection.transaction():
            batch = read_batch(
                [harness.record(notice(), PATIENTS)], harness.registrar.read, await clock.read(connection)
            )
            assert await harness.registrar.handle(connection, batch) == []
            assert await harness.claims().claim(50) == ([], 0)
        claimed, seen = await harness.claims().claim(50)
        assert (claimed, seen > 0) == ([], True)
        assert {row["why"] for row in await harness.messages() if row["state"] == "withheld"} == {"deceased"}

    async def test_at_once_with_replicas(self, harness: Harness) -> None:
        """Of twenty patients, with three replicas claiming while the notices come, none is claimed after its notice."""
        chosen = list(itertools.islice(numbers(), 20))
        said = [patient(f"p{n}", nhs_number=n, contacts=SMS) for n in chosen]
        await harness.registry_says(*said)
        await harness.clinic_says(*(appointment(n, patient=f"p{n}") for n in chosen))
        await harness.turn(DUE)
        await harness.beat()
        told: set[str] = set()
        late: list[str] = []

        async def die() -> None:
            for number in chosen:
                await harness.registry_says(notice(number))
                told.add(number)

        async def claim() -> None:
            for _ in range(12):
                before = set(told)
                claimed, _ = await harness.claims().claim(2)
                ids = [one.letter.message_id for one in claimed]
                rows = await harness.pool.fetch("SELECT key FROM schedule.messages WHERE id = ANY($1)", ids)
                late.extend(n for row in rows for n in before if f"/{n}/" in row["key"])

        await asyncio.gather(die(), claim(), claim(), claim())
        assert late == []
        claimed, _ = await harness.claims().claim(50)
        assert claimed == []
        assert {row["state"] for row in await harness.messages() if row["due_at"] <= DUE} <= {"sending", "withheld"}


class TestRehearsed:
    """What `cocreate plan` shows."""

    def lines(self, *said: tuple[str, dict[str, Any]]) -> list[MessageEntry]:
        """The timeline of these events of a topic."""
        topics = {PATIENTS: KINDS, **planner(Policy()).topics}
        events = []
        for offset, (topic, event) in enumerate(said):
            record = Record(
                topic=topic, partition=0, offset=offset, timestamp=MONDAY, key=None, value=json.dumps(event).encode()
            )
            result = deaths.read(record, topics[topic], MONDAY + timedelta(days=30))
            assert isinstance(result, Event), result
            events.append(result)
        places, book = Places.of(PLACES), Book(shipped_words())
        setup = Setup(planners=[planner(Policy())], delivery=DeliveryPolicy(), registry=places, book=book)
        return [entry for entry in Rehearsal(setup).run(events) if isinstance(entry, MessageEntry)]

    @pytest.mark.parametrize(
        ("notices", "sent"),
        [
            pytest.param([], 2, id="nobody died"),
            pytest.param([notice(at=MONDAY - timedelta(days=90))], 0, id="long before"),
            pytest.param([notice()], 0, id="at once"),
            pytest.param([notice(at=MONDAY + timedelta(days=16))], 1, id="after the first message"),
            pytest.param([notice(), notice(status="U", at=MONDAY + timedelta(days=1))], 2, id="removed"),
            pytest.param([notice(N2)], 2, id="somebody else"),
        ],
    )
    def test_nothing_is_sent_afterwards(self, notices: list[dict[str, Any]], sent: int) -> None:
        """From the notice on every message is withheld, with its reason."""
        known = patient(nhs_number="943 476 5919", contacts=SMS)
        lines = self.lines((PATIENTS, known), (APPOINTMENTS, appointment()), *((PATIENTS, event) for event in notices))
        assert sum(line.words is not None for line in lines) == sent
        assert {line.why for line in lines if line.words is None} == ({"deceased"} if sent < 2 else set())
