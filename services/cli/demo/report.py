"""What the demo prints at its end: conversations, lists for clinicians, tasks, and whether anything was lost."""

from collections import Counter
from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from services.cli.demo.audit import Audit
from services.cli.demo.patients import Troupe
from services.cli.demo.personas import CLINICIANS, ORGANISER, ZONE, caption, e164
from services.cli.demo.talk import Talk
from services.cli.terminal import out
from services.sandbox.entries import ReceivedMail, SandboxText
from services.sandbox.ledger import Ledger
from shared.rules.task_requests import KINDS, TaskKind
from shared.schedule.attendance import Attendance
from shared.schedule.states import REASONS, MessageState, Why

LONGEST = 160  # characters of one text: what it is about can be seen, and the page has the rest


SPEAKERS = {"inbound": "[cyan]them[/]", "outbound-api": "us", "outbound-reply": "[dim]carrier[/]"}


def report(found: Audit, troupe: Troupe, talk: Talk, ledger: Ledger, listed: Attendance) -> None:
    """Print it; `listed` is who answered about the reunion."""
    _conversations(troupe, talk)
    _lists(ledger)
    _attendance(ledger, listed)
    _messages(found, troupe)
    _withheld(found.withheld)
    _tasks(found)
    out.print(f"Sent once more because the provider never had it: {found.resent}")
    out.print(f"The texts are billed as {found.segments} segments.")
    verdict = "[green]Nothing was lost, nothing was sent twice.[/]" if found.well else "[red]Something went wrong.[/]"
    out.print(verdict)
    for name, faults in (("lost", found.lost), ("sent twice", found.twice), ("never asked for", found.unasked)):
        for fault in faults:
            out.print(f"  [red]{name}[/]: {fault}", highlight=False)


def _conversations(troupe: Troupe, talk: Talk) -> None:
    for person in troupe.shown:
        table = Table(title=escape(caption(person)), title_justify="left", show_header=False, box=None)
        for text in talk.thread(e164(person)):
            table.add_row(f"{text.created_at.astimezone(ZONE):%a %d %b %H:%M}", *_words(text))
        out.print(table, highlight=False)
        out.print()


def _words(text: SandboxText) -> tuple[str, str]:
    """Who says it, and how it begins."""
    words = " ".join(text.body.split())
    short = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}\u2026"
    return SPEAKERS[text.direction], escape(short)


def _lists(ledger: Ledger) -> None:
    cards = [mail for mail in ledger.mails if mail.to in CLINICIANS]
    if not cards:
        return
    table = Table(title="Lists for clinicians", title_justify="left", show_header=False)
    for mail in cards:
        table.add_row(f"{mail.created_at.astimezone(ZONE):%a %d %b %H:%M}", mail.to, escape(mail.subject))
    out.print(table)
    fullest: ReceivedMail = max(cards, key=lambda mail: len(mail.text or ""))
    out.print(f"The fullest of them:\n\n{escape(fullest.text or '')}\n", highlight=False)


def _attendance(ledger: Ledger, listed: Attendance) -> None:
    """The reunion's list, as `cocreate reunions` shows it, and as its organiser got it."""
    table = Table(title=f"A reunion with {listed.capacity} places", title_justify="left")
    for name in ("first name", "party", "standing", "since"):
        table.add_column(name)
    for one in listed.people:
        since = f"{one.since_at.astimezone(ZONE):%a %d %b %H:%M}"
        table.add_row(escape(one.first_name or ""), str(one.party), one.standing.value, since)
    out.print(table)
    for mail in ledger.mails:
        if mail.to == ORGANISER:
            sent = f"{mail.created_at.astimezone(ZONE):%a %d %b %H:%M}"
            out.print(f"Its organiser got, {sent}:\n\n{escape(mail.subject)}\n", highlight=False)
            out.print(f"{escape(mail.text or '')}\n", highlight=False)


def _messages(found: Audit, troupe: Troupe) -> None:
    title = f"{len(troupe.stories)} appointments, {len(troupe.posts)} events"
    table = Table(title=title, title_justify="left")
    columns = [state for state in MessageState if any(counts.get(state) for counts in found.by_kind.values())]
    table.add_column("kind")
    for state in columns:
        table.add_column(state, justify="right")
    for kind, counts in sorted(found.by_kind.items()):
        table.add_row(kind, *(str(counts.get(state, "")) for state in columns))
    table.add_section()
    totals = [str(sum(counts.get(state, 0) for counts in found.by_kind.values())) for state in columns]
    table.add_row("[bold]all[/]", *totals)
    out.print(table)


def _withheld(withheld: Counter[str]) -> None:
    if not withheld:
        return
    table = Table(title="Withheld", title_justify="left", show_header=False)
    for why, number in withheld.most_common():
        table.add_row(why, str(number), REASONS[Why(why)].removeprefix("waits: "))
    out.print(table)


def _tasks(found: Audit) -> None:
    if found.tasks:
        table = Table(title="Tasks for people", title_justify="left")
        for name in ("kind", "open", "closed", "what to do"):
            table.add_column(name)
        for kind, (waiting, closed) in found.tasks.items():
            table.add_row(kind, str(waiting), str(closed), KINDS[TaskKind(kind)])
        out.print(table)
    _counted("What the clinics were told of answers", found.responses)


def _counted(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        table = Table(title=title, title_justify="left", show_header=False, min_width=len(title))
        for name, number in counts.items():
            table.add_row(name, str(number))
        out.print(table)
