"""Series: visits at one site that follow each other closely, as treatments do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from services.prompts.clinics import policy_for
from services.prompts.policy import Policy
from services.prompts.visits import Expectation, Visit

LONG = 3
"""A series in which the agenda is not asked for each time has at least so many days."""

LASTS = timedelta(hours=1)
"""A visit of unknown length is taken to be over after so long."""


@dataclass(frozen=True, slots=True)
class InSeries:
    """A visit's part in its series.

    Attributes:
        asks: whether the agenda is asked for at this one.
        over_at: when the visits of the day before it in the series are over; None where it is the first.

    """

    asks: bool = True
    over_at: datetime | None = None


def series(visits: Iterable[Visit], policy: Policy) -> Mapping[str, InSeries]:
    """Each visit's part in its series, by thing. What was kept or missed before counts as well."""
    held = [v for v in visits if v.standing in {Expectation.ON, Expectation.OVER} and v.hour_is_known]
    ordered = sorted(held, key=lambda v: (v.source, v.site, v.start, v.thing))
    found: dict[str, InSeries] = {}
    for _, those in groupby(ordered, key=lambda v: (v.source, v.site)):
        days = [list(day) for _, day in groupby(those, key=lambda v: v.day)]
        for run in _runs(days, policy.series_gap):
            found |= _parts(run, policy)
    return found


def _parts(run: Iterable[list[Visit]], policy: Policy) -> dict[str, InSeries]:
    """The part of each visit in one series, day by day."""
    run, found = list(run), {}
    over_at: datetime | None = None
    for number, day in enumerate(run):
        for visit in day:
            asks = len(run) < LONG or _asks(number, policy_for(visit, policy).series)
            found[visit.thing] = InSeries(asks=asks, over_at=over_at)
        over_at = max(map(_over_at, day))
    return found


def _runs(days: Iterable[list[Visit]], gap: timedelta) -> list[list[list[Visit]]]:
    """Days that follow each other within the gap, together."""
    runs: list[list[list[Visit]]] = []
    for day in days:
        if runs and day[0].day - runs[-1][-1][0].day <= gap:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _asks(number: int, how_often: str) -> bool:
    if how_often == "each":
        return True
    return number == 0 if how_often == "first" else number % int(how_often) == 0


def _over_at(visit: Visit) -> datetime:
    end = visit.end if visit.end and visit.end > visit.start else visit.start + LASTS
    return min(end, visit.start + timedelta(hours=12))
