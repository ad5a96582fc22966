"""Wordings and forms in PostgreSQL: planners ship them, operators edit them, delivery reads the published ones."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from shared.clinic import places
from shared.platform import database
from shared.platform.clock import Connection
from shared.words import releases, waiting
from shared.words.book import Book
from shared.words.files import from_files
from shared.words.forms import Form, as_json, from_json
from shared.words.grammar import check, convert
from shared.words.unfit import Unfit, unfit
from shared.words.wording import (
    SHIPPED,
    Language,
    NoSuchWording,
    NotAllowed,
    Part,
    Recipient,
    Slot,
    Wording,
    WordingState,
)

log = logging.getLogger("cocreate.words")

FIELDS = "planner, name, part, language, recipient, site, version, state, author, body"

# Writers take turns, so that each sees the versions of the one before; readers go on.
TAKE_TURNS = "LOCK TABLE words.templates IN SHARE ROW EXCLUSIVE MODE"

OF_PLANNER = f"SELECT {FIELDS}, kept_at FROM words.templates WHERE planner = $1 ORDER BY version"  # noqa: S608 - constants

OF_SLOT = f"""
SELECT {FIELDS}, kept_at FROM words.templates
WHERE (planner, name, part, language, recipient, site) = ($1, $2, $3, $4, $5, $6) ORDER BY version DESC
"""  # noqa: S608 - the same

NEWEST = f"""
SELECT DISTINCT ON (planner, name, part, language, recipient, site, state) {FIELDS}, kept_at FROM words.templates
WHERE state = ANY($1) AND planner = coalesce($2, planner)
ORDER BY planner, name, part, language, recipient, site, state, version DESC
"""  # noqa: S608 - the same

ADD = f"""
INSERT INTO words.templates ({FIELDS})
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[],
    $8::text[], $9::text[], $10::text[])
