"""`cocreate plan`: prints the timeline of messages, tasks and answers to the clinic that events would bring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from services.cli.catalogue import entries
from services.cli.commands.registry import read_places
from services.cli.documents import Bad, Good, documents
from services.cli.harmless import tamed
from services.cli.rehearsal import remarks
from services.cli.rehearsal.chosen_words import ChosenWords, choose
from services.cli.rehearsal.printing import Printer
from services.cli.rehearsal.rehearsal import Rehearsal, Setup
from services.cli.rehearsal.timeline import Entry, MessageEntry
from services.cli.terminal import CommandRefused, err
from services.delivery.due import Policy as DeliveryPolicy
from services.prompts.settings import Settings
from shared.clinic.places import Places
from shared.events.cloudevents import MAX_AHEAD, REASONS, Event, RejectReason
from shared.settings import load

NO_KEY = "A" * 43 + "="

AHEAD = timedelta(days=366 * 50)
"""How far ahead of `--at` an event may lie: it is read, and not heard of yet."""


class Rehearsed(DeliveryPolicy, Settings):
    """The settings of the rules and of delivery's decisions, and the one of delivery that changes words."""

    sms_answers: bool = Field(default=True, description="whether texts ask for answers, as delivery has it")

    def delivery(self) -> DeliveryPolicy:
        """What stands between a due message and its patient."""
        return DeliveryPolicy(**{name: getattr(self, name) for name in DeliveryPolicy.model_fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """The options of the command.

    Attributes:
        source: of what names none.
        places: a CSV of places; None: those of the database whose words are published, if any.
        words: published, shipped, draft, or a file or folder of drafts; None: published, or shipped without a database.
        at: what the clock is to show, as an ISO 8601 instant; None: now.

    """

    source: str
    places: Path | None = None
    words: str | None = None
    at: str | None = None


def show_plan(files: Sequence[Path], options: PlanOptions) -> None:
    """Print the timeline that the events of these files would bring.

    Raises:
        CommandRefused: a document in the files is invalid, or the files are empty.

    """
    settings = load(Rehearsed, keys=f"none:{NO_KEY}", index_key=NO_KEY)
    at = None if options.at is None else instant(options.at, settings.default_zone)
    found = list(documents(files, options.source, at, None if at is None else at + AHEAD))
    good = [one for one in found if isinstance(one, Good)]
    words = choose(options.words)
    registry = Places.of(read_places(options.places)) if options.places else words.places
    printer = Printer(registry, settings.policy())
    for one in good:
        for note in one.notes:
            printer.line(f"[dim]note[/]  {tamed(one.where)}: {tamed(note)}")
    heard = _heard([one.event for one in good], at, printer)
    _rehearse(heard, _rehearsal(settings, registry, words), printer, words, at)
    bad = [one for one in found if isinstance(one, Bad)]
    for fault in bad:
        cure = ", or see what it would bring with --at" if fault.cause == REASONS[RejectReason.FUTURE_TIME] else ""
        told = f"[red]not an event[/] {tamed(fault.where)}: {tamed(fault.cause)}{cure}"
        err.print(told, highlight=False, soft_wrap=True)
    if bad:
        raise CommandRefused(f"{len(bad)} of {len(found)} could not be read.")
    if not found:
        raise CommandRefused("There is nothing in these files.")


def instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant as people write it; without an offset, on the wall of the clinics.

    Raises:
        CommandRefused: it is none.

    """
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandRefused(f"{text} is no instant: write 2027-01-12T06:30, or 2027-01-12T06:30Z.") from None


def _rehearsal(settings: Rehearsed, registry: Places, words: ChosenWords) -> Rehearsal:
    """A rehearsal of every planner for patients, with the numbers that the environment sets."""
    keys = {"keys": f"none:{NO_KEY}", "index_key": NO_KEY}  # of the settings only the rules' numbers are used
    planners = [one.planner(load(one.settings, **keys)) for one in entries() if one.planner and one.for_patients]
    return Rehearsal(
        Setup(
            planners=planners,
            delivery=settings.delivery(),
            registry=registry,
            book=words.book(),
            region=settings.region,
            answers=settings.sms_answers,
        )
    )


def _heard(events: Sequence[Event], at: datetime | None, printer: Printer) -> list[Event]:
    """The events that are heard of by then; of the others it is said that they are not."""
    if at is None:
        return list(events)
    heard = [event for event in events if event.version.time <= at + MAX_AHEAD]
    later = len(events) - len(heard)
    if later:
        last = printer.instant(max(event.version.time for event in events))
        are = "event is dated later and" if later == 1 else "events are dated later and"
        printer.line(f"[dim]{later} {are} not heard of yet: --at {last} would hear all.[/]")
    return heard


def _rehearse(
    events: Sequence[Event], rehearsal: Rehearsal, printer: Printer, words: ChosenWords, at: datetime | None
) -> None:
    """Print what these events bring, and for each thing without a message the reason."""
    timeline = sorted(rehearsal.run(events), key=lambda entry: entry.at)
    messages = [entry for entry in timeline if isinstance(entry, MessageEntry)]
    if at is None:
        _show(timeline, printer)
    else:
        _show_at(timeline, at, printer)
    if messages:
        remarks.on_costs([entry for entry in messages if at is None or entry.at >= at], printer)
        printer.line(f"[dim]{tamed(words.which)}[/]")
        remarks.on_times(printer)
    elif events:
        printer.line(f"{remarks.counts(events)} read; nothing to send.")
    remarks.on_things(rehearsal.facts(), {thing for entry in messages for thing in entry.things}, printer)
    remarks.on_places((place for entry in messages for place in entry.places), printer)


def _show(timeline: Iterable[Entry], printer: Printer) -> None:
    for entry in timeline:
        printer.show(entry)


def _show_at(timeline: Sequence[Entry], at: datetime, printer: Printer) -> None:
    """Print what has happened by then in short, and what is due from then on."""
    before = [entry for entry in timeline if entry.at < at]
    then = [entry for entry in timeline if entry.at >= at]
    shown = printer.instant(at)
    if before:
        printer.line(f"[bold]Before {shown}[/]")
        for entry in before:
            printer.head(entry)
    printer.line(f"[bold]From {shown} on[/]" if then else f"[bold]From {shown} on nothing is due.[/]")
    _show(then, printer)
