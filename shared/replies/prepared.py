"""A text in the forms that the rules match: plain, folded, in clauses, with its danger and its language."""

import re
from dataclasses import dataclass

from shared.replies.concepts import HARMS, Kind, said_together
from shared.replies.foreign import ForeignText, foreign
from shared.replies.lookalikes import latin, undisguised
from shared.replies.plain import Clause, clauses, folded, own_words, pieces, plain
from shared.replies.unsafe import wants_silence
from shared.replies.urgent import Phrase, spoken, urgent
from shared.replies.vocabulary import words

_QUOTE = re.compile(r'"[^"]*(?:"|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReply:
    """A text in the forms that the rules match.

    Attributes:
        own: the writer's own text, verbatim.
        seen: the same, plain and folded.
        said: the words and marks of `seen`.
        line: the words alone, one space between.
        clauses: the clauses of `seen`.
        expected: the answer tokens of open questions.
        urgent: the urgent phrases in the whole text, each with the words that match it.
        silence: whether the writer asks that nothing be sent.
        foreign: what it says in a language that we do not write.

    """

    own: str
    seen: str
    said: tuple[str, ...]
    line: str
    clauses: tuple[Clause, ...]
    expected: frozenset[str]
    urgent: tuple[tuple[Phrase | Kind, str], ...] = ()
    silence: bool = False
    foreign: ForeignText | None = None


def prepared(text: str, expected: frozenset[str]) -> ReadReply:
    """A text in the forms that the rules match."""
    plainly = plain(text)
    whole = folded(latin(plainly))
    own = own_words(text)
    written = plainly if own == text else plain(own)
    seen = whole if own == text else folded(latin(written))
    said = pieces(seen)
    return ReadReply(
        own=own,
        seen=seen,
        said=said,
        line=" ".join(piece for piece in said if piece.isalnum()),
        clauses=clauses(seen),
        expected=expected,
        urgent=_urgent(whole),
        silence=wants_silence(whole),
        foreign=foreign(written, seen),
    )


def _urgent(whole: str) -> tuple[tuple[Phrase | Kind, str], ...]:
    """The urgent phrases in a text, also in digits for letters; of a telephone's reaction, not those that it quotes."""
    if any(pattern.match(whole) for pattern in words().reactions):
        whole = _QUOTE.sub(" ", whole)
    found: dict[str, tuple[Phrase | Kind, str]] = {phrase.id: (phrase, said) for phrase, said in urgent(whole)}
    for reading in undisguised(whole):
        for phrase, said in urgent(reading):
            found.setdefault(phrase.id, (phrase, said))
    line = spoken(whole)
    found |= {kind.id: (kind, said) for harm in HARMS for kind, said in said_together(line, harm)}
    return tuple(found.values())
