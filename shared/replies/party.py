"""The size of a party after IN: `IN 2`, "in, 3 of us", "in +1", and no number that may mean something else."""

from collections.abc import Iterator
from functools import lru_cache

from shared.replies.answer_tokens import MOST_IN_PARTY
from shared.replies.vocabulary import words

_LEADS = frozenset({":", "=", "("})
"""Marks between IN and a number alone: after a comma it may be the answer to another question."""
_PAUSES = _LEADS | frozenset({",", ".", ";", "!", "-", "\N{EN DASH}", "\N{EM DASH}"})
"""Marks before words that give the size of a party."""
_NO_MORE = 9
"""A party of nine needs words such as "of us": a 9 alone is the answer that opts out of this kind of text."""


def party(said: tuple[str, ...], at: int, expected: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The size of the party, the writer included, read from the pieces at `at`, and the number of pieces read.

    A number alone counts only where no open question has it as an answer of its own.
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
    """The number in a phrase at `at`, perhaps after a mark (0 in a phrase without one), and the pieces it takes."""
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
    """Phrases of a number without words such as "of us", and how many people to add to the number."""
    told = words().party
    return (*((phrase, 0) for phrase in told["numbered"]), *((phrase, 1) for phrase in told["more"]))


@lru_cache(maxsize=1)
def _in_words() -> tuple[tuple[tuple[str, ...], int], ...]:
    """Phrases that give the size of the party, and how many people to add to their number."""
    told = words().party
    found = [(phrase, 0) for phrase in told["counted"]]
    found += [(phrase, 1) for phrase in told["alone"]]
    found += [(phrase, 2) for phrase in told["both"]]
    for lead, guests, guest in (("with", "guests", "guest"), ("gyda", "gwesteion", "gwestai")):
        found += [((*first, *phrase), 1) for first in told[lead] for phrase in told[guests]]
        found += [((*first, *phrase), 2) for first in told[lead] for phrase in told[guest]]
    return tuple(found)
