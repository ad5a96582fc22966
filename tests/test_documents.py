"""The documents agree with the program: what they name exists, and what exists they name."""

import ast
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, get_args

import prometheus_client
import pytest
import typer.main
from prometheus_client.metrics import MetricWrapperBase
from typer.core import TyperGroup

from services.cards.forms import CARD
from services.cli import settings_tables
from services.cli.catalogue import CATALOGUE, entries
from services.cli.commands.registry import FIELDS, REQUIRED
from services.cli.documents import TOPICS
from services.cli.main import app
from services.cli.words.shipped import shipped_forms
from services.delivery.incoming import missed_texts, texts
from services.delivery.incoming.inbox import KINDS as INBOX_KINDS
from services.delivery.sending import receipt_polling
from services.delivery.sending.receipts import KINDS as RECEIPT_KINDS
from services.followup import messages as followup_messages
from services.followup import rebooking
from services.gateway import refusals
from services.prompts import messages
from services.prompts.answers import MEANINGS
from services.prompts.replies import AGENDA
from services.reunions import messages as reunion_messages
from services.reunions.replies import RSVP
from shared.clinic.appointment import Appointment
from shared.clinic.courses import Course, Enrolment, Reunion, Session
from shared.clinic.deaths import Notice
from shared.clinic.goal import Goal
from shared.clinic.patient import Contact, Details, Need, Patient
from shared.events.cloudevents import REASONS as REJECT_REASONS
from shared.events.cloudevents import Event, EventKind, Record, RejectReason, read
from shared.events.delivery_receipt import Receipt
from shared.events.inbound_text import Inbound
from shared.events.unsubscribe import Unsubscribed
from shared.kafka import topics
from shared.platform import metrics
from shared.rules import task_requests
from shared.rules.policy import ClinicDefaults, source_of
from shared.schedule import task_escalation, tasks, transition_table
from shared.schedule.states import REASONS, MessageState, Why
from shared.settings import Connections, policy_of, variables
from shared.words.forms import GENERAL_FIELDS, Form
from shared.words.lint import Rule
from shared.words.speech import FILTERS
from shared.words.wording import Language, Part

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
OURS = {
    ".md",
    ".py",
    ".toml",
    ".yml",
    ".yaml",
    ".txt",
    ".html",
    ".css",
    ".js",
    ".json",
    ".xml",
    ".mako",
    ".properties",
    "",
}
ELSEWHERE = {".git", ".venv", "var", "libs", "node_modules", "__pycache__", ".env"}

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KINDS: Mapping[str, EventKind[Any]] = {
    **{t: kind for kinds in TOPICS.values() for t, kind in kinds.items()},
    **RECEIPT_KINDS,
    **INBOX_KINDS,
}

# Backwards, so that this file does not say them itself.
BACKWARDS = (
    "edualc ciporhtna tpgtahc tolipoc ledom_egaugnal tnegabus ecalpkrow /krow/ derahs/.. wohs_seussi yrotcafitra"
)
UNSAID = tuple(word[::-1].replace("_", " ") for word in BACKWARDS.split())
"""What the repository does not speak of: it speaks of the product alone."""


