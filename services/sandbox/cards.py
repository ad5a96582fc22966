"""Builds the cards of the sandbox's page from the ledger: one for each phone and each mailbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import islice

import phonenumbers

from services.sandbox.entries import CalendarChange, Kind, OptOut, ReceivedMail, RefusedText, SandboxText
from services.sandbox.ledger import Holder, Ledger
from services.sandbox.refusals import error_message
from services.sandbox.suggested_replies import Quick, quick_answers
from shared.words import sms

Label = Callable[[str], str | None] | Mapping[str, str]
Blocked = Callable[[str, str], bool]
"""Whether a phone (first) has opted out of texts from a number of ours (second)."""

_DOES = {"REQUEST": "Added or updated", "CANCEL": "Cancelled"}  # by iTIP method

_OPTED_OUT = 21610  # Twilio's code for a text to a phone that stopped them

_SHOWN_TEXTS, _SHOWN_MAILS = 30, 8  # the newest of each card; a page of 200 cards stays light
SHOWN_CARDS = 200  # of each kind; the search reaches the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One text on a phone, as the page shows it."""

    outgoing: bool
    """Whether the text comes from the patient's phone."""
    body: str
    at: datetime
    status: str
    explanation: str | None
    twice: bool
    segments: int
    """Number of billed segments."""
    carrier: str | None = None
    """A note on the carrier's own handling of the text; None: the carrier only delivers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A calendar change of a mail, as the page shows it beside the mail."""

    title: str
    start: datetime
    end: datetime | None
    location: str
    does: str
    """The effect on the calendar entry, in a few words."""
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCard:
    """One mail in a mailbox, as the page shows it."""

    sender: str
    subject: str
    text: str | None
    html: str | None
    at: datetime
    twice: bool
    slips: tuple[Slip, ...] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One phone or one mailbox."""

    kind: Kind
    id: str
    address: str
    title: str
    label: str | None
    search: str
    earlier: int
    bubbles: tuple[Bubble, ...] = ()
    quick: tuple[Quick, ...] = ()
    stopped: bool = False
    """Whether the carrier blocks our texts to this phone."""
    letters: tuple[MailCard, ...] = ()


class Cards:
    """Makes cards from a ledger."""

    def __init__(
        self, ledger: Ledger, zone: tzinfo, label: Label | None = None, blocked: Blocked = lambda _phone, _ours: False
    ) -> None:
        """Build cards from this ledger; `label` names the owner of an address, and times are shown in `zone`."""
        self._ledger = ledger
        self._zone = zone
        self._blocked = blocked
        self._label = label.get if isinstance(label, Mapping) else label

    def matching(self, kind: Kind, sought: str = "") -> tuple[list[Card], int]:
        """The most recently changed cards of this kind that match the search, and the number of all that match."""
        holders = [holder for holder in self._ledger.holders() if holder.kind == kind]
        words = plain(sought)
        found = [holder for holder in holders if words in self._search(holder)] if words else holders
        return [self.card(holder) for holder in islice(found, SHOWN_CARDS)], len(found)

    def card(self, holder: Holder) -> Card:
        """The present card of a phone or mailbox."""
        card = Card(
            kind=holder.kind,
            id=f"{holder.kind}-{''.join(c if c.isalnum() else f'_{ord(c):x}' for c in holder.address)}",
            address=holder.address,
            title=_international(holder.address) if holder.kind == "sms" else holder.address,
            label=self._label(holder.address) if self._label else None,
            search=self._search(holder),
            earlier=0,
        )
        return self._with_texts(card, holder) if holder.kind == "sms" else self._with_mails(card, holder)

    def _with_texts(self, card: Card, phone: Holder) -> Card:
        texts = [entry for entry in self._ledger.held_by(phone) if isinstance(entry, SandboxText)]
        both: list[SandboxText | RefusedText] = [*texts, *self._ledger.refused(phone.address)]
        thread = sorted(both, key=lambda one: one.created_at)
        ours = next((one for one in reversed(thread) if one.sender != phone.address), None)
        return replace(
            card,
            earlier=max(0, len(thread) - _SHOWN_TEXTS),
            bubbles=tuple(self._bubble(one) for one in thread[-_SHOWN_TEXTS:]),
            quick=quick_answers(texts),
            stopped=ours is not None and self._blocked(phone.address, ours.sender),
        )

    def _with_mails(self, card: Card, mailbox: Holder) -> Card:
        mails = [entry for entry in self._ledger.held_by(mailbox) if isinstance(entry, ReceivedMail)]
        shown = mails[-_SHOWN_MAILS:]
        return replace(
            card, earlier=len(mails) - len(shown), letters=tuple(self._letter(mail) for mail in reversed(shown))
        )

    def _search(self, holder: Holder) -> str:
        label = (self._label(holder.address) if self._label else None) or ""
        numbers = f" {_national(holder.address)}" if holder.kind == "sms" else ""
        return f"{plain(label)} {plain(holder.address)}{numbers}"

    def _bubble(self, text: SandboxText | RefusedText) -> Bubble:
        if isinstance(text, RefusedText):
            return Bubble(
                outgoing=False,
                body=text.body,
                at=text.created_at.astimezone(self._zone),
                status="blocked" if text.error_code == _OPTED_OUT else "failed",
                explanation=REFUSED.get(text.error_code),
                twice=False,
                segments=1,
            )
        return Bubble(
            outgoing=text.direction == "inbound",
            body=text.body,
            at=text.created_at.astimezone(self._zone),
            status=text.status.value,
            explanation=error_message(text.error_code),
            twice=self._ledger.is_double(text),
            segments=sms.count(text.body).segments,
            carrier=_by_the_carrier(text),
        )

    def _letter(self, mail: ReceivedMail) -> MailCard:
        return MailCard(
            sender=mail.sender,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            at=mail.created_at.astimezone(self._zone),
            twice=self._ledger.is_double(mail),
            slips=tuple(slip(change, self._zone) for change in mail.changes),
            unsubscribe=mail.unsubscribe,
        )


REFUSED = {_OPTED_OUT: "the carrier refused it after STOP (21610)", 21614: "this number takes no texts (21614)"}
"""Explanations of refused texts, by Twilio's error code."""

TAKEN: Mapping[OptOut, str] = {
    "STOP": "the carrier took it as STOP",
    "START": "the carrier took it as START",
    "HELP": "the carrier took it as HELP",
}
"""Notes on texts from patients that the carrier handled as a keyword."""


def _by_the_carrier(text: SandboxText) -> str | None:
    if text.opt_out is not None:
        return TAKEN[text.opt_out]
    return "the carrier's own answer" if text.direction == "outbound-reply" else None


def slip(change: CalendarChange, zone: tzinfo) -> Slip:
    """A calendar change of a mail for the page, with its times in this zone."""
    return Slip(
        title=change.title,
        start=change.start.astimezone(zone),
        end=change.end and change.end.astimezone(zone),
        location=change.location,
        does=_DOES.get(change.method, change.method),
        sequence=change.sequence,
    )


def plain(sought: str) -> str:
    """A search text in the form that is compared: lower case, and numbers without spaces and punctuation."""
    words = " ".join(sought.lower().split())
    compact = words.translate(str.maketrans("", "", " -()"))
    return compact if compact.removeprefix("+").isdecimal() else words


def _international(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _national(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(char for char in national if char.isdecimal())
