"""Normalised spelling of texts: digits, quotes, accents, and invisible characters."""

import re
import unicodedata
from dataclasses import dataclass

# Selectors, enclosing keycaps and skin tones change how a character looks, not what it says.
_LOOKS = re.compile("[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_APOSTROPHES = re.compile("(?<=\\w)['`´‘’‛′ʹʻʼʽ](?=\\w)")  # noqa: RUF001 what we look for
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛`´", "'"))  # noqa: RUF001 the same
_TEN = "\U0001f51f"
_UNUSUAL = re.compile(r"[^ -~\n\t]+")
_ROUNDS = 4  # NFKC of lower case settles in two; the rest is for what Unicode may still add
_PIECE = re.compile(r"\w+|[^\w\s]")
_CLAUSE = re.compile(r"[.!;,\n?]+|[-\u2013\u2014](?<=\s.)(?=\s)")

# What a database refuses, and what makes a reader see another order than was written.
_HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
# Mail that gateways turn into texts brings the message it answers, and the telephone's advertisement.
_FOLLOWS = re.compile(
    r"^[ \t]*(?:on .{6,80} wrote:|-{2,}[ \t]*original message[ \t]*-{2,}|--[ \t]*$"
    r"|(?:sent|anfonwyd) (?:from|via|using|o|gan) (?:my |fy |the )?\w.{0,40}$|get outlook for .{2,20}$)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a text between marks: its words, and whether it ends in a question mark."""

    words: tuple[str, ...]
    asks: bool
    text: str


def own_words(text: str) -> str:
    """The writer's own text: without quoted lines, the quoted message, signatures, and harmful characters."""
    text = _QUOTED.sub("", _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    follows = _FOLLOWS.search(text)
    return (text[: follows.start()] if follows else text).strip()


def plain(text: str) -> str:
    """The text in lower case, NFKC, digits as ASCII, no apostrophes in words, nothing invisible; idempotent."""
    for _ in range(_ROUNDS):
        again = _once(text)
        if again == text:
            break
        text = again
    return text


def _once(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _LOOKS.sub("", text).replace(_TEN, " 10 "))
    text = _UNUSUAL.sub(_as_usual, text.lower()).translate(_QUOTES)
    return _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text))


def _as_usual(unusual: re.Match[str]) -> str:
    """Digits of any script as ASCII; controls, marks of direction, joiners and surrogates as nothing."""
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unusual[0]
        if unicodedata.category(char)[0] != "C"
    )


def folded(text: str) -> str:
    """The text without accents. A single letter keeps its accent: `â` is a Welsh word, not the answer `A`."""
    if text.isascii():
        return text
    return re.sub(r"\w{2,}", lambda word: _without_accents(word[0]), text)


def _without_accents(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(char for char in apart if not unicodedata.combining(char)))


def pieces(text: str) -> tuple[str, ...]:
    """The words of a plain, folded text, and each other mark or picture by itself."""
    return tuple(_PIECE.findall(text))


def clauses(text: str) -> tuple[Clause, ...]:
    """The parts of a plain, folded text between full stops, commas, dashes and line ends; none is empty."""
    found: list[Clause] = []
    at = 0
    for mark in (*_CLAUSE.finditer(text), None):
        end = mark.start() if mark else len(text)
        part = text[at:end].strip()
        words = pieces(part)
        if words:
            found.append(Clause(words, asks=mark is not None and "?" in mark[0], text=part))
        at = mark.end() if mark else end
    return tuple(found)
