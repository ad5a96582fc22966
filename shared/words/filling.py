"""Values for a wording, made from a message's data and its reader: each is cleaned, on one line and short."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

from shared.calendar.zones import parse_zone
from shared.clinic.joining import is_web_address
from shared.clinic.placeholders import is_placeholder, is_sentence
from shared.clinic.places import Place, Places
from shared.words import sms
from shared.words.coming import Coming
from shared.words.forms import LONGEST_TEXT
from shared.words.links import DOMAIN, has_link
from shared.words.wording import DoesNotFit, Language, Recipient

LONGEST_NAME = 35  # NHS Data Dictionary, PERSON GIVEN NAME: max an35

LONGEST: Mapping[str, int] = MappingProxyType({"name": 40, "sender": 40, "phone": 13, "address": 120})
"""The longest public values of a place that the registry takes, in characters: the lint tries values of this length.

Three segments hold 459. With the longest first name (35) and those of a place 331 are left for the words themselves, or
318 where there are two numbers; an address is one line, and stands in e-mails alone.
"""

SHOWN: Mapping[str, int] = MappingProxyType({**LONGEST, "phone": 40})
"""Characters shown of these values. An old phone number beyond its limit stays whole: half of it is another number."""

WHITESPACE = re.compile(r"\s")

GREETINGS: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        Language.ENGLISH: ("Dear", "Hello"),
        Language.WELSH: ("Annwyl", "Helo"),  # annwyl mutates what follows, but never a person's name
    }
)
"""The greetings of a patient with a name, and without: `Hello, you have an appointment` reads well too."""

SOMEBODY: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        Language.ENGLISH: ("The person you care for", "The patient"),
        Language.WELSH: ("y person rydych yn gofalu amdano", "y claf"),
    }
)
"""Stand-ins for a patient's unknown name, to a carer and to staff.

In English it begins a sentence (`{{ first_name }} has an appointment`). In Welsh the verb does, so it stands within one
(`Mae gan {{ first_name }} apwyntiad`), after `gan`, never after `i` or `o`, which would contract. It has no possessive.
"""


JOINED = re.compile(r"(?<![^\s(])([^\W\d_]+)\.([^\W\d_]+)(?=[\s,;!?)]|$)")
"""Two sentences without a space between, as people text: "bad pain.it keeps me awake" holds no Italian domain."""

LONGEST_ITEM = 400
"""Characters shown of an item of an agenda: a few sentences. A longer item is cut and marked as cut."""


@dataclass(frozen=True, slots=True)
class PatientRequest:
    """A patient's replies about an appointment, for the clinician's list.

    Attributes:
        items: the patient's own words, item by item, oldest first.
        has_more: whether there are texts that are not shown: sent to several clinics at once, or not to be decrypted.
        wish: the last answer `1`, `2` or `3` about the appointment as it now stands.
        confidence: the patient's last confidence in their goal, 0 to 10.
        is_urgent: whether a text of the patient held an urgent phrase.

    """

    items: tuple[str, ...] = field(default=(), repr=False)
    has_more: bool = False
    wish: str | None = None
    confidence: int | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The reader of a message, and the time at which it is rendered.

    Attributes:
        recipient: the role of the reader.
        first_name: the patient's first name, whoever the reader is.
        language: the reader's preference (`en`, `cy`, `both`); None where it is unknown.
        now: the time of the claim; it decides which day is today.
        can_answer: whether answers like `1` reach us: the sender can receive, and we read them.
        can_write: whether we take free text; counts only where answers reach us and the place is staffed.
        heard: for staff, patients' replies, or the attendance of a reunion, by thing.

    """

    recipient: Recipient
    first_name: str | None = field(repr=False)
    language: str | None
    now: datetime
    can_answer: bool = False
    can_write: bool = False
    heard: Mapping[str, PatientRequest | Coming] = field(default_factory=dict, repr=False, hash=False)


def languages(preference: str | None, place: Place | None) -> tuple[Language, ...]:
    """The languages of a message, in order: the reader's, else the site's, else English. `both` is Welsh first."""
    return _spoken(preference) or _spoken(place.language if place else None) or (Language.ENGLISH,)


def filling(data: Mapping[str, Any], reader: Reader, places: Places, language: Language) -> dict[str, Any]:
    """The values for a wording in one language.

    Instants become datetimes in the clinic's time zone, places their public values, and things the replies about them
    that the reader may see; texts are cleaned and capped. General placeholders (`shared.words.forms.GENERAL_FIELDS`)
    and `now` are added; data cannot replace them.

    Raises:
        DoesNotFit: an instant cannot be read.

    """
    heard = reader.heard if reader.recipient is Recipient.CLINICIAN else {}
    values = {key: _filled(value, places, heard, language) for key, value in data.items()}
    return {
        **values,
        **_addressed(reader, language),
        "can_answer": reader.can_answer,
        "can_write": reader.can_answer and reader.can_write and are_staffed(places, _places(data)),
        "now": reader.now,
    }


def are_staffed(places: Places, keys: Iterable[str]) -> bool:
    """Whether staff at all of these places read what patients write in their own words; False of no place."""
    named = [places.get(key) for key in keys]
    return bool(named) and all(place is not None and place.staffed for place in named)