def files(*suffixes: str) -> Iterator[Path]:
    """Our files of these kinds, wherever no tool keeps its own."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        if path.is_file() and path.suffix in suffixes and not hidden and not ELSEWHERE.intersection(parts):
            yield path


MARKDOWN = list(files(".md"))


def name_of(path: Path) -> str:
    """A file's name in a test's id."""
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    """A file of ours."""
    return (ROOT / name).read_text()


def rows(document: str) -> list[list[str]]:
    """The cells of every table's row."""
    lines = (line for line in document.splitlines() if line.startswith("| ") and not line.startswith("|--"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def section(document: str, title: str) -> str:
    """What stands under a heading that begins so, up to the next of its rank or above."""
    begin = re.search(rf"^(#+) {re.escape(title)}.*$", document, re.MULTILINE)
    assert begin, f"there is no heading {title!r}"
    rest = document[begin.end() :]
    end = re.search(rf"^#{{1,{len(begin[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


@cache
def names_of_tests(path: str) -> frozenset[str]:
    """The tests of a file, as pytest names them, without parameters."""
    found = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith(".TestCase") for base in node.bases):
            found.add(f"{prefix}runTest")  # a state machine of hypothesis
        functions = (n for n in inner if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
        found |= {prefix + n.name for n in functions if n.name.startswith("test_")}
    return frozenset(found)


PROMISES = {number: section(text("docs/promises.md"), f"{number}. ") for number in range(1, 12)}
CASES = [
    (f"{number}.{case}", number, body)
    for number, promise in PROMISES.items()
    for case, body in re.findall(rf"- \*\*{number}\.(\d+) (.*?)(?=\n- \*\*|\Z)", promise, re.DOTALL)
]


class TestPromises:
    """docs/promises.md."""

    @pytest.mark.parametrize("number", PROMISES)
    def test_a_promise_has_cases(self, number: int) -> None:
        """Each promise has cases, numbered one after the other, and says where it ends."""
        mine = [case for case, of, _ in CASES if of == number]
        assert mine == [f"{number}.{i}" for i in range(1, len(mine) + 1)]
        assert mine
        assert "**Limit.**" in PROMISES[number] or "does not hold yet" in PROMISES[number]

    @pytest.mark.parametrize(
        ("case", "body"), [(case, body) for case, _, body in CASES], ids=[case for case, *_ in CASES]
    )
    def test_a_case_names_its_tests(self, case: str, body: str) -> None:
        """Beside each case stands a test that exists."""
        named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", body)
        assert named, f"{case} names no test"
        for path, test in named:
            assert (ROOT / path).exists(), path
            assert test in names_of_tests(path), f"{path}::{test}"


class TestEvents:
    """docs/events.md."""

    document = text("docs/events.md")
    blocks = re.findall(r"```(text|json)\n(.*?)```", document, re.DOTALL)
    whole: ClassVar = [json.loads(body) for kind, body in blocks if kind == "json" and "specversion" in body]

    @pytest.mark.parametrize("event", [e for e in whole if e["type"] in KINDS], ids=lambda event: event["type"])
    def test_examples_are_read(self, event: dict[str, Any]) -> None:
        """What the examples show is an event to the code that reads topics."""
        result = read(
            Record(topic="any", partition=0, offset=0, timestamp=NOW, key=None, value=json.dumps(event).encode()),
            KINDS,
            NOW,
        )
        assert isinstance(result, Event), result

    def test_binary_mode_is_read(self) -> None:
        """Headers and value of the example in binary mode are an event."""
        headers = next(body for kind, body in self.blocks if kind == "text" and "ce_id" in body)
        pairs = tuple(
            (name, value.encode()) for name, _, value in (line.partition(": ") for line in headers.splitlines())
        )
        value = next(body for kind, body in self.blocks if kind == "json" and "specversion" not in body)
        result = read(
            Record(topic="any", partition=0, offset=0, timestamp=NOW, key=None, value=value.encode(), headers=pairs),
            KINDS,
            NOW,
        )
        assert isinstance(result, Event), result
        assert result.thing == "https://riverside.example.org/appointment/1001"

    @pytest.mark.parametrize(
        ("heading", "models"),
        [
            ("Read: `cocreate.appointment.v1`", (Appointment,)),
            ("Read: `cocreate.goal.v1`", (Goal,)),
            ("`cocreate.course.v1`", (Course, Session)),
            ("`cocreate.enrolment.v1`", (Enrolment,)),
            ("`cocreate.reunion.v1`", (Reunion,)),
            ("Read: `cocreate.patient.v1`", (Patient, Contact)),
            ("Read: `cocreate.receipt.v1`", (Receipt,)),
            ("Read: `cocreate.unsubscribe.v1`", (Unsubscribed,)),
            ("Read: `cocreate.text.v1`", (Inbound,)),
            ("Read: `pds-death-notification-2`", (Notice,)),
        ],
    )
    def test_every_field_is_told(self, heading: str, models: tuple[type[Any], ...]) -> None:
        """Each field of what is read has its row, and no row tells of a field that is none."""
        told = {cells[0].strip("`") for cells in rows(section(self.document, heading)) if cells[0].startswith("`")}
        assert told == {name for model in models for name in model.model_fields}

    @pytest.mark.parametrize(
        ("type_", "model"),
        [
            ("cocreate.appointment.v1", Appointment),
            ("cocreate.goal.v1", Goal),
            ("cocreate.course.v1", Course),
            ("cocreate.enrolment.v1", Enrolment),
            ("cocreate.reunion.v1", Reunion),
            ("cocreate.patient.v1", Patient),
            ("cocreate.receipt.v1", Receipt),
            ("cocreate.unsubscribe.v1", Unsubscribed),
            ("cocreate.text.v1", Inbound),
            ("pds-death-notification-2", Notice),
        ],
    )
    def test_examples_are_full(self, type_: str, model: type[Any]) -> None:
        """Each example shows every field."""
        data = next(event["data"] for event in self.whole if event["type"] == type_)
        assert set(data) == set(model.model_fields)
        if model is Appointment:
            assert set(data["patient"]) == {"id", *Details.model_fields}
            assert set(data["patient"]["contacts"][0]) == set(Contact.model_fields)

    def test_a_status_event_is_what_the_trigger_writes(self) -> None:
        """The example and the table of message status have the fields that the database writes, no more and no less."""
        sql = max(
            ROOT.glob("deploy/migrations/versions/*.py"), key=lambda p: ("status_event(m" in p.read_text(), p.name)
        )
        built = re.search(r"'data', jsonb_build_object\((.*?)\)\);", sql.read_text(), re.DOTALL)
        assert built
        written = re.findall(r"'(\w+)', m\.", built[1])
        shown = next(event["data"] for event in self.whole if event["type"] == "cocreate.message.v1")
        table = rows(section(self.document, "Written: `cocreate.message.v1`"))
        assert list(shown) == written
        assert [cells[0].strip("`") for cells in table if cells[0].startswith("`")] == written
        assert shown["state"] in set(MessageState)
        assert shown["why"] in set(Why)

    def test_a_task_event_is_what_the_trigger_writes(self) -> None:
        """The example and the table of tasks have the fields that the database writes, no more and no less."""
        sql = max(
            ROOT.glob("deploy/migrations/versions/*.py"), key=lambda p: ("tasks.event(t" in p.read_text(), p.name)
        )
        built = re.search(r"'data', jsonb_build_object\((.*?)\)\);", sql.read_text(), re.DOTALL)
        assert built
        written = re.findall(r"'(\w+)', t\.", built[1])
        shown = next(event["data"] for event in self.whole if event["type"] == "cocreate.task.v1")
        told = {cells[0].strip("`"): cells[1] for cells in rows(section(self.document, "Written: `cocreate.task.v1`"))}
        told.pop("Field")
        assert list(shown) == list(told) == written
        assert [kind for kind in task_requests.TaskKind if f"`{kind}`" not in told["kind"]] == []
        assert [outcome for outcome in tasks.Outcome if f"`{outcome}`" not in told["outcome"]] == []

    def test_every_response_is_told(self) -> None:
        """Each event that tells clinics of an answer has its row, and no other has."""
        told = [cells[0].strip("`") for cells in rows(section(self.document, "Written: what patients answered"))]
        sources = (path.read_text() for path in ROOT.glob("services/followup/*.py"))
        goals = {name for source in sources for name in re.findall(r'type="(goal\.\w+)"', source)}
        missed = {event for _, event in rebooking.ANSWERS.values()}
        types = {AGENDA, *(meaning.type for meaning in MEANINGS.values()), *missed, *goals, RSVP}
        assert {name for name in told if "." in name and "…" not in name} == types

    def test_an_opt_out_event_is_what_the_trigger_writes(self) -> None:
        """The example and the table of opt-outs have the fields that the database writes, no more and no less."""
        built = re.search(
            r"'data', jsonb_build_object\((.*?)\)\)",
            text("deploy/migrations/versions/0008_opt_out_events.py"),
            re.DOTALL,
        )
        assert built
        written = re.findall(r"'(\w+)', ", built[1])
        shown = next(event["data"] for event in self.whole if event["type"] == "cocreate.opt_out.v1")
        table = rows(section(self.document, "`cocreate.opt_out.v1`"))
        assert list(shown) == [cells[0].strip("`") for cells in table if cells[0].startswith("`")] == written

    def test_every_need_is_told(self) -> None:
        """Each need of a patient is explained, and no other."""
        codes = [cells[0] for cells in rows(section(self.document, "Needs")) if cells[0].startswith("`")]
        assert sorted(re.findall(r"`([\w-]+)`", " ".join(codes))) == sorted(get_args(Need))

    @pytest.mark.parametrize("reason", RejectReason)
    def test_every_reason_to_refuse_is_told(self, reason: RejectReason) -> None:
        """Each reason of a dead letter has its row, with the sentence that the program says, which names the cure."""
        assert [f"`{reason}`", REJECT_REASONS[reason]] in rows(section(self.document, "Dead letters"))

    @pytest.mark.parametrize(
        "kind", [*messages.PromptKind, *followup_messages.FollowUpKind, *reunion_messages.ReunionKind, CARD]
    )
    def test_every_kind_of_message_is_told(self, kind: str) -> None:
        """Each kind of message is explained."""
        assert f"`{kind}`" in section(self.document, "Written: `cocreate.message.v1`")

    def test_every_header_of_a_dead_letter_is_told(self) -> None:
        """Each header that a dead letter gets has its row."""
        put = re.search(r"def _headers.*?return \{(.*?)\n    \}", text("shared/kafka/dead_letters.py"), re.DOTALL)
        assert put
        assert "reason" in put[1]
        told = section(self.document, "Dead letters")
        assert [name for name in re.findall(r'^ +"(\w+)":', put[1], re.MULTILINE) if f"`{name}`" not in told] == []


class TestDesign:
    """docs/design.md."""

    def test_the_table_of_a_message_s_life_is_the_program_s(self) -> None:
        """Every change of state is shown as the program has it: `transition_table.as_table` makes it anew."""
        shown = section(text("docs/design.md"), "A message's life").partition("as_table -->")[2]
        assert shown.partition("<!-- end")[0].strip() == transition_table.as_table()


class TestOperating:
    """docs/operating.md and the services' own pages."""

    document = text("docs/operating.md")

    @pytest.mark.parametrize("why", Why)
    def test_every_reason_is_told(self, why: Why) -> None:
        """Each reason why a message stands where it stands has its row, with the sentence that the program says."""
        table = rows(section(self.document, "Where a message stands, and why"))
        assert [f"`{why}`", REASONS[why]] in [cells[:2] for cells in table]

    @pytest.mark.parametrize("state", MessageState)
    def test_every_state_is_told(self, state: MessageState) -> None:
        """Each state has its row."""
        assert f"| `{state}` |" in self.document

    def test_every_metric_is_told(self) -> None:
        """Each metric has its row, under the name that Prometheus shows, with its labels."""
        table = {cells[0].strip("`"): cells[1].split(" (")[0] for cells in rows(section(self.document, "Metrics"))}
        table.pop("Metric")
        modules = (task_escalation, metrics, refusals, receipt_polling, texts, missed_texts)
        ours = [m for where in modules for m in vars(where).values() if isinstance(m, MetricWrapperBase)]
        shown = {m._name + ("_total" if isinstance(m, prometheus_client.Counter) else ""): m for m in ours}
        assert set(table) == set(shown)
        labels = {name: cells for cells in rows(section(self.document, "Metrics")) for name in [cells[0].strip("`")]}
        assert [n for n, m in shown.items() for label in m._labelnames if label not in labels[n][1]] == []

    @pytest.mark.parametrize("topic", topics.topics(), ids=lambda topic: topic.name)
    def test_every_topic_is_told(self, topic: Any) -> None:
        """Each topic is in the table, with how long it is kept."""
        row = next(cells for cells in rows(section(self.document, "Topics")) if f"`{topic.name}`" in cells[0])
        assert row[1].startswith(str(topic.partitions))
        assert row[2].startswith(f"{topic.retention.days} days")

    @pytest.mark.parametrize("page", settings_tables.pages())
    def test_tables_of_settings_are_generated(self, page: str) -> None:
        """Defaults, meanings and sources stand in the documents as the program has them."""
        assert text(page) == settings_tables.pages()[page], "say `make docs`"

    @pytest.mark.parametrize(
        ("page", "settings"),
        [("docs/operating.md", Connections), *((entry.page, entry.settings) for entry in entries(CATALOGUE))],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_every_setting_is_told(self, page: str, settings: type[Any]) -> None:
        """Each variable is on its service's page; what all share is in docs/operating.md."""
        shared = set() if settings is Connections else set(dict(variables(Connections)))
        own = set(dict(variables(settings))) - shared
        assert [name for name in own if f"`{name}`" not in text(page)] == []

    def test_every_number_of_a_policy_says_where_it_comes_from(self) -> None:
        """Each number has a meaning, and a study or a choice of ours behind it, though no operator may set it."""
        policies = [
            policy for entry in entries() for f in entry.settings.model_fields.values() if (policy := policy_of(f))
        ]
        assert len(policies) == len([entry for entry in entries() if entry.planner])
        unsaid = [
            f"{policy.__module__}.{name}"
            for policy in policies
            for name, field in policy.model_fields.items()
            if not field.description or (not source_of(field) and name not in ClinicDefaults.model_fields)
        ]
        assert unsaid == []

    def test_the_columns_of_places(self) -> None:
        """Each column of the registry has its row, and the needed ones say so."""
        table = rows(section(self.document, "The registry of places"))
        told = {cells[0].strip("`"): cells[1].startswith("yes") for cells in table if cells[0].startswith("`")}
        assert told == {name: name in REQUIRED for name in FIELDS}


class TestWords:
    """docs/words.md."""

    document = text("docs/words.md")

    def test_every_rule_of_the_lint_is_told(self) -> None:
        """Each rule has its row: what is wrong, why it matters, and what to write."""
        table = rows(section(self.document, "What is refused, and why"))
        assert [cells[0].strip("`") for cells in table[1:]] == list(Rule)
        assert {len(cells) for cells in table} == {3}

    @pytest.mark.parametrize("name", FILTERS)
    def test_every_filter_is_told(self, name: str) -> None:
        """Each filter has its row."""
        assert re.search(rf"^\| `{{{{ \w+\\\|{name}\b", section(self.document, "Filters"), re.MULTILINE)

    @pytest.mark.parametrize("part", Part)
    def test_every_part_is_told(self, part: Part) -> None:
        """Each part of a message has its row."""
        assert f"\n| `{part}` |" in section(self.document, "What can be tuned")

    def test_everybodys_placeholders_are_told(self) -> None:
        """What every wording may use, and no more."""
        table = rows(section(self.document, "Placeholders"))
        assert {cells[0].strip("`") for cells in table if len(cells) == 2 and cells[0].startswith("`")} == set(
            GENERAL_FIELDS
        )

    @pytest.mark.parametrize(
        ("key", "form"),
        shipped_forms().items(),
        ids=lambda value: "/".join(value[:2]) if isinstance(value, tuple) else "",
    )
    def test_every_message_is_told(self, key: tuple[str, str], form: Form) -> None:
        """Each message has its row, with its own placeholders and the answers that it may ask for."""
        table = rows(section(self.document, "Placeholders"))
        _, fields, answers = next(cells for cells in table if f"`{'/'.join(key)}`" in cells[0])
        assert set(re.findall(r"`([a-z_]+)`", re.sub(r"\(.*?\)", "", fields))) == set(form.fields)
        assert form.answers <= set(re.findall(r"`(\w+)`", answers))
        assert form.open_question <= ("own words" in answers)

    @pytest.mark.parametrize("language", Language)
    def test_every_language_is_told(self, language: Language) -> None:
        """Each language's days and times are shown."""
        assert f"`{language}`" in section(self.document, "In Wales")


class TestReadme:
    """README.md, and commands wherever they are written."""

    @pytest.mark.parametrize("path", MARKDOWN, ids=name_of)
    def test_commands_exist(self, path: Path) -> None:
        """Each `cocreate` command that a document writes is one, with options that it has."""
        group = typer.main.get_command(app)
        for words in re.findall(r"(?:`|\$ |\.venv/bin/|^)cocreate ([a-z-][^`\n|]*)", path.read_text(), re.MULTILINE):
            command: Any = group
            for word in words.split():
                if isinstance(command, TyperGroup) and not word.startswith("-"):
                    command = command.commands.get(word.rstrip(",.;:"))
                    assert command is not None, f"cocreate {words}"
            options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert set(re.findall(r"--[a-z-]+", words)) <= options, f"cocreate {words}"

    def test_the_targets_exist(self) -> None:
        """Each `make` target that README.md writes is one."""
        targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text("README.md"), re.MULTILINE)) <= targets

    def test_the_tour_works(self) -> None:
        """The tour's appointment is an event, and its CSV a registry of the place that it names."""
        place, appointment = re.findall(r"<<'?EOF'?\n(.*?)\nEOF", text("README.md"), re.DOTALL)
        start = f"{NOW + timedelta(days=4):%Y-%m-%d}T14:00:00Z"
        value = appointment.replace("$START", start).encode()
        event = read(
            Record(topic="clinic.appointments", partition=0, offset=0, timestamp=NOW, key=None, value=value), KINDS, NOW
        )
        assert isinstance(event, Event), event
        assert isinstance(event.data, Appointment)
        (row,) = csv.DictReader(io.StringIO(place))
        assert set(REQUIRED) <= set(row) <= set(FIELDS)
        assert (row["source"], row["clinic"]) == (event.source, event.data.clinic)

    def test_every_service_is_on_the_map(self) -> None:
        """README.md has a row for each folder of services, and each has a page of its own."""
        for folder in sorted(path.parent for path in ROOT.glob("services/*/__init__.py")):
            assert f"`services/{folder.name}`" in text("README.md")
            assert (folder / "README.md").read_text().strip()


def test_env_example_is_generated() -> None:
    """.env.example is what `cocreate doctor --example` prints."""
    assert text(".env.example") == settings_tables.variables_file(), "say `make docs`"


@pytest.mark.parametrize("path", MARKDOWN, ids=name_of)
def test_links_resolve(path: Path) -> None:
    """Each link to a file of ours leads to one, and to a heading that it has."""
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in anchors, target


def test_decisions_are_numbered_and_listed() -> None:
    """Decisions have numbers without gaps, say what was decided and what was rejected, and stand in the list."""
    pages = sorted(DECISIONS.glob("0*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    listed = (DECISIONS / "README.md").read_text()
    for page in pages:
        written = page.read_text()
        assert written.startswith(f"# {page.name[:4]}: ")
        assert "**Decision.**" in written
        assert "**Rejected.**" in written
        assert f"({page.name})" in listed


def test_the_changelog_has_this_version() -> None:
    """CHANGELOG.md has a section for what is to come and one for the version that the program bears."""
    version = re.search(r'^version = "(.*)"$', text("pyproject.toml"), re.MULTILINE)
    assert version
    assert re.findall(r"^## \[(.*?)\]", text("CHANGELOG.md"), re.MULTILINE)[:2] == ["Unreleased", version[1]]


def test_the_repository_speaks_of_the_product_alone() -> None:
    """No file of ours names what it was made with, where it was made, or a ticket that only its makers see."""
    found = []
    for path in files(*OURS):
        said = path.read_text(errors="replace").lower()
        found += [(name_of(path), word) for word in (*UNSAID, *re.findall(r"\bissue \d+", said)) if word in said]
    assert found == []


def test_the_lock_names_no_host() -> None:
    """requirements.lock carries no download address, so that it works behind any mirror."""
    assert "://" not in text("requirements.lock")


@pytest.mark.parametrize(
    "page", [ROOT / "docs" / "design.md", *sorted(ROOT.glob("services/*/README.md"))], ids=lambda page: page.parent.name
)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    """A module in a page's words exists, by its end; but for the made-up service by which adding a planner is shown."""
    there = [
        str(path) for folder in ("deploy", "services", "shared", "tests") for path in (ROOT / folder).rglob("*.py")
    ]
    named = set(re.findall(r"`([\w/]+\.py)`", page.read_text()))
    gone = [name for name in named if not any(path.endswith(f"/{name}") for path in there)]
    assert [name for name in sorted(gone) if "surveys" not in name] == []


HAZARDS = [cells for cells in rows(text("docs/safety.md")) if re.fullmatch(r"H\d+", cells[0])]


class TestSafety:
    """docs/safety.md."""

    def test_hazards_are_numbered_and_whole(self) -> None:
        """Each has a cause, a harm, both risks and its controls; none is left out or counted twice."""
        assert [cells[0] for cells in HAZARDS] == [f"H{number}" for number in range(1, len(HAZARDS) + 1)]
        assert {len(cells) for cells in HAZARDS} == {7}
        assert [cells[0] for cells in HAZARDS if not all(cells)] == []

    @pytest.mark.parametrize("cells", HAZARDS, ids=[cells[0] for cells in HAZARDS])
    def test_a_control_names_its_tests(self, cells: list[str]) -> None:
        """Each control's tests exist, or it says that there is none; no risk grows by being controlled."""
        number, _, _, _, initial, controls, residual = cells
        named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", controls)
        assert named or controls.startswith("none"), f"{number} names no test"
        for path, test in named:
            assert test in names_of_tests(path), f"{path}::{test}"
        assert 1 <= int(residual[0]) <= int(initial) <= 5


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/attacks.md", "docs/safety.md", "docs/privacy.md"])
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    """What was tried and what is safe are as true as the tests beside them."""
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", text(page))
    missing = [f"{path}::{test}" for path, test in named if test not in _tests_and_classes(path)]
    assert missing == []


def _tests_and_classes(path: str) -> frozenset[str]:
    return names_of_tests(path) | {test.partition("::")[0] for test in names_of_tests(path)}
