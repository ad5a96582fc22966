"""Whom no message reaches: which messages a person then delivers in another way, and from when on.

A message that a plan declares `must_reach` is never lost in silence. Where the reason is the patient's (no address, a
pause, every address refused it), a person is asked at once. Where it is ours (no public name, a provider that refuses
us, an event that cannot be read), it may yet be cured: a person is asked while there is still time to telephone.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.delivery.due import Decision, DueMessage, Wait, Withhold
from shared.calendar.sending_window import Window
from shared.calendar.working_time import due_before, within_a_working_day
from shared.rules.task_requests import TaskKind
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import WAITING, Why
from shared.schedule.tasks import Task

OF_THE_PATIENT = frozenset({Why.NO_CONTACT, Why.PAUSED, Why.REFUSED, Why.PHONE_UNSAFE})
"""Reasons that nothing of ours will cure."""

BY_THE_CLOCK = frozenset({Why.OUTSIDE_WINDOW, Why.DAILY_CAP, Why.IN_CONVERSATION})
"""Reasons that end by themselves, at an instant that is known."""

NOBODY_CALLS = frozenset({Why.DEATH_REPORTED, Why.DEATH_CONTESTED, Why.DECEASED})
"""Reasons for which nobody telephones: a person finds out first whether somebody has died."""


def with_person(decision: Decision, message: DueMessage, now: datetime, hours: Window) -> Decision:
    """The same decision, with a task for a person where the message does not reach its patient, or not in time.

    `hours`: the working hours of the message's place.
    """
    match decision:
        case Wait(why=why) if message.must_reach and _is_to_call(decision, message, now, hours):
            return replace(decision, task=in_its_place(message, why, now, hours))
        case Withhold(why=why) if now < message.expires_at:
            return replace(decision, task=_instead(why, message, now, hours))
        case Withhold(why=why) if message.must_reach and message.urgent_by is not None and _was_ours(message):
            return replace(decision, task=_after_all(message, why, now, hours))
        case _:
            return decision


@dataclass(frozen=True, slots=True)
class Fallback:
    """What a person does where the provider does not take a message.

    Attributes:
        task: the task, as it is where the message's reader has opted out at the carrier.
        tells_who_stopped: whether a person tells a reader who has opted out.
        call_from: from when on the provider's refusal of all our messages is reason enough; None: never.

    """

    task: Task
    tells_who_stopped: bool
    call_from: datetime | None

    def once_stopped(self) -> Task | None:
        """The task where the carrier says that the reader has opted out."""
        return self.task if self.tells_who_stopped else None

    def once_late(self, why: Why, now: datetime) -> Task | None:
        """The task where the provider takes nothing of ours, and it gets late."""
        is_late = self.call_from is not None and now >= self.call_from
        return replace(self.task, why=why) if is_late else None


def fallback(message: DueMessage, now: datetime, hours: Window) -> Fallback | None:
    """What a person does where the provider does not take this message; None: nothing."""
    if not message.must_reach and message.urgent_by is None:
        return None
    return Fallback(
        task=in_its_place(message, Why.OPTED_OUT, now, hours),
        tells_who_stopped=message.urgent_by is not None,
        call_from=call_from(message, hours) if message.must_reach else None,
    )


def call_from(message: DueMessage, hours: Window) -> datetime:
    """From when on a person is asked to reach the patient where our own fault holds the message up.

    A working day before it is of no more use; of what is planned later than that, when half of its time has passed.
    """
    since = max(message.send_at, message.planned_at or message.send_at)
    return due_before(_of_use_until(message), since, hours)


def _of_use_until(message: DueMessage) -> datetime:
    """The last instant at which it helps: who has moved to a later day comes at the old hour, read it later or not."""
    return message.expires_at if message.urgent_by is None else min(message.expires_at, message.urgent_by)


def in_its_place(message: DueMessage, why: Why, now: datetime, hours: Window) -> Task:
    """The task of a person who reaches the patient in the message's place, as long as it is of use."""
    return Task(
        kind=TaskKind.REACH_OTHERWISE,
        key=str(message.id),
        patient_id=message.patient_id,
        things=tuple(thing for thing in message.things if thing != patient_thing(message.patient_id)),
        why=why,
        due_at=due_before(_of_use_until(message), now, hours),
        expires_at=message.expires_at,
        message_id=message.id,
    )


def _is_to_call(wait: Wait, message: DueMessage, now: datetime, hours: Window) -> bool:
    """Whether a person is asked now, although the message still waits."""
    if wait.why in NOBODY_CALLS:
        return False
    if wait.why in BY_THE_CLOCK:
        return wait.until >= message.expires_at
    return wait.why in OF_THE_PATIENT or now >= call_from(message, hours)


def _instead(why: Why, message: DueMessage, now: datetime, hours: Window) -> Task | None:
    """The task of a person in place of a message that never goes; None where nobody is to do anything."""
    match why:
        case Why.OTHER_FORMAT | Why.OTHER_COUNTRY:
            return in_its_place(message, why, now, hours)
        case Why.OPTED_OUT if message.urgent_by is not None:  # such as a cancelled appointment
            return in_its_place(message, why, now, hours)
        case Why.OPTED_OUT if message.ask_instead:
            return _asked_instead(message, now, hours)
        case Why.REFUSED if message.must_reach:
            return in_its_place(message, why, now, hours)
        case _:
            return None


def _asked_instead(message: DueMessage, now: datetime, hours: Window) -> Task:
    """A task: staff ask the message's question in person at the appointment."""
    task = in_its_place(message, Why.OPTED_OUT, now, hours)
    until = message.answers_until or message.expires_at
    return replace(task, kind=TaskKind.ASK_AGENDA, due_at=due_before(until, now, hours), expires_at=until)


def _was_ours(message: DueMessage) -> bool:
    """Whether it expired while it waited for something, and not because it came too late."""
    return message.why in WAITING and message.why not in NOBODY_CALLS


def _after_all(message: DueMessage, why: Why, now: datetime, hours: Window) -> Task:
    """The task of a person who hears that news expired unsent, where nobody was asked before: its reader was misled."""
    until = within_a_working_day(now, hours)
    return replace(in_its_place(message, why, now, hours), due_at=now, expires_at=until)
