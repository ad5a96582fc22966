"""Loads the wordings that a command works on: from the database, from the services' defaults, or from a file."""

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
class SlotFilter:
    """A filter of a message's slots; None matches any value."""

    part: Part | None = None
    language: Language | None = None
    recipient: Recipient | None = None
    site: str | None = None

    def holds(self, slot: Slot) -> bool:
        """Whether the filter matches a slot."""
        wanted = (self.part, self.language, self.recipient, self.site)
        of = (slot.part, slot.language, slot.recipient, slot.site)
        return all(one is None or one == has for one, has in zip(wanted, of, strict=True))


@dataclass(frozen=True, slots=True)
class WordsStatus:
    """The published wordings and drafts of all slots, and the forms of all messages."""

    standings: tuple[SlotStatus, ...]
    forms: Forms

    @property
    def published(self) -> list[Wording]:
        """The published wordings, which are sent."""
        return [one.published for one in self.standings if one.published]

    @property
    def drafts(self) -> list[Wording]:
        """The drafts, which wait to be published."""
        return [one.draft for one in self.standings if one.draft]

    def of(self, planner: str, name: str, which: SlotFilter) -> list[SlotStatus]:
        """The status of those slots of a message that the filter matches."""
        return [s for s in self.standings if (s.slot.planner, s.slot.name) == (planner, name) and which.holds(s.slot)]

    def book(self, *, drafts: bool = False) -> Book:
        """The published wordings as a book to render from; `drafts` replaces them with their drafts."""
        if not drafts:
            return Book(self.published)
        return Book(chosen for one in self.standings if (chosen := one.draft or one.published))


@contextmanager
def refusing() -> Iterator[None]:
    """Turn an error about wordings into a refusal of the command, while entered."""
    try:
        yield
    except WordsError as error:
        raise CommandRefused(str(error)) from error


def connected(work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run work on the database in one transaction. The work must be safe to repeat: it is retried after an outage.

    Raises:
        NothingRunsError: the environment names no database, and no `cocreate up` runs here.

    """
    return _connected(work)


def publishing(work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """Run work as `connected` does, then have messages that wait for a wording checked again."""
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
                await waiting.recheck_waiting(pool, then, waiting.COMMAND_SECONDS)
            return done

    return asyncio.run(run())


async def kept(connection: Connection) -> WordsStatus:
    """The wordings and forms in the database."""
    return WordsStatus(tuple(await store.slot_statuses(connection)), await store.forms(connection))


def shipped() -> WordsStatus:
    """The services' default wordings and forms; needs nothing running."""
    return WordsStatus(tuple(SlotStatus(wording.slot, wording, None) for wording in shipped_words()), shipped_forms())


def kept_or_shipped(*, only_shipped: bool) -> WordsStatus:
    """The wordings in the database; the defaults where `only_shipped`, or where nothing runs here."""
    with refusing():
        if only_shipped:
            return shipped()
        try:
            return connected(kept)
        except NothingRunsError:
            err.print("[dim]Nothing runs here: these are the words as they are shipped.[/]")
            return shipped()


def from_file(file: Path) -> list[Wording]:
    """The wordings of an exported file, with their placeholders converted to our own notation.

    Raises:
        CommandRefused: the file cannot be read as an export.

    """
    try:
        return [Wording(slot=one.slot, body=_converted(one)) for one in load(file.read_text("utf-8"))]
    except UnicodeDecodeError:
        raise CommandRefused(f"{file} is not UTF-8: save it as that.") from None
    except WordsError as error:
        raise CommandRefused(f"{file}: {error}") from error


def with_drafts(words: WordsStatus, drafts: Iterable[Wording]) -> WordsStatus:
    """The wordings with these drafts in place of the drafts of their slots."""
    of: dict[Slot, SlotStatus] = {one.slot: one for one in words.standings}
    for draft in drafts:
        before = of.get(draft.slot)
        of[draft.slot] = SlotStatus(draft.slot, before.published if before else None, draft)
    return WordsStatus(tuple(of.values()), words.forms)


def named(forms: Forms, name: str) -> tuple[str, str]:
    """Planner and name of a message that is given as `agenda` or `prompts/agenda`.

    Raises:
        CommandRefused: no message has this name, or several have.

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
    """A slot's name for people: `prompts/agenda.sms en`, with a reader other than the patient and with a site."""
    whose = "" if slot.recipient is Recipient.PATIENT else f" {slot.recipient}"
    return f"{slot.planner}/{slot.name}.{slot.part} {slot.language}{whose}{f' {slot.site}' if slot.site else ''}"


def by_message(standings: Iterable[SlotStatus]) -> Mapping[tuple[str, str], list[SlotStatus]]:
    """The status of slots, by planner and message name."""
    found: dict[tuple[str, str], list[SlotStatus]] = {}
    for one in standings:
        found.setdefault((one.slot.planner, one.slot.name), []).append(one)
    return found


def _converted(wording: Wording) -> str:
    try:
        return convert(wording.body).strip()
    except WordsError as error:
        raise type(error)(f"{called(wording.slot)}: {error}") from error
