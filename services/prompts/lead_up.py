"""Lead-up steps: messages that lead up to an appointment. Steps to the same day of a patient become one message."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PromptKind, entries, filling, reply_data, stamp, template
from services.prompts.visits import Visit
from shared.rules.plan import Message


@dataclass(frozen=True, slots=True)
class LeadUpStep:
    """A message on the way to an appointment, or to several that share it."""

    kind: PromptKind
    visits: tuple[Visit, ...]
    send_at: datetime
    expires_at: datetime

    @property
    def day(self) -> tuple[date, str]:
        """The local day of the appointments, and its time zone."""
        return self.visits[0].day, self.visits[0].zone.key

    def message(self) -> Message:
        """The message of this step. Its key holds the appointments and their times, so a moved one has another.

        It can be answered until the first of them begins. Where the patient has opted out of texts, a person asks for
        the agenda instead.
        """
        words = template(self.kind, self.visits)
        reminds = self.kind is PromptKind.REMINDER
        return Message(
            key=" + ".join(f"{visit.key}/{self.kind}/{stamp(visit.start)}" for visit in self.visits),
            kind=self.kind,
            template=words,
            category=CATEGORY,
            send_at=self.send_at,
            expires_at=self.expires_at,
            says={visit.thing: visit.says for visit in self.visits},
            places=tuple(dict.fromkeys(visit.place for visit in self.visits)),
            data={**filling(self.visits), **(reply_data(self.visits) if reminds else {})},
            calendar=entries(self.visits),
            answers_until=min(visit.start for visit in self.visits) if words in ASKING else None,
            ask_instead=not reminds,
        )


def one_a_day(rungs: Iterable[LeadUpStep]) -> list[LeadUpStep]:
    """Join the steps of one kind that lead to the same day."""
    days: dict[tuple[date, str], list[LeadUpStep]] = {}
    for rung in rungs:
        days.setdefault(rung.day, []).append(rung)
    return [shared for those in days.values() for shared in _shared(those)]


def _shared(rungs: list[LeadUpStep]) -> list[LeadUpStep]:
    """Join the steps to one day. A late booking joins that day's reminder where it is still to come."""
    if all(rung.visits == rungs[0].visits for rung in rungs):
        return rungs
    agendas, reminders, late = (
        [rung for rung in rungs if rung.kind is kind]
        for kind in (PromptKind.AGENDA, PromptKind.REMINDER, PromptKind.SHORT_NOTICE)
    )
    told_by_reminder = reminders and _as_one(reminders + late)
    if told_by_reminder and len(told_by_reminder) == 1:
        return [*_as_one(agendas), *told_by_reminder]
    return [*_as_one(agendas), *_as_one(reminders), *_as_one(late)]


def _as_one(rungs: list[LeadUpStep]) -> list[LeadUpStep]:
    """Join steps in one of the first one's kind, unless some would expire before the others are due."""
    if not rungs:
        return []
    visits = sorted((visit for rung in rungs for visit in rung.visits), key=lambda visit: (visit.start, visit.thing))
    send_at, expires_at = max(rung.send_at for rung in rungs), min(rung.expires_at for rung in rungs)
    return [LeadUpStep(rungs[0].kind, tuple(visits), send_at, expires_at)] if send_at < expires_at else rungs
