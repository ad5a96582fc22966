"""Reads a telephone number as people write it: a mobile's E.164 number, or the reason why it cannot be texted.

A number is never guessed: an ambiguous entry is refused, and a person looks at it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    format_number,
    is_possible_number_for_type_with_reason,
    number_type,
    parse,
    region_code_for_country_code,
    region_code_for_number,
)


class PhoneRefusal(StrEnum):
    """Why an entry is not a number that we may text; fit for a metric's label."""

    EMPTY = auto()
    NOT_A_NUMBER = auto()
    TOO_SHORT = auto()
    TOO_LONG = auto()
    NOT_VALID = auto()
    LANDLINE = auto()
    PREMIUM = auto()
    NOT_MOBILE = auto()
    WARNED_OFF = auto()


REFUSALS: Mapping[PhoneRefusal, str] = MappingProxyType(
    {
        PhoneRefusal.EMPTY: "There is no telephone number.",
        PhoneRefusal.NOT_A_NUMBER: "This can't be read as one telephone number.",
        PhoneRefusal.TOO_SHORT: "This telephone number has too few digits.",
        PhoneRefusal.TOO_LONG: "This telephone number has too many digits, or there is more than one.",
        PhoneRefusal.NOT_VALID: "No such telephone number has been given out: please check the digits.",
        PhoneRefusal.LANDLINE: "This is a landline, and a text to it might be read aloud to anyone.",
        PhoneRefusal.PREMIUM: "This is a premium-rate number.",
        PhoneRefusal.NOT_MOBILE: "This is no mobile, but an extension, pager, personal, freephone or internet number.",
        PhoneRefusal.WARNED_OFF: "A note beside this number seems to say that it should not be used.",
    }
)
"""The refusals as sentences for people; they never hold the number."""


@dataclass(frozen=True, slots=True, repr=False)
class Mobile:
    """A mobile number that we may text. Its `repr` (logs, tracebacks, f-strings) shows the last three digits alone."""

    e164: str
    """ITU-T E.164: a plus sign, the country code, at most 15 digits in all; no spaces."""

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise ValueError("Not a number in E.164 form (a plus sign and up to 15 digits).")

    def __repr__(self) -> str:
        return f"Mobile(…{self.e164[-3:]})"


def mobile(text: str, region: str = "GB") -> Mobile | PhoneRefusal:
    """Read the mobile number of an entry, or why we may not text it.

    `region` (ISO 3166) is where numbers without a country code belong. Spaces, brackets, dots, hyphens, digits of any
    script, `tel:` (RFC 3966) and words before or after ("07700 900123 (mum's)") are understood. No text raises; an
    unknown region is a `ValueError`. Only a send can tell whether it is in service (Twilio: 21211, 21614, 30005).
    """
    if region not in SUPPORTED_REGIONS:
        raise ValueError(f"Unknown region {region!r}: use a code of ISO 3166 in capitals, such as 'GB'.")
    plain = "".join(map(_plain, text)).strip()
    if not plain:
        return PhoneRefusal.EMPTY
    digits = _digits(plain)
    if isinstance(digits, PhoneRefusal):
        return digits
    try:
        number = parse(digits, region)
    except NumberParseException as unread:
        return _UNREAD[unread.error_type]
    kind = number_type(number)
    if kind in _TEXTABLE or _is_for_drama(number):
        return Mobile(format_number(number, PhoneNumberFormat.E164))
    if kind == PhoneNumberType.UNKNOWN:
        reason = is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
        return _MISFITS.get(reason, PhoneRefusal.NOT_VALID)
    return _OTHER_KINDS.get(kind, PhoneRefusal.NOT_MOBILE)


def country_of(e164: str) -> str:
    """The country (ISO 3166) that a number is charged as. Islands that share a code count as themselves where known."""
    number = parse(e164)
    found = region_code_for_number(number) or region_code_for_country_code(number.country_code or 0)
    return str(found)


# In North America a number doesn't tell a landline from a mobile; Twilio does (30006).
_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_OTHER_KINDS = {
    PhoneNumberType.FIXED_LINE: PhoneRefusal.LANDLINE,
    PhoneNumberType.PREMIUM_RATE: PhoneRefusal.PREMIUM,
}

_MISFITS = {
    ValidationResult.TOO_SHORT: PhoneRefusal.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneRefusal.TOO_SHORT,
    ValidationResult.TOO_LONG: PhoneRefusal.TOO_LONG,
}

