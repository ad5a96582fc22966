"""The catalogue: every service once, and nowhere else."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.catalogue import CATALOGUE, PRODUCTION, CatalogueEntry, entries
from services.cli.stack.run import run_service
from services.cli.terminal import CommandRefused
from shared.settings import Connections

ROOT = Path(__file__).parent.parent.parent

PLANNERS = tuple(entry.name for entry in entries() if entry.planner)

LOADED = """
import sys
from services.cli.catalogue import CATALOGUE
CATALOGUE[sys.argv[1]]()
found = {name.split(".")[1] for name in sys.modules if name.startswith("services.") and name.count(".") > 1}
print(" ".join(sorted(found - {"cli"})))
"""


def imported(path: Path) -> Iterator[str]:
    """What a module imports, `from a import b` as `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


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


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_process_loads_one_service(name: str) -> None:
    """Who runs one service loads no part of another."""
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", LOADED, name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [name]


def test_a_service_that_there_is_not() -> None:
    """Whoever misspells a service is told which there are."""
    with pytest.raises(CommandRefused, match="There is no service 'prompt'; there are people, prompts, followup"):
        run_service("prompt")


def test_a_planner_is_named_in_three_places_besides_its_own() -> None:
    """What follows goals up is known to the catalogue, the deployment and the migrations, and to nothing else."""
    named = {
        path.relative_to(ROOT)
        for pattern in ("services/**/*", "shared/**/*", "deploy/**/*", "docker-compose.yml")
        for path in ROOT.glob(pattern)
        if path.suffix in {".py", ".toml", ".yml", ".yaml", ".html"} and "followup" in path.read_text()
    }
    elsewhere = {str(path) for path in named if not path.is_relative_to("services/followup")}
    assert {name for name in elsewhere if not name.startswith("deploy/migrations/versions/")} == {
        "services/cli/catalogue.py",
        "docker-compose.yml",
        "deploy/kubernetes/followup.yaml",
        "deploy/kubernetes/kustomization.yaml",
    }


@pytest.mark.parametrize("planner", PLANNERS)
def test_only_the_catalogue_builds_planners(planner: str) -> None:
    """Nobody but the catalogue reaches for a planner's application: the command gets planners from there."""
    reach = {path.name for path in ROOT.glob("services/**/*.py") if f"services.{planner}.app" in imported(path)}
    assert reach == {"catalogue.py"}
