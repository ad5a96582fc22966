"""The page of words: every message as phone bubbles and mails, from samples that whoever knows the services makes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from services.sandbox.cards import Slip, slip
from services.sandbox.invitations import change
from services.sandbox.rendering import rendered

LANGUAGES = {"en": "English", "cy": "Welsh", "both": "Both in one message"}


@dataclass(frozen=True, slots=True)
class SmsSample:
    """A text message, and what it costs."""

    body: str
    cost: str
    note: str = ""
    """For whom it is; empty where there is only one."""


@dataclass(frozen=True, slots=True)
class EmailSample:
    """An e-mail, and the calendar files that it brings."""

    subject: str
    html: str
    text: str
    calendar: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A message as one reader gets it, in one language.

    Attributes:
        message: whose it is and what it is called: `prompts/agenda`.
        case: what is particular in what it tells.
        reader: who reads it.
        language: `en`, `cy`, or `both` in one message.

    """

    message: str
    case: str
    reader: str
    language: str
    texts: tuple[SmsSample, ...]
    mail: EmailSample


Gallery = Callable[[], Sequence[Sample]]
"""Makes the samples when somebody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A sample as it is shown."""

    language: str
    title: str
    texts: tuple[SmsSample, ...]
    subject: str
    html: str
    plain: str
    slips: tuple[Slip, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """What one reader gets of one message in one case: a leaf a language."""

    message: str
    title: str
    leaves: tuple[Leaf, ...]


class GalleryPage:
    """Shows all samples, or those of one message."""

    def __init__(self, gallery: Gallery, zone: tzinfo, headers: dict[str, str]) -> None:
        """`zone` is that of calendar entries; `headers` keep whatever a mail says on the page."""
        self._gallery = gallery
        self._zone = zone
        self._headers = headers

    def route(self) -> Route:
        """Where it is."""
        return Route("/words", self._show, methods=["GET"])

    async def _show(self, request: Request) -> Response:
        samples = await asyncio.to_thread(self._gallery)  # some hundred letters take a moment to write
        messages = list(dict.fromkeys(sample.message for sample in samples))
        sought = request.query_params.get("message", "")
        shown = [sample for sample in samples if sought in {"", sample.message}]
        spreads = _spreads(shown, self._zone)
        html = rendered("words.html.jinja", messages=messages, spreads=spreads, sought=sought)
        return HTMLResponse(html, status_code=200 if shown else 404, headers=self._headers)


def _spreads(samples: Iterable[Sample], zone: tzinfo) -> dict[str, list[Spread]]:
    """Samples by message; side by side are those that differ in nothing but their language."""
    found: dict[tuple[str, str, str], list[Sample]] = {}
    for sample in samples:
        found.setdefault((sample.message, sample.case, sample.reader), []).append(sample)
    spreads: dict[str, list[Spread]] = {}
    for (message, case, reader), those in found.items():
        title = ", ".join(filter(None, (case, f"to the {reader}")))
        spreads.setdefault(message, []).append(Spread(message, title, tuple(_leaf(one, zone) for one in those)))
    return spreads


def _leaf(sample: Sample, zone: tzinfo) -> Leaf:
    changes = (change(source) for source in sample.mail.calendar)
    return Leaf(
        language=sample.language,
        title=LANGUAGES.get(sample.language, sample.language),
        texts=sample.texts,
        subject=sample.mail.subject,
        html=sample.mail.html,
        plain=sample.mail.text,
        slips=tuple(slip(one, zone) for one in changes if one is not None),
    )
