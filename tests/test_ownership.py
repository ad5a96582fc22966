"""Who owns which table: no statement reaches into tables of another owner, and the design says the same."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.platform.database import Pool

ROOT = Path(__file__).parent.parent
CODE = sorted((*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")))

OWNERS: dict[str, tuple[str, ...]] = {
    "people": ("shared.patients", "services.people.merging"),
    "people.opt_outs": ("shared.patients.opt_outs",),
    "schedule": ("shared.schedule",),
    "schedule.messages": ("shared.schedule", "services.delivery"),
    "schedule.outbox": ("shared.platform.outbox", "shared.kafka.outbox"),
    "tasks": ("shared.schedule",),
    "texts": ("shared.schedule",),
    "reunions.lists": ("shared.schedule.waiting_lists",),
    "reunions.entries": ("shared.schedule.waiting_lists",),
    "*.facts": ("shared.planning.fact_store", "shared.planning.patient_facts"),
    "words": ("shared.words.store",),
    "words.releases": ("shared.words.releases",),
    "places": ("shared.clinic.places",),
    "audit": ("shared.audit.trail",),
    "gateway": ("services.gateway.issued_tokens",),
    "clock": ("shared.platform.clock",),
    "public.alembic_version": ("shared.platform.database",),
}
"""Schema or table → the modules and packages whose statements may name it. The entry of a table outranks its schema's.

`*.facts` are the tables of facts in the schema of each planner."""

PUBLISHED = {
    "people.unsafe_patients": "who has a phone that somebody else may read: no task may tell anybody to call it",
    "schedule.told": "what patients were told, as of now",
    "schedule.concerns": "of which things anything stands in the schedule for a patient",
    "clock.now": "the time",
}
"""Views and functions that anybody may read: an owner's word for what others need."""

READERS = {"services.cli": "the command shows an operator, and the demo, what is the case; it changes no table"}
"""Who may read everything and write nothing."""

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(module, table) → why that one statement may. None is needed."""

SCHEMAS = {name.partition(".")[0] for name in OWNERS} - {"*"} | {"prompts", "followup", "cards"}

SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|LOCK TABLE|MERGE INTO|COPY|CREATE|ALTER|DROP)\b")
ANY_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|LOCK|MERGE|COPY|CREATE|ALTER|DROP)\b")
NAME = re.compile(r"(?<![\w./@'-])(\w+|\{\w*\})\.(\w+)")
WRITES = re.compile(
    r"\b(?:INTO|UPDATE|DELETE\s+FROM|TRUNCATE|TABLE)\s+(?:ONLY\s+)?((?:\w+|\{\w*\})\.\w+)", re.IGNORECASE
)


def module(path: Path) -> str:
    """A file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def strings(tree: ast.AST) -> Iterator[str]:
    """Every text that a module holds, with `{}` where an f-string fills something in."""
    parts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(value) for value in node.values}
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def tables(text: str) -> set[str]:
    """The tables, views and functions of known schemas that a statement names, wherever it names them."""
    if not SQL.search(text):
        return set()
    names = [f"{schema}.{name}" for schema, name in NAME.findall(text)]
    return {_table(name) for name in names if _is_known(name)}


def written(text: str) -> set[str]:
    """The tables that a statement changes."""
    return {_table(name) for name in WRITES.findall(text) if _is_known(name)} if SQL.search(text) else set()


def _is_known(name: str) -> bool:
    schema, _, table = name.partition(".")
    return schema in SCHEMAS or table == "facts"


def _table(name: str) -> str:
    return "*.facts" if name.endswith(".facts") else name


def owners(table: str) -> tuple[str, ...]:
    """The modules and packages that own a table."""
    return OWNERS.get(table) or OWNERS.get(table.partition(".")[0], ())


