"""What answers come to: each patient is told where they stand, once; and the clinic hears of every answer.

An answer is acknowledged at once where the patient stands there because of it. What came of others' answers, or of
time, is a message of its own; so is an acknowledgement that could not go in time.
"""

from collections.abc import Iterator
from dataclasses import replace

from services.reunions.meetings import COMING, EFFECTS, PatientReunion, Stands, close_key, offer_key
from services.reunions.messages import CATEGORY, ReunionKind, standing, tells
from services.reunions.policy import Policy
from shared.rules.plan import Facts, Message, Response, WakeUp
from shared.rules.reply import Reply

RSVP = "reunion.rsvp"
LATE = "seat"
"""How the keys begin of what is told on its own: it was nobody's own answer, or not told in time."""


def answered(meeting: PatientReunion, facts: Facts, policy: Policy) -> Iterator[Message | WakeUp]:
    """What tells a patient where they stand, where they were told otherwise or have just written.

    A standing that has changed again before it was told is not told.
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
    """When an offer ends, and when the list closes on those who wait."""
    seat = meeting.seat
    if seat is not None and seat.until is not None and meeting.stands is Stands.OFFERED:
        yield WakeUp(offer_key(meeting.thing, seat), seat.until)
    if meeting.stands is Stands.WAITING:
        yield WakeUp(close_key(meeting.thing), meeting.rsvp_by)


def responses(meeting: PatientReunion) -> Iterator[Response]:
    """What the clinic hears of each answer. `standing`: what came of it; None where another has followed already."""
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
    """How many they said that they would be; who says no number is as many as before."""
    return meeting.party or 1 if reply.number is None else reply.number


def _refusal(reply: Reply, meeting: PatientReunion) -> ReunionKind | None:
    """By which message an `IN` is answered that changes nothing: of too many, or too late; None: it counts."""
    if reply.token != "IN":  # noqa: S105 - a token
        return None
    if reply.number is not None and not 1 <= reply.number <= meeting.most:
        return ReunionKind.PARTY
    late = reply.at > meeting.rsvp_by and meeting.stands not in COMING
    return ReunionKind.CLOSED if late else None


def _cause(meeting: PatientReunion) -> Reply | None:
    """The answer because of which the patient stands there; None: it is no answer's direct effect."""
    counted = [reply for reply in meeting.replies if _refusal(reply, meeting) is None]
    last = counted[-1] if counted else None
    if last is not None and meeting.earlier and last.at < meeting.earlier[-1].told_at:  # that was acknowledged long ago
        return None
    return last if last is not None and meeting.stands in EFFECTS[str(last.token)] else None


def _news(meeting: PatientReunion, cause: Reply | None, facts: Facts, policy: Policy) -> Iterator[Message | WakeUp]:
    """Where the patient stands, as they were not told yet."""
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
    message = tells(meeting, max(since, meeting.changed_at), key)
    if message.send_at < message.expires_at:
        yield message


def _asks_anew(reply: Reply, meeting: PatientReunion, policy: Policy) -> bool:
    """Whether an answer that changes nothing is acknowledged: not the same again, soon after."""
    before = meeting.replies[-2] if len(meeting.replies) > 1 else None
    last = meeting.last
    if reply.quiet or before is None or last is None or reply.at <= last.told_at:
        return False
    same = (before.token, before.number) == (reply.token, reply.number)
    return not same or reply.at - before.at >= policy.same_again


def _acknowledgement(reply: Reply, meeting: PatientReunion, policy: Policy) -> Message:
    kind = ReunionKind(tells(meeting, reply.at, "").kind)
    return tells(
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
    """Says of the reunion what the answered message said: the patient stands where they stood, and may answer again."""
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
