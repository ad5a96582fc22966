"""The page with every phone and mailbox, live."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import tzinfo
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from services.sandbox.cards import SHOWN_CARDS, Card, Cards
from services.sandbox.connections import pause
from services.sandbox.gallery import Gallery, GalleryPage
from services.sandbox.inbound import Replies
from services.sandbox.ledger import Ledger
from services.sandbox.rendering import rendered

_HERE = Path(__file__).parent
_BREATH = 0.25  # seconds between two updates: a burst of texts becomes one
_HEARTBEAT = 15  # seconds of silence after which a comment shows that the stream lives

# Nothing from outside, whatever a mail says; mails bring styles of their own.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


class LivePage:
    """Renders cards, first as a page and then as they change."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a page shows
        self,
        ledger: Ledger,
        cards: Cards,
        replies: Replies,
        closing: asyncio.Event,
        zone: tzinfo,
        gallery: Gallery | None = None,
    ) -> None:
        """Show this ledger, and the gallery where there is one; streams end when `closing` is set."""
        self._ledger = ledger
        self._cards = cards
        self._replies = replies
        self._closing = closing
        self._gallery = GalleryPage(gallery, zone, _HEADERS) if gallery else None

    def routes(self) -> list[BaseRoute]:
        """The page and what belongs to it."""
        return [
            Route("/", self._show, methods=["GET"]),
            Route("/events", self._events, methods=["GET"]),
            Route("/replies", self._reply, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
            *([self._gallery.route()] if self._gallery else []),
        ]

    async def _show(self, request: Request) -> Response:
        sought = request.query_params.get("q", "")
        phones, phones_found = self._cards.matching("sms", sought)
        mailboxes, mailboxes_found = self._cards.matching("email", sought)
        html = rendered(
            "page.html.jinja",
            phones=phones,
            phones_found=phones_found,
            mailboxes=mailboxes,
            mailboxes_found=mailboxes_found,
            counts=self._ledger.counts(),
            revision=self._ledger.revision,
            limit=SHOWN_CARDS,
            sought=sought,
            replies=self._replies.wanted,
            has_words=self._gallery is not None,
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def _events(self, request: Request) -> Response:
        after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        revision = int(after) if after.isdecimal() else 0
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._updates(revision), media_type="text/event-stream", headers=headers)

    async def _updates(self, revision: int) -> AsyncIterator[str]:
        """Cards that changed since this revision, until the sandbox closes; a client that was away misses nothing."""
        if revision > self._ledger.revision:  # another ledger than the client knew
            revision = 0
        yield ": here\n\n"
        while not self._closing.is_set():
            now = await self._next(revision)
            if now is None:
                yield ": still here\n\n"
                continue
            changed = [self._cards.card(holder) for holder in self._ledger.holders(after=revision)]
            revision = now
            update = {
                "cards": [{"id": card.id, "kind": card.kind, "html": self._html(card)} for card in reversed(changed)],
                "counts": self._ledger.counts()._asdict(),
            }
            yield f"id: {revision}\ndata: {json.dumps(update)}\n\n"
            await pause(_BREATH, self._closing)

    async def _next(self, revision: int) -> int | None:
        """The ledger's next revision; None when nothing happened for a while."""
        changed = asyncio.create_task(self._ledger.changed(revision))
        closing = asyncio.create_task(self._closing.wait())
        try:
            done, _ = await asyncio.wait((changed, closing), timeout=_HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            return changed.result() if changed in done else None
        finally:
            changed.cancel()
            closing.cancel()

    async def _reply(self, request: Request) -> Response:
        origin = request.headers.get("origin", "")
        if urlsplit(origin).netloc != request.headers.get("host"):
            return PlainTextResponse("Replies are sent from this page only.", status_code=403)
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        referer = urlsplit(request.headers.get("referer", ""))
        sought = f"?{referer.query}" if referer.netloc == request.headers.get("host") and referer.query else ""
        if not form.get("from") or not form.get("body", "").strip():
            return PlainTextResponse("A reply needs a number and words.", status_code=422)
        self._replies.reply(form["from"], form["body"].strip())
        return RedirectResponse(f"/{sought}", status_code=303)

    def _html(self, card: Card) -> str:
        return rendered("card.html.jinja", card=card, replies=self._replies.wanted)
