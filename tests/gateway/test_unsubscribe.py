"""Unsubscribing by a link, through a real server to a real broker: by a mail client, and by a person with a browser."""

import base64
import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from uuid import UUID

import pytest
from aiohttp import FormData
from yarl import URL

from services.gateway import pages
from services.gateway.settings import Settings
from shared.embedded import EmbeddedKafka
from shared.events.cloudevents import Event, EventKind, read
from shared.events.topic_names import INBOUND
from shared.events.unsubscribe import KIND, TYPE, Unsubscribed
from shared.kafka.client import record_of
from shared.security.signed_links import Signer, unsubscribe_url
from tests.gateway.gateway_harness import (
    LINK_KEY,
    MESSAGE,
    OLD_LINK_KEY,
    PUBLIC,
    Door,
    free_port,
    opened,
    read_receipts,
    said,
)

SIGNER, OLD_SIGNER, STRANGER = Signer.of(LINK_KEY), Signer.of(OLD_LINK_KEY), Signer.of("E" * 42 + "A=")
WELL = SIGNER.token(UUID(MESSAGE), "appointments")
FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

Answer = tuple[int, str, Mapping[str, str]]


async def post(
    door: Door, token: str = WELL, body: bytes | FormData = ONE_CLICK, *, kind: str = FORM, browser: bool = False
) -> Answer:
    """Post to a link, by itself as a mail client does, or by the page's button."""
    headers = {**({"Content-Type": kind} if isinstance(body, bytes) else {}), **(BROWSER if browser else {})}
    where = URL(f"{door.url}/unsubscribe/{token}", encoded=True)
    async with door.session.post(where, data=body, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text(), response.headers


async def get(door: Door, token: str = WELL, method: str = "GET") -> Answer:
    """Open a link in a browser."""
    where = URL(f"{door.url}/unsubscribe/{token}", encoded=True)
    async with door.session.request(method, where, headers=BROWSER, allow_redirects=False) as response:
        return response.status, await response.text(), response.headers


async def nothing_written(broker: EmbeddedKafka, door: Door) -> None:
    """Hold that nothing was written before: the next record is the first."""
    assert (await post(door, SIGNER.token(UUID(MESSAGE), "goals")))[0] == 200
    [record] = await read_receipts(broker.url, 1, INBOUND)
    assert said(record)["data"] == {"category": "goals"}
    assert record.offset == 0


async def test_one_click_becomes_an_event(door: Door, broker: EmbeddedKafka) -> None:
    """What a mail client posts is in the topic, as an event that every service can read, once it is answered."""
    status, text, _ = await post(door)
    assert status == 200
    assert "no more of these messages" in text
    [record] = await read_receipts(broker.url, 1, INBOUND)
    event = said(record)
    assert event["id"] == f"{MESSAGE}/unsubscribe/appointments"
    assert event["subject"] == f"message/{MESSAGE}"
    assert record.key == MESSAGE.encode()
    understood = read(record_of(record), {TYPE: EventKind(KIND, Unsubscribed)}, datetime.now(UTC))
    assert isinstance(understood, Event)
    assert understood.data == Unsubscribed(category="appointments")


async def test_the_address_in_a_mail_leads_here(door: Door) -> None:
    """What delivery writes into a mail is, below the public address, a path that the gateway has."""
    url = unsubscribe_url(f"{PUBLIC}/", SIGNER, UUID(MESSAGE), "appointments")
    assert url.startswith(f"{PUBLIC}/unsubscribe/")
    async with door.session.post(door.url + url.removeprefix(PUBLIC), data=ONE_CLICK) as response:
        assert response.status == 200


async def test_the_same_link_again_has_the_same_id(door: Door, broker: EmbeddedKafka) -> None:
    """Posted twice, by a mail client and by a person, it is one event to whoever reads."""
    assert [(await post(door))[0], (await post(door, browser=True))[0]] == [200, 200]
    first, second = await read_receipts(broker.url, 2, INBOUND)
    assert said(first)["id"] == said(second)["id"]
    assert said(first)["data"] == said(second)["data"]


@pytest.mark.parametrize(
    ("body", "kind", "answer"),
    [
        pytest.param(ONE_CLICK, FORM, 200, id="a form"),
        pytest.param(ONE_CLICK, f"{FORM}; charset=utf-8", 200, id="a form with a charset"),
        pytest.param(b"List-Unsubscribe=One-Click&x=1", FORM, 200, id="a form with more"),
        pytest.param(PARTS[0], PARTS[1], 200, id="parts, as RFC 8058 would rather have it"),
        pytest.param(b"", FORM, 400, id="nothing"),
        pytest.param(b"List-Unsubscribe=", FORM, 400, id="not the word"),
        pytest.param(b"a=b", FORM, 400, id="another form"),
        pytest.param(b"\xff\xfe" * 30, "application/octet-stream", 400, id="bytes"),
        pytest.param(b"x" * (64 * 1024 + 1), FORM, 413, id="too much"),
    ],
)
async def test_what_is_one_click(door: Door, body: bytes, kind: str, answer: int) -> None:
    """A post counts where it says List-Unsubscribe=One-Click, as a form or as parts."""
    assert (await post(door, WELL, body, kind=kind))[0] == answer


async def test_parts_as_a_library_makes_them(door: Door) -> None:
    """A multipart body that an HTTP library builds is taken."""
    form = FormData(default_to_multipart=True)
    form.add_field("List-Unsubscribe", "One-Click")
    assert (await post(door, body=form))[0] == 200


async def test_looking_changes_nothing(door: Door, broker: EmbeddedKafka) -> None:
    """GET and HEAD, as link scanners do, write nothing, whether of the link or of a broken one."""
    assert [(await get(door))[0], (await get(door, method="HEAD"))[0], (await get(door, "x"))[0]] == [200, 200, 404]
    await nothing_written(broker, door)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_no_other_method(door: Door, method: str) -> None:
    """A link can be looked at and posted to, and nothing else."""
    assert (await get(door, method=method))[0] == 405


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        pytest.param(WELL, 200, id="ours"),
        pytest.param(OLD_SIGNER.token(UUID(MESSAGE), "appointments"), 200, id="by the key before"),
        pytest.param(STRANGER.token(UUID(MESSAGE), "appointments"), 404, id="by a stranger's key"),
        pytest.param(WELL[:-1], 404, id="cut short"),
        pytest.param(WELL + "A", 404, id="too long"),
        pytest.param(WELL + "=", 404, id="padded"),
        pytest.param(f"{WELL}%0A", 404, id="with a line break"),
        pytest.param(WELL.swapcase(), 404, id="in another case"),
        pytest.param(MESSAGE, 404, id="a bare message id"),
        pytest.param("%C5%B5", 404, id="not ASCII"),
        pytest.param("A" * 10_000, 404, id="without end"),
        pytest.param("", 404, id="empty"),
        pytest.param(f"{WELL}/", 404, id="with a path behind it"),
    ],
)
async def test_only_what_we_signed(door: Door, caplog: pytest.LogCaptureFixture, token: str, answer: int) -> None:
    """A link works exactly as one of our keys has signed it; what is wrong with another is not told."""
    assert (await post(door, token))[0] == answer
    status, page, _ = await get(door, token)
    assert status == answer
    if answer == 404 and token not in {"", f"{WELL}/"}:
        assert page == pages.broken()
    assert not [line for line in caplog.records if line.exc_info]


