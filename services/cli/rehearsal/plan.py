"""`cocreate plan`: prints the timeline of messages that events would send."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field
from rich.markup import escape

from services.cli.catalogue import entries
from services.cli.commands.registry import read_places
from services.cli.documents import Bad, Good, documents
from services.cli.rehearsal.rehearsal import Rehearsal
from services.cli.rehearsal.timeline import TimelineEntry
from services.cli.rehearsal.unapproved import unmapped
from services.cli.terminal import CommandRefused, err, out
from services.delivery.due import Policy as DeliveryPolicy
from services.prompts.settings import Settings
from services.prompts.visits import BOOKED, CANCELLED
from shared.clinic.appointment import Appointment
from shared.clinic.courses import Course, CourseStatus, Enrolment, EnrolmentStatus, Reunion
from shared.clinic.goal import Goal, GoalStatus
from shared.clinic.places import Places
from shared.events.cloudevents import Event
from shared.rules.facts import Fact
from shared.schedule.states import REASONS
from shared.settings import load
from shared.words.book import Rendered

NO_KEY = "A" * 43 + "="


class Rehearsed(Settings):
    """The settings of the rules, and the one setting of delivery that changes words."""

    sms_answers: bool = Field(default=True, description="whether texts ask for answers, as delivery has it")


def show_plan(files: Sequence[Path], source: str, places: Path | None) -> None:
    """Print the timeline of messages that the events of these files would send.

    Raises:
        CommandRefused: a document in the files is invalid, or the files are empty.

    """
    found = list(documents(files, source))
    good = [one for one in found if isinstance(one, Good)]
    registry = Places.of(read_places(places)) if places else Places()
    for one in good:
        for note in one.notes:
            out.print(f"[dim]note[/]  {escape(one.where)}: {escape(note)}", highlight=False, soft_wrap=True)
    _rehearse([one.event for one in good], registry)
    bad = [one for one in found if isinstance(one, Bad)]
    for fault in bad:
        err.print(f"[red]not an event[/] {escape(fault.where)}: {escape(fault.cause)}", highlight=False, soft_wrap=True)
    if bad:
        raise CommandRefused(f"{len(bad)} of {len(found)} could not be read.")
    if not found:
        raise CommandRefused("There is nothing in these files.")


def _rehearse(events: Sequence[Event], registry: Places) -> None:
    """Print the messages that these events send, and for each thing without a message the reason."""
    keys = {"keys": f"none:{NO_KEY}", "index_key": NO_KEY}  # of the settings only the rules' numbers are used
    settings = load(Rehearsed, **keys)
    policy = settings.policy()
    planners = [one.planner(load(one.settings, **keys)) for one in entries() if one.planner and one.for_patients]
    delivery = DeliveryPolicy(zone=settings.default_zone, holidays=settings.holidays)
    rehearsal = Rehearsal(planners, delivery, registry, settings.region, answers=settings.sms_answers)
    lines = sorted(rehearsal.run(events), key=lambda line: line.at)
    for line in lines:
        _show(line, registry.zone(line.places[0], policy.zone) if line.places else policy.zone)
    if lines:
        segments = sum(line.words.segments for line in lines if line.words)
        if segments:
            texts = sum(line.channel == "sms" for line in lines)
            out.print(f"[dim]{texts} text{'' if texts == 1 else 's'}, billed as {counted(segments)}.[/]")
        spread = f"{policy.spread_from:%H:%M} and {policy.spread_until:%H:%M}"
        out.print(f"[dim]Prompts and reminders go out between {spread}, each patient's at a minute of their own.[/]")
    known = rehearsal.facts()
    if any(isinstance(fact.data, Goal) for fact in known):
        out.print("[dim]Nobody answers here: an answer to a goal's question would end its round.[/]")
    if any(isinstance(fact.data, Reunion) for fact in known):
        out.print("[dim]Nobody answers here, so nobody has a place at a reunion: whoever says IN is told more.[/]")
    spoken_of = {thing for line in lines for thing in line.things}
    for fact in rehearsal.facts():
        if fact.thing not in spoken_of:
            out.print(f"[dim]nothing for[/] {escape(fact.thing)}: {why_nothing(fact)}", highlight=False, soft_wrap=True)
    for place in unmapped(registry.known, (place for line in lines for place in line.places)):
        clinic = place.partition("#")[2]
        what = f"clinic {clinic!r}" if clinic else "events that name no clinic"
        out.print(
            f"[yellow]held until somebody approves a public name[/] for {what} of {escape(place.partition('#')[0])}: "
            "`cocreate places import`",
            highlight=False,
            soft_wrap=True,
        )


def _show(line: TimelineEntry, zone: ZoneInfo) -> None:
    local: datetime = line.at.astimezone(zone)
    about = ", ".join(thing.rpartition("/")[2] for thing in line.things)
    head = escape(f"{local:%a %d %b %Y %H:%M}  {line.kind} about {about}")
    if line.words is None:
        because = REASONS[line.why].removeprefix("waits: ") + (f" ({line.detail})" if line.detail else "")
        out.print(f"[yellow]{head}, not sent[/]: {escape(because)}", highlight=False, soft_wrap=True)
        return
    out.print(f"[green]{head}[/] {escape(_how(line, line.words))}", highlight=False, soft_wrap=True)
    subject = [f"Subject: {line.words.subject}"] if line.words.subject else []
    for part in [*subject, *line.words.text.splitlines()]:
        out.print(f"    {part}", markup=False, highlight=False, soft_wrap=True)


def _how(line: TimelineEntry, words: Rendered) -> str:
    """Channel, reader, languages and cost of a message: `by text in cy + en, 3 segments`."""
    by = "by text" if line.channel == "sms" else "by e-mail"
    to = " to a carer" if line.reader == "carer" else ""
    cost = f", {counted(words.segments)}" if words.segments else ""
    return f"{by}{to} in {' + '.join(words.languages)}{cost}"


def counted(segments: int) -> str:
    """A number of segments in words: `1 segment`, `2 segments`."""
    return f"{segments} segment{'' if segments == 1 else 's'}"


def why_nothing(fact: Fact) -> str:  # noqa: C901, PLR0911, PLR0912 - a table of cases
    """The reason why a thing has no message, as a sentence."""
    match fact.data:
        case Course(status=CourseStatus.PLANNED):
            return "nobody is enrolled whom a session is still to come for."
        case Reunion(status="planned"):
            return (
                "nobody whom we know is invited (who came to enough sessions of a course that it names), or it is over."
            )
        case Enrolment(status=EnrolmentStatus.ENROLLED | EnrolmentStatus.COMPLETED):
            return (
                "no session of its course is still to come, or the course is not known; reunions stand for themselves."
            )
        case Course(status=status) | Reunion(status=status) | Enrolment(status=status):
            return f"it is {status}, and nobody was told otherwise."
        case Goal(status=GoalStatus.ACTIVE):
            return "there is no question left to ask about it."
        case Goal(status=status):
            return f"it is {status}; only active ones are asked about."
        case Appointment(attends=False):
            return "the patient is named for information only and need not come."
        case Appointment(start=None) as appointment:
            return f"it is {appointment.status} and has no start yet."
        case Appointment(status=status) if status in CANCELLED:
            return "it is cancelled, and nobody was told of it."
        case Appointment(status=status) if status not in BOOKED:
            return f"its status is {status}; only booked ones are spoken of."
        case Appointment(start=start) if start and fact.first_at >= start:
            return f"it was over ({start:%d %b %Y}) when we heard of it."
        case Appointment():
            return "it begins too soon after it was booked."
        case _:
            return "it is gone."
