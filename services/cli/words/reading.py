"""`cocreate words list` and `show`: published wordings, their authors, and waiting drafts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from services.cli.harmless import tamed
from services.cli.tables import Column, Fit, Listing, show
from services.cli.terminal import CommandRefused, out
from services.cli.words.shipped_drafts import shipped_drafts
from services.cli.words.wordings import SlotFilter, WordsStatus, by_message, called, connected, kept_or_shipped, named
from shared.platform.clock import Connection
from shared.words import store
from shared.words.store import SlotStatus
from shared.words.wording import SHIPPED, Language, Part, Recipient, Slot, Wording

COLUMNS = (
    Column("message"),
    Column("readers"),
    Column("languages"),
    Column("in force", Fit.PROSE),
    Column("drafts waiting", Fit.PROSE),
)

PARTS = {Part.SMS: "text", Part.SUBJECT: "subject", Part.EMAIL: "e-mail", Part.CALENDAR: "calendar"}


def list_words(*, only_shipped: bool, as_json: bool) -> None:
    """Print every message with its readers, its languages, the authors of its wordings and its waiting drafts."""
    words = kept_or_shipped(only_shipped=only_shipped)
    if as_json:
        for one in words.standings:
            out.print_json(json.dumps(_told(one), default=str), indent=None)
        return
    if not words.standings:
        out.print("No words are kept yet: start the planners once, they bring their own. `--shipped` shows these.")
        return
    rows, ready = [], _ready()
    for (planner, name), those in by_message(words.standings).items():
        slots = [one.slot for one in those]
        row = (
            f"{planner}/{name}",
            _names(Recipient, {slot.recipient for slot in slots}),
            _names(Language, {slot.language for slot in slots}),
            _in_force(those),
            "\n".join([*(_waits(one.slot, one.draft) for one in those if one.draft), *ready.get((planner, name), ())]),
        )
        rows.append(row)
    show(Listing(title="Words", columns=COLUMNS, rows=rows))


def show_words(name: str, which: SlotFilter, *, versions: bool, only_shipped: bool) -> None:
    """Print a message's wordings as written, published and draft, or every version of them.

    Raises:
        CommandRefused: the message has no such wording.

    """
    words = kept_or_shipped(only_shipped=only_shipped)
    planner, name = named(words.forms, name)
    those = words.of(planner, name, which)
    if not those:
        raise CommandRefused(_none_of_their_own(planner, name, which, words))
    for one in those:
        for wording in _versions(one.slot) if versions and not only_shipped else _present(one):
            out.print(f"[bold]{tamed(called(one.slot))}[/]  {tamed(_whose(wording))}", highlight=False)
            said = wording.body or "(says nothing: the reader gets what comes next)"
            out.print(said, markup=False, highlight=False, soft_wrap=True)
            out.print()


def _names(order: type[Recipient | Language], those: set[Recipient] | set[Language]) -> str:
    return ", ".join(one.value for one in order if one in those)


def _in_force(those: Sequence[SlotStatus]) -> str:
    """The slots that operators have changed, with version and author; "as shipped" where there are none."""
    own = [one.published for one in those if one.published and one.published.author != SHIPPED]
    lines = [f"{_short(one.slot)}: version {one.version} by {one.author}" for one in own]
    return "\n".join(lines or ["as shipped"])


def _ready() -> Mapping[tuple[str, str], list[str]]:
    """The drafts that ship, by message: they wait in a file."""
    found: dict[tuple[str, str], list[str]] = {}
    for draft in shipped_drafts():
        for message in dict.fromkeys((one.slot.planner, one.slot.name) for one in draft.wordings()):
            found.setdefault(message, []).append(f"ships, to be imported: {draft.name} ({draft.title})")
    return found


def _waits(slot: Slot, draft: Wording) -> str:
    if draft.author == SHIPPED:
        return f"{_short(slot)}: what is shipped has changed (version {draft.version})"
    return f"{_short(slot)}: version {draft.version} by {draft.author}"


def _short(slot: Slot) -> str:
    whose = "" if slot.recipient is Recipient.PATIENT else f", {slot.recipient}"
    return f"{PARTS[slot.part]} {slot.language}{whose}{f', {slot.site}' if slot.site else ''}"


def _present(one: SlotStatus) -> list[Wording]:
    return [wording for wording in (one.published, one.draft) if wording]


def _versions(slot: Slot) -> list[Wording]:
    async def read(connection: Connection) -> list[Wording]:
        return await store.versions(connection, slot)

    return connected(read)


def _whose(wording: Wording) -> str:
    if not wording.version:
        return "as shipped"
    when = f", {wording.kept_at:%a %d %b %Y %H:%M}" if wording.kept_at else ""
    return f"version {wording.version}, {wording.state}, by {wording.author}{when}"


def _none_of_their_own(planner: str, name: str, which: SlotFilter, words: WordsStatus) -> str:
    """A sentence: the message has no such wording, and which other wording is sent instead."""
    language, recipient = which.language or Language.ENGLISH, which.recipient or Recipient.PATIENT
    said = f"{planner}/{name} has no such words in {language} for the {recipient}"
    said += f" at {which.site}" if which.site else ""
    found = words.book().find(
        Slot(
            planner=planner,
            name=name,
            part=which.part or Part.SMS,
            language=language,
            recipient=recipient,
            site=which.site or "",
        )
    )
    return f"{said}; {called(found.slot)} is read instead." if found else f"{said}."


def _told(one: SlotStatus) -> dict[str, object]:
    def version(wording: Wording | None) -> dict[str, object] | None:
        if wording is None:
            return None
        return {name: value for name, value in asdict(wording).items() if name != "slot"}

    return asdict(one.slot) | {"published": version(one.published), "draft": version(one.draft)}
