"""What holds a patient stays with whoever they turn out to be, until a person lifts it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, OTHER_SOURCE, Harness, appointment, patient
from tests.people.test_notices import DUE, MINUTE, N1, N2, OTHER_SMS, SMS, has_died, notice, two_records

AN_HOUR = timedelta(hours=1)  # what waits is looked at again within it, in opening hours
DIED = "he died last night"


async def close(harness: Harness, task: UUID) -> None:
    """A person finds that a task was not needed."""
    async with harness.pool.acquire() as connection:
        assert await tasks.close(connection, task, Outcome.NOT_NEEDED, "sam", await harness.now())


async def held(harness: Harness) -> int:
    """How many holds there are."""
    return int(await harness.pool.fetchval("SELECT count(*) FROM texts.holds"))


async def renumbered(harness: Harness, *said: dict[str, Any]) -> None:
    """A patient whose source corrects their NHS number after the NHS has spoken of the old one."""
    await harness.registry_says(patient(nhs_number=N1, contacts=SMS), *said)
    await harness.clinic_says(appointment())
    await harness.registry_says(patient(at=MONDAY + MINUTE, nhs_number=N2, contacts=SMS))


class TestNumberOfTheDead:
    """A patient whose source takes a number away from them that the NHS says is a dead person's."""

    @pytest.mark.parametrize("known", [False, True], ids=["new number", "another's number"])
    async def test_nothing_goes_until_a_person_has_looked(self, harness: Harness, known: bool) -> None:
        """They are dead no longer but held, and are written to once the task is found not to have been needed."""
        if known:
            await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N2, contacts=SMS))
        await renumbered(harness, notice(status="2"))
        assert not await has_died(harness)
        (task,) = await harness.tasks(state="open", kind=TaskKind.BEREAVEMENT)
        assert await harness.deliver_at(DUE - AN_HOUR) == []
        assert ("agenda", "scheduled", "death_reported") in await harness.standing()
        await close(harness, task["id"])
        assert await held(harness) == 0
        assert len(await harness.deliver_at(DUE)) == 1

    async def test_each_time(self, harness: Harness) -> None:
        """A number that comes back and goes again is asked about again."""
        await renumbered(harness, notice())
        (first,) = await harness.tasks(state="open")
        await close(harness, first["id"])
        await harness.turn(MONDAY + 3 * MINUTE)
        await harness.registry_says(patient(at=MONDAY + 2 * MINUTE, nhs_number=N1, contacts=SMS))
        await harness.registry_says(patient(at=MONDAY + 3 * MINUTE, nhs_number=N2, contacts=SMS))
        (second,) = await harness.tasks(state="open")
        assert await held(harness) == 1
        await close(harness, second["id"])
        assert await held(harness) == 0

    async def test_a_number_of_the_living(self, harness: Harness) -> None:
        """What the NHS has taken back holds nobody."""
        await renumbered(harness, notice(status="U"))
        assert (await held(harness), await harness.tasks()) == (0, [])
        assert len(await harness.deliver_at(DUE)) == 1

    async def test_a_text_that_waits_as_well(self, harness: Harness) -> None:
        """Where a text speaks of a death too, its own task has to be closed as well."""
        await renumbered(harness, notice())
        await harness.phone_says(DIED)
        (task,) = await harness.tasks(state="open", text_id=None)
        await close(harness, task["id"])
        assert await held(harness) == 1

    async def test_a_text_that_was_not_needed_lets_go_of_no_number(self, harness: Harness) -> None:
        """Where only the text was a mistake, what the NHS told still holds."""
        await renumbered(harness, notice())
        sid = await harness.phone_says(DIED)
        (task,) = await harness.tasks(state="open", text_id=sid)
        await close(harness, task["id"])
        assert await held(harness) == 1


class TestRecordMoves:
    """A record that its source takes away from a patient who is held."""

    async def test_the_hold_stays_and_goes_along(self, harness: Harness) -> None:
        """Both the old patient and the record's new one are held, and closing the one task lifts both."""
        await two_records(harness)
        await harness.phone_says(DIED)
        assert await held(harness) == 1
        await harness.registry_says(patient(at=MONDAY + MINUTE, nhs_number=N2, contacts=OTHER_SMS))
        assert await held(harness) == 2
        assert await harness.deliver_at(DUE - AN_HOUR) == []
        (task,) = await harness.tasks(state="open", kind=TaskKind.BEREAVEMENT)
        await close(harness, task["id"])
        assert await held(harness) == 0
        assert {letter.address for letter in await harness.deliver_at(DUE)} == {"+447700900001", "+447700900002"}

    async def test_so_does_one_without_a_text(self, harness: Harness) -> None:
        """A hold that an NHS number left goes along too, and is lifted from both."""
        await renumbered(harness, notice())
        await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N2))
        number = "9434765838"
        await harness.registry_says(patient(at=MONDAY + 2 * MINUTE, nhs_number=number, contacts=SMS))
        assert await held(harness) == 2
        (task,) = await harness.tasks(state="open")
        await close(harness, task["id"])
        assert await held(harness) == 0

    async def test_other_texts_stay(self, harness: Harness) -> None:
        """A text that holds nothing stays the old patient's alone."""
        await two_records(harness)
        await harness.phone_says("what time should I come")
        await harness.registry_says(patient(at=MONDAY + MINUTE, nhs_number=N2, contacts=OTHER_SMS))
        assert await harness.pool.fetchval("SELECT cardinality(patients) FROM texts.texts") == 1
