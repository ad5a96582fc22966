"""CONTRIBUTING.md agrees with the house: what it names is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
PATHS = sorted(set(re.findall(r"\b(?:services|shared|tests|docs)/[\w/.]+\w", PAGE)))


@pytest.mark.parametrize("path", PATHS)
def test_what_it_names_is_there(path: str) -> None:
    """Each file or folder of ours that the page names exists."""
    assert (ROOT / path).exists()


def test_its_targets_exist() -> None:
    """Each `make` target that the page writes is one."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", PAGE, re.MULTILINE)) <= targets


def test_the_licence_is_the_one_that_packages_name() -> None:
    """LICENSE is the MIT licence, and the package says so and brings it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 2026 The Cocreate contributors\n")