_UNREAD = {
    NumberParseException.INVALID_COUNTRY_CODE: PhoneRefusal.NOT_VALID,
    NumberParseException.NOT_A_NUMBER: PhoneRefusal.TOO_SHORT,  # it had digits, but fewer than two
    NumberParseException.TOO_SHORT_AFTER_IDD: PhoneRefusal.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: PhoneRefusal.TOO_SHORT,
    NumberParseException.TOO_LONG: PhoneRefusal.TOO_LONG,
}

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# Ofcom, "Telephone numbers for use in TV and radio drama programmes": 07700 900000 to 900999 are mobile numbers that
# will be given to nobody, so the metadata has them as invalid. They have a mobile's form and can reach no one: the only
# numbers that examples, tests and demonstrations should use.
_DRAMA = range(7700_900_000, 7700_901_000)
_UNITED_KINGDOM = 44


def _is_for_drama(number: PhoneNumber) -> bool:
    return (
        number.country_code == _UNITED_KINGDOM and number.national_number in _DRAMA and not number.italian_leading_zero
    )


_LONGEST_ENTRY = 250  # characters: what phonenumbers reads at most, and far more than a number with a note needs

_ENTRY = re.compile(r"([^+0-9]*)([+0-9](?:.*[+0-9])?)([^+0-9]*)", re.DOTALL)

# A slash could begin a second number ("900123/4"), so it isn't here.
_NUMBER = re.compile(r"\+?[0-9\s().\N{MIDDLE DOT}-]*[0-9]")
_EXTENSION = re.compile(r"[0-9]\W*(?:x|ext|extn|extension|#)\W*[0-9]", re.IGNORECASE)

# Words of a note that warns off the number beside it. "No" alone is short for number.
_WARNING = re.compile(
    r"""\b(?: not | don['\N{RIGHT SINGLE QUOTATION MARK}]?t | never | wrong | old | ex | former | previous
      | invalid | incorrect | unobtainable | disconnected | dead | died | deceased | rip
      | fax | stop | opt(?:ed|s)?[\s-]?out
      | no \s (?: longer | texts? | texting | sms | messages? | calls? | contact ) )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_NOTES = frozenset("'\N{RIGHT SINGLE QUOTATION MARK}.,:;()[]/&!?-")

_HYPHENS = frozenset(  # besides those that Unicode counts as dashes
    "\N{MINUS SIGN}\N{HYPHEN BULLET}\N{MODIFIER LETTER MINUS SIGN}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}"
)


def _digits(entry: str) -> str | PhoneRefusal:
    """The one number in the entry, as ASCII digits with an optional plus before them."""
    if len(entry) > _LONGEST_ENTRY:
        return PhoneRefusal.TOO_LONG
    parts = _ENTRY.fullmatch(entry)
    if parts is None:
        return PhoneRefusal.NOT_A_NUMBER
    before, number, after = parts.groups()
    if _EXTENSION.search(number):
        return PhoneRefusal.NOT_MOBILE
    if not (_NUMBER.fullmatch(number) and _are_notes(before, after)):
        return PhoneRefusal.NOT_A_NUMBER
    if _WARNING.search(before) or _WARNING.search(after):
        return PhoneRefusal.WARNED_OFF
    return "".join(char for char in number if char in "+0123456789")


def _are_notes(before: str, after: str) -> bool:
    """Whether these are words beside the number: it is no part of one, nor of a code, such as a postcode."""
    return not (before[-1:].isalpha() or after[:1].isalpha()) and _is_note(before) and _is_note(after)


def _plain(char: str) -> str:
    """The ASCII equivalent of a character in a number; empty for an invisible one; else the character itself."""
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf":  # marks of direction and joiners, pasted along from address books
        return ""
    if category == "Pd" or char in _HYPHENS:
        return "-"
    if "\N{FULLWIDTH EXCLAMATION MARK}" <= char <= "\N{FULLWIDTH TILDE}":
        return chr(ord(char) - 0xFEE0)  # Unicode's full-width forms repeat ASCII's 0x21 to 0x7E in order
    return char


def _is_note(words: str) -> bool:
    """Whether the text consists of letters, their marks (accents, vowels), spaces and ordinary punctuation."""
    return all(c in _IN_NOTES or c.isspace() or unicodedata.category(c)[0] in "LM" for c in words)