async def test_a_refused_token_is_not_written(door: Door, broker: EmbeddedKafka) -> None:
    """A forged link leaves nothing in the topic, and the answer to a mail client has no body."""
    status, text, _ = await post(door, STRANGER.token(UUID(MESSAGE), "appointments"))
    assert (status, text) == (404, "")
    await nothing_written(broker, door)


async def test_no_redirect_no_cookie(door: Door) -> None:
    """One click is one request: nothing is redirected to, nothing is to be remembered (RFC 8058, section 3.2)."""
    for answer in (await post(door), await post(door, browser=True), await get(door)):
        assert answer[0] == 200
        assert not {"Location", "Set-Cookie"} & set(answer[2])


async def test_kafka_away(broker: EmbeddedKafka, settings: Settings) -> None:
    """Without Kafka neither a mail client nor a person is told that it was done, and both are told to come back."""
    hasty = settings.model_copy(update={"gateway_kafka_seconds": 0.3, "health_port": free_port()})
    broker.pause()
    async with opened(hasty) as door:
        assert (await get(door))[0] == 200
        for browser, said_ in ((False, ""), (True, pages.later())):
            status, text, headers = await post(door, browser=browser)
            assert (status, text, headers["Retry-After"]) == (503, said_, "5")
        broker.resume()
        while (await post(door))[0] != 200:
            pass


