"""Lists appointments in English and Welsh: of one day, or of several, which are then named."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.words.day_times import PHRASES, and_before, between, clock_time, day, short_day
from shared.words.wording import Language

Visit = Mapping[str, Any]
"""An appointment in a list: `start` and `end` are datetimes, `mode` a code, `place` a mapping."""


def lines(visits: Sequence[Visit], language: Language) -> str:
    """Appointments, one a line, each with its address where it has one; of several days each with its day."""
    dated = _has_several_days(visits)
    return "\n".join(_line(visit, language, dated=dated) for visit in visits)


def listed(visits: Sequence[Visit], language: Language) -> str:
    """Appointments in one line, for a text message.

    Those of several days have short days (`Mon 2 Nov 10am`), and what they share is said once: the place, and the time.
    """
    if not _has_several_days(visits):
        return "; ".join(f"{_when(visit, language)}, {_how(visit, language)}" for visit in visits)
    return dated(visits, language)


def dated(visits: Sequence[Visit], language: Language) -> str:
    """Appointments in one line, each with its day, be it one: `Mon 2 Nov, Tue 3 Nov at 10am, at Riverside`."""
    by_place: dict[str, list[Visit]] = {}
    for visit in visits:
        by_place.setdefault(_how(visit, language), []).append(visit)
    return "; ".join(f"{_days(those, language)}, {how}" for how, those in by_place.items())


def phones(visits: Sequence[Visit], language: Language) -> str:
    """The phone number for these appointments, or each number with the times, or days, of its appointments."""
    starts: dict[str, list[datetime]] = {}
    for visit in visits:
        starts.setdefault(visit["place"]["phone"], []).append(visit["start"])
    if len(starts) == 1:
        return next(iter(starts))
    said, name = PHRASES[language], _naming(starts.values())
    return said.otherwise.join(
        said.to_call.format(phone=phone, times=name(times, language)) for phone, times in starts.items()
    )


def _naming(groups: Collection[Sequence[datetime]]) -> Callable[[Sequence[datetime], Language], str]:
    """How the appointments of each number are named: by time, by day, or by both where two numbers share a day."""
    days = [one for group in groups for one in {at.date() for at in group}]
    if len(set(days)) == 1:
        return _times
    return _short_days if len(set(days)) == len(days) else _days_and_times


def how(mode: str, language: Language) -> str | None:
    """How a call is made; None of a meeting in person."""
    return PHRASES[language].how.get(mode)


def _has_several_days(visits: Sequence[Visit]) -> bool:
    return len({visit["start"].date() for visit in visits}) > 1


def _line(visit: Visit, language: Language, *, dated: bool) -> str:
    on = [day(visit["start"], language)] if dated else []
    return ", ".join([*on, _when(visit, language), _how(visit, language), *_address(visit, language)])


def _days(visits: Sequence[Visit], language: Language) -> str:
    """Days with their time: `Mon 2 Nov, Tue 3 Nov at 10am`, `Mon 2 Nov 10am, Tue 3 Nov 2pm`."""
    times = {_when(visit, language) for visit in visits}
    if len(times) > 1:
        return ", ".join(f"{short_day(visit['start'], language)} {_when(visit, language)}" for visit in visits)
    at = times.pop()
    ranged = visits[0]["mode"] == "telephone"  # "between 9am and 10am" needs no "at"
    when = at if ranged else PHRASES[language].at_time.format(time=at)
    return f"{_short_days([visit['start'] for visit in visits], language)} {when}"


def _short_days(starts: Sequence[datetime], language: Language) -> str:
    return ", ".join(dict.fromkeys(short_day(at, language) for at in starts))


def _days_and_times(starts: Sequence[datetime], language: Language) -> str:
    return ", ".join(dict.fromkeys(f"{short_day(at, language)} {clock_time(at, language)}" for at in starts))


def _times(starts: Sequence[datetime], language: Language) -> str:
    """A list of times: `9am`, `9am and 10am`, `9am, 10am and 11am`."""
    *before, last = dict.fromkeys(starts)
    if not before:
        return clock_time(last, language)
    joined = ", ".join(clock_time(at, language) for at in before)
    return f"{joined} {and_before(last, language)} {clock_time(last, language)}"


def _when(visit: Visit, language: Language) -> str:
    if visit["mode"] == "telephone":
        return between(visit["start"], visit["end"], language)
    return clock_time(visit["start"], language)


def _how(visit: Visit, language: Language) -> str:
    return how(visit["mode"], language) or PHRASES[language].at_place.format(name=visit["place"]["name"])


def _address(visit: Visit, language: Language) -> list[str]:
    """The address of an appointment in person; a call has none."""
    address = visit["place"].get("address")
    return [address] if address and how(visit["mode"], language) is None else []
