"""Cleans identifiers and addresses of what nobody sees: characters that come along when people copy and paste."""

import unicodedata

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_HYPHENS = frozenset("\N{MINUS SIGN}\N{HYPHEN BULLET}\N{MODIFIER LETTER MINUS SIGN}")
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))  # of variants of a character


def visible(text: str) -> str:
    """The text of an identifier or address as it is seen, with plain spaces and hyphens.

    Joiners, byte order marks, soft hyphens and marks of direction go; spaces of all kinds, such as no-break ones,
    become plain ones; dashes become hyphens. Control characters and line breaks stay: they are no slip of a copy, and
    whoever reads the text refuses them.
    """
    return text if text.isascii() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isascii():
        return char
    match unicodedata.category(char):
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _ if char in _HYPHENS:
            return "-"
        case _:
            return "" if char in _FILLERS or any(ord(char) in block for block in _SELECTORS) else char
