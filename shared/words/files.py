"""Wordings as TOML: planners ship one file a message and language; operators export and import wordings.

A planner's file, `{language}/{name}.toml`, holds the patient's parts at its top and the others' in tables of their own:

    sms = '''
    {{ first_name }}, your appointment is {{ start|on }}.
    '''

    [carer]
    sms = '''
    {{ first_name }} has an appointment {{ start|on }}.
    '''

An export holds many of them, each a `[[message]]` with its `planner`, `name`, `language` and, where it has one, `site`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import tomli_w

from shared.words.wording import Language, NotReadable, Part, Recipient, Slot, Wording

OTHERS = tuple(recipient for recipient in Recipient if recipient is not Recipient.PATIENT)
PLACED_BY = ("planner", "name", "language", "site")
"""The keys of an exported message that identify its slot."""


def from_files(planner: str, folder: Path) -> list[Wording]:
    """Read the wordings that a planner ships. Files without the ending `.toml` are ignored.

    Raises:
        NotReadable: a file is not a valid file of wordings, or its folder is not named after a language.

    """
    found: list[Wording] = []
    for path in sorted(folder.glob("*/*.toml")):
        where = f"{path.parent.name}/{path.name}"
        language = _language(path.parent.name, where)
        try:
            written = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise NotReadable(f"{where} is not UTF-8: save it as that.") from error
        found += _of_file(written, Slot(planner=planner, name=path.stem, part=Part.SMS, language=language), where)
    return found


@lru_cache(maxsize=512)  # files, as they are read again for each rehearsal: TOML is parsed by Python
def _of_file(written: str, slot: Slot, where: str) -> tuple[Wording, ...]:
    return tuple(_message(_parsed(written, where), slot, where))


def load(text: str) -> list[Wording]:
    """Read the wordings of an export.

    Raises:
        NotReadable: the text is not a valid export.

    """
    document = _parsed(text, "The file")
    messages = document.pop("message", [])
    if document:
        raise NotReadable(f"The file has {_listed(document)} outside a message: begin each message with [[message]].")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise NotReadable("The file has [message] where each message begins with [[message]]: write two brackets.")
    found: list[Wording] = []
    for number, message in enumerate(messages, 1):
        where = f"Message {number}"
        slot = _placed(message, where)
        found += _message(message, slot, where)
    _once(found)
    return found


def _placed(message: dict[str, Any], where: str) -> Slot:
    """Whose message it is, taken out of it."""
    keys = {key: message.pop(key) for key in PLACED_BY if key in message}
    wrong = [key for key in PLACED_BY if not isinstance(keys.get(key, ""), str)]
    if wrong or not (keys.get("planner") and keys.get("name")):
        raise NotReadable(f"{where} is not said whose it is: give planner, name and language as texts.")
    language = _language(keys.get("language", ""), where)
    return Slot(planner=keys["planner"], name=keys["name"], part=Part.SMS, language=language, site=keys.get("site", ""))


def dump(wordings: Iterable[Wording]) -> str:
    """Export the wordings that are not empty, independent of their order; `load` reads the export back.

    An export holds slots and bodies alone: an imported wording becomes a draft, by the operator who imports it.
    """
    messages: dict[tuple[str, str, str, str], list[Wording]] = {}
    for wording in (one for one in wordings if one.body):
        slot = wording.slot
        messages.setdefault((slot.planner, slot.name, slot.language, slot.site), []).append(wording)
    return "\n".join(_written(key, those) for key, those in sorted(messages.items()))


def _language(name: str, where: str) -> Language:
    try:
        return Language(name)
    except ValueError as error:
        known = " or ".join(Language)
        raise NotReadable(f"{where} is in the language {name!r}, which words are not kept in: use {known}.") from error


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotReadable(f"{where} is no TOML: {error}. Put words between ''' and '''.") from error


def _message(document: Mapping[str, Any], at: Slot, where: str) -> list[Wording]:
    """Read the wordings of one message: the patient's parts, then the tables of other recipients."""
    parts = {key: value for key, value in document.items() if key not in OTHERS}
    found = _parts(parts, at, where)
    for recipient in OTHERS:
        table = document.get(recipient, {})
        if not isinstance(table, dict):
            raise NotReadable(f"{where} has {recipient} = …: write [{recipient}], and their parts below it.")
        found += _parts(table, replace(at, recipient=recipient), f"{where}, [{recipient}],")
    return found


def _parts(table: Mapping[str, Any], at: Slot, where: str) -> list[Wording]:
    unknown = [key for key in table if key not in set(Part)]
    if unknown:
        raise NotReadable(f"{where} has {_listed(unknown)}: the parts of a message are {_listed(Part)}.")
    for key, body in table.items():
        if not isinstance(body, str) or not body.strip():
            raise NotReadable(f"{where} has no words in {key}: put them between ''' and ''', or leave the key out.")
    return [Wording(slot=replace(at, part=part), body=table[part].strip()) for part in Part if part in table]


def _once(wordings: Iterable[Wording]) -> None:
    seen: set[Slot] = set()
    for wording in wordings:
        slot = wording.slot
        if slot in seen:
            raise NotReadable(
                f"The file has {slot.name}.{slot.part} in {slot.language} twice: keep the message that is meant."
            )
        seen.add(slot)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _written(key: tuple[str, ...], wordings: Iterable[Wording]) -> str:
    bodies = {(wording.slot.recipient, wording.slot.part): wording.body for wording in wordings}
    lines = ["[[message]]", *(_pair(name, value) for name, value in zip(PLACED_BY, key, strict=True) if value)]
    for recipient in Recipient:
        parts = [_pair(part, bodies[recipient, part]) for part in Part if (recipient, part) in bodies]
        if parts and recipient is not Recipient.PATIENT:
            lines += ["", f"[message.{recipient}]"]
        lines += parts
    return "\n".join(lines) + "\n"


def _pair(key: str, value: str) -> str:
    """A key and its text as TOML: between ''' and ''' where possible, else escaped."""
    plain = all(letter in "\n\t" or letter.isprintable() for letter in value) and "'''" not in value
    if plain and any(letter in value for letter in '\n"\\'):
        return f"{key} = '''\n{value}\n'''"
    return tomli_w.dumps({str(key): value}).rstrip("\n")
