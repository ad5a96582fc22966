"""The one answer token of which a text consists: words beside the token must not change its meaning."""

import re
from collections.abc import Iterator

from shared.replies.answer_tokens import TOKENS
from shared.replies.party import party
from shared.replies.vocabulary import Phrases, beside_courtesy, longest, words

Answer = tuple[str, int | None]
"""A key of `TOKENS`, and a number: always with `SURE`, and with `IN` where the text gives the size of the party."""

DIGITS = frozenset(filter(str.isdecimal, TOKENS))
LETTERS = frozenset(name for name in TOKENS if len(name) == 1 and name.isalpha())

_OTHER_NUMBERS = DIGITS - {"9"}  # `9` stops the kind of message, and goes with every question
_MOST_PIECES = 24  # an answer with every courtesy around it; longer texts are no bare answers
_MOST_SURE = 10
_SURE = re.compile(r"sure([0-9]{1,2})")
_IN_GLUED = re.compile(r"(in)([0-9]{1,2})")
_SAID = {name.lower(): name for name in TOKENS if name != "SURE"}
_JOINERS = frozenset({",", ";", "&", "+", "and", "also", "then", "."})
_YES = frozenset({("yes",), ("ie",)})
_MARKS_BETWEEN = frozenset(".,!:;")


def bare(said: tuple[str, ...], expected: frozenset[str]) -> Answer | None:
    """The one answer of which these pieces of a text consist, whether or not a question is open for it; else None.

    "1 please", "Hi, 2.", "IN 2" and "3 not needed" are;
    "1?", "not 1", "1 or 2", "1...", "1 :(" and "2 - my back" are not.
    """
    if len(said) > _MOST_PIECES or _hesitates(said):
        return None
    for at in range(len(said)):
        for answer, width in (*_answers_at(said, at), *_with_party(said, at, expected)):
            token = answer[0]
            if _harmless_before(said[:at], token) and _harmless_after(said[at + width :], token):
                return answer
    return _confidence(said, expected)


def several(said: tuple[str, ...]) -> tuple[str, ...]:
    """The distinct answers of which these pieces consist, where there are two or more; words need a mark between."""
    if len(said) > _MOST_PIECES:
        return ()
    harmless = words().thanks | words().greetings | frozenset(e for said in words().echoes.values() for e in said)
    found: list[str] = []
    at, after_word = 0, False
    while at < len(said):
        answer, width = next(_answers_at(said, at), (None, 0))
        if answer:
            is_word = len(answer[0]) > 1
            if found and (is_word or after_word) and said[at - 1] not in _JOINERS:
                return ()
            found.append(answer[0])
            after_word = is_word
            at += width
        elif said[at] in _JOINERS or said[at] in words().friendly or said[at] in words().marks - {"-"}:
            at += 1
        elif width := _phrase_at(said, at, harmless):
            at += width
        else:
            return ()
    distinct = tuple(dict.fromkeys(found))
    return distinct if len(distinct) > 1 else ()


def tokens_in(said: tuple[str, ...]) -> tuple[str, ...]:
    """The answer tokens among these pieces, at any position."""
    return tuple(answer[0] for at in range(len(said)) for answer, _ in _answers_at(said, at))


def _answers_at(said: tuple[str, ...], at: int) -> Iterator[tuple[Answer, int]]:
    """The answers that begin at `at`, each with the number of pieces that it takes."""
    piece = said[at]
    if piece in _SAID:
        yield (_SAID[piece], None), 1
    elif piece in words().numbers and str(words().numbers[piece]) in DIGITS:
        yield (str(words().numbers[piece]), None), 1
    elif together := _SURE.fullmatch(piece):
        if int(together[1]) <= _MOST_SURE:
            yield ("SURE", int(together[1])), 1 + _out_of_ten(said, at + 1)
    elif piece == "sure":
        of = at + 1 + (at + 1 < len(said) and said[at + 1] in {":", "="})
        number = _number(said[of]) if of < len(said) else None
        if number is not None:
            yield ("SURE", number), of + 1 - at + _out_of_ten(said, of + 1)


def _with_party(said: tuple[str, ...], at: int, expected: frozenset[str]) -> Iterator[tuple[Answer, int]]:
    together = _IN_GLUED.fullmatch(said[at])
    if together:  # `in2` is `in 2`
        said = (*said[:at], *together.groups(), *said[at + 1 :])
    if said[at] == "in":
        for number, width in party(said, at + 1, expected):
            yield ("IN", number), width + (0 if together else 1)


def _number(piece: str) -> int | None:
    if piece.isdecimal() and len(piece) <= len(str(_MOST_SURE)):
        return int(piece) if int(piece) <= _MOST_SURE else None
    return words().numbers.get(piece)