async def test_too_many(settings: Settings) -> None:
    """Links have no door of their own: what comes too often is turned away."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [(await get(door))[0], (await post(door))[0]] == [200, 429]


async def test_the_token_is_in_no_log_and_no_metric(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads logs and metrics cannot unsubscribe anybody: our lines of any level and others' have no token."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "cocreate")
    port = free_port()
    async with opened(settings.model_copy(update={"health_port": port})) as door:
        await get(door)
        await post(door)
        await post(door, WELL[:-1])
        async with door.session.get(f"http://127.0.0.1:{port}/metrics") as response:
            shown = await response.text()
    assert 'cocreate_gateway_requests_total{outcome="taken",route="/unsubscribe"} ' in shown
    assert WELL[:-1] not in shown + caplog.text
    assert MESSAGE not in shown + caplog.text


class Outline(HTMLParser):
    """What a screen reader finds in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.tags if name == tag]


EVERY = {
    **{f"ask {category}": pages.ask(category) for category in (*pages.WORDS, "unheard_of")},
    **{f"done {category}": pages.done(category) for category in (*pages.WORDS, "unheard_of")},
    "broken": pages.broken(),
    "later": pages.later(),
}


@pytest.mark.parametrize("page", EVERY.values(), ids=EVERY)
def test_pages_are_accessible(page: str) -> None:
    """Each page has a language, a title, a viewport that lets itself be enlarged, and both languages, marked."""
    outline = Outline(page)
    assert outline.all("html") == [{"lang": "en"}]
    assert len(outline.all("main")) == len(outline.all("title")) == 1
    assert [section["lang"] for section in outline.all("section")] == ["en", "cy"]
    assert len(outline.all("h1")) == 2
    [viewport] = [meta["content"] for meta in outline.all("meta") if meta.get("name") == "viewport"]
    assert viewport == "width=device-width, initial-scale=1"
    assert "noindex, nofollow" in page


@pytest.mark.parametrize("page", EVERY.values(), ids=EVERY)
def test_pages_load_nothing(page: str) -> None:
    """No page has a script, an image, a link to elsewhere or a style other than its own; at most one button posts."""
    outline = Outline(page)
    for tag in ("script", "img", "link", "a", "iframe", "input"):
        assert outline.all(tag) == []
    assert not any("style" in attributes for _, attributes in outline.tags)
    asks = page in {*(EVERY[name] for name in EVERY if name.startswith("ask")), pages.later()}
    assert outline.all("form") == ([{"method": "post"}] if asks else [])
    assert outline.all("button") == ([{"name": "List-Unsubscribe", "value": "One-Click"}] if asks else [])


@pytest.mark.parametrize("category", pages.WORDS)
def test_pages_say_what_and_that_care_stays(category: str) -> None:
    """Asked and answered, the page names what is stopped in plain words of both languages; care stays the same."""
    for page in (pages.ask(category), pages.done(category)):
        for words in (*pages.WORDS[category], "Your care stays the same.", "Bydd eich gofal yn aros yr un fath."):
            assert words in page


def test_who_stops_appointments_is_told_what_that_means() -> None:
    """Whoever stops news of appointments reads, before and after, that no text comes instead, in both languages."""
    said_of_it = {
        "You will get no texts in their place.",
        "If an appointment is moved or cancelled, we may not be able to tell you.",
        "Ni chewch negeseuon testun yn eu lle.",
        "Os caiff apwyntiad ei symud neu ei ganslo, efallai na fyddwn yn gallu dweud wrthych.",
    }
    for page in (pages.ask, pages.done):
        told = {category: {words for words in said_of_it if words in page(category)} for category in pages.WORDS}
        assert told == {"appointments": said_of_it, "all": said_of_it, "goals": set(), "groups": set()}


async def test_headers(door: Door) -> None:
    """No page is kept, framed, indexed or told to others by its address, and it runs nothing but its own style."""
    for _, page, headers in (await get(door), await post(door, browser=True), await get(door, "x")):
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