def is_of(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or in one of these packages."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def breaches(name: str, text: str) -> set[str]:
    """The tables of others that a statement in a module names without leave."""
    may_read = is_of(name, tuple(READERS))
    changed = written(text)
    return {
        table
        for table in tables(text)
        if not is_of(name, owners(table))
        and not (table in PUBLISHED and table not in changed)
        and not (may_read and table not in changed)
        and (name, table) not in EXCEPTIONS
    }


SOURCES = {path: path.read_text() for path in CODE}
STATEMENTS = [
    (module(path), text)
    for path, source in SOURCES.items()
    if ANY_SQL.search(source)  # most modules have none, and to parse one takes a hundred times as long
    for text in strings(ast.parse(source))
    if tables(text)
]


@pytest.mark.parametrize("name", sorted({name for name, _ in STATEMENTS}))
def test_no_statement_reaches_into_tables_of_another_owner(name: str) -> None:
    """Whoever wants to know what another owns calls a function of the owner's, or reads a view that it publishes."""
    found = {table for one, text in STATEMENTS if one == name for table in breaches(name, text)}
    assert not found, f"{name} names {sorted(found)}: ask their owner {[owners(table) for table in found]}"


async def test_every_table_has_an_owner(pool: Pool) -> None:
    """A migration that adds a table says here whose it is."""
    rows = await pool.fetch(
        """SELECT table_schema, table_name FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"""
    )
    names = {_table(f"{row['table_schema']}.{row['table_name']}") for row in rows}
    assert [name for name in sorted(names) if not owners(name) and name not in PUBLISHED] == []
    views = {name for name in PUBLISHED if name != "clock.now"}
    assert views | {name for name in OWNERS if "." in name} <= names


def test_every_owner_owns_something() -> None:
    """No module stands here that no longer names a table, and no leave that nobody takes."""
    unused = [
        (table, package)
        for table, packages in OWNERS.items()
        for package in packages
        if not any(is_of(name, (package,)) and package in owners(t) for name, text in STATEMENTS for t in tables(text))
    ]
    assert unused == []
    assert all(any(is_of(name, (reader,)) for name, _ in STATEMENTS) for reader in READERS)
    assert all(any(name in tables(text) for _, text in STATEMENTS) for name in PUBLISHED)


def test_the_design_says_who_owns_what() -> None:
    """The table in the design is this one."""
    design = (ROOT / "docs" / "design.md").read_text()
    section = design.partition("## Who owns which table\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \| (.+) \|$", section, re.MULTILINE)
    whose = {
        table: tuple(re.findall(r"`([^`]+)`", cell))
        for tables, cell in rows
        for table in re.findall(r"`([^`]+)`", tables)
    }
    assert whose == OWNERS
    assert all(f"`{name}`" in section for name in (*PUBLISHED, *READERS))


CASES = [
    (
        "a join",
        "services.delivery.lists.clinician_cards",
        "SELECT x FROM prompts.facts p JOIN cards.facts c USING (thing)",
        {"*.facts"},
    ),
    ("any planner's", "shared.planning.engine", "SELECT x FROM {}.facts WHERE thing = $1", {"*.facts"}),
    (
        "its own",
        "shared.planning.fact_store",
        "DELETE FROM {name}.facts f USING clash c WHERE f.thing = c.thing",
        set(),
    ),
    (
        "the second of a list",
        "shared.planning.fact_store",
        "UPDATE x SET y = 1 FROM a.b, people.patients old",
        {"people.patients"},
    ),
    ("a subquery", "shared.clinic.places", "SELECT EXISTS (SELECT FROM schedule.messages)", {"schedule.messages"}),
    (
        "a table's entry outranks its schema's",
        "shared.patients.details",
        "DELETE FROM people.opt_outs",
        {"people.opt_outs"},
    ),
    ("a lower-case one", "shared.words.sms", "SELECT 1; truncate texts.texts", {"texts.texts"}),
    ("a published view", "services.delivery.incoming.phone_conversations", "SELECT x FROM schedule.told t", set()),
    ("a view that is written", "services.delivery.x", "UPDATE schedule.told SET x = 1", {"schedule.told"}),
    ("the clock", "services.prompts.app", "SELECT clock.now()", set()),
    (
        "the command reads",
        "services.cli.commands.log",
        "SELECT x FROM schedule.messages JOIN tasks.tasks USING (id)",
        set(),
    ),
    ("the command writes", "services.cli.commands.log", "UPDATE schedule.messages SET x = 1", {"schedule.messages"}),
    (
        "delivery reads holds",
        "services.delivery.claiming.reading",
        "SELECT thing FROM schedule.holds",
        {"schedule.holds"},
    ),
    ("a column of an alias", "shared.clinic.places", "SELECT m.things, t.x FROM places.places m", set()),
    ("prose", "shared.words.sms", "It comes from people.opt_outs, see shared.patients.identity.lock", set()),
]


@pytest.mark.parametrize(("name", "text", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_counts_as_reaching(name: str, text: str, found: set[str]) -> None:
    """However a statement names a table, it is seen; what is no statement, or published, is not."""
    assert breaches(name, text) == found
