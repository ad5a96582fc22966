"""A source that writes what it may not: refused at the gateway, and by whoever reads it where it came by Kafka."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.gateway.judging import judge
from services.gateway.tokens import BadTokens, Tokens, mint, topics_of
from shared.patients.sources import Source
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient, register

DUE = MONDAY + timedelta(days=14, hours=8)


@pytest.fixture
async def limited(harness: Harness) -> Harness:
    """Riverside may tell of patients, and of nothing else."""
    async with harness.pool.acquire() as connection:
        await register(
            connection, Source(source=SOURCE, organisation="riverside", topics=frozenset({"clinic.patients"}))
        )
    return harness


async def test_what_a_source_may_not_write_counts_for_nothing(limited: Harness) -> None:
    """It is a dead letter with the cause and the cure; the rest of the batch is taken."""
    refused = await limited.clinic_says(appointment("1"), appointment("2", source=OTHER_SOURCE))
    assert [one.reason for one in refused] == ["forbidden_topic"]
    assert {thing for row in await limited.messages() for thing in row["things"]} == {f"{OTHER_SOURCE}/appointment/2"}


@pytest.mark.parametrize("status", ["booked", "no such status"], ids=["readable", "unreadable"])
async def test_nor_does_it_hold_anything(limited: Harness, status: str) -> None:
    """Whether it can be read or not: whoever may not write to a topic silences nothing by it."""
    await limited.clinic_says(appointment("1", status=status))
    assert await limited.pool.fetch("SELECT * FROM schedule.holds") == []


async def test_what_it_may_write_is_taken(limited: Harness) -> None:
    """Of patients it may tell."""
    assert await limited.registry_says(patient(first_name="Una")) == []


def judged(topics: str, *documents: dict[str, Any]) -> list[str | None]:
    """What the gateway says of these documents, posted by whoever may write these topics for Riverside."""
    token, entry = mint("riverside", SOURCE)
    known = Tokens.of(entry, topics).whose([f"Bearer {token}"])
    assert known is not None
    return [one.reason for one in judge(documents, known, datetime.now(UTC) + timedelta(days=3650))]


def test_the_gateway_refuses_it_first() -> None:
    """Posted, it is answered with the cause and never written."""
    both = (appointment("1"), patient())
    assert judged("", *both) == [None, None]
    assert judged(f"{SOURCE}=clinic.patients", *both) == ["forbidden_topic", None]
    assert judged(f"{SOURCE}/=clinic.patients+clinic.appointments", *both) == [None, None]
    assert judged(f"{OTHER_SOURCE}=clinic.patients", *both) == [None, None]


WRONG = ["x", "x=", "=clinic.patients", "x=clinic.all", "x=clinic.patients,x=clinic.goals", "x=clinic.patients+y"]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_stops_the_start(text: str) -> None:
    """A topic that is misspelt must not become one that is free for all."""
    with pytest.raises(BadTokens):
        topics_of(text)
