"""How many come, where a text says IN: `IN 2`, "in, 3 of us", "in +1", and nothing that may mean something else."""

from collections.abc import Iterator
from functools import lru_cache

from shared.replies.answer_tokens import MOST_IN_PARTY
from shared.replies.vocabulary import words

_LEADS = frozenset({":", "=", "("})
"""Marks between IN and a number alone: after a comma it may be the answer to another question."""
_PAUSES = _LEADS | frozenset({",", ".", ";", "!", "-", "\N{EN DASH}", "\N{EM DASH}"})
"""Marks before words that say how many come."""
_NO_MORE = 9
"""Never a party without words that say so: alone it stops all texts of this kind."""


def party(said: tuple[str, ...], at: int, expected: frozenset[str]) -> Iterator[tuple[int, int]]:
    """How many come, the writer included, by these pieces from here on, and how many of them that takes.

    A number alone counts only where no open question takes it for an answer of its own.
    """
    for phrase, more in _alone():
        for number, width in _counted(said, at, phrase, _LEADS):
            if number != _NO_MORE and str(number) not in expected:
                yield from _fits(number + more, width)
    for phrase, more in _in_words():
        for number, width in _counted(said, at, phrase, _PAUSES):
            yield from _fits(number + more, width)


def _fits(number: int, width: int) -> Iterator[tuple[int, int]]:
    if 1 <= number <= MOST_IN_PARTY:
        yield number, width


def _counted(
    said: tuple[str, ...], at: int, phrase: tuple[str, ...], marks: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """The number in a phrase that stands here, perhaps after a mark; 0 in one that has none."""
    start = at + (at < len(said) and said[at] in marks)
    there = said[start : start + len(phrase)]
    number = 0
    for piece, wanted in zip(there, phrase, strict=False):
        if wanted == "#":
            found = _number(piece)
            if found is None:
                return
            number = found
        elif piece != wanted:
            return
    if len(there) == len(phrase):
        yield number, start + len(phrase) - at


def _number(piece: str) -> int | None:
    digits = piece.removeprefix("x")  # "x2"
    if digits.isdecimal() and len(digits) <= len(str(MOST_IN_PARTY)):
        return int(digits)
    return words().party_numbers.get(piece) or words().numbers.get(piece)


@lru_cache(maxsize=1)
def _alone() -> tuple[tuple[tuple[str, ...], int], ...]:
    """Phrases of a number and no word that says of whom, and how many it leaves out."""
    told = words().party
    return (*((phrase, 0) for phrase in told["numbered"]), *((phrase, 1) for phrase in told["more"]))


@lru_cache(maxsize=1)
def _in_words() -> tuple[tuple[tuple[str, ...], int], ...]:
    """Phrases that say how many come, and how many they leave out."""
    told = words().party
    found = [(phrase, 0) for phrase in told["counted"]]
    found += [(phrase, 1) for phrase in told["alone"]]
    found += [(phrase, 2) for phrase in told["both"]]
    for lead, guests, guest in (("with", "guests", "guest"), ("gyda", "gwesteion", "gwestai")):
        found += [((*first, *phrase), 1) for first in told[lead] for phrase in told[guests]]
        found += [((*first, *phrase), 2) for first in told[lead] for phrase in told[guest]]
    return tuple(found)