def clean(text: str, longest: int) -> str:
    """A text on one line of at most `longest` characters, without invisible characters and links.

    Control, bidirectional, zero-width and private characters, NUL and unpaired surrogates are removed; line breaks and
    runs of space become one space; words that hold a link are removed; a longer text is cut at a word. Composed (NFC),
    so that equal letters count alike.
    """
    short = _visible(text)
    if len(short) > longest:
        whole, _, _ = short[: longest + 1].rpartition(" ")
        short = whole or short[:longest]
    return " ".join(word for word in short.split() if not has_link(word)) if has_link(short) else short


def shortened(text: str, longest: int) -> str:
    """As `clean`, with `…` where the text was cut: half of a text may mean the opposite."""
    whole = clean(text, len(text))
    return whole if len(whole) <= longest else f"{clean(whole, longest - 1).rstrip()}…"


def name_of(first_name: str | None) -> str:
    """A first name as it is shown; empty where it is unfit: none, too long, without a letter, with a digit or link.

    A sentence is no name either: nobody but us speaks to a patient in our name.
    """
    name = _visible(first_name or "")
    is_name = any(letter.isalpha() for letter in name) and not any(letter.isnumeric() for letter in name)
    is_fit = is_name and len(name) <= LONGEST_NAME and not (has_link(name) or DOMAIN.search(sms.plainest(name)))
    return name if is_fit and not is_placeholder(name) and not is_sentence(name) else ""


def _spoken(preference: str | None) -> tuple[Language, ...]:
    match preference:
        case "both":
            return (Language.WELSH, Language.ENGLISH)
        case "cy":
            return (Language.WELSH,)
        case "en":
            return (Language.ENGLISH,)
        case _:
            return ()


def _addressed(reader: Reader, language: Language) -> dict[str, str]:
    """The values `first_name` and `greeting`. Only a patient is greeted by name."""
    name = name_of(reader.first_name)
    dear, hello = GREETINGS[language]
    if reader.recipient is Recipient.PATIENT:
        return {"first_name": name or hello, "greeting": f"{dear} {name}" if name else hello}
    cared_for, patient = SOMEBODY[language]
    somebody = cared_for if reader.recipient is Recipient.CARER else patient
    return {"first_name": name or somebody, "greeting": hello}


def _filled(  # noqa: PLR0911 - one return for each kind
    value: Any, places: Places, heard: Mapping[str, PatientRequest | Coming], language: Language
) -> Any:
    match value:
        case {"at": str(at), "zone": str(zone)}:
            return _instant(at, zone)
        case {"place": str(key)}:
            place = places.get(key)
            return dict(_public(place, language)) if place else {}
        case {"link": str(link)}:
            return link if is_web_address(link) else ""
        case {"thing": str(name)}:
            return _shown(heard.get(name))
        case dict():
            return {key: _filled(inner, places, heard, language) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, places, heard, language) for inner in value]
        case str():
            return clean(value, LONGEST_TEXT)
        case _:
            return value


def _shown(heard: PatientRequest | Coming | None) -> dict[str, Any]:
    """Replies or attendance as the filters of wordings read them; empty where unknown. Links are left out of items."""
    if heard is None:
        return {}
    if isinstance(heard, Coming):
        parties = [(name_of(name), party) for name, party in heard.parties]
        return {"parties": parties, "waiting": heard.waiting, "offered": heard.offered}
    written = [JOINED.sub(_apart, item) for item in heard.items]
    items = [shortened(item, LONGEST_ITEM) for item in written]
    shown = list(dict.fromkeys(filter(None, items)))
    return {
        "items": shown,
        "has_more": heard.has_more or not all(items) or any(map(has_link, written)),
        "wish": heard.wish,
        "confidence": heard.confidence,
        "is_urgent": heard.is_urgent,
    }


def _apart(joined: re.Match[str]) -> str:
    return f"{joined[1]}. {joined[2]}" if has_link(joined[0]) else joined[0]


def _instant(at: str, zone: str) -> datetime:
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is not None:  # without an offset it would be taken for this machine's time
            return instant.astimezone(parse_zone(zone))
    except (ValueError, OverflowError):
        pass
    message = "An instant of the message's data cannot be read: `at` is RFC 3339 with an offset, `zone` an IANA name."
    raise DoesNotFit(message)


@lru_cache(maxsize=4096)  # some hundreds of places, in two languages
def _public(place: Place, language: Language) -> Mapping[str, str]:
    """A place's public values, in Welsh where the place has Welsh ones."""
    welsh = {"name": place.name_cy, "sender": place.sender_cy, "address": place.address_cy}
    own = welsh if language is Language.WELSH else {}
    return {name: clean(own.get(name) or getattr(place, name), longest) for name, longest in SHOWN.items()}


def _places(value: Any) -> Iterator[str]:
    """The keys of the places in the data, the message's own first: JSONB keeps no order of keys."""
    match value:
        case {"place": str(key)}:
            yield key
        case Mapping():
            for name in sorted(value, key=lambda name: (name != "place", name)):
                yield from _places(value[name])
        case list() | tuple():
            for inner in value:
                yield from _places(inner)


def _visible(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        spaced = WHITESPACE.sub(" ", text)
        text = normalize("NFC", "".join(letter for letter in spaced if letter.isprintable()))
    return " ".join(text.split())
