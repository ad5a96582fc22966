"""The default wordings of all services, and the forms that they must fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.catalogue import entries
from shared.words.files import from_files
from shared.words.forms import Form
from shared.words.wording import Wording

Forms = Mapping[tuple[str, str], Form]
"""Forms by planner and message name."""


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """A service's default wordings: its name, the folder of its templates, and the forms of its messages."""

    planner: str
    folder: Path
    forms: tuple[Form, ...]


def service_words() -> tuple[ServiceWords, ...]:
    """Every service that writes to patients."""
    return tuple(ServiceWords(entry.name, entry.words, entry.forms) for entry in entries() if entry.words)


def shipped_words() -> list[Wording]:
    """All default wordings.

    Raises:
        NotReadable: a template file is malformed.

    """
    return [wording for house in service_words() for wording in from_files(house.planner, house.folder)]


def shipped_forms() -> Forms:
    """The forms of all messages, by planner and message name."""
    return {(house.planner, form.name): form for house in service_words() for form in house.forms}
