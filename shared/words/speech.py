"""Formats days, times and lists in English and Welsh.

Times are those of the NHS content guide (https://service-manual.nhs.uk/content/numbers-measurements-dates-time), names
of days and months those of CLDR (Babel). Welsh mutates only what is known to stand there: `ar ddydd`, never a name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from babel.dates import format_date

from shared.words.coming import attendance, coming
from shared.words.wording import Language

Visit = Mapping[str, Any]
"""An appointment in a list: `start` and `end` are datetimes, `mode` a code, `place` a mapping."""

HALF_DAY = 12  # hours on a clock's face


LONGEST_DAY = 8_000
"""Characters of a clinician's day: a value of 10,000 is refused, and staff would not read more before a clinic."""

ROOM = ((10, 400), (5, 160), (3, 90), (2, 60), (0, 0))
"""Items shown of each agenda, and characters of each item: fewer on a long day, which then says that there is more.

With the last pair 40 appointments fit, with all notes on each.
"""


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
            at_place="{name}",  # yn mutates nasally, and a name's mutation is unknown: Bangor, ym Mangor
            how={"telephone": "dros y ffôn", "video": "drwy fideo"},
            to_call="{phone} ({times})",
            otherwise=", neu ",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes below an appointment in a clinician's day, in one language."""

    several: str
    unknown: str
    urgent: str
    wishes: Mapping[str, str]
    none: str
    more: str
    sure: str


NOTES: Mapping[Language, Notes] = MappingProxyType(
    {
        Language.ENGLISH: Notes(
            several="{count} appointments at this time, so no lists here: see the task list.",
            unknown="What they said could not be looked up: see the task list.",
            urgent="A text of theirs sounded urgent: see the task list.",
            wishes={
                "1": "They said that they are coming.",
                "2": "They asked for a new time. It stays booked until you move it.",
                "3": "They said that it is not needed. It stays booked until you cancel it.",
            },
            none="No list yet.",
            more="They wrote more than this: see the task list.",
            sure="Sure of their goal: {number} of 10",
        ),
        Language.WELSH: Notes(
            several="{count} apwyntiad ar yr un pryd, felly dim rhestrau yma: gweler y rhestr dasgau.",
            unknown="Nid oedd modd gweld beth ddywedon nhw: gweler y rhestr dasgau.",
            urgent="Roedd neges ganddyn nhw'n swnio'n fater brys: gweler y rhestr dasgau.",
            wishes={
                "1": "Dywedon nhw eu bod yn dod.",
                "2": "Gofynnon nhw am amser newydd. Mae'n sefyll nes i chi ei symud.",
                "3": "Dywedon nhw nad oes ei angen. Mae'n sefyll nes i chi ei ganslo.",
            },
            none="Dim rhestr eto.",
            more="Ysgrifennon nhw fwy na hyn: gweler y rhestr dasgau.",
            sure="Sicrwydd am eu nod: {number} allan o 10",
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
        start=clock_time(start, language), and_=_and(end, language), end=clock_time(end, language)
    )


def lines(visits: Iterable[Visit], language: Language) -> str:
    """Appointments of one day, one a line, each with its address where it has one."""
    return "\n".join(
        ", ".join([_when(visit, language), _how(visit, language), *_address(visit, language)]) for visit in visits
    )


def listed(visits: Iterable[Visit], language: Language) -> str:
    """Appointments of one day in one line, for a text message."""
    return "; ".join(f"{_when(visit, language)}, {_how(visit, language)}" for visit in visits)


def phones(visits: Iterable[Visit], language: Language) -> str:
    """The phone number for these appointments, or each number with the times of its appointments."""
    starts: dict[str, list[datetime]] = {}
    for visit in visits:
        starts.setdefault(visit["place"]["phone"], []).append(visit["start"])
    if len(starts) == 1:
        return next(iter(starts))
    said = PHRASES[language]
    return said.otherwise.join(
        said.to_call.format(phone=phone, times=_times(times, language)) for phone, times in starts.items()
    )


def agendas(visits: Sequence[Visit], language: Language) -> str:
    """A clinician's day: each time with the patient's replies, without a name. A long day shows less of each.

    Where several appointments begin at once, a time does not identify the patient, so no replies are shown.
    """
    at_once: dict[datetime, list[Visit]] = {}
    for visit in visits:
        at_once.setdefault(visit["start"], []).append(visit)
    text = ""
    for most, longest in ROOM:
        text = "\n\n".join("\n".join(_entry(those, language, most, longest)) for those in at_once.values())
        if len(text) <= LONGEST_DAY:
            break
    return text


FILTERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "day": day,
        "on": on,
        "time": clock_time,
        "between": between,
        "lines": lines,
        "listed": listed,
        "phones": phones,
        "agendas": agendas,
        "coming": coming,
        "attendance": attendance,
    }
)
"""The filters of wordings. The language follows the wording's own arguments; `on` also takes `now`."""


