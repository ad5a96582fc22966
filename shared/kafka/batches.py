"""A batch of records as it was read, and where a fault of ours broke it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.cloudevents import Event, Record, Rejected, RejectReason
from shared.events.things import source_of
from shared.platform.clock import Moment

Read = Callable[[Record, datetime], Event | Rejected]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records, what each was read as, and the moment at which they are taken in.

    Attributes:
        results: in the order of the records, which within one partition is the order of the topic.
        moment: of the transaction that takes them in.

    """

    records: tuple[Record, ...]
    results: tuple[Event | Rejected, ...]
    moment: Moment

    @property
    def events(self) -> list[Event]:
        """The records that are events, in their order."""
        return [result for result in self.results if isinstance(result, Event)]

    @property
    def rejected(self) -> list[Rejected]:
        """The records that are none, in their order."""
        return [result for result in self.results if isinstance(result, Rejected)]

    def settling(self) -> list[Event]:
        """The events that may end a hold: those which no unreadable record about the same thing follows.

        One that follows in the batch, and whose time is known to be earlier, does not count.
        """
        unreadable = {r.thing: (position, r.time) for position, r in enumerate(self.results) if isinstance(r, Rejected)}

        def settles(position: int, event: Event) -> bool:
            last, time = unreadable.get(event.thing, (-1, None))
            return position > last or (time is not None and event.version.time > time)

        return [e for position, e in enumerate(self.results) if isinstance(e, Event) and settles(position, e)]


def read_batch(records: Sequence[Record], read: Read, moment: Moment, fault: str | None = None) -> Batch:
    """Read each record of a batch; with a `fault` of ours, by which they broke before, each is refused for it."""
    results = [read(record, moment.now) for record in records]
    if fault is not None:
        results = [_not_handled(record, result, fault) for record, result in zip(records, results, strict=True)]
    return Batch(tuple(records), tuple(results), moment)


def only_permitted(batch: Batch, may_write: Callable[[str, str], bool]) -> Batch:
    """The same batch without what a source may not write to a topic: it counts for nothing, and holds nothing.

    `may_write`: whether a source may write to a topic.
    """
    results = [_permitted(record, one, may_write) for record, one in zip(batch.records, batch.results, strict=True)]
    return replace(batch, results=tuple(results))


def _permitted(record: Record, result: Event | Rejected, may_write: Callable[[str, str], bool]) -> Event | Rejected:
    claimed = {source_of(result.thing)} if result.thing else set()
    claimed |= {result.source} if isinstance(result, Event) else set()
    if all(may_write(source, record.topic) for source in claimed):
        return result
    if isinstance(result, Rejected):
        return replace(result, thing=None)
    return Rejected(record, RejectReason.FORBIDDEN_TOPIC, record.topic, time=result.version.time)


def _not_handled(record: Record, result: Event | Rejected, fault: str) -> Rejected:
    if isinstance(result, Rejected):
        return result
    return Rejected(record, RejectReason.NOT_HANDLED, fault, result.thing, result.version.time)
