"""What `cocreate plan` says beneath a timeline: costs, counts, what has no message and why, what waits for a name."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from services.cli.harmless import tamed
from services.cli.rehearsal.printing import Printer, counted
from services.cli.rehearsal.timeline import MessageEntry
from services.cli.rehearsal.unapproved import unmapped
from services.prompts.visits import BOOKED, CANCELLED
from shared.clinic import deaths
from shared.clinic.appointment import Appointment
from shared.clinic.courses import Course, CourseStatus, Enrolment, EnrolmentStatus, Reunion
from shared.clinic.goal import Goal, GoalStatus
from shared.events.cloudevents import Event
from shared.rules.facts import Fact

BRITAIN = ZoneInfo("Europe/London")


def on_costs(messages: Iterable[MessageEntry], printer: Printer) -> None:
    """Print how many texts there are, and what they are billed as."""
    texts = [entry.words.segments for entry in messages if entry.words and entry.channel == "sms"]
    if texts:
        several = "" if len(texts) == 1 else "s"
        printer.line(f"[dim]{len(texts)} text{several}, billed as {counted(sum(texts))}.[/]")


def on_times(printer: Printer) -> None:
    """Print between which hours what is not urgent is spread."""
    spread = f"{printer.policy.spread_from:%H:%M} and {printer.policy.spread_until:%H:%M}"
    printer.line(f"[dim]Prompts and reminders go out between {spread}, each patient's at a minute of their own.[/]")


def on_things(known: Sequence[Fact], spoken_of: set[str], printer: Printer) -> None:
    """Print what is assumed of answers, and why nothing is said of the other things."""
    if any(isinstance(fact.data, Goal) for fact in known):
        printer.line("[dim]Nobody answers here: an answer to a goal's question would end its round.[/]")
    if any(isinstance(fact.data, Reunion) for fact in known):
        printer.line("[dim]Nobody answers here, so nobody has a place at a reunion: whoever says IN is told more.[/]")
    for fact in known:
        if fact.thing not in spoken_of:
            printer.line(f"[dim]nothing for[/] {tamed(fact.thing)}: {tamed(why_nothing(fact))}")


def on_places(places: Iterable[str], printer: Printer) -> None:
    """Print which places still need an approved public name."""
    for place in unmapped(printer.registry.known, places):
        source, _, clinic = place.partition("#")
        what = f"clinic {clinic!r}" if clinic else "events that name no clinic"
        held = "[yellow]held until somebody approves a public name[/]"
        printer.line(f"{held} for {tamed(what)} of {tamed(source)}: `cocreate places import`")


def counts(events: Iterable[Event]) -> str:
    """How many events of each kind there are: `1 patient, 2 appointments`."""
    kinds = Counter("notice of death" if event.kind == deaths.KIND else event.kind for event in events)
    return ", ".join(f"{number} {_several(kind, number)}" for kind, number in kinds.items())


def _several(kind: str, number: int) -> str:
    noun, of, rest = kind.partition(" ")
    return kind if number == 1 else f"{noun}s{of}{rest}"


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
        case Appointment(start=start, zone=zone) if start and _is_midnight(start, zone):
            return "midnight says a day and no hour: a person is asked to find out which."
        case Appointment():
            return "it begins too soon after it was booked."
        case _:
            return "it is gone."


def _is_midnight(start: datetime, zone: ZoneInfo | None) -> bool:
    """Whether a clinic's clock shows midnight; of a clinic in Britain where its event names no zone."""
    return start.astimezone(zone or BRITAIN).time() == time.min
