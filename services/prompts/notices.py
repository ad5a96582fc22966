"""Notices of appointments that moved, are cancelled, are not for now, or go ahead after all: see `news`."""

from collections.abc import Collection, Iterable, Sequence
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
from shared.clinic.appointment import Mode
from shared.clinic.places import Places
from shared.rules.plan import CalendarEntry, Message


def notice(news: News, standing: Sequence[Visit], places: Places, policy: Policy) -> Message:
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
        data={**filling((visit,)), **_about(news, standing, places)},
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
    read = [*([] if news.is_off else [visit.reading]), news.believed.reading]
    digest = blake2b(repr([(f"{minute}", f"{mode}", where) for minute, mode, where in read]).encode(), digest_size=8)
    return f"{visit.key}/{news.kind}/{digest.hexdigest()}/{news.believed.last.message_id}"


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
    if not news.believed.on:  # what they were told of before was taken out when they heard that it is off
        return entries((news.visit,))
    others = [visit for visit in news.told if visit.thing not in news.visit.things]
    return (*entries((news.visit,)), *entries([as_told(visit, news.believed) for visit in others], cancelled=True))


def still_standing(those: Collection[News], standing: Iterable[Visit]) -> list[dict[str, Any]]:
    """What else stands on the days of what does not, for whoever would take the one for the other."""
    days = {one.believed.last.arranged.minute.date() for one in those}
    told = {one.visit.reading for one in those if not one.is_off}
    others = [visit for visit in standing if visit.day in days and visit.reading not in told]
    return [each(visit) for visit in sorted(others, key=lambda visit: (visit.start, visit.thing))]


def instead_of(news: News, standing: Iterable[Visit], places: Places) -> dict[str, Any]:
    """The data of what a notice takes back: its time and place, and what else stands on that day."""
    told, old = news.visit, as_told(news.told[0], news.believed)
    others = still_standing([news], standing)
    is_named = places.get(old.place) is not None and places.where(old.place) == old.where
    return {
        "old": instant(old.start, old),
        "old_place": {"place": old.place if is_named else told.place},
        "names_old_place": is_named and bool(others),
        "others": others,
    }


def no_longer(those: Iterable[News]) -> list[dict[str, Any]]:
    """The times at which somebody would come and no longer should: not where only the place has changed."""
    in_person = [one for one in those if one.believed.reading.mode == Mode.IN_PERSON]
    off = [one for one in in_person if one.visit.arranged.minute != one.believed.reading.minute]
    return [each(as_told(one.told[0], one.believed)) for one in off]


def _about(news: News, standing: Iterable[Visit], places: Places) -> dict[str, Any]:
    """The data of a notice of this kind, beside the appointment itself."""
    match news.kind:
        case PromptKind.CANCELLED:
            return {"by_patient": news.by_patient, "others": still_standing([news], standing)}
        case PromptKind.NOT_FOR_NOW:
            return {"others": still_standing([news], standing)}
        case PromptKind.REINSTATED:
            return {"old": instant(as_told(news.visit, news.believed).start, news.visit)}
        case _:
            return {**instead_of(news, standing, places), "old_mode": news.believed.last.arranged.mode.value}
