"""Prints the demo's final report: conversations, clinicians' lists, tasks, and messages lost or sent twice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.table import Table

from services.cli.demo.audit import Audit
from services.cli.demo.patients import DemoPatients
from services.cli.demo.personas import CLINICIANS, ORGANISER, ZONE, caption, e164
from services.cli.demo.talk import Talk
from services.cli.harmless import tamed
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import out
from services.sandbox.entries import ReceivedMail, SandboxText
from services.sandbox.ledger import Ledger
from shared.events.topic_names import DEAD
from shared.rules.task_requests import KINDS, TaskKind
from shared.schedule.attendance import Attendance
from shared.schedule.states import REASONS, MessageState, Why

NEXT = "`cocreate messages --state parked` lists them."
LONGEST = 160  # characters of one text: what it is about can be seen, and the page has the rest


SPEAKERS = {"inbound": "[cyan]them[/]", "outbound-api": "us", "outbound-reply": "[dim]carrier[/]"}


def report(found: Audit, troupe: DemoPatients, talk: Talk, ledger: Ledger, listed: Attendance) -> None:
    """Print the report; `listed` is the reunion's attendance list."""
    _conversations(troupe, talk)
    _unread(found.dead)
    _lists(ledger)
    _attendance(ledger, listed)
    _messages(found, troupe)
    _withheld(found.withheld)
    _tasks(found)
    out.print(f"Sent once more because the provider never had it: {found.resent}")
    out.print(f"The texts are billed as {found.segments} segments.")
    for sentence in parked(found.parked):
        out.print(sentence, highlight=False)
    verdict = "[green]Nothing was lost, nothing was sent twice.[/]" if found.well else "[red]Something went wrong.[/]"
    out.print(verdict)
    for name, faults in (("lost", found.lost), ("sent twice", found.twice), ("never asked for", found.unasked)):
        for fault in faults:
            out.print(f"  [red]{tamed(name)}[/]: {tamed(fault)}", highlight=False)


def _conversations(troupe: DemoPatients, talk: Talk) -> None:
    for person in troupe.shown:
        table = Table(title=tamed(caption(person)), title_justify="left", show_header=False, box=None)
        for text in talk.thread(e164(person)):
            table.add_row(f"{text.created_at.astimezone(ZONE):%a %d %b %H:%M}", *_words(text))
        out.print(table, highlight=False)
        out.print()


def _words(text: SandboxText) -> tuple[str, str]:
    """The speaker of a text, and its first words."""
    words = " ".join(text.body.split())
    short = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}\u2026"
    return SPEAKERS[text.direction], tamed(short)


def _unread(dead: Sequence[Mapping[str, str]]) -> None:
    """What no planner could take in, each record once, however many read it."""
    if not dead:
        return
    table = Table(title="What could not be read", title_justify="left", show_header=False, box=None)
    for headers in sorted(dead, key=lambda one: one["timestamp"]):
        at = datetime.fromisoformat(headers["timestamp"]).astimezone(ZONE)
        table.add_row(f"{at:%a %d %b %H:%M}", tamed(unread(headers)))
    out.print(table, highlight=False)
    out.print()


def unread(headers: Mapping[str, str]) -> str:
    """What became of a record that could not be read, from the headers of its dead letter."""
    source, _, thing = headers["thing"].partition("://")[2].partition("/")
    what = f"An event of {source} about {thing}" if thing else f"A record of {headers['topic']}"
    detail = f" ({headers['detail']})" if headers["detail"] else ""
    held = "Nothing is sent about it until a newer one can be read. " if thing else ""
    cure = "the clinic mends it and publishes it again" if thing else "the clinic looks into what it has sent"
    told = f"{what} could not be read: {headers['explanation']}{detail}."
    return f"{told} {held}It waits in {headers['topic']}{DEAD}; {cure}."


def _lists(ledger: Ledger) -> None:
    cards = [mail for mail in ledger.mails if mail.to in CLINICIANS]
    if not cards:
        return
    rows = [(f"{mail.created_at.astimezone(ZONE):%a %d %b %H:%M}", mail.to, mail.subject) for mail in cards]
    columns = (Column("sent"), Column("to"), Column("subject", Fit.PROSE))
    show(Listing(title="Lists for clinicians", columns=columns, rows=rows))
    fullest: ReceivedMail = max(cards, key=lambda mail: len(mail.text or ""))
    out.print(f"\nThe fullest of them:\n\n{tamed(fullest.text or '')}\n", highlight=False)


def _attendance(ledger: Ledger, listed: Attendance) -> None:
    """The reunion's list, as `cocreate reunions` shows it, and as its organiser got it."""
    columns = (Column("first name"), Column("party", Fit.NUMBER), Column("standing"), Column("since"))
    rows = [
        (one.first_name or "", str(one.party), one.standing.value, f"{one.since_at.astimezone(ZONE):%a %d %b %H:%M}")
        for one in listed.people
    ]
    show(Listing(title=f"A reunion with {listed.capacity} places", columns=columns, rows=rows))
    out.print()
    for mail in ledger.mails:
        if mail.to == ORGANISER:
            sent = f"{mail.created_at.astimezone(ZONE):%a %d %b %H:%M}"
            out.print(f"Its organiser got, {sent}:\n\n{tamed(mail.subject)}\n", highlight=False)
            out.print(f"{tamed(mail.text or '')}\n", highlight=False)


def _messages(found: Audit, troupe: DemoPatients) -> None:
    title = f"{len(troupe.stories)} appointments, {len(troupe.posts)} events"
    states = [state for state in MessageState if any(counts.get(state) for counts in found.by_kind.values())]
    columns = (Column("kind"), *(Column(state, Fit.NUMBER) for state in states))
    rows = [(kind, *(str(counts.get(state, "")) for state in states)) for kind, counts in sorted(found.by_kind.items())]
    totals = (str(sum(counts.get(state, 0) for counts in found.by_kind.values())) for state in states)
    show(Listing(title=title, columns=columns, rows=rows, total=("all", *totals)))
    out.print()


def _withheld(withheld: Counter[str]) -> None:
    if not withheld:
        return
    rows = [(why, str(number), REASONS[Why(why)].removeprefix("waits: ")) for why, number in withheld.most_common()]
    columns = (Column("why"), Column("messages", Fit.NUMBER), Column("what that means", Fit.PROSE))
    show(Listing(title="Withheld", columns=columns, rows=rows))
    out.print()


def _tasks(found: Audit) -> None:
    if found.tasks:
        columns = (
            Column("kind"), Column("open", Fit.NUMBER), Column("closed", Fit.NUMBER), Column("what to do", Fit.PROSE)
        )  # fmt: skip
        rows = [
            (kind, str(waiting), str(closed), KINDS[TaskKind(kind)]) for kind, (waiting, closed) in found.tasks.items()
        ]
        show(Listing(title="Tasks for people", columns=columns, rows=rows))
        out.print()
    _counted("What the clinics were told of answers", found.responses)


def parked(kinds: Counter[str]) -> Iterator[str]:
    """What became of messages in doubt that could not be sent again, by kind."""
    for kind, number in sorted(kinds.items()):
        yield (
            f"Parked: {number} of the kind {kind}. The provider's answer stayed away, and to send it again was too late"
            f" or could have been twice. It is left to a person, who rings the patient: {NEXT}"
        )


def _counted(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        columns = (Column("event"), Column("published", Fit.NUMBER))
        show(Listing(title=title, columns=columns, rows=[(name, str(number)) for name, number in counts.items()]))
        out.print()