@lru_cache(maxsize=2048)  # a year in both languages, three times over; formatting takes 10 µs
def _day(at: date, language: Language) -> str:
    name = format_date(at, "EEEE d MMMM", locale=PHRASES[language].locale)
    # CLDR's `Dydd` is for lists of days; within a sentence Welsh days are lower-case.
    return name[0].lower() + name[1:] if language is Language.WELSH else name


def _and(at: datetime, language: Language) -> str:
    """The word for "and" before a time, by how the time is spoken; `hanner nos` begins with a consonant."""
    if language is Language.ENGLISH:
        return "and"
    return "ac" if at.hour % HALF_DAY in VOWELS else "a"


def _times(starts: Sequence[datetime], language: Language) -> str:
    """A list of times: `9am`, `9am and 10am`, `9am, 10am and 11am`."""
    *before, last = dict.fromkeys(starts)
    if not before:
        return clock_time(last, language)
    return f"{', '.join(clock_time(at, language) for at in before)} {_and(last, language)} {clock_time(last, language)}"


def _when(visit: Visit, language: Language) -> str:
    if visit["mode"] == "telephone":
        return between(visit["start"], visit["end"], language)
    return clock_time(visit["start"], language)


def _how(visit: Visit, language: Language) -> str:
    said = PHRASES[language]
    return said.how.get(visit["mode"]) or said.at_place.format(name=visit["place"]["name"])


def _address(visit: Visit, language: Language) -> list[str]:
    """The address of an appointment in person; a call has none."""
    address = visit["place"].get("address")
    return [address] if address and visit["mode"] not in PHRASES[language].how else []


def _entry(visits: Sequence[Visit], language: Language, most: int, longest: int) -> Iterator[str]:
    """The lines about the appointments that begin at one time."""
    notes = NOTES[language]
    said = [visit["said"] for visit in visits]
    if len(visits) > 1:
        yield f"{clock_time(visits[0]['start'], language)}: {notes.several.format(count=len(visits))}"
    else:
        by = PHRASES[language].how.get(visits[0]["mode"])
        yield ", ".join(filter(None, (clock_time(visits[0]["start"], language), by)))
    if any(one.get("is_urgent") for one in said):
        yield notes.urgent
    if len(visits) == 1:
        yield from _told(said[0], notes, most, longest) if said[0] else (notes.unknown,)


def _told(said: Mapping[str, Any], notes: Notes, most: int, longest: int) -> Iterator[str]:
    """The lines about one patient's replies."""
    if said["wish"] in notes.wishes:
        yield notes.wishes[said["wish"]]
    items = [item if len(item) <= longest else f"{item[: longest - 1].rstrip()}…" for item in said["items"][:most]]
    yield from (f"- {item}" for item in items)
    has_more = said["has_more"] or len(said["items"]) > most
    if has_more:
        yield notes.more
    elif not items:
        yield notes.none
    if said["confidence"] is not None:
        yield notes.sure.format(number=said["confidence"])
