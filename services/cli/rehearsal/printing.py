"""Prints the entries of a timeline: in a terminal as wide as it is, elsewhere each line whole."""

from collections.abc import Iterable
from datetime import datetime

from rich.text import Text

from services.cli.harmless import tamed
from services.cli.rehearsal.timeline import Entry, MessageEntry, ResponseEntry, TaskEntry
from services.cli.terminal import out
from shared.clinic.places import Places
from shared.rules.policy import PlannerPolicy
from shared.rules.task_requests import KINDS
from shared.schedule.states import REASONS, Why
from shared.words.book import Rendered

INDENT = 4
"""Columns by which words, and what does not fit on its line, are set in."""


class Printer:
    """Prints what happens, each at the time on the clinic's own clock."""

    def __init__(self, registry: Places, policy: PlannerPolicy) -> None:
        """Print with the zones of these places; `policy` has that of all others."""
        self.registry = registry
        self.policy = policy

    def show(self, entry: Entry) -> None:
        """Print an entry, with its words where it has any."""
        self.head(entry)
        if isinstance(entry, MessageEntry) and entry.words is not None:
            subject = [f"Subject: {entry.words.subject}"] if entry.words.subject else []
            for part in [*subject, *entry.words.text.splitlines()]:
                _print(Text(part), INDENT)

    def head(self, entry: Entry) -> None:
        """Print the line of an entry, without its words."""
        at = self.instant(entry.at, entry.places)
        match entry:
            case MessageEntry(words=None):
                said = f"[yellow]{at}  {_of(entry.kind, entry.things)}, not sent[/]: {_reason(entry.why, entry.detail)}"
            case MessageEntry(words=Rendered() as words):
                said = f"[green]{at}  {_of(entry.kind, entry.things)}[/] {_how(entry, words)}"
            case TaskEntry(is_over=True):
                said = f"[cyan]{at}  {_of(f'task {entry.kind}', entry.things)} closes[/]: it is not wanted any more"
            case TaskEntry():
                due = self.instant(entry.due_at, entry.places)
                what = f"{tamed(KINDS[entry.kind])} ({_reason(entry.why, '')})"
                said = f"[cyan]{at}  {_of(f'task {entry.kind}', entry.things)}, due {due}[/]: {what}"
            case ResponseEntry():
                said = f"[cyan]{at}  {_of(f'the clinic hears {entry.type}', entry.things)}[/]"
        self.line(said)

    def line(self, markup: str) -> None:
        """Print one line."""
        _print(Text.from_markup(markup), 0)

    def instant(self, at: datetime, places: Iterable[str] = ()) -> str:
        """An instant on the clock of the first of these places."""
        first = next(iter(places), None)
        zone = self.policy.zone if first is None else self.registry.zone(first, self.policy.zone)
        return f"{at.astimezone(zone):%a %d %b %Y %H:%M}"


def counted(segments: int) -> str:
    """A number of segments in words: `1 segment`, `2 segments`."""
    return f"{segments} segment{'' if segments == 1 else 's'}"


def _of(what: str, things: Iterable[str]) -> str:
    about = ", ".join(thing.rpartition("/")[2] for thing in things)
    return tamed(f"{what} about {about}" if about else what)


def _reason(why: Why, detail: str) -> str:
    return tamed(REASONS[why].removeprefix("waits: ") + (f" ({detail})" if detail else ""))


def _how(entry: MessageEntry, words: Rendered) -> str:
    """Channel, reader, languages and cost of a message: `by text in cy + en, 3 segments`."""
    by = "by text" if entry.channel == "sms" else "by e-mail"
    to = " to a carer" if entry.reader == "carer" else ""
    cost = f", {counted(words.segments)}" if words.segments else ""
    return f"{by}{to} in {' + '.join(words.languages)}{cost}"


def _print(text: Text, indent: int) -> None:
    """Print a line; in a terminal broken between words, and all but its beginning set in."""
    if not out.is_terminal:
        out.print(Text(" " * indent) + text, highlight=False, soft_wrap=True)
        return
    for number, part in enumerate(text.wrap(out, max(out.width - INDENT, INDENT)) or [text]):
        part.rstrip()
        out.print(Text(" " * (INDENT if number else indent)) + part, highlight=False, soft_wrap=True)
