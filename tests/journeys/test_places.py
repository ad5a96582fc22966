"""Who has a place, through the real services: three hundred answers at once, three replicas, one of them killed."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clinic.courses import COURSES
from shared.events.topic_names import RESPONSES
from shared.security.encryption import Encryption
from tests.harness import INDEX_KEY, KEYS, MONDAY, SOURCE
from tests.journeys.stack_harness import PUBLIC, Patient, StackHarness
from tests.journeys.test_texts import got

START = datetime(2027, 1, 11, 14, tzinfo=UTC)
INVITED = datetime(2026, 11, 30, 17, tzinfo=UTC)
PEOPLE, PLACES = 300, 40
ARRIVALS = """
SELECT a.address FROM reunions.entries e JOIN people.addresses a USING (patient_id)
WHERE e.act = 'in' ORDER BY e.arrival
"""
REPLICAS = ("reunions", "reunions-2", "reunions-3")


@pytest.fixture(scope="module")
def provider() -> dict[str, object]:
    """Where the sandbox posts what is typed on its phones."""
    return {"inbound_url": f"{PUBLIC}/twilio/inbound"}


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Three hundred invitations and their answers go out quickly."""
    return {"sms_rate": "400", "gateway_rate": "1000"}


def event(kind: str, name: str, **data: Any) -> dict[str, Any]:
    """What an organiser publishes."""
    return {
        "specversion": "1.0",
        "id": f"{kind}-{name}",
        "source": SOURCE,
        "type": f"cocreate.{kind}.v1",
        "subject": f"{kind}/{name}",
        "time": MONDAY.isoformat(),
        "data": data,
    }


def graduate(patient: Patient) -> dict[str, Any]:
    """Somebody who came to six of seven sessions."""
    who = {
        "id": patient.id,
        "first_name": patient.first_name,
        "contacts": [{"channel": "sms", "value": patient.phone}],
    }
    return event(
        "enrolment", patient.id, course="c1", patient=who, status="completed", attended=[1, 2, 3, 4, 5, 6], missed=[7]
    )


@pytest.mark.usefixtures("needs_real_kafka")
@pytest.mark.timeout(300)
async def test_three_hundred_answers_for_forty_places(bare_town: StackHarness) -> None:
    """All answer within a second while a replica is killed: 40 are in, 260 wait in order, and each hears it once."""
    town = bare_town
    await town.start("people", "delivery", "gateway", *REPLICAS)
    people = [town.patient() for _ in range(PEOPLE)]
    sessions = [{"number": n, "start": (MONDAY - timedelta(weeks=20 - n)).isoformat()} for n in range(1, 8)]
    await town.publish(
        event(
            "reunion",
            "r1",
            start=START.isoformat(),
            rsvp_by=START.isoformat(),
            capacity=PLACES,
            courses=["c1"],
            clinic="MSK",
        ),
        *(graduate(one) for one in people),
        event("course", "c1", sessions=sessions, clinic="MSK", status="planned"),
        topic=COURSES,
    )
    await town.taken_in()
    await town.turn(INVITED)
    await town.settle(90)
    assert Counter(len(got(town, one)) for one in people) == {1: PEOPLE}

    async def answers() -> None:
        for one in people:
            town.sandbox.reply(one.phone, "IN")
        await asyncio.sleep(0)
        await town.sandbox.settled()

    async def trouble() -> None:
        await asyncio.sleep(1)
        await town.kill("reunions-2")
        await town.start("reunions-2")

    await asyncio.gather(answers(), trouble())
    await town.settle(120)
    texts = {one.phone: got(town, one) for one in people}
    assert Counter(len(those) for those in texts.values()) == {2: PEOPLE}
    inside = {phone for phone, those in texts.items() if "you have a place" in those[-1]}
    waiting = {phone for phone, those in texts.items() if "waiting list" in those[-1]}
    assert (len(inside), len(waiting)) == (PLACES, PEOPLE - PLACES)
    told = [json.loads(record.value or b"{}") for record in await town.records(RESPONSES)]
    assert Counter(one["data"]["standing"] for one in told) == {"in": PLACES, "waiting": PEOPLE - PLACES}
    index = Encryption.of(KEYS, INDEX_KEY).index
    phones = {index(one.phone): one.phone for one in people}
    entries = [phones[row["address"]] for row in await town.pool.fetch(ARRIVALS)]
    assert len(entries) == len(set(entries)) == PEOPLE
    assert set(entries[:PLACES]) == inside


async def test_a_course_in_any_order(bare_town: StackHarness) -> None:
    """An enrolment before its course: reminded on the working day before, told of a move, and not of what is over."""
    town = bare_town
    missing = {"people", "delivery", "gateway", "prompts"} - town.running.keys()
    await town.start(*sorted(missing))
    comes, drops = town.patient(), town.patient()
    first = datetime(2027, 2, 1, 14, tzinfo=UTC)
    await town.turn(first - timedelta(days=14))

    async def says(*events: dict[str, Any]) -> None:
        at = (await town.now()).isoformat()
        await town.publish(*({**one, "id": f"{one['id']}-{at}", "time": at} for one in events), topic=COURSES)
        await town.taken_in()

    def enrolled(patient: Patient, status: str = "enrolled") -> dict[str, Any]:
        who = {"id": patient.id, "first_name": patient.first_name}
        contacts = [{"channel": "sms", "value": patient.phone}]
        return event("enrolment", patient.id, course="c2", patient={**who, "contacts": contacts}, status=status)

    def course(*starts: datetime) -> dict[str, Any]:
        sessions = [{"number": n, "start": start.isoformat()} for n, start in enumerate(starts, 1)]
        return event("course", "c2", sessions=sessions, clinic="MSK")

    await says(enrolled(comes), enrolled(drops))
    await says(course(first, first + timedelta(days=7)))
    await town.at(first - timedelta(days=3) + timedelta(hours=3))
    assert [len(got(town, one)) for one in (comes, drops)] == [1, 1]
    assert "1 February" in got(town, comes)[-1]
    await says(enrolled(drops, "withdrawn"), course(first + timedelta(hours=2), first + timedelta(days=7)))
    await town.settle()
    assert [len(got(town, one)) for one in (comes, drops)] == [2, 1]
    assert "4pm" in got(town, comes)[-1]
