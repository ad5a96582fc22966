"""The shared consumer: one transaction a batch, again where patients were merged, record by record where one breaks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.events.cloudevents import Event, Record, Rejected, RejectReason, Version
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients.identity import Merged
from shared.platform.clock import Connection
from shared.platform.database import Pool

AT = datetime(2026, 11, 16, tzinfo=UTC)
ADA = UUID(int=1)

Noted = Callable[[], Awaitable[list[str]]]


def record(offset: int, value: bytes = b"fine") -> Record:
    return Record(topic="t", partition=0, offset=offset, timestamp=AT, key=None, value=value)


class Notebook:
    """Writes down what is in a batch; what it meets on the way is told beforehand."""

    def __init__(self, meets: Callable[[Batch], Exception | None] = lambda _: None) -> None:
        self.batches: list[list[str]] = []
        self._meets = meets

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        assert record.value is not None
        if record.value == b"{":
            return Rejected(record, RejectReason.NOT_JSON, thing=f"thing/{record.offset}")
        version = Version.of(min(now, AT), None, record)
        return Event(
            id=record.value.decode(),
            source="source",
            kind="kind",
            thing=f"thing/{record.offset}",
            version=version,
            data=None,
        )

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        self.batches.append([event.id for event in batch.events])
        for event in batch.events:
            await connection.execute("INSERT INTO noted VALUES ($1)", event.thing)
        error = self._meets(batch)
        if error is not None:
            raise error
        return batch.rejected


@pytest.fixture
async def noted(pool: Pool) -> AsyncIterator[Noted]:
    """A table to write in, and what stands there."""
    await pool.execute("CREATE TABLE noted (thing text)")

    async def read() -> list[str]:
        return [row["thing"] for row in await pool.fetch("SELECT thing FROM noted ORDER BY thing")]

    yield read
    await pool.execute("DROP TABLE noted")


def breaks(batch: Batch) -> Exception | None:
    return ValueError("a name") if any(event.id == "breaks" for event in batch.events) else None


async def test_a_batch_is_one_transaction(pool: Pool, noted: Noted) -> None:
    """What can be read is taken in at once, and what cannot comes back."""
    notebook = Notebook()
    refused = await Consumer(pool, notebook).take([record(1), record(2, b"{"), record(3)])
    assert [(one.reason, one.thing) for one in refused] == [("not_json", "thing/2")]
    assert notebook.batches == [["fine", "fine"]]
    assert await noted() == ["thing/1", "thing/3"]


async def test_one_that_breaks_is_refused_alone(pool: Pool, noted: Noted, caplog: pytest.LogCaptureFixture) -> None:
    """The rest of its batch is taken in; it comes back with its thing and the fault's name, which the log has too."""
    refused = await Consumer(pool, Notebook(breaks)).take([record(1), record(2, b"breaks"), record(3, b"{")])
    assert [(one.reason, one.detail, one.thing, one.time) for one in refused] == [
        ("not_handled", "ValueError", "thing/2", AT),
        ("not_json", "", "thing/3", None),
    ]
    assert await noted() == ["thing/1"]
    assert "ValueError in" in caplog.text
    assert "a name" not in caplog.text


async def test_one_that_cannot_even_be_refused_stops_the_topic(pool: Pool, noted: Noted) -> None:
    """Where a record breaks us refused as well, the fault is raised: nothing may be lost without a trace."""
    with pytest.raises(ValueError, match="always"):
        await Consumer(pool, Notebook(lambda _: ValueError("always"))).take([record(1)])
    assert await noted() == []


async def test_merged_patients_have_the_batch_done_again(pool: Pool, noted: Noted) -> None:
    """A merge between looking up and locking undoes the batch, is told of, and the batch is tried again."""
    merges: list[Exception | None] = [Merged({ADA}), None]
    told: list[set[UUID]] = []

    async def merged(patients: set[UUID]) -> None:
        told.append(patients)

    notebook = Notebook(lambda _: merges.pop(0))
    assert await Consumer(pool, notebook, merged).take([record(1)]) == []
    assert (told, notebook.batches) == ([{ADA}], [["fine"], ["fine"]])
    assert await noted() == ["thing/1"]


async def test_a_fault_in_meeting_a_merge_costs_one_record(pool: Pool, noted: Noted) -> None:
    """Where planning the merged breaks by our own fault, their record is refused, and the rest is taken in."""

    async def merged(_: set[UUID]) -> None:
        raise ValueError

    def meets(batch: Batch) -> Exception | None:
        return Merged({ADA}) if any(event.id == "merged" for event in batch.events) else None

    refused = await Consumer(pool, Notebook(meets), merged).take([record(1), record(2, b"merged")])
    assert [(one.reason, one.thing) for one in refused] == [("not_handled", "thing/2")]
    assert await noted() == ["thing/1"]


async def test_an_outage_is_no_fault_of_a_record(pool: Pool, noted: Noted) -> None:
    """What waiting cures is raised, for the whole batch to be tried again."""
    notebook = Notebook(lambda _: ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await Consumer(pool, notebook).take([record(1), record(2)])
    assert len(notebook.batches) == 1
    assert await noted() == []
