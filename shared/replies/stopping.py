"""Opt-outs from texts, and opting in again: a clear wish acts, a mention does not."""

from collections.abc import Iterable
from itertools import chain

from shared.replies.concepts import complains_of_texts, is_wish_to_stop
from shared.replies.meaning import CancelsAndStops, Restarts, StopsAll, StopsCategory
from shared.replies.plain import Clause
from shared.replies.tokens import consists_of, is_courtesy
from shared.replies.vocabulary import Pattern, Phrases, beside_courtesy, words

_MOST_CLAUSES = 40  # that speak of stopping: more is no wish that anybody has
_MOST_WORDS = 16  # a wish with all its courtesies; the longest pattern has twelve
_MOST_WORDS_ON = 24  # of a wish that runs on
_ASKS_FOR_IT = ("can", "could", "would", "will")


def stops(clauses: tuple[Clause, ...], said: tuple[str, ...]) -> StopsAll | StopsCategory | CancelsAndStops | None:
    """The clear wish to stop texts in these clauses; None where there is none.

    "Stop" must be the whole text, but for thanks. A clause that names the texts ("please stop texting me") is clear
    beside others too, which are left for a person to read; two categories, or a category and all, are not.
    """
    known = words()
    near = [clause for clause in clauses if not known.stop_near.isdisjoint(clause.words)]
    if len(near) > _MOST_CLAUSES:
        return None
    spoken = tuple(chain.from_iterable(clause.words for clause in clauses))
    if said in known.cancel:  # without any mark: only so the carrier takes it
        return CancelsAndStops()
    if spoken in known.stops_bare and not any(clause.asks for clause in clauses):
        return StopsAll()
    return _named(clauses, near)


def _named(clauses: tuple[Clause, ...], near: list[Clause]) -> StopsAll | StopsCategory | None:
    """The opt-out that the clauses near "stop" state; the other clauses are left for a person."""
    said_so = [clause for clause in near if _is_of_everything(clause) or any(_categories(clause))]
    if not said_so:
        return _unnamed(clauses, near)
    rest = _rest(clause for clause in clauses if not any(clause is one for one in said_so))
    return _meant(said_so, rest)


def _unnamed(clauses: tuple[Clause, ...], near: list[Clause]) -> StopsAll | StopsCategory | None:
    """The opt-out in a wish that runs on, or in a bare word for stopping that is all there is but courtesy."""
    if on := _run_on(clauses, near):
        return on
    if not any(_is_word(clause, words().stops) for clause in clauses):
        return None
    return _meant([], [c for c in _rest(clauses) if c.asks or not complains_of_texts(_spoken(c))])


def _meant(said_so: list[Clause], rest: list[Clause]) -> StopsAll | StopsCategory | None:
    """What these clauses stop; None where they name several things, or where other words may take a bare word back."""
    remains = "; ".join(clause.text for clause in rest)
    everything = any(map(_is_of_everything, said_so))
    named = {category for clause in said_so for category in _categories(clause)}
    if not named:
        return StopsAll(remains) if everything or not rest else None
    return StopsCategory(named.pop(), remains) if len(named) == 1 and not everything else None


def _run_on(clauses: tuple[Clause, ...], near: list[Clause]) -> StopsAll | None:
    """A clear wish that runs on in its clause; the rest of it, and the other clauses, are left for a person."""
    on = _runs_on(near[0]) if len(near) == 1 else None
    if not on:
        return None
    others = (clause.text for clause in _rest(clause for clause in clauses if clause is not near[0]))
    return StopsAll("; ".join((on, *others)))


def _runs_on(clause: Clause) -> str | None:
    """What follows a clear wish in its clause without a mark; None where it may bound the wish, or there is none."""
    known = words()
    said = _without_courtesy(tuple(word for word in clause.words if word.isalnum()))
    if clause.asks or len(said) > _MOST_WORDS_ON or not known.stops_unless.isdisjoint(said):
        return None
    for at in range(len(said) - 1, 1, -1):
        if said[at] in known.stops_on and any(one.fullmatch(" ".join(said[:at])) for one in known.stop_clauses):
            return " ".join(said[at:])
    return None


def _is_of_everything(clause: Clause) -> bool:
    return _is_said(clause, words().stop_clauses) or _is_wish(clause)


def _is_wish(clause: Clause) -> bool:
    """Whether a clause is a wish by its kind; a question only where it asks us to."""
    said = _spoken(clause)
    asks = clause.asks and said[:1] and said[0] not in _ASKS_FOR_IT
    return not asks and is_wish_to_stop(said)


def _spoken(clause: Clause) -> tuple[str, ...]:
    return tuple(word for word in clause.words if word.isalnum())


def _rest(clauses: Iterable[Clause]) -> list[Clause]:
    """Those that are neither courtesies nor bare words for stopping."""
    stop = words().stops
    return [c for c in clauses if not is_courtesy(c.words) and not _is_word(c, stop)]


def restarts(clauses: tuple[Clause, ...]) -> Restarts | None:
    """The wish to receive texts again, where the text holds nothing else but courtesy."""
    known = words()
    asked = [clause for clause in clauses if not is_courtesy(clause.words)]
    if not asked or len(asked) > 1:
        return None
    wish = asked[0]
    return Restarts() if _is_word(wish, known.restarts) or _is_said(wish, known.restart_clauses) else None


def _is_word(clause: Clause, phrases: Phrases) -> bool:
    return not clause.asks and consists_of(clause.words, phrases)


def _categories(clause: Clause) -> Iterable[str]:
    return (name for name, patterns in words().category_clauses.items() if _is_said(clause, patterns))


def _is_said(clause: Clause, patterns: tuple[Pattern, ...]) -> bool:
    """Whether a whole clause matches a pattern; a question only where it asks us to ("can you stop texting me?")."""
    if len(clause.words) > _MOST_WORDS:
        return False
    said = _without_courtesy(tuple(word for word in clause.words if word.isalnum()))
    if clause.asks and said[:1] and said[0] not in _ASKS_FOR_IT:
        return False
    line = " ".join(said)
    return any(pattern.fullmatch(line) for pattern in patterns)


def _without_courtesy(said: tuple[str, ...]) -> tuple[str, ...]:
    known = beside_courtesy(frozenset())
    while True:
        front = next((n for n in range(4, 0, -1) if said[:n] in known and len(said) > n), 0)
        back = next((n for n in range(4, 0, -1) if said[-n:] in known and len(said) > n + front), 0)
        if not front and not back:
            return said
        said = said[front : len(said) - back]
