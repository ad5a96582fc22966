"""Topics that only a person may answer: a death, a wrong number, another day, a call, a mention of stopping."""

from shared.replies.meaning import About
from shared.replies.vocabulary import words


def topic(line: str) -> tuple[About, str] | None:
    """The gravest topic of a text of plain words, and the words that match it; None without one."""
    for about, pattern in words().topics.items():
        if said := pattern.search(line):
            return about, said[0]
    return None
