"""Rules for replies about reunions: patients are sent each status once, and the clinic gets an event for each reply.

A reply is acknowledged at once where it led to the patient's status. A status that results from other patients'
replies, or from time, is a message of its own; so is an acknowledgement that could not be sent in time.
"""

from collections.abc import Iterator
from dataclasses import replace

from services.reunions.meetings import COMING, EFFECTS, PatientReunion, Stands, close_key, offer_key
from services.reunions.messages import CATEGORY, ReunionKind, seat_message, standing
from services.reunions.policy import Policy
from shared.rules.plan import Facts, Message, Response, WakeUp
from shared.rules.reply import Reply

RSVP = "reunion.rsvp"
LATE = "seat"
"""The prefix of keys of messages that acknowledge no reply, or were late to do so."""


def answered(meeting: PatientReunion, facts: Facts, policy: Policy) -> Iterator[Message | WakeUp]:
    """The messages about a patient's status, after a change or a reply.

    A status that changed again before it was sent is not sent.
    """
    last = meeting.replies[-1] if meeting.replies else None
    if last is not None:
        yield from _refusals(last, meeting, facts, policy)
    if meeting.seat is None:
        return
    cause = _cause(meeting)
    if not meeting.is_told or (meeting.stands is Stands.OFFERED and meeting.has_moved):
        yield from _news(meeting, cause, facts, policy)
    elif cause is not None and cause is last and _asks_anew(cause, meeting, policy):
        yield _acknowledgement(cause, meeting, policy)


def wakeups(meeting: PatientReunion) -> Iterator[WakeUp]:
    """The wake-ups at which an offer ends, or the list closes while the patient waits."""
    seat = meeting.seat
    if seat is not None and seat.until is not None and meeting.stands is Stands.OFFERED:
        yield WakeUp(offer_key(meeting.thing, seat), seat.until)
    if meeting.stands is Stands.WAITING:
        yield WakeUp(close_key(meeting.thing), meeting.rsvp_by)


def responses(meeting: PatientReunion) -> Iterator[Response]:
    """An event for the clinic for each reply. `standing`: the status after it; None where a later reply followed."""
    for reply in meeting.replies:
        refused = _refusal(reply, meeting) is not None
        is_last = reply is meeting.replies[-1]
        yield Response(
            key=f"{RSVP}/{reply.id}",
            type=RSVP,
            things=(meeting.thing, *meeting.enrolments),
            at=reply.at,
            data={
                "start": meeting.start.isoformat(),
                "answer": str(reply.token).lower(),
                "party": _party(reply, meeting) if reply.token == "IN" else None,  # noqa: S105 - a token
                "standing": "refused" if refused else meeting.stands.value if is_last else None,
            },
        )


def _party(reply: Reply, meeting: PatientReunion) -> int:
    """The party in a reply; without a number, the party as it was."""
    return meeting.party or 1 if reply.number is None else reply.number


def _refusal(reply: Reply, meeting: PatientReunion) -> ReunionKind | None:
    """The kind of message that refuses an `IN`: the party is too large, or it is too late; None where it counts."""
    if reply.token != "IN":  # noqa: S105 - a token
        return None
    if reply.number is not None and not 1 <= reply.number <= meeting.most:
        return ReunionKind.PARTY
    late = reply.at > meeting.rsvp_by and meeting.stands not in COMING
    return ReunionKind.CLOSED if late else None


def _cause(meeting: PatientReunion) -> Reply | None:
    """The reply that led directly to the patient's status; None where there is none."""
    counted = [reply for reply in meeting.replies if _refusal(reply, meeting) is None]
    last = counted[-1] if counted else None
    if last is not None and meeting.earlier and last.at < meeting.earlier[-1].told_at:  # that was acknowledged long ago
        return None
    return last if last is not None and meeting.stands in EFFECTS[str(last.token)] else None


def _news(meeting: PatientReunion, cause: Reply | None, facts: Facts, policy: Policy) -> Iterator[Message | WakeUp]:
    """The messages about a status that was not yet sent."""
    if meeting.seat is None or meeting.seat.at >= meeting.start:
        return
    since, key = meeting.seat.at, f"{LATE}/{meeting.since}/{meeting.party}"
    if cause is not None and not cause.quiet:
        ends = WakeUp(f"{meeting.thing}/ack/{cause.id}", cause.at + policy.ack_lives)
        yield _acknowledgement(cause, meeting, policy)
        yield ends
        if facts.woken.get(ends.key) != ends.at:
            return
        since, key = ends.at, f"{key}/{cause.id}"
    if meeting.last is not None and meeting.has_moved:
        key = f"{key}/{meeting.last.message_id}"
    message = seat_message(meeting, max(since, meeting.changed_at), key)
    if message.send_at < message.expires_at:
        yield message


def _asks_anew(reply: Reply, meeting: PatientReunion, policy: Policy) -> bool:
    """Whether a reply that changes nothing is acknowledged: not the same again, soon after."""
    before = meeting.replies[-2] if len(meeting.replies) > 1 else None
    last = meeting.last
    if reply.quiet or before is None or last is None or reply.at <= last.told_at:
        return False
    same = (before.token, before.number) == (reply.token, reply.number)
    return not same or reply.at - before.at >= policy.same_again


def _acknowledgement(reply: Reply, meeting: PatientReunion, policy: Policy) -> Message:
    kind = ReunionKind(seat_message(meeting, reply.at, "").kind)
    return seat_message(
        meeting,
        reply.at,
        f"reply/{reply.id}",
        reply.id,
        expires_at=min(reply.at + policy.ack_lives, meeting.start),
        data=standing(kind, meeting, reply.number),
    )


def _refusals(reply: Reply, meeting: PatientReunion, facts: Facts, policy: Policy) -> Iterator[Message | WakeUp]:
    """What says that an answer changes nothing, where it does not.

    At once, or by day where that did not go in time: whoever heard nothing would think that they have a place.
    """
    kind = _refusal(reply, meeting)
    if kind is None or reply.quiet or reply.at >= meeting.start:
        return
    message = _refused(kind, reply, meeting, policy)
    yield message
    if any(said.kind == kind and said.told_at >= reply.at for said in meeting.said):
        return
    ends = WakeUp(f"{meeting.thing}/ack/{reply.id}", reply.at + policy.ack_lives)
    yield ends
    until = meeting.start if kind is ReunionKind.CLOSED else meeting.rsvp_by
    if facts.woken.get(ends.key) == ends.at < until:
        yield replace(message, key=f"{message.key}/{LATE}", send_at=ends.at, expires_at=until, reply_to=None)


def _refused(kind: ReunionKind, reply: Reply, meeting: PatientReunion, policy: Policy) -> Message:
    """A refusal. It repeats the content of the answered message: the status is unchanged, and its question open."""
    return Message(
        key=f"{meeting.key}/refused/{reply.id}",
        kind=kind,
        template=kind,
        category=CATEGORY,
        send_at=reply.at,
        expires_at=min(reply.at + policy.ack_lives, meeting.start),
        says={meeting.thing: reply.said[meeting.thing] or meeting.says},
        places=(meeting.place,),
        data=standing(kind, meeting),
        answers_until=meeting.rsvp_by if kind is ReunionKind.PARTY and reply.at < meeting.rsvp_by else None,
        reply_to=reply.id,
    )
