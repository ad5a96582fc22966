"""Attacks on what leaves us: texts on a phone, and what an operator's terminal and files show."""

import ast
import csv
import io
import logging
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text as RichText

from services.cli import tables
from services.cli.commands import dead
from services.cli.harmless import cell, csv_text, tamed, write_private
from services.cli.terminal import HarmlessFormatter, Terminal
from shared.clinic.places import Place, Places
from shared.events.cloudevents import Record
from shared.words import sms
from shared.words.book import Book
from shared.words.filling import Reader, name_of
from shared.words.links import hosts
from shared.words.wording import Language, Part, Recipient, Slot, Wording, WordsError
from tests.harness import MONDAY
from tests.shared.clinic.test_placeholders import NAMES

SITE = "s#MSK"

# Domains of which the list that we once kept knew none.
STRANGERS = (
    "evil.support", "evil.cloud", "evil.africa", "evil.help", "Clinic.today", "NHS.zone", "зло.рф", "злo.онлайн",
    "evil.xn--p1ai", "evil\uff0esupport", "evil｡cloud", "evil·support", "evil.\uff53upport",
    "evil.c\u00adloud", "evil.c\u034floud", "evil\u2060.support", "№cloud.support", "1.2.3.4",
    "evil.support.Please", "a@evil.support",
)  # fmt: skip

SENTENCES = (
    "URGENT: your test is positive", "URGENT your test is positive", "Your results are in", "Call us now",
    "You have HIV", "Please ring Bob", "pay now!", "Ada? Ring this", "You are fat",
    "we know where you live", "your mum died",
    "URG\u0395NT", "\u0421\u0430ll us", "canlyniad positif", "Appointment cancelled", "😀", "Ada\u2028Call us now",
)  # fmt: skip


def wording(part: Part, body: str) -> Wording:
    slot = Slot(planner="p", name="hello", part=part, language=Language.ENGLISH, recipient=Recipient.PATIENT, site="")
    return Wording(slot=slot, version=1, body=body)


def written(
    body: str, data: dict[str, Any], place: str = "Riverside", name: str = "Ada", channel: Any = "sms"
) -> tuple[str, str]:
    """What reaches the phone or the mailbox: the text, and all of it."""
    parts = [wording(part, body) for part in (Part.SMS, Part.EMAIL, Part.SUBJECT)]
    places = Places.of([Place(source="s", clinic="MSK", name=place, phone="01632 960001", sender=place)])
    reader = Reader(recipient=Recipient.PATIENT, first_name=name, language="en", now=MONDAY)
    rendered = Book(parts).render("p", "hello", channel, {"place": {"place": SITE}, **data}, reader, places, (SITE,))
    return rendered.text, f"{rendered.subject} {rendered.title} {rendered.text} {sms.sanitise(rendered.text)}"


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("link", STRANGERS)
def test_no_value_brings_a_link(link: str, channel: Any) -> None:
    """Whatever top-level domain there is: in a place's name, in a clinic's text, in a name; the wording's own stays."""
    body = "{{ first_name }} {{ place.name }} {{ note }} nhs.uk/help"
    _, whole = written(body, {"note": f"see {link} today"}, f"Ward {link}", f"Ada {link}", channel)
    assert hosts(whole) == {"nhs.uk"}


