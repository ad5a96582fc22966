"""Which words stand: those that the database keeps, those that the services ship, those of a file."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from services.cli.terminal import CommandRefused, err
from services.cli.where import NothingRunsError, reachable, settings
from services.cli.words.shipped import Forms, shipped_forms, shipped_words
from shared.platform import database
from shared.platform.clock import Connection
from shared.schedule.states import Why
from shared.settings import Connections
from shared.words import store, waiting
from shared.words.book import Book
from shared.words.files import load
from shared.words.grammar import convert
from shared.words.store import SlotStatus
from shared.words.wording import Language, Part, Recipient, Slot, Wording, WordsError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Which:
    """Which slots of a message a command is about; None stands for any."""

    part: Part | None = None
    language: Language | None = None
    recipient: Recipient | None = None
    site: str | None = None

    def holds(self, slot: Slot) -> bool:
        """Whether a slot is meant."""
        wanted = (self.part, self.language, self.recipient, self.site)
        of = (slot.part, slot.language, slot.recipient, slot.site)
        return all(one is None or one == has for one, has in zip(wanted, of, strict=True))


@dataclass(frozen=True, slots=True)
class WordsStatus:
    """What is published, the drafts that wait, and what each message may say."""

    standings: tuple[SlotStatus, ...]
    forms: Forms

    @property
    def published(self) -> list[Wording]:
        """What is sent."""
        return [one.published for one in self.standings if one.published]

    @property
    def drafts(self) -> list[Wording]:
        """What waits."""
        return [one.draft for one in self.standings if one.draft]

    def of(self, planner: str, name: str, which: Which) -> list[SlotStatus]:
        """How the slots of a message stand."""
        return [s for s in self.standings if (s.slot.planner, s.slot.name) == (planner, name) and which.holds(s.slot)]

    def book(self, *, drafts: bool = False) -> Book:
        """The words to render from; with drafts as if these were published."""
        if not drafts:
            return Book(self.published)
        return Book(chosen for one in self.standings if (chosen := one.draft or one.published))


@contextmanager
def refusing() -> Iterator[None]:
    """What is wrong with words is shown as a sentence."""
    try:
        yield
    except WordsError as error:
        raise CommandRefused(str(error)) from error


def connected(work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Do something with the database, in one transaction: all of it, or nothing. It must be safe to do again.

    Raises:
        NothingRunsError: the environment names none, and no `cocreate up` runs here.

    """
    return _connected(work)


def publishing(work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """The same; afterwards messages that wait for words are looked at again."""
    return _connected(work, Why.NO_WORDS)


def _connected(work: Callable[[Connection], Coroutine[Any, Any, T]], then: Why | None = None) -> T:
    async def run() -> T:
        connections = settings(Connections)
        async with reachable(connections) as pool:

            async def attempt() -> T:
                async with pool.acquire() as connection, connection.transaction():
                    return await work(connection)

            done = await database.retry_while_unavailable(
                attempt, database.where(connections.database_url), waiting.COMMAND_SECONDS
            )
            if then is not None:
                await waiting.look_again(pool, then, waiting.COMMAND_SECONDS)
            return done

    return asyncio.run(run())


async def kept(connection: Connection) -> WordsStatus:
    """What the database keeps."""
    return WordsStatus(tuple(await store.standings(connection)), await store.forms(connection))


def shipped() -> WordsStatus:
    """What the services ship, with nothing running."""
    return WordsStatus(tuple(SlotStatus(wording.slot, wording, None) for wording in shipped_words()), shipped_forms())


def kept_or_shipped(*, only_shipped: bool) -> WordsStatus:
    """What the database keeps, or what is shipped where that is asked for or nothing runs here."""
    with refusing():
        if only_shipped:
            return shipped()
        try:
            return connected(kept)
        except NothingRunsError:
            err.print("[dim]Nothing runs here: these are the words as they are shipped.[/]")
            return shipped()


def from_file(file: Path) -> list[Wording]:
    """The wordings of an export, in the house's writing.

    Raises:
        CommandRefused: it cannot be read as one.

    """
    try:
        return [Wording(one.slot, _converted(one)) for one in load(file.read_text("utf-8"))]
    except UnicodeDecodeError:
        raise CommandRefused(f"{file} is not UTF-8: save it as that.") from None
    except WordsError as error:
        raise CommandRefused(f"{file}: {error}") from error


def with_drafts(words: WordsStatus, drafts: Iterable[Wording]) -> WordsStatus:
    """The words with other drafts beside them."""
    of: dict[Slot, SlotStatus] = {one.slot: one for one in words.standings}
    for draft in drafts:
        before = of.get(draft.slot)
        of[draft.slot] = SlotStatus(draft.slot, before.published if before else None, draft)
    return WordsStatus(tuple(of.values()), words.forms)


def named(forms: Forms, name: str) -> tuple[str, str]:
    """Planner and name of a message, given as `agenda` or `prompts/agenda`.

    Raises:
        CommandRefused: there is none, or there are several.

    """
    planner, _, short = name.rpartition("/")
    found = [key for key in forms if key[1] == short and planner in {"", key[0]}]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandRefused(f"Several services say {short}: give one of {', '.join('/'.join(key) for key in found)}.")
    likely = get_close_matches(short, [key[1] for key in forms], 3, 0.5)
    cure = f" Did you mean {' or '.join(likely)}?" if likely else " `cocreate words list` shows all."
    raise CommandRefused(f"No message is called {name}.{cure}")


def called(slot: Slot) -> str:
    """A slot as people call it: `prompts/agenda.sms en`, with the reader and the site where they are particular."""
    whose = "" if slot.recipient is Recipient.PATIENT else f" {slot.recipient}"
    return f"{slot.planner}/{slot.name}.{slot.part} {slot.language}{whose}{f' {slot.site}' if slot.site else ''}"


def by_message(standings: Iterable[SlotStatus]) -> Mapping[tuple[str, str], list[SlotStatus]]:
    """Standings by planner and name."""
    found: dict[tuple[str, str], list[SlotStatus]] = {}
    for one in standings:
        found.setdefault((one.slot.planner, one.slot.name), []).append(one)
    return found


def _converted(wording: Wording) -> str:
    try:
        return convert(wording.body).strip()
    except WordsError as error:
        raise type(error)(f"{called(wording.slot)}: {error}") from error
