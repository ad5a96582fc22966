"""Undoes look-alike letters and digits for letters, which people use to get past filters, or for fun."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.replies.vocabulary import read

_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z]")
_DISGUISED = re.compile(r"(?<![\w.,:/])(?=[a-z0-9@$!]*[a-z])(?=[a-z0-9@$!]*[0-9@$!])[a-z0-9@$!]{3,14}(?![\w/])")


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """`lookalikes.toml`: letters of other scripts by the Latin ones they look like, digits by theirs, short words."""

    letters: dict[int, str]
    leet: dict[str, str]
    short: dict[str, str]


@lru_cache(maxsize=1)
def look_alikes() -> LookAlikes:
    """Load the tables from `lookalikes.toml`."""
    told = read("lookalikes.toml")
    letters = {ord(letter): latin for letter, latin in told["letters"].items()}
    return LookAlikes(letters, {str(k): v for k, v in told["leet"].items()}, told["short"])


def latin(text: str) -> str:
    """A plain text with look-alike letters as Latin ones, where a word mixes scripts or stands beside Latin words."""
    if text.isascii():
        return text
    beside_latin = _LATIN.search(text) is not None
    return _WORD.sub(lambda word: _latin(word[0], beside_latin), text)


def _latin(word: str, beside_latin: bool) -> str:  # noqa: FBT001 - of one text
    if word.isascii() or not (beside_latin or _LATIN.search(word)):
        return word
    instead = word.translate(look_alikes().letters)
    return instead if instead.isascii() else word


def undisguised(text: str) -> Iterator[str]:
    """Readings of a plain text in which digits and marks inside words stand for letters; none where nothing is so."""
    known = look_alikes()
    disguised = _DISGUISED.search(text)
    words = text.split()
    short = [known.short.get(word, word) for word in words]
    if disguised:
        line = " ".join(short)
        yield _DISGUISED.sub(lambda word: _letters(word[0], 0), line)
        yield _DISGUISED.sub(lambda word: _letters(word[0], 1), line)
    elif short != words:
        yield " ".join(short)


def _letters(word: str, which: int) -> str:
    """The word in letters; of a digit that may be two letters, the first where it is 0, the other where it is 1."""
    leet = look_alikes().leet
    return "".join(leet[char][min(which, len(leet[char]) - 1)] if char in leet else char for char in word)
