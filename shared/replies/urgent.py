"""Urgent phrases, which suggest harm, anywhere in a text: they only escalate, and no other words cancel them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from shared.replies.vocabulary import Pattern, fill, read

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[^\w \t]+")
_STROKES = str.maketrans("łđøħı", "ldohi")  # no accents that Unicode takes apart
_SHORTEST, _LONGEST = 5, 14  # letters: other words are never one letter from a forgiven one


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase which suggests that a person may come to harm.

    Attributes:
        id: its name in tasks and metrics.
        kind: the kind of harm.
        language: the language of its words.
        reason: why it is urgent, for the person who gets the task.
        near: words of which every text with this phrase holds at least one; none: it is looked for in every text.
        pattern: matches plain words with one space between.
        examples: texts with this phrase.
        reviewed_by: the clinician's role and the date; empty while it awaits review.

    """

    id: str
    kind: str
    language: str
    reason: str
    near: frozenset[str]
    pattern: Pattern
    examples: tuple[str, ...]
    reviewed_by: str


@dataclass(frozen=True, slots=True)
class Urgent:
    """`urgent.toml`, compiled.

    Attributes:
        phrases: all urgent phrases, in the order of the file.
        by_word: a word → the phrases that may be in a text with this word.
        everywhere: the phrases that may be in any text.
        misspelt: a forgiven word without one of its letters → the word.
        real: words one letter from an urgent word that are not misspellings of it.

    """

    phrases: tuple[Phrase, ...]
    by_word: Mapping[str, tuple[Phrase, ...]]
    everywhere: tuple[Phrase, ...]
    misspelt: Mapping[str, str]
    real: frozenset[str]


@lru_cache(maxsize=1)
def phrases() -> Urgent:
    """Load the urgent phrases from `urgent.toml`."""
    told = read("urgent.toml")
    every = phrases_of(told)
    near = sorted({word for phrase in every for word in phrase.near})
    by_word = {word: tuple(phrase for phrase in every if word in phrase.near) for word in near}
    misspelt = {short: word for word in told["forgiven"] for short in (*_one_less(word), word)}
    everywhere = tuple(phrase for phrase in every if not phrase.near)
    return Urgent(every, MappingProxyType(by_word), everywhere, MappingProxyType(misspelt), frozenset(told["real"]))


def phrases_of(told: Mapping[str, Any], kind: str = "") -> tuple[Phrase, ...]:
    """The phrases of a parsed file; `kind` is that of entries which name none."""
    return tuple(
        Phrase(
            id=entry["id"],
            kind=entry.get("kind", kind),
            language=entry["language"],
            reason=entry["reason"],
            near=frozenset(entry.get("near", ())),
            pattern=re.compile(rf"\b(?:{fill(entry['pattern'], told['parts'])})\b"),
            examples=tuple(entry["examples"]),
            reviewed_by=entry.get("reviewed_by", ""),
        )
        for entry in told["phrase"]
    )


def spoken(text: str) -> str:
    """The words of a plain, folded text with one space between, letters that keep a stroke when folded without it."""
    return " ".join(_WORD.findall(text.translate(_STROKES)))


def urgent(text: str) -> tuple[tuple[Phrase, str], ...]:
    """The urgent phrases in a plain, folded text, each with the words that match it, in the order of the file.

    Phrases match across all marks ("chest... pain") and between marks: "I can't go on. My knee" is not "go on my way".
    """
    known = phrases()
    between = dict.fromkeys((text, *_BETWEEN.split(text)))  # each part once
    found: dict[str, tuple[Phrase, str]] = {}
    for part in between:
        spelt = [_spelt(word, known) for word in _WORD.findall(part)]
        line = " ".join(spelt)
        perhaps = _perhaps(spelt, known)
        for name in perhaps.keys() - found.keys():
            if said := perhaps[name].pattern.search(line):
                found[name] = perhaps[name], said[0]
    return tuple(found[phrase.id] for phrase in known.phrases if phrase.id in found)


def _perhaps(spelt: Iterable[str], known: Urgent) -> dict[str, Phrase]:
    """The phrases that may be in a text of these words, by id."""
    near = {phrase.id: phrase for word in set(spelt) for phrase in known.by_word.get(word, ())}
    return near | {phrase.id: phrase for phrase in known.everywhere}


def _spelt(word: str, known: Urgent) -> str:
    """The urgent word that this word misspells by a letter (left out, doubled, wrong or swapped); else the word."""
    if not _SHORTEST <= len(word) <= _LONGEST or word in known.by_word or word in known.real:
        return word
    return known.misspelt.get(word) or next((known.misspelt[s] for s in _one_less(word) if s in known.misspelt), word)


def _one_less(word: str) -> tuple[str, ...]:
    """The word with each of its letters left out in turn: two words one letter apart share one of these."""
    return tuple(word[:at] + word[at + 1 :] for at in range(len(word)))
