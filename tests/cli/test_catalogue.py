"""The catalogue: every service once, and nowhere else."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from services.cli.catalogue import CATALOGUE, PRODUCTION, CatalogueEntry, entries
from services.cli.stack.run import run_service
from services.cli.terminal import CommandRefused
from shared.settings import Connections

ROOT = Path(__file__).parent.parent.parent

PLANNERS = tuple(entry.name for entry in entries() if entry.planner)

LOADED = """
import os, sys
import aiohttp, asyncpg, faststream.kafka, icalendar, phonenumbers, pydantic_settings, starlette.applications
from services.cli.catalogue import CATALOGUE
for name in CATALOGUE:
    sys.stdout.flush()
    if os.fork():
        assert os.wait()[1] == 0
        continue
    CATALOGUE[name]()
    found = {name.split(".")[1] for name in sys.modules if name.startswith("services.") and name.count(".") > 1}
    print(name, *sorted(found - {"cli"}))
    break
"""
"""A process for each service, as a fork of one that knows the catalogue and what none of us wrote."""


@cache
def parsed(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The modules that a module imports, `from a import b` as `a` and `a.b`; and the texts that it holds."""
    imports: set[str] = set()
    texts: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            imports |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    return frozenset(imports), frozenset(texts)


def test_every_service_is_listed() -> None:
    """Each folder of services but the command's has its entry, under its own name; only the sandbox stays at home."""
    folders = {path.parent.name for path in ROOT.glob("services/*/__init__.py")} - {"cli"}
    assert set(CATALOGUE) == folders
    assert [entry.name for entry in entries(CATALOGUE)] == list(CATALOGUE)
    assert set(CATALOGUE) - set(PRODUCTION) == {"sandbox"}


@pytest.mark.parametrize("entry", entries(CATALOGUE), ids=lambda entry: entry.name)
def test_an_entry_can_be_run_and_read_of(entry: CatalogueEntry) -> None:
    """Each service is built from its settings or opened with them, and has its page."""
    assert (entry.create_app is None) != (entry.serve is None)
    assert (ROOT / entry.page).exists()
    assert (entry.words is None) == (not entry.forms)


def test_planners_are_awaited() -> None:
    """Nothing is sent until people and every planner have read all that they read; all of them know patients."""
    awaited = [entry for entry in entries() if entry.awaited]
    assert {entry.name for entry in awaited} == {"people", *PLANNERS}
    assert all(issubclass(entry.settings, Connections) for entry in awaited)


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Of each service, the packages of services that its process has loaded."""
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name: found for name, *found in map(str.split, done.stdout.splitlines())}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_process_loads_one_service(name: str, loaded: dict[str, list[str]]) -> None:
    """Who runs one service loads no part of another."""
    assert loaded[name] == [name]


def test_a_service_that_there_is_not() -> None:
    """Whoever misspells a service is told which there are."""
    with pytest.raises(CommandRefused, match="There is no service 'prompt'; there are people, prompts, followup"):
        run_service("prompt")


DECLARED = {
    "cards": {"services/cli/demo/run.py"},  # the demo's clinicians have mailboxes of their own
    "prompts": {  # lists of its appointments; who asked for another time; a plan explained by its lead-up
        "services/cards/forms.py",
        "services/followup/missed.py",
        "services/cli/rehearsal/plan.py",
        "services/cli/rehearsal/remarks.py",
    },
    "reunions": {  # lists of who comes; commands about what it alone knows; the place of whoever is erased
        "services/people/forgetting.py",
        "services/cards/forms.py",
        "services/cli/commands/attendance.py",
        "services/cli/commands/courses.py",
    },
}
"""Who says, in one named constant each, that it shows what a certain planner knows: its users, and no engine."""


HOMONYMS = {"shared/formats/csv/courses.py", "services/sandbox/page.py"}
"""Who says the same word of something else: the table of reunions, the cards of a page."""


def names(path: Path, planner: str) -> bool:
    """Whether a file names a planner: in Python as a whole text or a module, elsewhere as a word."""
    if path.suffix != ".py":
        return bool(re.search(rf"\b{planner}\b", path.read_text()))
    imports, texts = parsed(path)
    return planner in texts or any(name.startswith(f"services.{planner}.") for name in imports)


@pytest.mark.parametrize("planner", PLANNERS)
def test_a_planner_touches_four_places(planner: str) -> None:
    """Each planner is known to its package, the catalogue, the migrations and the deployment, and to who declares it.

    Neither delivery nor anything shared is among them: they know messages by what their forms declare.
    """
    packages = [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py"), *ROOT.glob("deploy/**/*.py")]
    deployment = [ROOT / "docker-compose.yml", *ROOT.glob("deploy/kubernetes/*.yaml")]
    own = (f"services/{planner}/", "deploy/migrations/versions/")
    named = {str(path.relative_to(ROOT)) for path in (*packages, *deployment) if names(path, planner)}
    assert {name for name in named if not name.startswith(own)} - DECLARED.get(planner, set()) - HOMONYMS == {
        "services/cli/catalogue.py",
        "docker-compose.yml",
        f"deploy/kubernetes/{planner}.yaml",
        "deploy/kubernetes/kustomization.yaml",
    }


@pytest.mark.parametrize("planner", DECLARED)
def test_who_declares_a_planner_names_it(planner: str) -> None:
    """Each declaration is still there: what no longer names a planner is struck off."""
    assert all(names(ROOT / name, planner) for name in DECLARED[planner])


def test_the_four_places_are_in_the_page() -> None:
    """CONTRIBUTING.md names each place that another planner touches."""
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a planner")[2].partition("\n## ")[0]
    places = ("services/<name>", "services/cli/catalogue.py", "deploy/migrations/versions", "deploy/kubernetes")
    assert all(f"`{place}`" in page for place in places)


@pytest.mark.parametrize("planner", PLANNERS)
def test_only_the_catalogue_builds_planners(planner: str) -> None:
    """Nobody but the catalogue reaches for a planner's application: the command gets planners from there."""
    reach = {path.name for path in ROOT.glob("services/**/*.py") if f"services.{planner}.app" in parsed(path)[0]}
    assert reach == {"catalogue.py"}