@pytest.mark.parametrize(
    ("body", "data", "place"),
    [
        ("{{ note }}.support", {"note": "evil"}, "Riverside"),
        ("{{ note }}{{ place.name }}", {"note": "evil"}, ".support"),
        ("{{ note }}.{{ place.name }}", {"note": "evil"}, "support"),
        ("nhs.uk{{ note }}", {"note": ".evil.support"}, "Riverside"),
        ("https://nhs.uk{{ note }}/a", {"note": "@evil.support"}, "Riverside"),
        ("www.{{ note }}", {"note": "evil"}, "Riverside"),
        ("https://{{ note }}", {"note": "evil"}, "Riverside"),
        ("{{ note }}@{{ place.name }}", {"note": "evil"}, "Riverside"),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_no_two_values_make_a_link(body: str, data: dict[str, Any], place: str, channel: Any) -> None:
    """What is harmless by itself makes no link beside its neighbours: the whole is checked as it leaves."""
    _, whole = written(f"See {body} or nhs.uk", data, place, channel=channel)
    assert hosts(whole) <= {"nhs.uk"}


PIECES = st.text(alphabet="evilcomuk.·\uff0e｡@:/ \u200b\u00ad\u034f№ć\uff43suport", max_size=14)


@given(note=PIECES, place=PIECES.filter(lambda text: any(map(str.isalpha, text))), name=PIECES)
@example(note="evil", place=".com", name="co.uk")
def test_no_mixture_makes_a_link(note: str, place: str, name: str) -> None:
    """Whatever a clinic's system writes, nothing but the wording's own domain can be tapped on."""
    try:
        _, whole = written("{{ note }}{{ place.name }}{{ first_name }} nhs.uk", {"note": note}, place, name)
    except WordsError:
        return
    assert hosts(whole) <= {"nhs.uk"}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_is_no_name(name: str) -> None:
    """Who writes a message into the field of a first name has nobody told it in our name."""
    assert name_of(name) == ""
    text, _ = written("{{ greeting }}, you have an appointment", {}, name=name)
    assert text == "Hello, you have an appointment"


@pytest.mark.parametrize(
    "name",
    [*NAMES, "Maria de los Ángeles", "Thị Mỹ", "Will Grace Hope", "Noor ul Ain", "Anne (Annie)", "My", "Do", "So Yeon"],
)
def test_names_stay_names(name: str) -> None:
    """People are called many things: none of these is taken for a sentence."""
    assert name_of(name) == name


HOSTILE = "a[/x][bold]b\x1b[2J\x07\u202egnp\u2066\u200b\x9bK[link=https://evil.support]c[/link]\r"
"""Markup, terminal codes in both forms, marks of direction, and what nobody sees."""

STEERS = re.compile(r"[^\n\t -~\u00a0-\u00ac\u00ae-\u0377\u2010-\u2027\u2190-\u2bff]")
"""Anything but letters and signs that are seen."""

CLI = Path(__file__).parents[2] / "services" / "cli"
MODULES = [path for path in sorted(CLI.rglob("*.py")) if path.name != "harmless.py"]


def printed(*what: Any, **more: Any) -> str:
    """What a pipe gets of this from the command's console."""
    terminal = Terminal(file=io.StringIO(), width=200)
    terminal.print(*what, **more)
    written = terminal.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


@pytest.mark.parametrize(
    "what",
    [HOSTILE, RichText(HOSTILE), tamed(HOSTILE), Table(title=tamed(HOSTILE))],
    ids=["plain", "text", "markup", "table"],
)
def test_nothing_that_is_printed_steers_the_terminal(what: Any) -> None:
    """Whatever a record holds: its codes are seen, its markup is letters, and nothing of it acts."""
    shown = printed(what, markup=what is not HOSTILE, highlight=False, soft_wrap=True)
    assert not STEERS.search(shown)
    assert "\\u001b" in shown or not shown.strip()


@pytest.mark.parametrize("key", ["a[/x]", "[bold]", HOSTILE])
def test_a_dead_letter_s_key_breaks_no_list(key: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dead list` and `dead show` print whatever a header, a key or a record holds."""
    terminal = Terminal(file=io.StringIO(), width=200)
    headers = ((key, key.encode()), ("thing", key.encode()), ("explanation", key.encode()), ("detail", key.encode()))
    letter = Record(
        topic="t", partition=0, offset=0, timestamp=MONDAY, key=b"k", value=key.encode() + b"\xff", headers=headers
    )

    async def found(_: object) -> dict[str, Record]:
        return {f"{key}/0/1": letter}

    monkeypatch.setenv("COCREATE_DATABASE_URL", database_url)
    monkeypatch.setattr(dead, "read_dead", found)
    monkeypatch.setattr(dead, "settings", lambda _: None)
    monkeypatch.setattr(dead, "out", terminal)
    monkeypatch.setattr(tables.show, "__defaults__", (terminal,))
    dead.list_dead()
    dead.show_dead(f"{key}/0/1")
    written = terminal.file
    assert isinstance(written, io.StringIO)
    assert not STEERS.search(written.getvalue())
    assert key.partition("\x1b")[0] in written.getvalue()


def test_a_log_line_steers_no_terminal() -> None:
    """Where no terminal is, log lines are written without rich: they are as harmless."""
    record = logging.LogRecord("cocreate", logging.INFO, "f", 1, "said %s", (HOSTILE,), None)
    assert not STEERS.search(HarmlessFormatter("%(message)s").format(record))


@pytest.mark.parametrize(
    "typed",
    ["=1+1", "\uff1d1+1", "+1", "\uff0b1", "-1", "\uff0d1", "@SUM(A1)", "\uff20x",
     " =1", "\t=1", "\r=1", "\n=1", '"=1', "a;=1", "a,=1",
     "a\t=1", "a\n=1", "a|=1", "a;  @x", ";x", "\ufeff=1", "\u200b=1", "a\r\n=1", "a\u2028=1", 'x;"=1'],
)  # fmt: skip
def test_no_cell_computes(typed: str) -> None:
    """A spreadsheet of any country computes nothing, and a row is a line."""
    written = csv_text(("name", "note"), [(typed, "x")])
    assert len(written.splitlines()) == 2
    [_, (first, _)] = csv.reader(io.StringIO(written))
    for part in re.split(r"[;,\t|]", first):
        assert not re.match(r"[\s\"\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]", part)


@pytest.mark.parametrize("typed", ["Ada", "O'Neil", "Anne-Marie", "2 of us; thanks", "Siân", "a, b"])
def test_a_harmless_cell_stays(typed: str) -> None:
    """What computes nothing is written as it is."""
    assert cell(typed) == typed


@pytest.mark.parametrize("before", ["nothing", "a file that all may read", "a link"])
def test_a_file_of_patients_is_its_owner_s(before: str, tmp_path: Path) -> None:
    """Whatever stood there: rights that were too wide, or a link into a stranger's folder."""
    file, elsewhere = tmp_path / "who.csv", tmp_path / "elsewhere"
    elsewhere.write_text("old")
    if before == "a link":
        file.symlink_to(elsewhere)
    elif before != "nothing":
        file.write_text("old")
        file.chmod(0o666)
    write_private(file, "Ada\n")
    assert stat.S_IMODE(file.lstat().st_mode) == 0o600
    assert not file.is_symlink()
    assert (file.read_text(), elsewhere.read_text()) == ("Ada\n", "old")
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CLI)))
def test_every_command_goes_through_the_one_function(path: Path) -> None:
    """No module of the command prints, escapes markup or writes CSV by itself, or puts raw text amid its markup."""
    tree = ast.parse(path.read_text())
    if path.name != "terminal.py":
        made = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not made & {"Console", "escape"}
    names = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import) for alias in node.names
    }
    assert not names & {"csv", "escape"} or path.name in READS_CSV
    raw = {ast.unparse(value) for call in prints(tree) for value in filled(call)}
    assert raw <= OURS, "wrap it in `tamed`, or print it with markup=False"


READS_CSV = {"registry.py", "courses.py", "source_registry.py"}

OURS = {
    "'[red]✗[/]' if faults else '[green]✓[/]'", "PREFIX", "secrets.token_hex(2)", "new_key()", "entry", "entry.name",
    "topic.name", "topic.partitions", "kept", "reunion.capacity", "coming", "segments", "'' if segments == 1 else 's'",
    "number", "','.join(FIELDS)", "colour", "alarm", "task.id", "OUTCOMES[Outcome(outcome)]", "str(task.id)[:8]",
    "name", "found.resent", "found.segments", "sent", "later", "are", "last", "shown", "remarks.counts(events)",
    "spread", "gone", "done", "GRANTS[decision.grant]", "alone",
    "several", "counted(sum(texts))", "held", "kind", "finding.severity", "finding.rule",
    "', beside what is said above' if every else ''",
}  # fmt: skip
"""What of our own stands amid markup: constants, codes and counts, nothing that anybody else wrote."""


def prints(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that print with markup."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"print", "line"}:
            off = any(
                k.arg == "markup" and isinstance(k.value, ast.Constant) and not k.value.value for k in node.keywords
            )
            if isinstance(node.func.value, ast.Name) and node.func.value.id in {"out", "err", "printer"} and not off:
                yield node


def filled(call: ast.Call) -> Iterator[ast.expr]:
    """What f-strings of a call fill in, without numbers and what is tamed."""
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.FormattedValue) and not _is_tame(node.value):
                yield node.value


def _is_tame(value: ast.expr) -> bool:
    name = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
    return name in {"tamed", "len"}
