"""Decides whether two records speak of one person, of what each says of name, birth date, number and death."""

import re
import unicodedata
from enum import Enum, auto

from shared.clinic.patient import Details

A_DAY = len("1950-03-01")


class Agreement(Enum):
    """What two records say of each other."""

    AGREE = auto()
    """Both numbers were verified, or name and birth date are the same."""
    UNKNOWN = auto()
    """Too little is said to tell."""
    CONTRADICT = auto()
    """They are two people: another name and another birth date; or one is dead and the other said to live."""


def agreement(one: Details, other: Details) -> Agreement:
    """Whether two records that give the same NHS number speak of one person. What is left out agrees with nothing."""
    names, births = _names(one.first_name, other.first_name), _births(one.birth_date, other.birth_date)
    if (names, births) == (Agreement.CONTRADICT, Agreement.CONTRADICT):
        return Agreement.CONTRADICT
    if {one.deceased, other.deceased} == {True, False}:
        return Agreement.CONTRADICT
    if (names, births) == (Agreement.AGREE, Agreement.AGREE):
        return Agreement.AGREE
    return Agreement.AGREE if one.number_is_verified and other.number_is_verified else Agreement.UNKNOWN


def _names(one: str | None, other: str | None) -> Agreement:
    """Whether two first names can be one person's: in any order, case and spelling of accents.

    They agree where every word of the shorter one is in the longer one, an initial for its word, and at least one word
    is the same in full. They contradict where no word of either can stand for one of the other.
    """
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    if not shorter:
        return Agreement.UNKNOWN
    fits = [any(_can_be(word, same) for same in longer) for word in shorter]
    if all(fits) and any(len(word) > 1 for word in shorter & longer):
        return Agreement.AGREE
    return Agreement.UNKNOWN if any(fits) else Agreement.CONTRADICT


def _can_be(word: str, other: str) -> bool:
    initial = len(word) == 1 or len(other) == 1
    return word == other or (initial and word[0] == other[0])


def _words(name: str | None) -> set[str]:
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return set(re.findall(r"[^\W\d_]+", re.sub("['\N{RIGHT SINGLE QUOTATION MARK}-]", "", bare)))


def _births(one: str | None, other: str | None) -> Agreement:
    """Whether two birth dates are the same day; a year or a month that fits tells nothing."""
    if not one or not other:
        return Agreement.UNKNOWN
    if one == other and len(one) == A_DAY:
        return Agreement.AGREE
    fits = one.startswith(other) or other.startswith(one)
    return Agreement.UNKNOWN if fits else Agreement.CONTRADICT
