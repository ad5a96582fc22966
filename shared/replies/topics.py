"""What a person must answer: a death, a wrong number, another day, a call, a mention of stopping."""

from shared.replies.meaning import About
from shared.replies.vocabulary import words


def topic(line: str) -> tuple[About, str] | None:
    """What a text of plain words is about, and the words that say so; else None. The gravest comes first."""
    for about, pattern in words().topics.items():
        if said := pattern.search(line):
            return about, said[0]
    return None
