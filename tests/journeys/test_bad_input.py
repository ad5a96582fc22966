"""One bad record stops nothing else, is kept with its reason, and what it may have said is waited for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clinic.appointment import APPOINTMENTS
from shared.events.topic_names import DEAD
from tests.harness import MONDAY, appointment
from tests.journeys.stack_harness import Patient, StackHarness, key_of

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
ASKED = datetime(2026, 11, 30, 10, 2, tzinfo=UTC)
REMINDED = datetime(2026, 12, 3, 10, 2, tzinfo=UTC)

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Poison:
    """A record that is no event: what it makes of the booking that it follows."""

    label: str
    reason: str
    value: bytes | None = None
    headers: Headers = ()
    changes: tuple[tuple[str, Any], ...] = ()


POISONS = [
    Poison("not JSON", "not_json", b"{cancelled"),
    Poison("no CloudEvent", "not_a_cloudevent", b'["cancelled"]'),
    Poison("a null header", "unreadable_header", headers=[("trace", None)]),
    Poison("a header that is not UTF-8", "unreadable_header", headers=[("trace", b"\xff\xfe")]),
    Poison("an unknown type", "unknown_type", changes=(("type", "cocreate.appointment.v99"),)),
    Poison("from the future", "future_time", changes=(("time", "2031-01-01T00:00:00Z"),)),
    Poison("a naive time", "naive_time", changes=(("time", "2026-11-16T09:00:00"),)),
    Poison("an unknown status", "invalid_data", changes=(("data", {"status": "annulled", "patient": {"id": "x"}}),)),
    Poison("too large", "too_large", b'{"note": "' + b"x" * 300_000 + b'"}'),
]


@dataclass(frozen=True)
class Poisoned:
    """A poison, the patient whose appointment it is about, and where it lies."""

    poison: Poison
    patient: Patient
    place: tuple[int, int]


@pytest.fixture(scope="module")
async def batch(running_town: StackHarness) -> tuple[list[Poisoned], list[Patient]]:
    """One batch: every other record is poison about something booked before. And the patients of the good ones."""
    town = running_town
    bad, good = [town.patient() for _ in POISONS], [town.patient() for _ in POISONS]
    await town.told(*(_booked(who, MONDAY) for who in bad))
    await town.stop("prompts")
    records: list[tuple[bytes, bytes | None, Headers]] = []
    for poison, harmed, unharmed in zip(POISONS, bad, good, strict=True):
        later = _booked(harmed, MONDAY + timedelta(seconds=1), "cancelled") | dict(poison.changes)
        value = poison.value if poison.value is not None else json.dumps(later).encode()
        records.append((key_of(later), value, poison.headers))
        fine = _booked(unharmed, MONDAY)
        records.append((key_of(fine), json.dumps(fine).encode(), ()))
    places = await town.publish_raw(APPOINTMENTS, *records, partition=0)
    await town.start("prompts")
    await town.taken_in()
    await town.at(ASKED)
    return [Poisoned(*row) for row in zip(POISONS, bad, places[::2], strict=True)], good


def _booked(who: Patient, at: datetime, status: str = "booked") -> dict[str, Any]:
    return appointment(who.id, START, status, who.id, at, phone=who.phone, first_name=who.first_name)


async def test_the_rest_of_the_batch_is_handled(
    running_town: StackHarness, batch: tuple[list[Poisoned], list[Patient]]
) -> None:
    """Whoever's booking lay between the poisons is asked, as if there had been none."""
    _, good = batch
    assert [running_town.texts(who.phone) for who in good] == [["ask 7 December 9am"]] * len(good)


@pytest.mark.parametrize("number", range(len(POISONS)), ids=[poison.label for poison in POISONS])
async def test_a_poison_is_a_dead_letter(
    running_town: StackHarness, batch: tuple[list[Poisoned], list[Patient]], number: int
) -> None:
    """A record that cannot be read lies on the dead-letter topic, once, with the reason and the place where it was."""
    poisoned = batch[0][number]
    partition, offset = poisoned.place
    letters = [
        {name: value.decode() for name, value in record.headers}
        for record in await running_town.records(APPOINTMENTS + DEAD)
    ]
    mine = [letter for letter in letters if letter["offset"] == str(offset)]
    assert [(one["reason"], one["topic"], one["partition"]) for one in mine] == [
        (poisoned.poison.reason, APPOINTMENTS, str(partition))
    ]


@pytest.mark.parametrize("number", range(len(POISONS)), ids=[poison.label for poison in POISONS])
async def test_what_a_poison_is_about_is_held(
    running_town: StackHarness, batch: tuple[list[Poisoned], list[Patient]], number: int
) -> None:
    """Where a poison names its thing nothing about that is sent: it may have been a cancellation."""
    who = batch[0][number].patient
    assert running_town.texts(who.phone) == []
    assert ("agenda", "scheduled", "thing_held") in await running_town.standing(who)


async def test_the_next_readable_event_ends_the_hold(
    running_town: StackHarness, batch: tuple[list[Poisoned], list[Patient]]
) -> None:
    """Once the clinic has said again how things stand, they go their way."""
    town, who = running_town, batch[0][0].patient
    await town.told(_booked(who, town.hands.now()))
    await town.settle()
    assert town.texts(who.phone) == ["ask 7 December 9am"]
