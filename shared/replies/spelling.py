"""Undoes the spelling of hurried typing in a line of plain words, where a word can be no other."""

import re
from functools import lru_cache

from shared.replies.vocabulary import read

_MANY = re.compile(r"([a-z])\1{2,}")


@lru_cache(maxsize=1)
def _usual() -> dict[str, tuple[str, ...]]:
    told = read("concepts.toml")["spelling"]
    return {typed: tuple(usual.split()) for usual, some in told.items() for typed in some}


@lru_cache(maxsize=64)
def spelt(line: str) -> tuple[str, ...]:
    """The words of a line in their usual spelling: "dont txt meee, he goes thru my fone"."""
    usual = _usual()
    return tuple(one for word in line.split() for one in usual.get(word) or _without_many(word, usual))


def _without_many(word: str, usual: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if not _MANY.search(word):
        return (word,)
    short = _MANY.sub(r"\1", word)
    return usual.get(short, (short,))
