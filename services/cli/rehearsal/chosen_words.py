"""The words of a rehearsal: published, shipped or drafts; and the places that stand beside the published ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.cli.terminal import CommandRefused
from services.cli.where import NothingRunsError
from services.cli.words.shipped import shipped_words
from services.cli.words.wordings import WordsStatus, connected, from_file, kept, refusing
from shared.clinic import places
from shared.clinic.places import Places
from shared.platform.clock import Connection
from shared.platform.database import DatabaseError
from shared.settings import SettingsError
from shared.words.book import Book
from shared.words.files import from_files
from shared.words.wording import Wording

PUBLISHED, SHIPPED, DRAFT = "published", "shipped", "draft"


@dataclass(frozen=True, slots=True)
class ChosenWords:
    """The wordings that a rehearsal says, which they are in a sentence, and the registry where they lie beside one."""

    wordings: tuple[Wording, ...]
    which: str
    places: Places

    def book(self) -> Book:
        """The book of these words."""
        return Book(self.wordings)


def choose(words: str | None) -> ChosenWords:
    """The words asked for; by default the published ones, and those that are shipped where no database answers.

    Raises:
        CommandRefused: a file or folder of drafts cannot be read.
        NothingRunsError, DatabaseError, SettingsError: words of the database are asked for, and it cannot be read.

    """
    with refusing():
        match words:
            case None:
                return _published_or_shipped()
            case "shipped":
                return _shipped("Words: as shipped.")
            case "published" | "draft":
                return _of_database(drafts=words == DRAFT)
            case _:
                return _with_drafts(Path(words))


def _published_or_shipped() -> ChosenWords:
    try:
        return _of_database()
    except NothingRunsError:
        return _shipped("Words: as shipped; no database is named here whose published ones could be read.")
    except (DatabaseError, SettingsError) as error:
        return _shipped(f"Words: as shipped, for the published ones cannot be read: {error}.")


def _shipped(which: str) -> ChosenWords:
    return ChosenWords(tuple(shipped_words()), which, Places())


def _of_database(*, drafts: bool = False) -> ChosenWords:
    """The published words and the registry; what a planner that never started would bring is as shipped."""

    async def read(connection: Connection) -> tuple[WordsStatus, Places]:
        return await kept(connection), await places.load(connection)

    words, registry = connected(read)
    started = {wording.slot.planner for wording in words.published}
    wordings = [*(w for w in shipped_words() if w.slot.planner not in started), *words.published]
    if not drafts:
        return ChosenWords(tuple(wordings), "Words: as published.", registry)
    which = f"Words: as published, and the newest drafts in place of {len(words.drafts)}."
    return ChosenWords(_replaced(wordings, words.drafts), which, registry)


def _with_drafts(path: Path) -> ChosenWords:
    """Drafts of a file or folder in place of the published words, or of those that are shipped."""
    drafts = _drafts(path)
    base = _published_or_shipped()
    which = f"Words: {len(drafts)} of {path}; all others {base.which.removeprefix('Words: ')}"
    return ChosenWords(_replaced(base.wordings, drafts), which, base.places)


def _drafts(path: Path) -> list[Wording]:
    """The wordings of an export, or of a folder: of exports, and of `planner/language/message.toml` as shipped.

    Raises:
        CommandRefused: there are none.

    """
    if not path.exists():
        known = f"{PUBLISHED}, {SHIPPED}, {DRAFT}"
        raise CommandRefused(f"There are no words {path}: choose {known}, or a file or folder of drafts.")
    if not path.is_dir():
        return from_file(path)
    exports = [wording for file in sorted(path.glob("*.toml")) for wording in from_file(file)]
    folders = [wording for one in sorted(path.iterdir()) if one.is_dir() for wording in from_files(one.name, one)]
    if not exports and not folders:
        raise CommandRefused(f"There are no words in {path}: put exports there, or planner/language/message.toml.")
    return [*exports, *folders]


def _replaced(wordings: Iterable[Wording], drafts: Iterable[Wording]) -> tuple[Wording, ...]:
    return tuple({**{one.slot: one for one in wordings}, **{one.slot: one for one in drafts}}.values())
