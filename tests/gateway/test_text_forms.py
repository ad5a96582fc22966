"""Forms of incoming texts, whatever is in them: pure, without a server."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict

from services.gateway.forms import Form, parse
from services.gateway.refusals import RequestRefusal
from services.gateway.settings import Settings
from services.gateway.texts import event, inbound_of
from shared.events.cloudevents import Event, EventKind, Record, read
from shared.events.inbound_text import KIND, LONGEST_BODY, TYPE, Inbound
from shared.events.topic_names import INBOUND
from tests.gateway.gateway_harness import ADA, LINK_KEY, OLD_LINK_KEY, PUBLIC, TEXT, TOKEN, text

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
KEY = b"k" * 32

NAMES = st.sampled_from([name for name, _ in TEXT] + ["OptOutType", "MediaUrl0", "\x00", ""])
VALUES = st.one_of(st.sampled_from([value for _, value in TEXT]), st.text(st.characters(codec="utf-8")))
WORDS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from('\x00\\u0d8"\n👍')), max_size=200)


def form_of(**changed: str | None) -> Form:
    """The form of a text, as the gateway has it."""
    return ImmutableMultiDict(text(**changed))


def read_back(text_: Inbound) -> Inbound:
    """The text, after it was written and read."""
    written = event(text_, KEY, NOW)
    record = Record(
        topic=INBOUND,
        partition=0,
        offset=0,
        timestamp=NOW,
        key=written.key,
        value=written.value,
        headers=written.headers,
    )
    got = read(record, {TYPE: EventKind(KIND, Inbound)}, NOW)
    assert isinstance(got, Event), got
    assert isinstance(got.data, Inbound)
    return got.data


def settings(keys: str) -> Settings:
    """The gateway's settings with these link keys."""
    return Settings(public_url=PUBLIC, twilio_auth_token=TOKEN, link_keys=keys)


@given(words=WORDS)
def test_no_words_are_lost(words: str) -> None:
    """Any words in a form are, but for null characters, what a reader of the topic reads."""
    fields = parse(urlencode(text(Body=words)).encode())
    assert not isinstance(fields, RequestRefusal)
    got = inbound_of(fields)
    assert isinstance(got, Inbound)
    assert read_back(got).body == words.replace("\x00", "")[:LONGEST_BODY]


@given(fields=st.lists(st.tuples(NAMES, VALUES), max_size=30), well=st.booleans())
def test_any_form_is_a_text_or_a_refusal(fields: list[tuple[str, str]], *, well: bool) -> None:
    """Whatever fields a form has, none, doubled or strange, it is refused or becomes a text that can be read back."""
    form: Form = ImmutableMultiDict([*(TEXT if well else ()), *fields])
    got = inbound_of(form)
    if isinstance(got, RequestRefusal):
        assert got in {RequestRefusal.NOT_A_TEXT, RequestRefusal.NOT_FROM_A_PHONE}
    else:
        assert read_back(got) == got


@given(body=st.binary(max_size=300))
def test_any_body_is_a_form_or_a_refusal(body: bytes) -> None:
    """Whatever bytes arrive, reading them as a text raises nothing."""
    form = parse(body)
    assert isinstance(form, RequestRefusal) or inbound_of(form) is not None


@given(number=st.integers(0, 999))
def test_the_key_tells_no_number(number: int) -> None:
    """A record's key is the same for a phone whatever it texts, another for another key, and no number is in it."""
    phone = f"+447700900{number:03}"
    first, second = inbound_of(form_of(From=phone, Body="1")), inbound_of(form_of(From=phone, Body="2"))
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    key = event(first, KEY, NOW).key
    assert key == event(second, KEY, NOW).key != event(first, b"another", NOW).key
    assert len(key) == 32
    assert phone[3:].encode() not in key


def test_nothing_shows_a_text() -> None:
    """Printed, as an error or a log line would, a text shows neither number nor words."""
    got = inbound_of(form_of(Body="my back"))
    assert "my back" not in repr(got)
    assert ADA[3:] not in repr(got)


def test_replicas_agree_on_the_key() -> None:
    """The key for phones follows from the newest link key alone, is not that key, and shows nowhere."""
    key = settings(LINK_KEY).phone_key()
    assert key == settings(f" {LINK_KEY} , {OLD_LINK_KEY}").phone_key()
    assert key != settings(f"{OLD_LINK_KEY},{LINK_KEY}").phone_key()
    assert LINK_KEY.encode() not in key
    assert len(key) == 32