def _out_of_ten(said: tuple[str, ...], at: int) -> int:
    """How many of the pieces from here on say that a number is out of ten."""
    if said[at : at + 1] == ("/",):
        return 2 if said[at + 1 : at + 2] in {("10",), ("ten",)} else 0
    return _phrase_at(said, at, words().out_of_ten)


def _confidence(said: tuple[str, ...], expected: frozenset[str]) -> Answer | None:
    """A number alone as the answer to "how sure": `7`, `about a 7`, `7/10`, `seven out of ten`.

    A bare number only where no other number is asked for, and never 1, 2, 3 or 9: these are answers of their own, to
    questions that patients may still see on their phones. Out of ten, or called a confidence, it can be nothing else.
    """
    if "SURE" not in expected:
        return None
    for at, piece in enumerate(said):
        number = _number(piece)
        if number is None:
            continue
        before, out_of_ten = said[:at], _out_of_ten(said, at + 1)
        is_scale = bool(out_of_ten) or _is_called_so(before, expected)
        if not is_scale and not _is_bare(piece, expected):
            continue
        if (is_scale and _is_scale(before)) or _harmless_before(before, ""):
            return ("SURE", number) if _harmless_after(said[at + 1 + out_of_ten :], "SURE") else None
    return None


def _is_called_so(before: tuple[str, ...], expected: frozenset[str]) -> bool:
    """Whether the pieces before a number call it a confidence. `A "1"` does not where A is an answer."""
    may_be_an_answer = "A" in expected and tuple(piece for piece in before if piece.isalnum()) == ("a",)
    return bool(before) and consists_of(before, words().scales) and not may_be_an_answer


def _is_bare(piece: str, expected: frozenset[str]) -> bool:
    """Whether a number by itself can be nothing but a confidence."""
    is_no_answer = piece.isdecimal() and piece not in DIGITS and str(_number(piece)) not in DIGITS
    return is_no_answer and not expected & _OTHER_NUMBERS


def _is_scale(said: tuple[str, ...]) -> bool:
    """Whether these pieces before a number say that it is a confidence, or are greetings."""
    return _consists_of(said, words().greetings | words().scales, marks_first=words().before)


def _harmless_before(said: tuple[str, ...], token: str) -> bool:
    """Whether the pieces before a token are greetings; before a number or a letter also thanks and "option".

    "Reply later" and "coming in" are no answers.
    """
    known = words()
    if token in DIGITS or token in LETTERS:
        phrases = known.greetings | known.thanks | known.leads | known.echoes[token]
    else:
        phrases = known.greetings | (known.echoes.get(token, frozenset()) & _YES)
    return _consists_of(said, phrases, marks_first=known.before)


def _harmless_after(said: tuple[str, ...], token: str) -> bool:
    known = words()
    return _consists_of(said, known.thanks | known.echoes[token], marks_first=known.marks)


def _consists_of(said: tuple[str, ...], phrases: Phrases, marks_first: frozenset[str]) -> bool:
    """Whether the pieces consist only of these phrases, friendly pictures and harmless marks."""
    at = 0
    while at < len(said):
        piece = said[at]
        if piece in words().friendly or piece in marks_first or (at and piece in _MARKS_BETWEEN):
            at += 1
        elif width := _phrase_at(said, at, phrases):
            at += width
        else:
            return False
    return True


def _phrase_at(said: tuple[str, ...], at: int, phrases: Phrases) -> int:
    """The number of pieces of the longest phrase that begins at `at`; 0 where none does."""
    return next((n for n in range(longest(phrases), 0, -1) if said[at : at + n] in phrases), 0)


def consists_of(said: tuple[str, ...], phrases: Phrases) -> bool:
    """Whether the pieces consist of these phrases, at least one, beside courtesies and harmless marks."""
    known = words()
    courtesies = beside_courtesy(phrases)
    spoken = tuple(piece for piece in said if piece not in known.marks)
    if not _consists_of(spoken, courtesies, frozenset()):
        return False
    return any(_phrase_at(spoken, at, phrases) for at in range(len(spoken)))


def is_courtesy(said: tuple[str, ...]) -> bool:
    """Whether the pieces consist only of marks, thanks and friendly pictures; true of no pieces."""
    known = words()
    return _consists_of(said, beside_courtesy(known.acknowledging), known.marks)


def _hesitates(said: tuple[str, ...]) -> bool:
    """Whether the pieces hold an ellipsis or a sad face."""
    marks = "".join(piece if len(piece) == 1 else " " for piece in said)
    return any(mark in marks for mark in ("...", ":(", ":-(", ":'("))
