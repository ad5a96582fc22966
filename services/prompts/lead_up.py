"""Lead-up steps: messages that lead up to visits. Steps to one day, or to the near days of a series, become one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PromptKind, entries, filling, reply_data, stamp, template
from services.prompts.visits import Visit
from shared.rules.plan import Message

REMINDERS = frozenset({PromptKind.EARLY_REMINDER, PromptKind.REMINDER})

ONE_WEEK = timedelta(days=7)

FIRST_KEPT = (PromptKind.SHORT_NOTICE, PromptKind.REMINDER, PromptKind.BOOKED, PromptKind.EARLY_REMINDER)
"""Which steps are kept where there are too many in a week; agenda prompts come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadUpStep:
    """A message on the way to a visit, or to several that share it.

    Attributes:
        earliest: it does not go before, whomever it is joined with.
        usual_day: the local day on which it would go, were there no earlier visit.
        asks: of a short notice, whether it asks what to talk about.
        urgent_by: see `Message`.

    """

    kind: PromptKind
    visits: tuple[Visit, ...]
    send_at: datetime
    expires_at: datetime
    earliest: datetime
    usual_day: date
    asks: bool = True
    urgent_by: datetime | None = None

    @property
    def day(self) -> tuple[str, date, str]:
        """The source and the local day of the visits, and their time zone: one message never speaks of two sources."""
        return self.visits[0].source, self.visits[0].day, self.visits[0].zone.key

    @property
    def sites(self) -> frozenset[str]:
        """The sites of the visits."""
        return frozenset(visit.site for visit in self.visits)

    @property
    def worded_as(self) -> PromptKind:
        """The kind whose words it has: a short notice that asks for nothing has those of a reminder."""
        is_reminder = self.kind in REMINDERS or (self.kind is PromptKind.SHORT_NOTICE and not self.asks)
        return PromptKind.REMINDER if is_reminder else self.kind

    @property
    def tells_first(self) -> bool:
        """Whether this is the last word before a visit of which nothing was said before."""
        is_last = self.kind in {PromptKind.REMINDER, PromptKind.SHORT_NOTICE}
        return is_last and not all(visit.said for visit in self.visits)

    def message(self) -> Message:
        """The message of this step. Its key holds the visits and their times, so a moved one has another.

        It can be answered until the first of them begins. Where the patient has opted out of texts, a person asks for
        the agenda instead.
        """
        words = template(self.worded_as, self.visits)
        replied = reply_data(self.visits) if self.worded_as is PromptKind.REMINDER else {}
        return Message(
            key=" + ".join(f"{visit.key}/{self.kind}/{stamp(visit.start)}" for visit in self.visits),
            kind=self.kind,
            template=words,
            category=CATEGORY,
            send_at=self.send_at,
            expires_at=self.expires_at,
            urgent_by=self.urgent_by,
            says={thing: said for visit in self.visits for thing, said in visit.says.items()},
            places=tuple(dict.fromkeys(visit.place for visit in self.visits)),
            data={**filling(self.visits), **replied},
            calendar=entries(self.visits),
            answers_until=min(visit.start for visit in self.visits) if words in ASKING else None,
            ask_instead=self.worded_as in {PromptKind.AGENDA, PromptKind.SHORT_NOTICE},
            must_reach=self.kind in {PromptKind.REMINDER, PromptKind.SHORT_NOTICE},
        )


def one_a_day(steps: Iterable[LeadUpStep]) -> list[LeadUpStep]:
    """Join the steps of one kind that lead to the same day at one source."""
    days: dict[tuple[str, date, str], list[LeadUpStep]] = {}
    for step in steps:
        days.setdefault(step.day, []).append(step)
    return [shared for those in days.values() for shared in _shared(those)]


def _shared(steps: list[LeadUpStep]) -> list[LeadUpStep]:
    """Join the steps to one day. A late booking joins that day's reminder where it is still to come."""
    if all(step.visits == steps[0].visits for step in steps):
        return steps
    of = {kind: [step for step in steps if step.kind is kind] for kind in PromptKind}
    reminders, late = of.pop(PromptKind.REMINDER), of.pop(PromptKind.SHORT_NOTICE)
    told_by_reminder = reminders and _as_one(reminders + late)
    alone = told_by_reminder if told_by_reminder and len(told_by_reminder) == 1 else _as_one(reminders) + _as_one(late)
    # Bookings of one day that are confirmed, each at once, are told each by itself.
    booked = of.pop(PromptKind.BOOKED)
    return [*(joined for those in of.values() for joined in _as_one(those)), *booked, *alone]


def _as_one(steps: list[LeadUpStep]) -> list[LeadUpStep]:
    """Join steps in one of the first one's kind, unless some would expire before the others are due."""
    if not steps:
        return []
    visits = sorted((visit for step in steps for visit in step.visits), key=lambda visit: (visit.start, visit.thing))
    send_at, expires_at = max(step.send_at for step in steps), min(step.expires_at for step in steps)
    if send_at >= expires_at:
        return steps
    urgent = [step.urgent_by for step in steps if step.urgent_by is not None]
    return [
        replace(
            steps[0],
            visits=tuple(visits),
            send_at=send_at,
            expires_at=expires_at,
            asks=any(step.asks for step in steps),
            earliest=max(step.earliest for step in steps),
            urgent_by=min(urgent) if steps[0].urgent_by is not None else None,
        )
    ]


def one_a_week(steps: Iterable[LeadUpStep]) -> list[LeadUpStep]:
    """Join the reminders of a series whose visits are so near each other that each would come before the last is over.

    A joined reminder names the visits of less than a week, all at the same sites, and goes when the first one's would.
    """
    steps = tuple(steps)
    found = [step for step in steps if step.kind is not PromptKind.REMINDER]
    runs: dict[tuple[str, str, frozenset[str]], LeadUpStep] = {}
    for step in sorted((s for s in steps if s.kind is PromptKind.REMINDER), key=lambda s: (s.day, s.send_at)):
        series = step.visits[0].source, step.visits[0].zone.key, step.sites
        run = runs.get(series)
        if run is not None and _is_near(run, step):
            runs[series] = replace(
                run, visits=(*run.visits, *step.visits), expires_at=min(run.expires_at, step.expires_at)
            )
            continue
        if run is not None:
            found.append(run)
        runs[series] = step
    return [*found, *runs.values()]


def _is_near(run: LeadUpStep, step: LeadUpStep) -> bool:
    first, last = run.visits[0], run.visits[-1]
    return (
        step.usual_day <= last.day
        and step.visits[-1].day - first.day < ONE_WEEK
        and step.earliest <= run.send_at < run.expires_at
    )


def at_most(steps: Iterable[LeadUpStep], told: Sequence[datetime], most: int) -> list[LeadUpStep]:
    """The steps of one source without those that would be more than so many within seven days of each other.

    What tells of a visit that no other message has told of is sent all the same: it may be the only word about it.
    """
    taken, kept = list(told), []
    rank = {kind: number for number, kind in enumerate(FIRST_KEPT)}
    for step in sorted(steps, key=lambda one: (rank.get(one.kind, len(rank)), one.send_at, one.visits[0].thing)):
        before = sum(timedelta(0) <= step.send_at - at < ONE_WEEK for at in taken)
        after = sum(timedelta(0) < at - step.send_at < ONE_WEEK for at in taken)
        if max(before, after) < most or step.tells_first:
            taken.append(step.send_at)
            kept.append(step)
    return sorted(kept, key=lambda one: (one.send_at, one.visits[0].start, one.visits[0].thing))
