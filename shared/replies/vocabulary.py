"""The vocabulary of the rules, read from `words.toml` and `urgent.toml` once, and compiled."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from shared.replies.meaning import About

Pattern = re.Pattern[str]
Phrases = frozenset[tuple[str, ...]]
"""Phrases, each a sequence of words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`words.toml`, compiled: the file describes each field."""

    greetings: Phrases
    thanks: Phrases
    acknowledging: Phrases
    leads: Phrases
    scales: Phrases
    out_of_ten: Phrases
    friendly: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    marks: frozenset[str]
    numbers: Mapping[str, int]
    echoes: Mapping[str, Phrases]
    beside: Mapping[str, Phrases]
    glued: frozenset[str]
    glued_words: Phrases
    back: Mapping[str, frozenset[str]]
    party: Mapping[str, Phrases]
    party_numbers: Mapping[str, int]
    yes: Phrases
    no: Phrases
    thumbs_up: frozenset[str]
    thumbs_down: frozenset[str]
    hedges: frozenset[str]
    puzzled: Phrases
    pairs: tuple[str, ...]
    continuing: frozenset[str]
    stops: Phrases
    stops_bare: Phrases
    cancel: Phrases
    stop_near: frozenset[str]
    stop_clauses: tuple[Pattern, ...]
    stops_on: frozenset[str]
    stops_unless: frozenset[str]
    category_clauses: Mapping[str, tuple[Pattern, ...]]
    restarts: Phrases
    restart_clauses: tuple[Pattern, ...]
    help: Phrases
    topics: Mapping[About, Pattern]
    topics_not: Mapping[About, Pattern]
    bereavement_near: Pattern
    reactions: tuple[Pattern, ...]
    automatic: tuple[Pattern, ...]


@lru_cache(maxsize=1)
def words() -> Vocabulary:
    """Load the vocabulary of all rules except the urgent phrases."""
    told = read("words.toml")
    parts: Mapping[str, str] = told["parts"]
    lists = {
        name: phrases(told[name]) for name in ("greetings", "thanks", "acknowledging", "leads", "scales", "out_of_ten")
    }
    party = {name: phrases(said) for name, said in told["party"].items() if name != "numbers"}
    categories = ("appointments", "goals", "groups")
    desks = (About.IN_HOSPITAL, About.MOVED_AWAY, About.INTERPRETER, About.TRANSPORT, About.PREPARATION)
    topics = (About.BEREAVEMENT, About.WRONG_NUMBER, *desks, About.VISIT, About.CALL, About.STOPPING)
    return Vocabulary(
        **lists,
        beside=MappingProxyType({token: phrases(said) for token, said in told["beside"]["begins"].items()}),
        glued=frozenset(told["beside"]["glued"]),
        glued_words=phrases(told["beside"]["glued_words"]),
        back=MappingProxyType(
            {name: frozenset(told["beside"][name]) for name in ("back", "in_back", "out_back")},
        ),
        party=MappingProxyType(party),
        party_numbers=MappingProxyType(told["party"]["numbers"]),
        friendly=frozenset(told["friendly"]),
        before=frozenset(told["before"]),
        after=frozenset(told["after"]),
        marks=frozenset(told["before"] + told["after"]),
        numbers=MappingProxyType(told["numbers"]),
        echoes=MappingProxyType({token: phrases(said) for token, said in told["echoes"].items()}),
        yes=phrases(told["yes_or_no"]["yes"]),
        no=phrases(told["yes_or_no"]["no"]),
        thumbs_up=frozenset(told["yes_or_no"]["thumbs_up"]),
        thumbs_down=frozenset(told["yes_or_no"]["thumbs_down"]),
        hedges=frozenset(told["hedges"]["words"]),
        puzzled=phrases(told["hedges"]["puzzled"]),
        pairs=tuple(told["lists"]["pairs"]),
        continuing=frozenset(told["lists"]["continuing"]),
        stops=phrases(told["stops"]["words"]),
        stops_bare=phrases(told["stops"]["bare"]),
        cancel=phrases(told["stops"]["cancel"]),
        stop_near=frozenset(told["stops"]["near"]),
        stop_clauses=patterns(told["stops"]["clauses"], parts),
        stops_on=frozenset(told["stops"]["on"]),
        stops_unless=frozenset(told["stops"]["unless"]),
        category_clauses=MappingProxyType(
            {
                category: patterns(told["stops"]["category"]["clauses"], {**parts, "category": parts[category]})
                for category in categories
            }
        ),
        restarts=phrases(told["restarts"]["words"]),
        restart_clauses=patterns(told["restarts"]["clauses"], parts),
        help=phrases(told["help"]["words"]),
        topics=MappingProxyType({about: together(told["topics"][about.replace(" ", "_")], parts) for about in topics}),
        bereavement_near=re.compile(rf"\b(?:{told['topics_near']['bereavement']})"),
        topics_not=_topics_not(told["topics_not"], parts),
        reactions=patterns(told["automatic"]["reactions"], parts),
        automatic=patterns(told["automatic"]["replies"], parts),
    )


def _topics_not(told: Mapping[str, Iterable[str]], parts: Mapping[str, str]) -> Mapping[About, Pattern]:
    """What only sounds like each subject."""
    by_name = {about.replace(" ", "_"): about for about in About}
    return MappingProxyType({by_name[name]: together(said, parts) for name, said in told.items()})


def read(name: str) -> dict[str, Any]:
    """Parse a TOML file of this package."""
    return tomllib.loads(files("shared.replies").joinpath(name).read_text(encoding="utf-8"))


def phrases(said: Iterable[str]) -> Phrases:
    """Each phrase as a sequence of words."""
    return frozenset(tuple(phrase.split()) for phrase in said)


def patterns(said: Iterable[str], parts: Mapping[str, str]) -> tuple[Pattern, ...]:
    """Compile patterns, with every `{part}` filled in, also within parts."""
    return tuple(re.compile(fill(pattern, parts)) for pattern in said)


def together(said: Iterable[str], parts: Mapping[str, str]) -> Pattern:
    """Join patterns in one that begins at a word: one pass over the text instead of one for each."""
    return re.compile(r"\b(?:" + "|".join(fill(pattern, parts).removeprefix(r"\b") for pattern in said) + ")")


def fill(pattern: str, parts: Mapping[str, str]) -> str:
    """Fill parts (`{name}`) into a pattern; a repeat such as `{0,3}` stays."""
    return re.sub(r"\{([a-z_]+)\}", lambda part: fill(parts[part[1]], parts), pattern)


@lru_cache(maxsize=64)
def longest(found: Phrases) -> int:
    """The number of words of the longest phrase."""
    return max(map(len, found), default=0)


@lru_cache(maxsize=64)
def beside_courtesy(found: Phrases) -> Phrases:
    """These phrases, with thanks and greetings."""
    return found | words().thanks | words().greetings
