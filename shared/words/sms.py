"""Text messages as they are billed: rewrites them in GSM-7 where the meaning stays, and counts segments.

Alphabets: 3GPP TS 23.038 §6.2.1; parts of a longer text: 3GPP TS 23.040 §9.2.3.24.1; the bill:
https://www.twilio.com/docs/glossary/what-sms-character-limit.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters of one septet."""
EXTENDED = "\f^{}\\[~]|€"
"""Characters of two septets: an escape, then a place in the extension table."""

# A message has 140 octets: 160 septets or 70 UTF-16 units. A part of a longer text gives 6 of them to its header.
_GSM_ALONE, _GSM_PART = 160, 153
_UCS2_ALONE, _UCS2_PART = 70, 67


class Encoding(StrEnum):
    """The encoding of a text. One character outside GSM-7 makes the whole text UCS-2: less than half as much fits."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class SmsBilling:
    """The billed size of a text; `units` are septets or UTF-16 units, without headers and unused space."""

    encoding: Encoding
    units: int
    segments: int


def count(text: str) -> SmsBilling:
    """Count the segments of this text as it is; an empty text has one segment, as at Twilio."""
    if _OUTSIDE_GSM.search(text):
        return _count_ucs2(text)
    units = len(text) + sum(map(text.count, EXTENDED))
    if units <= _GSM_ALONE:
        return SmsBilling(Encoding.GSM7, units, 1)
    if units == len(text):
        return SmsBilling(Encoding.GSM7, units, -(-units // _GSM_PART))
    escaped = text
    for char in EXTENDED:
        escaped = escaped.replace(char, "\x1b.")
    segments = at = 0
    while at < units:
        at += _GSM_PART
        at -= escaped[at - 1 : at] == "\x1b"  # an escape moves to the next part, with what it escapes
        segments += 1
    return SmsBilling(Encoding.GSM7, units, segments)


def _count_ucs2(text: str) -> SmsBilling:
    encoded = text.encode("utf-16-be", "surrogatepass")
    units = len(encoded) // 2
    if units <= _UCS2_ALONE:
        return SmsBilling(Encoding.UCS2, units, 1)
    if units == len(text):
        return SmsBilling(Encoding.UCS2, units, -(-units // _UCS2_PART))
    segments = at = 0
    while at < units:
        at += _UCS2_PART
        # The first half of a surrogate pair moves to the next part, with the second.
        at -= at < units and encoded[2 * at - 2] & 0xFC == 0xD8 and encoded[2 * at] & 0xFC == 0xDC  # noqa: PLR2004
        segments += 1
    return SmsBilling(Encoding.UCS2, units, segments)


def sanitise(text: str) -> str:
    r"""Rewrite a text for a telephone: without invisible characters, and in GSM-7 where the meaning stays.

    Quotes, dashes, ellipses, odd spaces and accents that GSM-7 lacks become characters that it has. Welsh ŵ and ŷ,
    letters of other scripts and emoji stay; a text that is UCS-2 because of them keeps all its accents: they cost
    nothing there. Line ends are `\n`. Never takes more segments than before; idempotent.
    """
    if not _NOT_YET_PLAIN.search(text):
        return text
    tidy = _tidied(text)
    if _KEPT.search(tidy):
        return tidy
    plain = _FRACTION_AFTER_DIGIT.sub(r" \g<0>", tidy).translate(_FOLDS)
    return plain if count(plain).segments <= count(tidy).segments else tidy  # seventy ellipses are cheaper as they are


def plainest(text: str) -> str:
    """The text with all that GSM-7 has a likeness of in that likeness: what of it can reach a telephone at most."""
    return text if text.isascii() else _tidied(text).translate(_FOLDS)


def _tidied(text: str) -> str:
    if _UNTIDY.search(text):
        for untidy, instead in _TIDYING:
            text = untidy.sub(instead, text)
    if unicodedata.is_normalized("NFC", text):
        return text
    composed = unicodedata.normalize("NFC", text)
    return composed if count(composed).segments <= count(text).segments else text  # NFC takes some Indic letters apart


# Emoji that a variation selector may follow (Unicode, emoji-variation-sequences.txt), widened to whole blocks.
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a\u231b\u2328\u23cf-\u23fa\u24c2\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Scripts where a zero-width joiner or non-joiner changes letters: Hebrew to Mongolian, and the Indic and Arabic beyond.
_JOINING = "\u0590-\u1cff\ua8e0-\uabff\ufb1d-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
_JOINED = f"[{_PICTURES}{_JOINING}\ufe0f\U000e007f]"

_LINE_END = "\r\n?|[\x0b\x0c\x85\u2028\u2029]"
_SPACES = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0"
# Controls, soft hyphens, zero-width characters, marks of direction, unpaired surrogates, what is no character.
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a"
)
_JOINERS, _SELECTORS, _TAGS = "\u200c\u200d", "\ufe0e\ufe0f", "\U000e0000-\U000e007f"
_TIDYING = (
    (re.compile(_LINE_END), "\n"),
    (re.compile(f"[{_SPACES}]"), " "),
    (re.compile(f"[{_UNSEEN}]+"), ""),
    # Tags spell the flags of England, Scotland and Wales; elsewhere they are invisible.
    (re.compile(f"(\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f)|[{_TAGS}]"), r"\1"),
    (re.compile(rf"[{_SELECTORS}](?<![{_PICTURES}].)(?!(?<=[0-9#*].)\u20e3)"), ""),  # but in keycaps
    (re.compile(f"[{_JOINERS}](?:(?<!{_JOINED}.)|(?!{_JOINED}))"), ""),
)
_UNTIDY = re.compile(f"[\r\x0b\x0c\x85\u2028\u2029{_SPACES}{_UNSEEN}{_JOINERS}{_SELECTORS}{_TAGS}]")

_WELSH = "ŵŷŴŶ"
_BY_HAND = {
    "'": "`´‘’‚‛′‵‹›ʹʻʼʽʾʿˈ",  # noqa: RUF001 what we look for
    '"': "“”„‟″‶«»˝ʺ〝〞",
    "-": "‐‑‒–—―−﹘•‣⁃◦∙●▪",  # noqa: RUF001 the same
    ".": "·",
    "/": "÷⁄∕",  # noqa: RUF001 the same
    "~": "˜∼",  # noqa: RUF001 the same
    "^": "ˆ",  # noqa: RUF001 the same
    "|": "¦",
    "?": "\ufffd",
    "x": "×",  # noqa: RUF001 the same
    "£": "₤",
    "...": "…",
    "..": "‥",
    "(c)": "©",
    "(R)": "®",
    "(TM)": "™",
    "No.": "№",
    "+/-": "±",
    "<=": "≤",
    ">=": "≥",
    "->": "→",
    "<-": "←",
    # Letters that Unicode does not take apart: ICAO Doc 9303-3, section 6, in lower case where ours is.
    "d": "đðɖɗ",
    "D": "ĐÐƉƊ",
    "e": "əɛǝ",
    "E": "ƏƐƎ",
    "h": "ħ",
    "H": "Ħ",
    "i": "ıɨ",
    "I": "Ɨ",
    "k": "ƙ",
    "K": "Ƙ",
    "l": "łƚ",
    "L": "ŁȽ",
    "n": "ŋɲ",
    "N": "ŊƝ",
    "o": "ɔɵº",
    "O": "ƆƟ",
    "a": "ª",
    "b": "ɓƀ",
    "B": "ƁɃ",
    "q": "ĸ",
    "t": "ŧƭ",
    "T": "ŦƬ",
    "u": "ʉ",
    "U": "Ʉ",
    "v": "ʋ",  # noqa: RUF001 the same
    "V": "Ʋ",
    "y": "ƴ",
    "Y": "Ƴ",
    "z": "ƶ",
    "Z": "Ƶ",
    "f": "ƒ",
    "oe": "œ",
    "Oe": "Œ",
    "th": "þ",
    "Th": "Þ",
    "SS": "ẞ",
}
# Latin letters and signs that Unicode takes apart: accented, letterlike, ligatures, full-width, mathematical.
_APART = (
    range(0xA0, 0x250),
    range(0x1E00, 0x1F00),
    range(0x2100, 0x2190),
    range(0xFB00, 0xFB07),
    range(0xFE50, 0xFE6C),
    range(0xFF01, 0xFFE7),
    range(0x1D400, 0x1D800),
)
# Marks that stand over or under a letter. Those through it (U+0334 to U+0338) may mean that it is crossed out.
_MARKS = (range(0x300, 0x334), range(0x339, 0x370))
# In a power or a circle a number means something else than beside its neighbour.
_MEANINGFUL = ("<super>", "<sub>", "<circle>", "<square>")


def _fold(char: str, by_hand: dict[str, str]) -> str | None:
    """A character in GSM-7; None where its meaning would be lost."""
    if char in BASIC or char in EXTENDED:
        return char
    if char in by_hand:
        return by_hand[char]
    tag, *rest = unicodedata.decomposition(char).split() or ["<none>"]
    if char in _WELSH or tag in _MEANINGFUL:
        return None
    codes = rest if tag.startswith("<") else [tag, *rest]
    folds = [_fold(chr(int(code, 16)), by_hand) for code in codes]
    whole = "".join(fold for fold in folds if fold is not None)
    return whole if whole.strip() and None not in folds else None


def _by_hand() -> dict[str, str]:
    by_hand = {char: fold for fold, chars in _BY_HAND.items() for char in chars}
    # Marks, and the selector that asks for a sign as text.
    return by_hand | {chr(code): "" for code in (*(code for block in _MARKS for code in block), 0xFE0E)}


def _folds() -> dict[int, str]:
    by_hand = _by_hand()
    apart = {chr(code): _fold(chr(code), by_hand) for block in _APART for code in block}
    folds = apart | by_hand | {char: char for char in BASIC + EXTENDED}  # a table without gaps is twice as fast
    return {ord(char): fold for char, fold in folds.items() if fold is not None}


_FOLDS = _folds()
_FRACTIONS = "".join(chr(code) for code in _FOLDS if unicodedata.decomposition(chr(code)).startswith("<fraction>"))
_FRACTION_AFTER_DIGIT = re.compile(rf"[{_FRACTIONS}](?<=\d.)")  # 2½ is not 21/2

_OUTSIDE_GSM = re.compile(f"[^{re.escape(BASIC + EXTENDED)}]")
_NOT_YET_PLAIN = re.compile(f"[^{re.escape((BASIC + EXTENDED).translate({0x0C: None, 0x0D: None}))}]")
_KEPT = re.compile(f"[^{re.escape(''.join(map(chr, _FOLDS)))}]")
