"""Estimates the reading age of an English text from the lengths of its sentences and words.

The Flesch-Kincaid grade (Kincaid et al. 1975, for adults' manuals) counts years at school in the United States, where
children are five when they begin; so five years are added. NHS guidance asks for a reading age of 9 to 11
(https://service-manual.nhs.uk/content/health-literacy).

Its limits: it knows no meaning, so short rare words pass and "appointment", a familiar word, counts three; it takes the
mean, so one long sentence among many short ones passes; syllables are estimated from letters; for few words it is
unreliable. It does not apply to Welsh.
"""

import re
import warnings
from functools import lru_cache
from importlib import import_module

with warnings.catch_warnings():  # it has escapes that Python warns of when it compiles it first
    warnings.simplefilter("ignore")
    _READABILITY = import_module("readability")  # so imported, for it ships no types

YEARS_BEFORE_SCHOOL = 5
FEWEST_WORDS = 8  # of fewer, one long word decides

_SENTENCE_END = re.compile(r"(?<=[.?!])[\"')]*\s+|\n+")  # 2.30pm and nhs.uk have no space after their stop
_SIGN = re.compile(r"([^\w\s.'\u2019/-]|[.'\u2019/-](?!\w))")  # apart from words; within them they stay


def reading_age(text: str) -> float | None:
    """The reading age in years; None for fewer than eight words."""
    counts = [_count(sentence) for sentence in sentences(text)]
    words, syllables = (sum(count) for count in zip(*counts, strict=True)) if counts else (0, 0)
    if words < FEWEST_WORDS:
        return None
    return float(_READABILITY.KincaidGradeLevel(syllables, words, len(counts))) + YEARS_BEFORE_SCHOOL


def sentences(text: str) -> list[str]:
    """The sentences of a text; the end of a line ends a sentence too."""
    return [sentence for sentence in _SENTENCE_END.split(text) if any(letter.isalnum() for letter in sentence)]


def hardest(text: str) -> str:
    """The sentence to shorten first: the one with the highest reading age, or else the longest."""
    return max(sentences(text), key=lambda sentence: (reading_age(sentence) or 0, len(sentence)), default="")


@lru_cache(maxsize=4096)  # branches share most of their sentences
def _count(sentence: str) -> tuple[int, int]:
    """The numbers of words and of syllables of a sentence."""
    told = _READABILITY.getmeasures([_SIGN.sub(r" \1 ", sentence)])["sentence info"]
    return told["words"], told["syllables"]
