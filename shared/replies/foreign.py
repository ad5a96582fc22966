"""Short texts in languages that we do not write: what they are about, for the person who reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.replies.meaning import About
from shared.replies.urgent import spoken
from shared.replies.vocabulary import Pattern, read

DANGER = "danger"

_FEWEST = 3  # letters of a script: fewer may be a picture, or a name


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPhrase:
    """What people write of one subject in one language: in Latin letters, or in its own script."""

    language: str
    about: str
    latin: Pattern | None
    script: Pattern | None

    def said(self, text: str, line: str) -> str | None:
        """The words of a plain text that say this; `line` is its words in Latin letters."""
        found = (self.latin and self.latin.search(line)) or (self.script and self.script.search(text))
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ForeignText:
    """The language of a text, and what it is about: a value of `About`, danger, or nothing that we know."""

    language: str
    about: About | None = None
    danger: str = ""
    said: str = ""


@lru_cache(maxsize=1)
def _phrases() -> tuple[ForeignPhrase, ...]:
    return tuple(
        ForeignPhrase(
            language=entry["language"],
            about=entry["about"],
            latin=re.compile(rf"\b(?:{'|'.join(entry['latin'])})\b") if "latin" in entry else None,
            script=re.compile("|".join(map(re.escape, entry["script"]))) if "script" in entry else None,
        )
        for entry in read("foreign.toml")["phrase"]
    )


@lru_cache(maxsize=1)
def _scripts() -> Mapping[str, Pattern]:
    return {language: re.compile(letters) for language, letters in read("foreign.toml")["scripts"].items()}


def foreign(text: str, seen: str) -> ForeignText | None:
    """The language of a plain text and what it says; None where it is in none that we know. `seen` is it folded.

    Danger and a subject may stand in one text: both are told, the gravest subject of each.
    """
    found = _found(text, spoken(seen))
    if not found:
        language = _language(text)
        return ForeignText(language) if language else None
    danger = found.get(DANGER, ("", ""))
    about = next((one for one in GRAVEST if one.name.lower() in found), None)
    language, said = found[about.name.lower()] if about else danger
    return ForeignText(language, about, danger[0], said)


def _found(text: str, line: str) -> dict[str, tuple[str, str]]:
    """The subjects of a text, each with the first language that says it, and the words."""
    found: dict[str, tuple[str, str]] = {}
    for phrase in _phrases():
        if said := phrase.said(text, line):
            found.setdefault(phrase.about, (phrase.language, said))
    return found


def _language(text: str) -> str | None:
    """The language of a script that only few languages write; None where the text is in no such script."""
    return next((name for name, letters in _scripts().items() if len(letters.findall(text)) >= _FEWEST), None)


GRAVEST = (About.BEREAVEMENT, About.WRONG_NUMBER, About.STOPPING, About.INTERPRETER, About.VISIT)
"""Subjects of `foreign.toml`, the gravest first."""
