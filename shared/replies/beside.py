"""An answer with own words after it, where nothing else can be meant: "B - managed 3 of 5", "Out, sorry"."""

from shared.replies.vocabulary import Phrases, longest, words

_MARKS = frozenset(",.!:;-\N{EN DASH}\N{EM DASH})")
_MOST_PIECES = 40


def answer_beside_words(said: tuple[str, ...], expected: frozenset[str]) -> str | None:
    """The answer with which a text begins, where its own words say the same and none takes it back; else None.

    Only letters and words: a number before own words may count a list or a party. "In two minds" is no IN.
    """
    token = said[0].upper() if said else ""
    begins = words().beside.get(token)
    if begins is None or token not in expected or len(said) > _MOST_PIECES:
        return None
    after = _own_words_from(said)
    rest = said[after:]
    says_the_same = _begins(rest, begins) and not _takes_back(rest, token, expected)
    return token if says_the_same and (after > 1 or _is_glued(token, rest)) else None


def _own_words_from(said: tuple[str, ...]) -> int:
    return next((at for at, piece in enumerate(said) if at and piece not in _MARKS), len(said))


def _is_glued(token: str, rest: tuple[str, ...]) -> bool:
    """Whether these words follow an answer also without a mark between them."""
    return token in words().glued or _begins(rest, words().glued_words)


def _begins(rest: tuple[str, ...], phrases: Phrases) -> bool:
    counted = tuple("#" if piece.isdecimal() else piece for piece in rest)
    return any(counted[:width] in phrases for width in range(longest(phrases), 0, -1))


def _takes_back(rest: tuple[str, ...], token: str, expected: frozenset[str]) -> bool:
    """Whether words after an answer ask, doubt, or give another answer."""
    known = words()
    back = known.back["back"] | known.back.get(f"{token.lower()}_back", frozenset())
    others = {one.lower() for one in expected if one not in {token, "IN", "OUT", "A"}}
    lone_a = token != "A" and rest[-1:] == ("a",)  # noqa: S105 - an answer
    return "?" in rest or lone_a or not (back | others).isdisjoint(rest)
