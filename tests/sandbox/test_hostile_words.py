"""The sandbox's pages show what patients, services and clinics wrote as text, whatever they wrote."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from services.sandbox.cards import Bubble, Card, MailCard, Slip
from services.sandbox.gallery import Leaf, SmsSample, Spread
from services.sandbox.ledger import Counts
from services.sandbox.rendering import rendered
from services.sandbox.suggested_replies import Quick
from tests.page_shape import HOSTILE, Shape

TAME = "tame"
AT = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)

BUBBLE = Bubble(outgoing=False, body="Come.", at=AT, status="failed", explanation="landline", twice=False, segments=2)
PATIENTS = replace(BUBBLE, outgoing=True, carrier="took it as STOP")
PHONE = Card(
    kind="sms",
    id="sms-1",
    address="+447700900001",
    title="+44 7700 900001",
    label="Ada",
    search="ada",
    earlier=0,
    bubbles=(BUBBLE,),
    quick=(Quick("1", "coming"),),
)
SLIP = Slip(title="Appointment", start=AT, end=AT, location="The Old Library", does="Cancelled", sequence=2)
MAIL = MailCard(
    sender="clinic@example.org",
    subject="Your visit",
    text="Come.",
    html="<p>Come.</p>",
    at=AT,
    twice=False,
    slips=(SLIP,),
    unsubscribe="https://example.org/u",
)
MAILBOX = Card(
    kind="email",
    id="email-1",
    address="ada@example.org",
    title="ada@example.org",
    label="Ada",
    search="ada",
    earlier=0,
    letters=(MAIL,),
)
LEAF = Leaf(
    language="en",
    title="English",
    texts=(SmsSample("Come.", "1 segment", "no answers"),),
    subject="Visit",
    html="<p>Come.</p>",
    plain="Come.",
    slips=(SLIP,),
)
SPREAD = Spread("prompts/agenda", "by video", (LEAF,))


def phones(card: Card = PHONE, sought: str = "x") -> str:
    """The page of phones and mailboxes, with one card."""
    ours, theirs = ([card], []) if card.kind == "sms" else ([], [card])
    return rendered(
        "page.html.jinja",
        phones=ours,
        phones_found=len(ours),
        mailboxes=theirs,
        mailboxes_found=len(theirs),
        counts=Counts(texts=1, mails=1, undelivered=0, twice=0, phones=1, mailboxes=1),
        revision=1,
        limit=200,
        sought=sought,
        replies=True,
        has_words=True,
    )


def live(card: Card) -> str:
    """A card as it is sent to a page that is open."""
    return rendered("card.html.jinja", card=card, replies=True)


def bubble(one: Bubble) -> str:
    return phones(replace(PHONE, bubbles=(one,)))


def mail(one: MailCard) -> str:
    return phones(replace(MAILBOX, letters=(one,)))


def words(spread: Spread = SPREAD, message: str = "prompts/agenda", sought: str = "x") -> str:
    """The page of words, with one message."""
    return rendered("words.html.jinja", messages=[message], spreads={message: [spread]}, sought=sought)


def leaf(one: Leaf) -> str:
    return words(replace(SPREAD, leaves=(one,)))


def sms(one: SmsSample) -> str:
    return leaf(replace(LEAF, texts=(one,)))


PLACES: dict[str, Callable[[str], str]] = {
    "what is sought": lambda said: phones(sought=said),
    "a phone's number": lambda said: phones(replace(PHONE, address=said)),
    "a phone's title": lambda said: phones(replace(PHONE, title=said)),
    "a phone's id": lambda said: phones(replace(PHONE, id=said)),
    "whose a phone is": lambda said: phones(replace(PHONE, label=said)),
    "by what a phone is found": lambda said: phones(replace(PHONE, search=said)),
    "a text of ours": lambda said: bubble(replace(BUBBLE, body=said)),
    "a patient's text": lambda said: bubble(replace(PATIENTS, body=said)),
    "why a text failed": lambda said: bubble(replace(BUBBLE, explanation=said)),
    "what the carrier did": lambda said: bubble(replace(PATIENTS, carrier=said)),
    "an answer": lambda said: phones(replace(PHONE, quick=(Quick(said, "coming"),))),
    "what an answer means": lambda said: phones(replace(PHONE, quick=(Quick("1", said),))),
    "a text that arrives live": lambda said: live(replace(PHONE, bubbles=(replace(BUBBLE, body=said),))),
    "a mail that arrives live": lambda said: live(replace(MAILBOX, letters=(replace(MAIL, subject=said),))),
    "a mailbox's address": lambda said: phones(replace(MAILBOX, title=said)),
    "whose a mailbox is": lambda said: phones(replace(MAILBOX, label=said)),
    "a mail's sender": lambda said: mail(replace(MAIL, sender=said)),
    "a mail's subject": lambda said: mail(replace(MAIL, subject=said)),
    "a mail's text": lambda said: mail(replace(MAIL, text=said)),
    "a mail without HTML": lambda said: mail(replace(MAIL, html=None, text=said)),
    "a mail's HTML": lambda said: mail(replace(MAIL, html=said)),
    "where a mail is unsubscribed from": lambda said: mail(replace(MAIL, unsubscribe=said)),
    "an entry's title": lambda said: mail(replace(MAIL, slips=(replace(SLIP, title=said),))),
    "an entry's place": lambda said: mail(replace(MAIL, slips=(replace(SLIP, location=said),))),
    "what becomes of an entry": lambda said: mail(replace(MAIL, slips=(replace(SLIP, does=said),))),
    "a message that is sought": lambda said: words(sought=said),
    "a message that is none": lambda said: rendered("words.html.jinja", messages=[], spreads={}, sought=said),
    "a message's name": lambda said: words(message=said),
    "a case and its reader": lambda said: words(replace(SPREAD, title=said)),
    "a language": lambda said: leaf(replace(LEAF, language=said)),
    "a language's name": lambda said: leaf(replace(LEAF, title=said)),
    "a sample's text": lambda said: sms(SmsSample(said, "1 segment", "all")),
    "a sample's cost": lambda said: sms(SmsSample("Come.", said, "all")),
    "a sample's note": lambda said: sms(SmsSample("Come.", "1 segment", said)),
    "a sample's subject": lambda said: leaf(replace(LEAF, subject=said)),
    "a sample's HTML": lambda said: leaf(replace(LEAF, html=said)),
    "a sample's plain text": lambda said: leaf(replace(LEAF, plain=said)),
    "a sample's entry": lambda said: leaf(replace(LEAF, slips=(replace(SLIP, title=said),))),
}
"""Pages in which one value is from outside, by the place of the value."""


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("shown", PLACES.values(), ids=PLACES)
def test_what_is_written_stays_text(shown: Callable[[str], str], hostile: str) -> None:
    """Whatever is written, the page has the elements and attributes of one with something harmless, and its words."""
    seen, tame = Shape(shown(hostile)), Shape(shown(TAME))
    assert seen.elements == tame.elements
    assert seen.says(hostile)
    assert [address.replace(quote(hostile), TAME) for address in seen.addresses] == tame.addresses


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "shown", [PLACES["a mail's HTML"], PLACES["a sample's HTML"]], ids=["on the page", "among the words"]
)
def test_a_mail_stays_in_its_frame(shown: Callable[[str], str], hostile: str) -> None:
    """A mail's HTML is the end of its frame's document as it was written, behind what sends its links elsewhere."""
    page = Shape(shown(hostile))
    [document] = page.frames
    head = '<!doctype html><base target="_blank"><meta name="color-scheme" content="light">'
    assert document.replace("\r\n", "\n") == (head + hostile).replace("\r\n", "\n")
    assert "allow-popups allow-popups-to-escape-sandbox" in page.values
