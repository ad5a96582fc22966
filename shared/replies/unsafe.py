"""Phones that are not safe: somebody else reads them, or whoever is in danger of somebody asks for silence."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.replies.concepts import said_together
from shared.replies.urgent import Phrase, phrases_of, spoken
from shared.replies.vocabulary import Pattern, fill, read, together

VIOLENCE = frozenset({"abuse", "harm-to-others"})
"""Kinds of danger that come from somebody who may hold the phone."""
UNSAFE_PHONE = "unsafe phone"
"""What kinds of `concepts.toml` mean that make a phone unsafe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsafePhrases:
    """`unsafe.toml`, compiled.

    Attributes:
        phrases: what makes a phone unsafe.
        perhaps_harmless: ids of those that harmless words take back.
        harmless: words that do so.
        fear: words with which nothing is harmless.
        scripts: somebody who looks at this phone, in other scripts.
        mourning: words of a death: silence asked for beside them is an end of texts to the dead.
        silence: a wish that nothing comes.
        signs: of somebody else at the phone: beside that wish they are enough.
        not_people: violence that nobody's hand did.
        together: signals that must all be there.
        either: signals of which one must be there beside those.

    """

    phrases: tuple[Phrase, ...]
    perhaps_harmless: frozenset[str]
    harmless: Pattern
    fear: Pattern
    mourning: Pattern
    scripts: Pattern
    silence: Pattern
    signs: Pattern
    not_people: Pattern
    together: tuple[Pattern, ...]
    either: tuple[Pattern, ...]


@lru_cache(maxsize=1)
def unsafe_phrases() -> UnsafePhrases:
    """Load the phrases from `unsafe.toml`."""
    told = read("unsafe.toml")
    parts = told["parts"]
    return UnsafePhrases(
        phrases=phrases_of(told, kind="unsafe-phone"),
        perhaps_harmless=frozenset(entry["id"] for entry in told["phrase"] if entry.get("harmless")),
        harmless=together(told["harmless"]["patterns"], parts),
        fear=re.compile(rf"\b(?:{fill('|'.join(told['harmless']['fear']), parts)})\b"),
        scripts=re.compile("|".join(told["scripts"]["patterns"])),
        mourning=re.compile(rf"\b{told['harmless']['mourning']}\b"),
        silence=together(told["silence"]["patterns"], parts),
        signs=together(told["silence"]["signs"], parts),
        not_people=together(told["silence"]["not_people"], parts),
        together=tuple(_signal(told["signals"][name], parts) for name in ("somebody", "watching", "channel")),
        either=tuple(_signal(told["signals"][name], parts) for name in ("fear", "care")),
    )


def unsafe(text: str) -> tuple[str, str] | None:
    """Why a plain, folded text makes its phone unsafe, and the words that say so; None: nothing in it does."""
    known = unsafe_phrases()
    if not text.isascii() and (said := known.scripts.search(text)):
        return "somebody reads or checks this phone", said[0]
    line = spoken(text)
    is_feared = known.fear.search(line) is not None
    if known.mourning.search(line) and not is_feared:
        return None
    silence = wants_silence(text)
    sounds_harmless = known.harmless.search(line) is not None
    is_harmless = sounds_harmless and not silence and not is_feared
    for phrase in _near(line, known.perhaps_harmless if is_harmless else frozenset()):
        if said := phrase.pattern.search(line):
            return phrase.reason, said[0]
    if silence and not sounds_harmless and (said := known.signs.search(line)):
        return "asks for silence, and somebody else is at the phone", said[0]
    return (None if sounds_harmless else _together(line)) or _composed(line)


def _together(line: str) -> tuple[str, str] | None:
    """The signals that only together make a phone unsafe, as `unsafe` says them."""
    known = unsafe_phrases()
    if not all(one.search(line) for one in known.together):
        return None
    said = next((found for one in known.either if (found := one.search(line))), None)
    return ("somebody watches it, and there is fear or a wish for care", said[0]) if said else None


def _composed(line: str) -> tuple[str, str] | None:
    """The kind of unsafe phone that the concepts of these words make up, as `unsafe` says it."""
    return next(((kind.reason, said) for kind, said in said_together(line, UNSAFE_PHONE)), None)


def _signal(said: Iterable[str], parts: Mapping[str, str]) -> Pattern:
    return re.compile(rf"\b(?:{fill('|'.join(said), parts)})\b")


def _near(line: str, left_out: frozenset[str]) -> Iterator[Phrase]:
    """The phrases that may be in these words, without those of these ids."""
    words = frozenset(line.split())
    phrases = unsafe_phrases().phrases
    return (phrase for phrase in phrases if phrase.id not in left_out and not words.isdisjoint(phrase.near))


def is_of_people(text: str) -> bool:
    """Whether the violence in a plain, folded text may be somebody's, who may hold the phone."""
    return unsafe_phrases().not_people.search(spoken(text)) is None


def wants_silence(text: str) -> bool:
    """Whether the writer of a plain, folded text asks that nothing be sent or called."""
    return unsafe_phrases().silence.search(spoken(text)) is not None
