"""The architecture: who may import whom, what is built when, and how large a module may be."""

import ast
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

import services
import shared

ROOT = Path(__file__).parent.parent
CODE = sorted((*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")))
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
RULES = next(contract for contract in CONTRACTS if contract["name"].startswith("Rules are pure"))
SHELLS = [line.partition(" -> ")[0].replace(".", "/") + ".py" for line in RULES["ignore_imports"]]
"""Modules of packages of rules that load for them, or keep what they decided."""


def named(path: Path) -> str:
    """A file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_rule(path: Path) -> bool:
    place = path.relative_to(ROOT)
    packages = tuple(package.replace(".", "/") for package in RULES["source_modules"])
    named = any(str(place).startswith((f"{package}/", f"{package}.py")) for package in packages)
    return named and not any(place.match(shell) for shell in SHELLS)


PURE = [path for path in CODE if _is_rule(path)]

OUTSIDE = {"asyncio", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading", "time"}
OUTSIDE |= {"aiohttp", "aiokafka", "aiosmtplib", "asyncpg", "faststream", "pydantic_settings", "twilio"}
OUTSIDE |= {"shared.platform.clock", "shared.platform.database", "shared.kafka.client", "shared.settings"}
"""What a rule has no business with: clocks, chance, engines and the machine."""

BUILDS = {"KafkaBroker", "KafkaRouter", "FastStream", "AIOKafkaConsumer", "AIOKafkaProducer", "ClientSession"}
BUILDS |= {"create_app", "create_pool", "connect", "broker", "producer", "load", "Settings", "getenv", "open"}
"""Calls that make something, or read the environment."""

VAGUE = re.compile(r"(^|_)(utils?|common|helpers?|base|managers?|misc)(_|$)")

LONGEST = 300

# Imports everything, and tells what was connected to, started or asked of the environment meanwhile.
IMPORTS = """
import importlib, json, os, sys, threading
asked, done = [], []
class Environment(dict):
    def __getitem__(self, name):
        if str(name).startswith("COCREATE_"):
            asked.append(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        if str(name).startswith("COCREATE_"):
            asked.append(name)
        return super().get(name, default)
os.environ = Environment(os.environ)
sys.addaudithook(lambda event, _: done.append(event) if event in {"socket.connect", "subprocess.Popen"} else None)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps([asked, done, [thread.name for thread in threading.enumerate()]]))
"""


@cache
def parsed(path: Path) -> ast.Module:
    """A file's tree."""
    return ast.parse(path.read_text())


def at_import(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that run when a module is imported: all but those inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for decorator in getattr(node, "decorator_list", ()):
                yield from (inner for inner in ast.walk(decorator) if isinstance(inner, ast.Call))
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from at_import(node)


def called(call: ast.Call) -> str:
    """The last part of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def imported(tree: ast.AST) -> Iterator[str]:
    """Everything that a module imports, `from a import b` as `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> Iterator[ModuleType]:
    """Every module of the program."""
    for package in (services, shared):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def test_imports_keep_their_contracts() -> None:
    """Services never import each other, what is shared knows no service, rules import no I/O."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", PURE, ids=named)
def test_rules_have_no_clock_no_chance_and_no_engine(path: Path) -> None:
    """A rule imports nothing that tells the time, throws dice or does I/O, and asks no `now`."""
    tree = parsed(path)
    assert {name for name in imported(tree) if name in OUTSIDE or name.partition(".")[0] in OUTSIDE} == set()
    calls = {called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls & {"now", "utcnow", "today", "time_ns", "monotonic"} == set()


@pytest.mark.parametrize("path", CODE, ids=named)
def test_nothing_is_built_at_import_time(path: Path) -> None:
    """No module makes a broker, a pool, a client or settings when it is imported, nor reads the environment."""
    calls = {called(call) for call in at_import(parsed(path))}
    assert calls & BUILDS == set()


def test_importing_everything_does_nothing() -> None:
    """With every module imported nothing was connected to, no process or thread was started, no setting was read."""
    every = [named(path) for path in CODE if path.stem != "__main__"]
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", IMPORTS, json.dumps(every)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COCREATE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], [], ["MainThread"]]


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_module_is_one_idea(path: Path) -> None:
    """No module is longer than 300 lines, opens without saying what it is for, or has a name that says nothing."""
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(parsed(path)), "it opens with one line: what it is for"
    assert not VAGUE.search(path.parent.name if path.stem == "__init__" else path.stem)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_every_test_says_what_it_proves(path: Path) -> None:
    """Each test has a docstring."""
    functions = (
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    silent = [f.name for f in functions if f.name.startswith("test_") and not ast.get_docstring(f)]
    assert silent == []


def test_no_model_quotes_its_input() -> None:
    """A validation error never repeats what stood there: it may be a name or a number, and errors are logged."""
    models = {
        thing
        for module in modules()
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, BaseModel)
        and thing.__module__.startswith(("services.", "shared."))
    }
    from_outside = {model for model in models if not model.__module__.startswith("services.sandbox.")}
    assert from_outside
    assert {model.__name__ for model in from_outside if not model.model_config.get("hide_input_in_errors")} == set()


def test_production_has_no_sandbox() -> None:
    """The image takes the program from a stage that has removed the sandbox, and packages without its engines."""
    stages = re.split(r"^FROM ", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    by_name = {stage.split()[2]: stage for stage in stages}
    production = re.findall(r"COPY --from=(\S+)", stages[-1])
    assert stages[-1].split()[2] == "production"
    assert sorted(production) == ["packages", "program-without-sandbox"]
    assert "rm -r services/sandbox" in by_name["program-without-sandbox"]
    assert "embedded" not in by_name["packages"]


def test_a_class_name_means_one_thing() -> None:
    """No two modules give a class the same name, but for the settings and the policy that each service has."""
    named_so: dict[str, list[str]] = {}
    for path in CODE:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named_so.setdefault(node.name, []).append(named(path))
    allowed = {"Settings", "Policy"}
    assert {name: where for name, where in named_so.items() if len(where) > 1 and name not in allowed} == {}


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_value_of_many_fields_is_built_by_name(path: Path) -> None:
    """A dataclass of more than five fields takes them by keyword alone: neighbours of one type are easily swapped."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            made = [ast.unparse(one) for one in node.decorator_list if "dataclass" in ast.unparse(one)]
            assert len(fields) <= 5 or all("kw_only=True" in one for one in made), node.name


@pytest.mark.parametrize("path", CODE, ids=named)
def test_no_module_says_itself_that_it_is_pure(path: Path) -> None:
    """Which modules are pure the contract of packages says, and holds: a word in a docstring could be wrong."""
    assert not re.search(r"\bPure\b", ast.get_docstring(parsed(path)) or "")
