"""News for a patient: all that they believe, held against all that is true of them at one source.

Believed and true, under whatever id: nothing. Believed, no longer true, and something new there that they do not know:
moved. Believed and not true: called off. True, after they were told that it is off: going ahead after all. True and not
believed is no news: it is led up to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from services.prompts.beliefs import AsRead, Belief, beliefs
from services.prompts.messages import PromptKind
from services.prompts.policy import Policy
from services.prompts.visits import Expectation, Visit, as_one
from shared.calendar.sending_window import instant, urgent

OFF = frozenset({PromptKind.CANCELLED, PromptKind.NOT_FOR_NOW})
"""The kinds of news by which nothing takes the place of what was told."""

SLOWLY = 12
"""The part of the time left that news may wait: four hours before, ten minutes."""

BEFORE_NIGHT = timedelta(minutes=5)
"""News that would settle into the night goes so long before it begins: else it would wait until morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One change that a patient must hear of.

    Attributes:
        kind: moved, cancelled, not for now, or going ahead after all.
        believed: what they were told before.
        visit: what stands now; of what is called off, the visit as it was told.
        told: the visits that they were told of before.
        by_patient: whether the patient asked for it.
        at: when the last change was that it follows from.

    """

    kind: PromptKind
    believed: Belief
    visit: Visit
    told: tuple[Visit, ...]
    by_patient: bool
    at: datetime

    @property
    def is_off(self) -> bool:
        """Whether nothing takes the place of what was told."""
        return self.kind in OFF

    @property
    def first(self) -> datetime:
        """The first instant at which somebody may come in vain, or miss something."""
        return min(self.believed.start, self.visit.start)

    def due_at(self, policy: Policy) -> datetime:
        """When it is told: some minutes after the last change, shorter the nearer the time, for it may change again."""
        spare = max(self.first - self.at - policy.settled_within, timedelta(0))
        settled = self.at + min(policy.settles, spare / SLOWLY)
        by_day = urgent(self.visit.zone)
        if not by_day.is_open(self.at):
            return settled
        return min(settled, max(self.at, by_day.closes_after(self.at) - BEFORE_NIGHT))

    def urgent_by(self, policy: Policy) -> datetime:
        """The instant by which it must be read: later, the patient may come in vain, or miss the new time."""
        return self.first - policy.urgent_ahead


def news(visits: Sequence[Visit], *, rebooked: bool = True) -> tuple[News, ...]:
    """The news of one source's appointments, or of the sessions of its courses, in order of their times.

    `rebooked`: whether what was booked under another name, after the patient was told, may take the place of what was.
    """
    held = beliefs(chain.from_iterable(visit.said for visit in visits))
    stands = as_one(visit for visit in visits if visit.standing is Expectation.ON)
    untrue = _untrue(held, stands)
    gone = _Gone.of([one for one in untrue if one.on], visits)
    new = _not_known(held, stands)
    moved = _moved(gone, new, rebooked=rebooked)
    found = [_to(one, moved) if one.belief.reading in moved else _called_off(one) for one in gone]
    for visit in moved.values():
        del new[visit.reading]
    found += (*_back(new.values(), held, visits), *_given_up(untrue, visits))
    return tuple(sorted(found, key=lambda one: (one.visit.start, one.believed.reading)))


def _untrue(held: Mapping[AsRead, Belief], stands: Iterable[Visit]) -> list[Belief]:
    """What is believed of times that do not stand: that they do, or that they do not."""
    true = {visit.reading for visit in stands}
    return [one for reading, one in held.items() if reading not in true]


def _not_known(held: Mapping[AsRead, Belief], stands: Iterable[Visit]) -> dict[AsRead, Visit]:
    """What stands and is still to come, as far as its events say, and is not believed to stand."""
    believed = {reading for reading, one in held.items() if one.on}
    unknown = [visit for visit in stands if visit.hour_is_known and visit.reading not in believed]
    return {visit.reading: visit for visit in unknown if max(visit.learnt_at, visit.changed_at) < visit.start}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gone:
    """A told time that does not stand; `visits`: those that it was told of, or that were there."""

    belief: Belief
    visits: tuple[Visit, ...]
    at: datetime

    @property
    def told(self) -> tuple[Visit, ...]:
        """The visits that the patient was told of."""
        return tuple(visit for visit in self.visits if visit.thing in self.belief.things)

    @classmethod
    def of(cls, believed: Iterable[Belief], visits: Iterable[Visit]) -> "list[_Gone]":
        """Those of these times that no longer stand, in their order."""
        visits = tuple(visits)
        found = []
        for belief in believed:
            concerned = tuple(v for v in visits if v.thing in belief.things or v.reading == belief.reading)
            at = max(visit.changed_at for visit in concerned)  # whoever believes it was told of some visit
            if at < belief.start and not _is_settled(belief, concerned, visits):
                found.append(cls(belief=belief, visits=concerned, at=at))
        return sorted(found, key=lambda one: (one.belief.start, one.belief.reading))


def _is_settled(belief: Belief, concerned: Iterable[Visit], visits: Iterable[Visit]) -> bool:
    return any(_is_kept(visit, belief) for visit in concerned) or any(_may_be_it(visit, belief) for visit in visits)


def _is_kept(visit: Visit, belief: Belief) -> bool:
    """Whether there is nothing to call off: the patient has come, or knows it.

    What was kept on an earlier day leaves a told time ahead, which is called off.
    """
    if visit.standing is Expectation.OVER:
        return visit.changed_at.astimezone(visit.zone).date() >= belief.last.arranged.minute.date()
    return visit.standing is Expectation.NEITHER


def _may_be_it(visit: Visit, belief: Belief) -> bool:
    """Whether a visit of that day and site, whose hour nobody has said, may be at the told hour: a person finds out."""
    is_that = visit.thing in belief.things or visit.learnt_at > belief.since
    is_there = visit.day == belief.last.arranged.minute.date() and visit.site == belief.last.site
    return _wants_an_hour(visit) and is_that and is_there


def _wants_an_hour(visit: Visit) -> bool:
    return visit.standing is Expectation.ON and not visit.hour_is_known


def _moved(gone: Iterable[_Gone], new: Mapping[AsRead, Visit], *, rebooked: bool) -> dict[AsRead, Visit]:
    """What takes the place of what is gone: under the same name; else, at the same site, booked since it was told."""
    found: dict[AsRead, Visit] = {}
    left = dict(new)
    for by_name in (True, False):
        for one in gone:
            if one.belief.reading in found:
                continue
            ahead = [v for v in left.values() if v.start > one.at]
            fits = [v for v in ahead if (_is_named(v, one) if by_name else _is_instead(v, one, rebooked=rebooked))]
            if fits:
                visit = min(fits, key=lambda v: (v.start, v.thing))
                found[one.belief.reading] = visit
                del left[visit.reading]
    return found


def _is_named(visit: Visit, gone: _Gone) -> bool:
    return not gone.belief.things.isdisjoint(visit.things)


def _is_instead(visit: Visit, gone: _Gone, *, rebooked: bool) -> bool:
    return _is_elsewhere(visit) or (rebooked and _is_rebooked(visit, gone))


def _is_rebooked(visit: Visit, gone: _Gone) -> bool:
    """Whether this was booked in its stead: at that site, and after the patient was told of the old time."""
    sites = {one.site for one in gone.told} | {gone.belief.last.site}
    return visit.learnt_at > gone.belief.since and visit.site in sites


def _is_elsewhere(visit: Visit) -> bool:
    """Whether the patient was told of this very visit, at another time: one that another visit has taken."""
    return any(said.thing == visit.thing and said.on and said.reading != visit.reading for said in visit.said)


def _called_off(gone: _Gone) -> News:
    waits = any(visit.standing is Expectation.WAITING or _wants_an_hour(visit) for visit in gone.visits)
    return News(
        kind=PromptKind.NOT_FOR_NOW if waits else PromptKind.CANCELLED,
        believed=gone.belief,
        visit=as_told(gone.told[0], gone.belief),
        told=gone.told,
        by_patient=any(visit.by_patient for visit in gone.visits),
        at=gone.at,
    )


def as_told(visit: Visit, belief: Belief) -> Visit:
    """A visit as the patient was last told of it: at the hour that they read, whatever its clock or place is now."""
    arranged = belief.last.arranged
    shown = replace(arranged, start=instant(arranged.minute.date(), arranged.minute.time(), visit.zone))
    end = visit.end if visit.start == arranged.start else None  # the end of another time is none of this one
    where, site = belief.reading.where, belief.last.site
    return replace(visit, arranged=shown, end=end, where=where, site=site)


def _to(gone: _Gone, moved: Mapping[AsRead, Visit]) -> News:
    visit = moved[gone.belief.reading]
    at = max(gone.at, visit.known_at, visit.changed_at)
    return News(kind=PromptKind.MOVED, believed=gone.belief, visit=visit, told=gone.told, by_patient=False, at=at)


def _back(visits: Iterable[Visit], held: Mapping[AsRead, Belief], every: Sequence[Visit]) -> Iterator[News]:
    """What stands after the patient was told that it is off, or that the same thing is off at another time."""
    for visit in visits:
        ahead = [one for one in held.values() if _is_off_for(visit, one)]
        if ahead:
            believed = max(ahead, key=lambda one: (one.reading == visit.reading, one.last.told_at, one.reading))
            yield News(
                kind=PromptKind.REINSTATED,
                believed=believed,
                visit=visit,
                told=tuple(one for one in every if one.thing in believed.things),
                by_patient=False,
                at=max(visit.known_at, visit.changed_at),
            )


def _given_up(held: Iterable[Belief], visits: Sequence[Visit]) -> Iterator[News]:
    """What is off for good, after the patient was told that it is off for now and that they will hear of a new time."""
    for belief in held:
        if belief.last.kind == PromptKind.NOT_FOR_NOW:
            those = tuple(visit for visit in visits if visit.thing in belief.things)
            off = _Gone(belief=belief, visits=those, at=max(visit.changed_at for visit in those))
            if off.at < belief.start and _is_off_for_good(off, visits):
                yield _called_off(off)


def _is_off_for_good(off: _Gone, visits: Iterable[Visit]) -> bool:
    is_off = all(visit.standing is Expectation.OFF for visit in off.visits)
    return is_off and not any(_is_booked_since(visit, off.belief) for visit in visits)


def _is_booked_since(visit: Visit, belief: Belief) -> bool:
    """Whether this was booked at that site since the patient was last told of a time there."""
    is_new = visit.learnt_at > belief.last.told_at
    return visit.standing is Expectation.ON and is_new and visit.site == belief.last.site


def _is_off_for(visit: Visit, belief: Belief) -> bool:
    """Whether the patient was told that this visit is off, at this time or another that lies ahead."""
    is_of_it = belief.reading == visit.reading or _last_of(visit, belief)
    return not belief.on and is_of_it and belief.start > visit.changed_at


def _last_of(visit: Visit, belief: Belief) -> bool:
    """Whether the last that was told of the visit's own thing is this: that it is off."""
    own = [said for said in visit.said if said.thing == visit.thing]
    return bool(own) and not own[-1].on and own[-1].reading == belief.reading
