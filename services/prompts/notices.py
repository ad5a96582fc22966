"""Notices of appointments that moved, are cancelled, are not for now, or go ahead after all: see `news`."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from services.prompts.clinics import hours, policy_for
from services.prompts.forms import ASKING
from services.prompts.messages import CATEGORY, PromptKind, each, entries, filling, instant
from services.prompts.news import News, as_told
from services.prompts.policy import Policy
from services.prompts.visits import Visit
from shared.calendar import sending_window
from shared.rules.plan import CalendarEntry, Message


def notice(news: News, standing: Iterable[Visit], policy: Policy) -> Message:
    """The notice of this news; `standing`: the patient's visits at that source that stand."""
    visit, kind = news.visit, news.kind
    own = policy_for(visit, policy)
    return Message(
        key=notice_key(news),
        kind=kind,
        template=kind,
        category=CATEGORY,
        send_at=news.due_at(own),
        expires_at=visit.start,
        urgent_by=news.urgent_by(own),
        must_reach=True,
        says=notice_says(news),
        places=(visit.place,),
        data={**filling((visit,)), **_about(news, standing)},
        calendar=notice_entries(news),
        answers_until=visit.start if kind in ASKING else None,
    )


def told_at(news: News, policy: Policy) -> datetime:
    """When this news will have been told."""
    own = policy_for(news.visit, policy)
    usual, at = hours(news.visit, policy), news.due_at(own)
    opens = usual.next_open(at)
    return opens if opens <= news.urgent_by(own) else sending_window.urgent(news.visit.zone).next_open(at)


def notice_key(news: News) -> str:
    """The key of a notice: its visit, a digest of what is new and what it replaces, and the message that told that."""
    visit = news.visit
    reads = "" if news.is_off else visit.reading
    digest = blake2b(repr((reads, news.believed.reading)).encode(), digest_size=8).hexdigest()
    return f"{visit.key}/{news.kind}/{digest}/{news.believed.last.message_id}"


def notice_says(news: News) -> dict[str, dict[str, Any]]:
    """The content of a notice: what stands, in whose stead; and that what was told under other names does not."""
    old = news.believed.last.arranged.content
    off = {visit.thing: {**old, "on": False} for visit in news.told}
    if news.is_off:
        return off
    if not news.believed.on:  # they know that it is off
        return news.visit.says
    return {**off, **{thing: {**said, "instead_of": [old]} for thing, said in news.visit.says.items()}}


def notice_entries(news: News) -> tuple[CalendarEntry, ...]:
    """The calendar entries of a notice: what stands is written in, what was told under other names is taken out."""
    if news.is_off:
        return entries([as_told(visit, news.believed) for visit in news.told], cancelled=True)
    others = [visit for visit in news.told if visit.thing not in news.visit.things]
    return (*entries((news.visit,)), *entries([as_told(visit, news.believed) for visit in others], cancelled=True))


def others_that_day(news: News, standing: Iterable[Visit]) -> list[Visit]:
    """What else stands on the day of what is called off, for whoever would take the one for the other."""
    that = [one for one in standing if one.day == news.visit.day and one.reading != news.believed.reading]
    return sorted(that, key=lambda one: (one.start, one.thing))


def _about(news: News, standing: Iterable[Visit]) -> dict[str, Any]:
    """The data of a notice of this kind, beside the appointment itself."""
    old = instant(as_told(news.visit, news.believed).start, news.visit)
    match news.kind:
        case PromptKind.CANCELLED:
            return {"by_patient": news.by_patient, "others": [each(one) for one in others_that_day(news, standing)]}
        case PromptKind.NOT_FOR_NOW:
            return {"others": [each(one) for one in others_that_day(news, standing)]}
        case PromptKind.REINSTATED:
            return {"old": old}
        case _:
            return {"old": old, "old_mode": news.believed.last.arranged.mode.value}
