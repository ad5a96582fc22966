"""Parses a list request of the messages API, filters texts by it, and cuts a page of the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from services.sandbox.entries import SandboxText
from services.sandbox.refusals import ApiRefusal, refusal

_DEFAULT_SIZE, _LARGEST_SIZE = 50, 1000  # https://www.twilio.com/docs/usage/twilios-response#pagination
_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """The filters and the page of a list request. A text that is not sent yet matches no date filter."""

    to: str | None
    sender: str | None
    first: datetime | None
    last: datetime | None
    size: int
    page: int
    token: str | None

    def admits(self, text: SandboxText) -> bool:
        """Whether the text matches the filters; dates are compared to the second, as Twilio shows them."""
        if self.to not in {None, text.to} or self.sender not in {None, text.sender}:
            return False
        if self.first is None and self.last is None:
            return True
        if text.sent_at is None:
            return False
        sent_at = text.sent_at.replace(microsecond=0)
        return (self.first is None or self.first <= sent_at) and (self.last is None or sent_at <= self.last)


def read_question(query: Mapping[str, str]) -> ListRequest | ApiRefusal:
    """The list request of a query, or a refusal; a day means the whole day, and both ends of a span are included."""
    try:
        on, before, after = (_span(query.get(name)) for name in ("DateSent", "DateSent<", "DateSent>"))
        size, page = int(query.get("PageSize", _DEFAULT_SIZE)), int(query.get("Page", 0))
    except ValueError:
        return refusal(20001, name="DateSent, PageSize or Page")
    if on is not None:  # a moment stands for its day
        on = (_start(on[0].date()), _end(on[0].date()))
    lows = [span[0] for span in (on, after) if span is not None]
    highs = [span[1] for span in (on, before) if span is not None]
    return ListRequest(
        to=query.get("To"),
        sender=query.get("From"),
        first=max(lows, default=None),
        last=min(highs, default=None),
        size=min(max(size, 1), _LARGEST_SIZE),
        page=max(page, 0),
        token=query.get("PageToken"),
    )


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of texts, newest first, with the paths of its neighbours as in Twilio's answer."""

    texts: Sequence[SandboxText]
    meta: Mapping[str, str | int | None]


def page_of(found: Sequence[SandboxText], question: ListRequest, query: Mapping[str, str], path: str) -> ListPage:
    """Cut a page from the texts found, newest first.

    A page token names the last text of the previous page, so that texts that arrive meanwhile do not shift pages.
    """
    start = question.page * question.size
    if question.token is not None:
        sids = [text.sid for text in found]
        sid = question.token.removeprefix("PA")
        start = sids.index(sid) + 1 if sid in sids else len(found)
    texts = found[start : start + question.size]
    filters = {name: query[name] for name in _FILTERS if name in query}

    def uri(page: int, token: str | None = None) -> str:
        asked = {**filters, "PageSize": question.size, "Page": page, **({"PageToken": token} if token else {})}
        return f"{path}?{urlencode(asked)}"

    more = start + question.size < len(found)
    meta: dict[str, str | int | None] = {
        "first_page_uri": uri(0),
        "next_page_uri": uri(question.page + 1, f"PA{texts[-1].sid}") if more else None,
        "previous_page_uri": uri(question.page - 1) if question.page else None,
        "uri": uri(question.page, question.token),
        "page": question.page,
        "page_size": question.size,
        "start": start,
        "end": start + max(len(texts) - 1, 0),
    }
    return ListPage(texts=texts, meta=meta)


def _span(asked: str | None) -> tuple[datetime, datetime] | None:
    """The first and the last second of a filter's value."""
    if not asked:
        return None
    moment = datetime.fromisoformat(asked)
    if len(asked) == len("2026-12-01"):
        return _start(moment.date()), _end(moment.date())
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment, moment


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _end(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
