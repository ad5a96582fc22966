"""Topics that only a person may answer: a death, a wrong number, another day, a call, a mention of stopping."""

from shared.replies.concepts import said_together
from shared.replies.meaning import About
from shared.replies.vocabulary import Pattern, words

OF_DESKS = frozenset({About.IN_HOSPITAL, About.MOVED_AWAY, About.INTERPRETER, About.TRANSPORT, About.PREPARATION})
"""Subjects that are looked for in short texts: a long one may speak of each of them, and is read by a person anyway."""

_MOST_WORDS = 60


def topic(line: str) -> tuple[About, str] | None:
    """The gravest topic of a text of plain words, and the words that match it; None without one."""
    known = words()
    is_long = line.count(" ") > _MOST_WORDS
    for about, pattern in known.topics.items():
        if is_long and about in OF_DESKS:
            continue
        sounds_like = known.topics_not.get(about)
        rest = sounds_like.sub(" ", line) if sounds_like else line
        if said := _phrase(about, pattern, rest) or _composed(about, rest):
            return about, said
    return None


def _phrase(about: About, pattern: Pattern, line: str) -> str | None:
    if about is About.BEREAVEMENT and not words().bereavement_near.search(line):
        return None
    said = pattern.search(line)
    return said[0] if said else None


def _composed(about: About, line: str) -> str | None:
    """The words that say this by kind, for the subjects that have kinds: deaths and wrong numbers."""
    return next((said for _, said in said_together(line, about.value)), None)