"""  # noqa: S608 - the same

SET_STATE = """
UPDATE words.templates SET state = $8
WHERE (planner, name, part, language, recipient, site) = ($1, $2, $3, $4, $5, $6) AND version = $7
"""

DISCARD_OLDER = """
UPDATE words.templates SET state = 'discarded'
WHERE (planner, name, part, language, recipient, site) = ($1, $2, $3, $4, $5, $6) AND version <= $7 AND state = 'draft'
"""

KEEP_FORMS = """
INSERT INTO words.forms AS f (planner, name, form)
SELECT $1, name, form FROM unnest($2::text[], $3::jsonb[]) AS n(name, form)
ON CONFLICT (planner, name) DO UPDATE SET form = excluded.form WHERE f.form <> excluded.form
"""

DROP_FORMS = "DELETE FROM words.forms WHERE planner = $1 AND name <> ALL($2)"
FORMS = "SELECT planner, name, form FROM words.forms ORDER BY planner, name"
FORM = "SELECT form FROM words.forms WHERE planner = $1 AND name = $2"


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """The status of a slot: its published wording, and its newest draft."""

    slot: Slot
    published: Wording | None
    draft: Wording | None


async def ship(connection: Connection, planner: str, folder: Path, forms: Iterable[Form]) -> list[Unfit]:
    """Update the stored wordings and forms from the shipped ones, unless a newer release did. Idempotent.

    Returns, and logs, the published wordings of operators that no longer fit their form: their messages wait until they
    are mended. Call `waiting.look_again` after the commit.

    Raises:
        NotReadable: a file in the folder is not a valid file of wordings.

    """
    declared, shipped = {form.name: as_json(form) for form in forms}, from_files(planner, folder)
    async with connection.transaction():
        await connection.execute(TAKE_TURNS)
        if not await releases.may_ship(connection, planner):
            return []
        kept = [_wording(row) for row in await connection.fetch(OF_PLANNER, planner)]
        await _add(connection, new_versions(shipped, kept))
        await connection.execute(KEEP_FORMS, planner, list(declared), list(declared.values()))
        await connection.execute(DROP_FORMS, planner, list(declared))
        for one in (found := await unfitting(connection, planner)):
            log.error("%s", one)
    return found


async def unfitting(connection: Connection, planner: str | None = None) -> list[Unfit]:
    """The published wordings that no longer fit their form; of one planner, or of all."""
    rows = await connection.fetch(NEWEST, [WordingState.PUBLISHED], planner)
    return list(unfit(map(_wording, rows), await forms(connection)))


def new_versions(shipped: Iterable[Wording], kept: Iterable[Wording]) -> list[Wording]:
    """The new versions that shipped wordings add to the stored ones of their planner, which come in version order.

    A changed text is published where the published version was shipped too; where operators have published their own,
    it becomes a draft. A slot that is no longer shipped gets an empty body, unless operators have published their own.
    """
    highest: dict[Slot, int] = {}
    published: dict[Slot, Wording] = {}
    last_shipped: dict[Slot, str] = {}
    for wording in kept:
        highest[wording.slot] = wording.version
        if wording.state is WordingState.PUBLISHED:
            published[wording.slot] = wording
        if wording.author == SHIPPED:
            last_shipped[wording.slot] = wording.body
    ours = {slot for slot, wording in published.items() if wording.author == SHIPPED}
    wanted = {wording.slot: wording.body for wording in shipped}
    silent = dict.fromkeys(ours - wanted.keys(), "")
    states = dict.fromkeys(published.keys() - ours, WordingState.DRAFT)
    return [
        Wording(slot=slot, body=body, version=highest.get(slot, 0) + 1, state=states.get(slot, WordingState.PUBLISHED))
        for slot, body in {**wanted, **silent}.items()
        if last_shipped.get(slot) != body
    ]


async def open_book(connection: Connection) -> Book:
    """The book of published wordings, loaded again only after a change.

    A publication waits for this transaction to end before messages are rechecked.
    """
    await waiting.reading(connection)
    edition: UUID = await connection.fetchval("SELECT id FROM words.edition")
    book = _open.get(edition)
    if book is None:
        rows = await connection.fetch(NEWEST, [WordingState.PUBLISHED], None)
        book = Book([_wording(row) for row in rows])
        _open.clear()
        _open[edition] = book
    return book


_open: dict[UUID, Book] = {}
"""The book last loaded, by its edition: an id that no two states and no two databases share."""


async def forms(connection: Connection) -> Mapping[tuple[str, str], Form]:
    """The forms of all messages, by planner and name."""
    return MappingProxyType(
        {(row["planner"], row["name"]): _form(row["form"]) for row in await connection.fetch(FORMS)}
    )


_form = lru_cache(maxsize=256)(from_json)


async def slot_statuses(connection: Connection, planner: str | None = None) -> list[SlotStatus]:
    """The status of every slot with a published wording or a draft, in order; of one planner, or of all."""
    rows = await connection.fetch(NEWEST, [WordingState.PUBLISHED, WordingState.DRAFT], planner)
    newest: dict[Slot, dict[WordingState, Wording]] = {}
    for wording in map(_wording, rows):
        newest.setdefault(wording.slot, {})[wording.state] = wording
    found = [
        SlotStatus(slot, of.get(WordingState.PUBLISHED), of.get(WordingState.DRAFT)) for slot, of in newest.items()
    ]
    return [one for one in found if one.draft or (one.published and one.published.body)]


async def versions(connection: Connection, slot: Slot) -> list[Wording]:
    """Every version of a slot, the newest first."""
    return [_wording(row) for row in await connection.fetch(OF_SLOT, *_where(slot))]


async def save(connection: Connection, slot: Slot, body: str, author: str) -> Wording:
    """Store a draft, as `convert` returns it; where the newest version is equal, return that one instead.

    An empty body removes a slot's wording: another one then stands in for it (see `Book`).

    Raises:
        NoSuchWording: the planner declares no message of this name.
        NotAllowed: it uses syntax that wordings may not use, or its site or author is invalid.
        DoesNotFit: it does not fit the form of its message.

    """
    author = author.strip()
    if author in {"", SHIPPED}:
        raise NotAllowed(f"A draft needs an author: say who wrote it ({SHIPPED!r} is the program itself).")
    if slot.site and not await places.is_site(connection, slot.site):
        raise NotAllowed(f"No place is of the site {slot.site}: write SOURCE#SITE as the places have it.")
    converted = convert(body).strip()
    await _check(connection, slot, converted)
    async with connection.transaction():
        await connection.execute(TAKE_TURNS)
        kept = await versions(connection, slot)
        standing = next((one for one in kept if one.state is not WordingState.DISCARDED), None)
        if standing is not None and standing.body == converted:
            return standing
        version = kept[0].version + 1 if kept else 1
        draft = Wording(slot=slot, body=converted, version=version, state=WordingState.DRAFT, author=author)
        await _add(connection, [draft])
        return draft


async def publish(connection: Connection, slot: Slot, version: int) -> Wording:
    """Publish a version, an old one as a new copy of it; discard older drafts.

    A shipped version returns the slot to its planner: the next text that the planner ships is published too. Call
    `waiting.look_again` after the commit.

    Raises:
        NoSuchWording: there is no such version.
        NotAllowed, DoesNotFit: it does not fit the present form of its message.

    """
    async with connection.transaction():
        await connection.execute(TAKE_TURNS)
        kept = await versions(connection, slot)
        chosen = _chosen(kept, slot, version)
        await _check(connection, slot, chosen.body)
        sent = next((one.version for one in kept if one.state is WordingState.PUBLISHED), 0)
        if chosen.version == sent:
            return chosen
        if chosen.state is WordingState.DRAFT and version > sent:
            await connection.execute(SET_STATE, *_where(slot), version, WordingState.PUBLISHED)
            published = Wording(slot=slot, body=chosen.body, version=version, author=chosen.author)
        else:
            published = Wording(slot=slot, body=chosen.body, version=kept[0].version + 1, author=chosen.author)
            await _add(connection, [published])
        await connection.execute(DISCARD_OLDER, *_where(slot), version)
        return published


async def discard(connection: Connection, slot: Slot, version: int) -> None:
    """Discard a draft.

    Raises:
        NoSuchWording: there is no such version.
        NotAllowed: it is no draft.

    """
    async with connection.transaction():
        await connection.execute(TAKE_TURNS)
        if _chosen(await versions(connection, slot), slot, version).state is not WordingState.DRAFT:
            raise NotAllowed(f"Version {version} is no draft: what was published stays, publish another in its place.")
        await connection.execute(SET_STATE, *_where(slot), version, WordingState.DISCARDED)


async def _check(connection: Connection, slot: Slot, body: str) -> None:
    kept = await connection.fetchval(FORM, slot.planner, slot.name)
    if kept is None:
        raise NoSuchWording(f"{slot.planner} sends no message {slot.name}. Start the planner once: it brings its own.")
    if body:
        check(body, from_json(kept))
    elif slot == Slot(planner=slot.planner, name=slot.name, part=slot.part) and slot.part is not Part.CALENDAR:
        raise NotAllowed("The patient's words in English for every site cannot be taken away: all others rest on them.")


def _chosen(kept: Iterable[Wording], slot: Slot, version: int) -> Wording:
    chosen = next((one for one in kept if one.version == version), None)
    if chosen is None:
        raise NoSuchWording(f"{slot.name}.{slot.part} in {slot.language} has no version {version}: list its versions.")
    return chosen


async def _add(connection: Connection, wordings: list[Wording]) -> None:
    """Insert new versions."""
    rows = [(*_where(w.slot), w.version, w.state, w.author, w.body) for w in wordings]
    if rows:
        await connection.execute(ADD, *database.columns(rows, 10))


def _where(slot: Slot) -> tuple[str, ...]:
    return (slot.planner, slot.name, slot.part, slot.language, slot.recipient, slot.site)


def _wording(row: Any) -> Wording:
    part, language, recipient = Part(row["part"]), Language(row["language"]), Recipient(row["recipient"])
    slot = Slot(
        planner=row["planner"], name=row["name"], part=part, language=language, recipient=recipient, site=row["site"]
    )
    kept = {name: row[name] for name in ("body", "version", "author", "kept_at")}
    return Wording(slot=slot, state=WordingState(row["state"]), **kept)
