"""Formats days and times in English and Welsh.

Times are those of the NHS content guide (https://service-manual.nhs.uk/content/numbers-measurements-dates-time), names
of days and months those of CLDR (Babel). Welsh mutates only what is known to stand there: `ar ddydd`, never a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType

from babel.dates import format_date

from shared.words.wording import Language

HALF_DAY = 12  # hours on a clock's face


@dataclass(frozen=True, slots=True, kw_only=True)
class SurroundingPhrases:
    """The phrases around a day, a time or a place in one language."""

    locale: str
    on: str
    today: str
    noon: str
    midnight: str
    between: str
    about: str
    at_time: str
    at_place: str
    how: Mapping[str, str]
    to_call: str
    otherwise: str


PHRASES: Mapping[Language, SurroundingPhrases] = MappingProxyType(
    {
        Language.ENGLISH: SurroundingPhrases(
            locale="en_GB",
            on="on {day}",
            today="today, {day}",
            noon="12 noon",
            midnight="midnight",
            between="between {start} {and_} {end}",
            about="at about {start}",
            at_time="at {time}",
            at_place="at {name}",
            how={"telephone": "by phone", "video": "by video"},
            to_call="{phone} (for {times})",
            otherwise=", or ",
        ),
        Language.WELSH: SurroundingPhrases(
            locale="cy",
            on="ar d{day}",  # ar mutates softly: dydd, ar ddydd
            today="heddiw, {day}",
            noon="12 hanner dydd",
            midnight="hanner nos",
            between="rhwng {start} {and_} {end}",
            about="tua {start}",
            at_time="am {time}",
            at_place="{name}",  # yn mutates nasally, and a name's mutation is unknown: Bangor, ym Mangor
            how={"telephone": "dros y ffôn", "video": "drwy fideo"},
            to_call="{phone} ({times})",
            otherwise=", neu ",
        ),
    }
)


VOWELS = frozenset({1, 8, 11})
"""Hours whose Welsh begins with a vowel: un, wyth, un ar ddeg. `And` is `ac` before them, else `a`.

The rule: https://www.llyw.cymru/bydtermcymru/style-guide, `a / ac`.
"""


def day(at: datetime, language: Language) -> str:
    """A day as `Tuesday 1 December`, `dydd Mawrth 1 Rhagfyr`: a weekday helps more than a year."""
    return _day(at.date(), language)


def on(at: datetime, language: Language, now: datetime | None) -> str:
    """A day as `on Tuesday 1 December`; `today, Tuesday 1 December` where `now` is on that day in the zone of `at`.

    Never `tomorrow`: a text may be read after midnight. The date always stands beside `today`.
    """
    said = PHRASES[language]
    is_today = now is not None and now.astimezone(at.tzinfo).date() == at.date()
    return (said.today if is_today else said.on).format(day=day(at, language))


def clock_time(at: datetime, language: Language) -> str:
    """A time as `2.30pm`, `9am`, `12 noon`, `midnight`; Welsh differs in the last two."""
    if (at.hour, at.minute) in {(HALF_DAY, 0), (0, 0)}:
        return PHRASES[language].noon if at.hour else PHRASES[language].midnight
    minutes = f".{at.minute:02d}" if at.minute else ""
    return f"{at.hour % HALF_DAY or HALF_DAY}{minutes}{'am' if at.hour < HALF_DAY else 'pm'}"


def between(start: datetime, end: datetime, language: Language) -> str:
    """A range for a call whose minute is uncertain; `at about` where no end on that day is known."""
    said = PHRASES[language]
    if not (start < end and start.date() == end.date()):
        return said.about.format(start=clock_time(start, language))
    return said.between.format(
        start=clock_time(start, language), and_=and_before(end, language), end=clock_time(end, language)
    )


@lru_cache(maxsize=2048)  # a year in both languages, three times over; formatting takes 10 µs
def _day(at: date, language: Language) -> str:
    name = format_date(at, "EEEE d MMMM", locale=PHRASES[language].locale)
    # CLDR's `Dydd` is for lists of days; within a sentence Welsh days are lower-case.
    return name[0].lower() + name[1:] if language is Language.WELSH else name


def short_day(at: datetime, language: Language) -> str:
    """A day as `Mon 2 Nov`, where several stand in one text."""
    return _short_day(at.date(), language)


@lru_cache(maxsize=2048)
def _short_day(at: date, language: Language) -> str:
    return format_date(at, "EEE d MMM", locale=PHRASES[language].locale)


def and_before(at: datetime, language: Language) -> str:
    """The word for "and" before a time, by how the time is spoken; `hanner nos` begins with a consonant."""
    if language is Language.ENGLISH:
        return "and"
    return "ac" if at.hour % HALF_DAY in VOWELS else "a"
