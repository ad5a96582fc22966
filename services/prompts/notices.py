"""Rules for notices of moved, cancelled and reinstated appointments, to patients who were sent another state."""

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PromptKind, entries, filling, instant, template
from services.prompts.policy import Policy
from services.prompts.visits import Expectation, SentAppointment, Visit
from shared.calendar import sending_window
from shared.clinic.appointment import Mode
from shared.rules.plan import Message


def notice_kind(visit: Visit) -> PromptKind | None:
    """The kind of notice that a patient needs after the last message; None for a changed room or clinician alone."""
    last = visit.last
    if last is None or visit.standing is Expectation.NEITHER:
        return None
    if visit.standing is Expectation.OFF:
        return PromptKind.CANCELLED if last.on else None
    if not last.on:
        return PromptKind.REINSTATED
    there = visit.site == last.site or visit.mode is not Mode.IN_PERSON  # a call finds the patient anywhere
    return None if there and (last.start, last.mode) == (visit.start, visit.mode) else PromptKind.MOVED


def notice(visit: Visit, policy: Policy) -> Message | None:
    """The notice about this appointment, due at once; None where none is needed or it is past."""
    last, kind = visit.last, notice_kind(visit)
    if last is None or kind is None:
        return None
    # A cancellation speaks of the appointment that the patient knows of, whatever else has changed since.
    named = as_last_sent(visit, last) if kind is PromptKind.CANCELLED else visit
    if visit.changed_at >= named.start:
        return None
    return Message(
        key=notice_key(kind, named, last),
        kind=kind,
        template=template(kind, (named,)),
        category=CATEGORY,
        send_at=visit.changed_at,
        expires_at=named.start,
        urgent_by=urgent_by(last, named, policy),
        says={visit.thing: named.says},
        places=(named.place,),
        data={**filling((named,)), **_news(kind, visit, last)},
        calendar=entries((named,), cancelled=kind is PromptKind.CANCELLED),
        answers_until=named.start if kind in ASKING else None,
    )


def present_state_sent_at(visit: Visit, policy: Policy) -> datetime | None:
    """When the patient was sent the appointment's present state, or will be by a notice; None: not yet."""
    last = visit.last
    if last is None:
        return None
    if notice_kind(visit) is None:
        return last.told_at
    usual = policy.window(visit.zone).next_open(visit.changed_at)
    imminent = usual > urgent_by(last, visit, policy)
    return sending_window.urgent(visit.zone).next_open(visit.changed_at) if imminent else usual


def notice_key(kind: PromptKind, named: Visit, last: SentAppointment) -> str:
    """The key of a notice: the thing, a digest of its new content, and the message with the old content."""
    digest = blake2b(repr(sorted(named.says.items())).encode(), digest_size=8).hexdigest()
    return f"{named.key}/{kind}/{digest}/{last.message_id}"


def urgent_by(last: SentAppointment, visit: Visit, policy: Policy) -> datetime:
    """The instant by which a notice must be read: later, the patient may come in vain, or miss the new time."""
    return min(last.start, visit.start) - policy.urgent_ahead


def _news(kind: PromptKind, visit: Visit, last: SentAppointment) -> dict[str, Any]:
    """The data of a notice of this kind, beside the appointment itself."""
    old = instant(last.start, visit)
    match kind:
        case PromptKind.CANCELLED:
            return {"by_patient": visit.by_patient}
        case PromptKind.REINSTATED:
            return {"old": old}
        case _:
            return {"old": old, "old_mode": last.mode}


def as_last_sent(visit: Visit, last: SentAppointment) -> Visit:
    """The appointment as the patient was last sent it."""
    end = visit.end if visit.start == last.start else None  # the end of another time is none of this one
    return replace(visit, start=last.start, end=end, mode=Mode(last.mode), place=last.place, site=last.site)
