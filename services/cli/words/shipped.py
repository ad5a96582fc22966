"""The words that the services ship, and the forms that these are held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.catalogue import entries
from shared.words.files import from_files
from shared.words.forms import Form
from shared.words.wording import Wording

Forms = Mapping[tuple[str, str], Form]
"""By planner and name."""


@dataclass(frozen=True, slots=True)
class HouseWords:
    """A service's own words: what it is called, the folder of its defaults, and what each message may say."""

    planner: str
    folder: Path
    forms: tuple[Form, ...]


def house_words() -> tuple[HouseWords, ...]:
    """Every service that writes to patients."""
    return tuple(HouseWords(entry.name, entry.words, entry.forms) for entry in entries() if entry.words)


def shipped_words() -> list[Wording]:
    """Every default.

    Raises:
        NotReadable: a file is not written as one.

    """
    return [wording for house in house_words() for wording in from_files(house.planner, house.folder)]


def shipped_forms() -> Forms:
    """What every message may say."""
    return {(house.planner, form.name): form for house in house_words() for form in house.forms}
