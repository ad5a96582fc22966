"""Clinics hear when their record and another's become one patient, and when they part: of nothing that is another's."""

import json
from datetime import timedelta
from typing import Any

import pytest

from services.people import merging
from shared.patients import identity
from tests.attacks.test_numbers import MINUTE, N2, TRACED, UNA, una, vic
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment

HERE, THERE = f"{SOURCE}/appointment/1", f"{OTHER_SOURCE}/appointment/2"
RECORDS = {SOURCE: f"{SOURCE}/patient/p1", OTHER_SOURCE: f"{OTHER_SOURCE}/patient/v1"}


async def told(harness: Harness) -> list[tuple[str, list[str], str]]:
    """What clinics were told of unions and partings, in order: what, of which things, by whose word."""
    rows = await harness.pool.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses' ORDER BY seq")
    events: list[dict[str, Any]] = [json.loads(row["event"]) for row in rows]
    assert len({event["id"] for event in events}) == len(events)
    kinds = {"cocreate.merged.v1": "merged", "cocreate.parted.v1": "parted"}
    return [
        (kinds[event["type"]], sorted(event["data"]["things"]), event["data"]["why"])
        for event in events
        if event["type"] in kinds
    ]


async def visits(harness: Harness) -> None:
    """Each clinic has something of its patient planned."""
    await harness.clinic_says(
        appointment("1", first_name="Una", phone=None),
        appointment("2", patient="v1", source=OTHER_SOURCE, first_name="Una", phone=None),
    )


async def united(harness: Harness) -> None:
    """Riverside and Hillside turn out to have one patient: Hillside's record came last."""
    await harness.registry_says(una())
    await visits(harness)
    await harness.registry_says(vic(MONDAY + MINUTE, **UNA))


async def test_each_clinic_is_told_by_its_own_things(partners: Harness) -> None:
    """One event each; neither names the other, nor anything of the other's."""
    await united(partners)
    assert await told(partners) == [
        ("merged", sorted([THERE, RECORDS[OTHER_SOURCE]]), "record"),
        ("merged", [HERE], "record"),
    ]
    rows = await partners.pool.fetch("SELECT event FROM schedule.outbox WHERE event->>'type' LIKE '%.merged.v1'")
    for row in rows:
        assert (SOURCE in row["event"]) != (OTHER_SOURCE in row["event"])


async def test_the_same_news_again_is_told_once(partners: Harness) -> None:
    """A replay, and a newer record that says the same, unite nobody anew."""
    await united(partners)
    before = await told(partners)
    await partners.registry_says(una(), vic(MONDAY + MINUTE, **UNA), vic(MONDAY + 2 * MINUTE, **UNA))
    assert await told(partners) == before


@pytest.mark.parametrize("how", ["another number", "no number", "contradicts", "operator"])
async def test_a_parting_is_told_as_well(partners: Harness, how: str) -> None:
    """Whether the record says so or an operator does."""
    await united(partners)
    before = len(await told(partners))
    later = MONDAY + timedelta(minutes=3)
    if how == "operator":
        async with partners.pool.acquire() as connection, connection.transaction():
            reference = identity.reference(partners.encryption, OTHER_SOURCE, "v1")
            await merging.part(connection, reference, ("rees", "another person"), MONDAY, partners.encryption)
    elif how == "contradicts":
        await partners.registry_says(vic(later))
    else:
        await partners.registry_says(vic(later, number=N2 if how == "another number" else None, **UNA))
    why = "operator" if how == "operator" else "record"
    record = [] if how == "operator" else [RECORDS[OTHER_SOURCE]]
    assert (await told(partners))[before:] == [
        ("parted", sorted([THERE, *record]), why),
        ("parted", [HERE], why),
    ]


@pytest.mark.parametrize("said", [{}, {"status": TRACED}], ids=["untraced", "traced"])
async def test_what_unites_nobody_is_not_told(strangers: Harness, said: dict[str, Any]) -> None:
    """A stranger who claims a number learns nothing of who bears it."""
    await strangers.registry_says(una(**said))
    await visits(strangers)
    await strangers.registry_says(vic(MONDAY + MINUTE, **UNA, **said))
    assert await told(strangers) == []
