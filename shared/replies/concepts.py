"""The concepts that the words of a text name, and what they say together: a grammar of kinds, no list of sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations, product
from typing import Any

from shared.replies.spelling import spelt
from shared.replies.vocabulary import read

HARMS = ("self-harm", "poison", "collapse", "allergy", "abuse", "crisis")
"""What kinds mean that are urgent: kinds of harm, as urgent phrases have them."""

_SHORTEST_STEM = 3
_LONGEST_WISH = 24
_MOST_WORDS = 60
"""A longer text is read by its phrases alone, and by a person: in a page of own words everything stands near it all."""


@dataclass(slots=True)
class Node:
    """A word of a phrase: the words that may follow, the stems that they may begin with, the concepts that end here."""

    exact: dict[str, "Node"] = field(default_factory=dict)
    stems: dict[str, "Node"] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Span:
    """The words from `start` to before `end`, which name a concept."""

    start: int
    end: int


Named = Mapping[str, list[Span]]
"""A concept → where a text names it, in the order of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What concepts say together.

    Attributes:
        id: its name in tasks and metrics.
        means: what it is evidence of: an unsafe phone, a death, a wrong number, an urgent kind of harm.
        reason: why, for the person who gets the task.
        orders: sequences of concepts, each of alternatives; one of them must be named, in its order.
        within: the most words from the first concept's to the last one's.
        bars: concepts that take it back where they stand between.
        unless: concepts that take it back anywhere.
        needs: concepts of which one must be named anywhere in the text; none: no more is needed.
        examples: texts that say it.

    """

    id: str
    means: str
    reason: str
    orders: tuple[tuple[frozenset[str], ...], ...]
    within: int
    bars: frozenset[str]
    unless: frozenset[str]
    needs: frozenset[str]
    examples: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of harm, as an urgent phrase has it."""
        return self.means


@lru_cache(maxsize=1)
def _grammar() -> tuple[Node, dict[str, tuple[Kind, ...]]]:
    told = read("concepts.toml")
    root = Node()
    for concept, said in told["concepts"].items():
        for phrase in said:
            for spoken in _each(phrase):
                _grow(root, spelt(" ".join(spoken)), concept)
    kinds: dict[str, list[Kind]] = {}
    for entry in told["kind"]:
        kinds.setdefault(entry["means"], []).append(_kind(entry))
    return root, {means: tuple(some) for means, some in kinds.items()}


@lru_cache(maxsize=1)
def _wish() -> frozenset[str]:
    return frozenset(spelt(read("concepts.toml")["wish"]["words"]))


def complains_of_texts(words: tuple[str, ...]) -> bool:
    """Whether words speak of texts, and hold no word that may bound a wish to stop them: "too many texts"."""
    line = " ".join(words)
    return _wish().issuperset(spelt(line)) and "sendings" in named(line)


def is_wish_to_stop(words: tuple[str, ...]) -> bool:
    """Whether words say that texts shall stop, and hold no other word that may bound or take back that wish."""
    line = " ".join(words)
    if len(words) > _LONGEST_WISH or not _wish().issuperset(spelt(line)):
        return False
    return next(said_together(line, "stop"), None) is not None


def every_kind() -> tuple[Kind, ...]:
    """All kinds of `concepts.toml`."""
    return tuple(kind for some in _grammar()[1].values() for kind in some)


def _kind(entry: Mapping[str, Any]) -> Kind:
    said = [tuple(frozenset(one.split("|")) for one in part.split("+")) for part in entry["said"]]
    orders = permutations(said) if entry.get("any_order") else (said,)
    return Kind(
        id=entry["id"],
        means=entry["means"],
        reason=entry["reason"],
        orders=tuple(tuple(one for part in order for one in part) for order in orders),
        within=entry.get("within", 12),
        bars=frozenset(entry.get("bars", ())),
        unless=frozenset(entry.get("unless", ())),
        needs=frozenset(entry.get("needs", ())),
        examples=tuple(entry["examples"]),
    )


def _each(phrase: str) -> Iterator[tuple[str, ...]]:
    """The phrases of "a|b_c d?": each word one of its alternatives, without it where it ends in "?"; `_` is a space."""
    words = [
        (*word.removesuffix("?").split("|"), "") if word.endswith("?") else tuple(word.split("|"))
        for word in phrase.split()
    ]
    return (tuple(one for word in chosen for one in word.replace("_", " ").split()) for chosen in product(*words))


def _grow(root: Node, phrase: tuple[str, ...], concept: str) -> None:
    node = root
    for word in phrase:
        after = node.stems if word.endswith("*") else node.exact
        node = after.setdefault(word.removesuffix("*"), Node())
    node.ends.add(concept)


@lru_cache(maxsize=64)
def named(line: str) -> Named:
    """The concepts that a line of plain words names."""
    if line.count(" ") >= _MOST_WORDS:
        return {}
    words = spelt(line)
    found: dict[str, list[Span]] = {}
    for start in range(len(words)):
        for end, concepts in _ends(words, start):
            for concept in concepts:
                found.setdefault(concept, []).append(Span(start, end))
    return found


def _ends(words: tuple[str, ...], start: int) -> Iterator[tuple[int, set[str]]]:
    at, nodes = start + 1, _first(words[start])
    while nodes:
        for node in nodes:
            if node.ends:
                yield at, node.ends
        if at == len(words):
            return
        nodes = [after for node in nodes for after in _after(node, words[at])]
        at += 1


@lru_cache(maxsize=4096)
def _first(word: str) -> list[Node]:
    """The words of phrases with which a word begins one."""
    return list(_after(_grammar()[0], word))


def _after(node: Node, word: str) -> Iterator[Node]:
    if word in node.exact:
        yield node.exact[word]
    if node.stems:
        for length in range(_SHORTEST_STEM, len(word) + 1):
            if word[:length] in node.stems:
                yield node.stems[word[:length]]


def said_together(line: str, means: str) -> Iterator[tuple[Kind, str]]:
    """The kinds that mean this and are said in a line of plain words, each with the words that say it."""
    there = named(line)
    for kind in _grammar()[1].get(means, ()):
        if not kind.unless.isdisjoint(there) or (kind.needs and kind.needs.isdisjoint(there)):
            continue
        if span := _said(kind, there):
            yield kind, " ".join(spelt(line)[span.start : span.end])


def _said(kind: Kind, there: Named) -> Span | None:
    for order in kind.orders:
        if all(not one.isdisjoint(there) for one in order):
            for span in _sequences(order, there, kind):
                if not _barred(kind, there, span):
                    return span
    return None


def _sequences(order: tuple[frozenset[str], ...], there: Named, kind: Kind) -> Iterator[Span]:
    """Where concepts follow each other, from each place of the first one."""
    for first in _spans(order[0], there):
        end = first.end
        for one in order[1:]:
            after = [span.end for span in _spans(one, there) if span.start >= end]
            if not after:
                break
            end = min(after)
        else:
            if end - first.start <= kind.within:
                yield Span(first.start, end)


def _spans(concepts: frozenset[str], there: Named) -> Iterator[Span]:
    return (span for concept in concepts for span in there.get(concept, ()))


def _barred(kind: Kind, there: Named, span: Span) -> bool:
    return any(span.start <= bar.start and bar.end <= span.end for bar in _spans(kind.bars, there))
