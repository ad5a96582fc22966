"""Words: templates that planners ship, kept in PostgreSQL by version, and filled at the claim.

WordsError
├── NoSuchTemplate     a message wants words that nobody shipped
└── DoNotFit           the words name something that the data lacks
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.clock import Connection
from shared.places import Places

PARTS = ("sms", "subject", "email")
LANGUAGE = "en"
NAMELESS = "Hello"  # reads well where a name would stand: "Hello, your appointment is on..."
LONGEST_NAME = 35  # NHS Data Dictionary, PERSON GIVEN NAME: max an35

KEEP = """
INSERT INTO words.templates (planner, name, part, language, version, body)
SELECT $1, n.name, n.part, n.language, coalesce(t.version, 0) + 1, n.body
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS n(name, part, language, body)
LEFT JOIN LATERAL (
    SELECT version, body FROM words.templates w
    WHERE w.planner = $1 AND (w.name, w.part, w.language) = (n.name, n.part, n.language) ORDER BY version DESC LIMIT 1
) t ON true
WHERE t.body IS DISTINCT FROM n.body
ON CONFLICT DO NOTHING
"""

NEWEST = """
SELECT DISTINCT ON (planner, name, part, language) planner, name, part, language, version, body
FROM words.templates ORDER BY planner, name, part, language, version DESC
"""


class WordsError(Exception):
    """A message cannot be put into words."""


class NoSuchTemplate(WordsError):
    """Nobody shipped these words. Start the planner once: it brings its own."""


class DoNotFit(WordsError):
    """The words name something that the message's data lacks."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One part of one message's words, in one language and version."""

    planner: str
    name: str
    part: str
    language: str
    version: int
    body: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent. `words` names the templates and their versions."""

    words: str
    text: str
    subject: str = ""
    html: str = ""


class Book:
    """All wordings, as they stood when it was opened."""

    def __init__(self, wordings: Iterable[Wording]) -> None:
        self._wordings = {(w.planner, w.name, w.part, w.language): w for w in wordings}

    def render(self, planner: str, name: str, channel: str, filling: Mapping[str, Any]) -> Rendered:
        """Put a message into words.

        Raises:
            NoSuchTemplate: nobody shipped them.
            DoNotFit: they name something that `filling` lacks.

        """
        if channel == "sms":
            body = self._wording(planner, name, "sms")
            return Rendered(f"{name}.sms/{body.version}", _fill(body, filling))
        subject, body = self._wording(planner, name, "subject"), self._wording(planner, name, "email")
        text = _fill(body, filling)
        words = f"{name}.email/{subject.version}.{body.version}"
        return Rendered(words, text, " ".join(_fill(subject, filling).split()), as_html(text))

    def _wording(self, planner: str, name: str, part: str) -> Wording:
        wording = self._wordings.get((planner, name, part, LANGUAGE))
        if wording is None:
            message = f"{planner} has no words {name}.{part}"
            raise NoSuchTemplate(message)
        return wording


def from_files(planner: str, folder: Path) -> list[Wording]:
    """The words that a planner ships: `{name}.{part}.txt` in a folder a language."""
    found = []
    for path in sorted(folder.glob("*/*.txt")):
        name, _, part = path.stem.rpartition(".")
        if part in PARTS:
            found.append(Wording(planner, name, part, path.parent.name, 0, path.read_text("utf-8").strip()))
    return found


async def keep(connection: Connection, planner: str, folder: Path) -> None:
    """Bring the kept words up to date with the shipped ones: a changed text becomes a new version."""
    shipped = from_files(planner, folder)
    fields = ("name", "part", "language", "body")
    await connection.execute(KEEP, planner, *([getattr(w, field) for w in shipped] for field in fields))


async def open_book(connection: Connection) -> Book:
    """The newest version of all words."""
    return Book([Wording(**dict(row)) for row in await connection.fetch(NEWEST)])


def filling(data: Mapping[str, Any], first_name: str | None, places: Places) -> dict[str, Any]:
    """What the words are filled with: instants by the clinic's clock, places by public names, and who is meant."""
    filled: dict[str, Any] = {key: _filled(value, places) for key, value in data.items()}
    name = _plain(first_name or "")
    filled["first_name"] = name or NAMELESS
    filled["greeting"] = f"Dear {name}" if name else NAMELESS
    return filled


def _plain(name: str) -> str:
    """A first name in one line without control characters; none at all where it is too long to be one."""
    plain = "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
    return plain if len(plain) <= LONGEST_NAME else ""


def _filled(value: Any, places: Places) -> Any:
    match value:
        case {"at": str(at), "zone": str(zone)}:
            return datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
        case {"place": str(key)}:
            place = places.get(key)
            shown = ("name", "address", "phone", "sender")
            return {name: getattr(place, name) for name in shown} if place else {}
        case dict():
            return {key: _filled(inner, places) for key, inner in value.items()}
        case list():
            return [_filled(inner, places) for inner in value]
        case _:
            return value


def day(at: datetime) -> str:
    """Tuesday 1 December."""
    return f"{at:%A} {at.day} {at:%B}"


def clock_time(at: datetime) -> str:
    """2.30pm, 9am, 12 noon: as the NHS content guide writes times."""
    if (at.hour, at.minute) in {(12, 0), (0, 0)}:
        return "12 noon" if at.hour else "midnight"
    minutes = f".{at.minute:02d}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"  # noqa: PLR2004


def between(start: datetime, end: datetime) -> str:
    """A range for a call that nobody can promise to the minute."""
    known = start < end and start.date() == end.date()
    return f"between {clock_time(start)} and {clock_time(end)}" if known else f"at about {clock_time(start)}"


def listed(visits: Iterable[Mapping[str, Any]]) -> str:
    """Several appointments of one day in one line."""
    return "; ".join(f"{_when(visit)}, {_how(visit)}" for visit in visits)


def _when(visit: Mapping[str, Any]) -> str:
    return clock_time(visit["start"]) if visit["mode"] != "telephone" else between(visit["start"], visit["end"])


def _how(visit: Mapping[str, Any]) -> str:
    by: dict[str, str] = {"telephone": "by phone", "video": "by video"}
    return by.get(visit["mode"]) or f"at {visit['place']['name']}"


def phones(visits: Iterable[Mapping[str, Any]]) -> str:
    """The number to call about several appointments, or each number with the times that it is for."""
    times: dict[str, list[str]] = {}
    for visit in visits:
        times.setdefault(visit["place"]["phone"], []).append(clock_time(visit["start"]))
    if len(times) == 1:
        return next(iter(times))
    return ", or ".join(f"{phone} about {' and '.join(at)}" for phone, at in times.items())


FILTERS: Mapping[str, Callable[..., str]] = {
    "day": day,
    "time": clock_time,
    "between": between,
    "listed": listed,
    "phones": phones,
}


@lru_cache(maxsize=512)
def _compiled(body: str) -> Template:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # plain text
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(FILTERS)
    return environment.from_string(body)


def _fill(wording: Wording, filled: Mapping[str, Any]) -> str:
    try:
        text: str = _compiled(wording.body).render(filled)
        return text.strip()
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
        message = f"{wording.name}.{wording.part} version {wording.version}: {type(error).__name__}"
        raise DoNotFit(message) from error


def as_html(text: str) -> str:
    """The same words as a plain page: readable at 320 px and without images."""
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        '<body style="font:18px/1.5 Arial,sans-serif;color:#212b32;max-width:36em;margin:0 auto;padding:16px">'
        f"{paragraphs}</body></html>"
    )
