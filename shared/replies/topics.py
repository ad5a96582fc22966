"""Topics that only a person may answer: a death, a wrong number, another day, a call, a mention of stopping."""

from shared.replies.meaning import About
from shared.replies.vocabulary import words

OF_DESKS = frozenset({About.IN_HOSPITAL, About.MOVED_AWAY, About.INTERPRETER, About.TRANSPORT, About.PREPARATION})
"""Subjects that are looked for in short texts: a long one may speak of each of them, and is read by a person anyway."""

_MOST_WORDS = 60


def topic(line: str) -> tuple[About, str] | None:
    """The gravest topic of a text of plain words, and the words that match it; None without one."""
    known = words()
    is_long = line.count(" ") > _MOST_WORDS
    for about, pattern in known.topics.items():
        if (is_long and about in OF_DESKS) or (about is About.BEREAVEMENT and not known.bereavement_near.search(line)):
            continue
        sounds_like = known.topics_not.get(about)
        if said := pattern.search(sounds_like.sub(" ", line) if sounds_like else line):
            return about, said[0]
    return None
