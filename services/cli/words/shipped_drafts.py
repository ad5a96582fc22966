"""Wordings that ship as drafts: others have tried them, and no patient reads them before an operator publishes them."""

from dataclasses import dataclass

from services.cli.words.shipped import service_words
from shared.words.files import load
from shared.words.wording import Wording

FOLDER = "drafts"
"""Beside a service's templates: a file for each draft, as `cocreate words export` writes it, below its source."""


@dataclass(frozen=True, slots=True)
class ShippedDraft:
    """A draft that ships: a file to read, to change and to import.

    Attributes:
        name: the name by which it is exported.
        text: the file, with its source and for whom it is not.

    """

    name: str
    text: str

    @property
    def title(self) -> str:
        """What it is about: the first line of the file."""
        return self.text.partition("\n")[0].lstrip("# ")

    def wordings(self) -> list[Wording]:
        """The wordings in it.

        Raises:
            NotReadable: the file is malformed.

        """
        return load(self.text)


def shipped_drafts() -> tuple[ShippedDraft, ...]:
    """Every draft that ships, in the order of their names."""
    files = (path for house in service_words() for path in (house.folder.parent / FOLDER).glob("*.toml"))
    return tuple(ShippedDraft(path.stem, path.read_text("utf-8")) for path in sorted(files, key=lambda path: path.stem))


def shipped_draft(name: str) -> ShippedDraft | None:
    """The draft of this name; None where none ships."""
    return next((draft for draft in shipped_drafts() if draft.name == name), None)
