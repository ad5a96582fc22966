"""`cocreate words export`, `import`, `publish` and `discard`: operators change the wordings of messages."""

from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

from services.cli import on_record
from services.cli.terminal import CommandRefused, out
from services.cli.words.checking import found_by, refuse_errors, show
from services.cli.words.shipped_drafts import shipped_draft
from services.cli.words.wordings import (
    SlotFilter,
    WordsStatus,
    called,
    connected,
    from_file,
    kept,
    kept_or_shipped,
    named,
    publishing,
)
from shared.platform.clock import Connection
from shared.words import store
from shared.words.files import dump
from shared.words.wording import Slot, Wording, WordingState, WordsError

T = TypeVar("T")


def export_words(name: str | None, *, drafts: bool, only_shipped: bool) -> None:
    """Print published wordings as TOML, of one message or of all; `drafts` replaces them with their drafts.

    Under the name of a draft that ships, print that one.
    """
    ships = shipped_draft(name) if name else None
    if ships is not None:
        out.file.write(ships.text)
        return
    words = kept_or_shipped(only_shipped=only_shipped)
    asked = named(words.forms, name) if name else None
    chosen = [(one.draft if drafts else None) or one.published for one in words.standings]
    those = [one for one in chosen if one and asked in {None, (one.slot.planner, one.slot.name)}]
    out.file.write(dump(those))


def import_words(file: Path, author: str, *, publish: bool) -> None:
    """Store the wordings of a file as drafts, or publish them at once: all of them, or none.

    Raises:
        CommandRefused: the file holds no wordings, the lint finds an error, or a wording may not be stored.

    """
    wordings = from_file(file)
    if not wordings:
        raise CommandRefused(f"{file} holds no words. `cocreate words export` writes a file to start from.")

    async def keep(connection: Connection) -> list[Wording]:
        words = await kept(connection)
        _refuse_errors(wordings, words)
        found = []
        for wording in wordings:
            draft = await _naming_slot(wording.slot, store.save(connection, wording.slot, wording.body, author))
            if publish:
                draft = await _naming_slot(draft.slot, store.publish(connection, draft.slot, draft.version))
            found.append(draft)
        detail = f"by {author}{', published' if publish else ''}"
        await on_record.act(connection, "words import", things=map(_versioned, found), detail=detail)
        return found

    for one in (publishing if publish else connected)(keep):
        now = "waits as a draft" if one.state is WordingState.DRAFT else "is sent"
        out.print(f"{called(one.slot)} version {one.version} {now}", markup=False, highlight=False, soft_wrap=True)
    if not publish:
        out.print(
            "Look at them: [bold]cocreate words render NAME --drafts[/]; then [bold]cocreate words publish NAME[/]"
        )


def publish_words(name: str, which: SlotFilter, version: int | None) -> None:
    """Publish a message's drafts, or an older version of one part.

    Raises:
        CommandRefused: there is no draft, the lint finds an error, or the wording does not fit the message's form.

    """

    async def publish(connection: Connection) -> list[Wording]:
        words = await kept(connection)
        chosen = await _chosen(connection, words, name, which, version)
        _refuse_errors(chosen, words)
        done = [await _naming_slot(one.slot, store.publish(connection, one.slot, one.version)) for one in chosen]
        await on_record.act(connection, "words publish", things=map(_versioned, done))
        return done

    for one in publishing(publish):
        out.print(f"{called(one.slot)} version {one.version} is sent from now on", markup=False, highlight=False)


def discard_words(name: str, which: SlotFilter, version: int | None) -> None:
    """Discard a message's drafts, or one version of one part.

    Raises:
        CommandRefused: there is no draft, or no such version.

    """

    async def discard(connection: Connection) -> list[Wording]:
        chosen = await _chosen(connection, await kept(connection), name, which, version)
        for one in chosen:
            await _naming_slot(one.slot, store.discard(connection, one.slot, one.version))
        await on_record.act(connection, "words discard", things=map(_versioned, chosen))
        return chosen

    for one in connected(discard):
        out.print(f"{called(one.slot)} version {one.version} waits no longer", markup=False, highlight=False)


async def _chosen(
    connection: Connection, words: WordsStatus, name: str, which: SlotFilter, version: int | None
) -> list[Wording]:
    """The drafts of the selected slots, or one version of the single selected slot."""
    planner, name = named(words.forms, name)
    those = words.of(planner, name, which)
    if version is None:
        drafts = [one.draft for one in those if one.draft]
        if not drafts:
            raise CommandRefused(f"No draft of {planner}/{name} waits. `cocreate words list` shows those that do.")
        return drafts
    if len(those) != 1:
        parts = ", ".join(called(one.slot) for one in those) or "none"
        raise CommandRefused(
            f"A version is of one part: say which with --part, --language, --recipient, --site ({parts})."
        )
    slot = those[0].slot
    found = [one for one in await store.versions(connection, slot) if one.version == version]
    if not found:
        raise CommandRefused(
            f"{called(slot)} has no version {version}: `cocreate words show {name} --versions` lists them."
        )
    return found


def _refuse_errors(wordings: Sequence[Wording], words: WordsStatus) -> None:
    """Print the lint's findings, and refuse the command where one is an error."""
    findings = found_by(wordings, words)
    show(findings)
    refuse_errors(findings, ": nothing was changed")


def _versioned(wording: Wording) -> str:
    return f"{called(wording.slot)} version {wording.version}"


async def _naming_slot(slot: Slot, work: Awaitable[T]) -> T:
    """Await a change of one slot; an error of it is raised with the slot's name."""
    try:
        return await work
    except WordsError as error:
        raise CommandRefused(f"{called(slot)}: {error} Nothing was changed.") from error
