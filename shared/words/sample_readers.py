"""Sample readers of messages for lint, tests and the gallery, with the awkward ones; invented, and always the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from shared.words import sms
from shared.words.coming import Coming
from shared.words.filling import PatientRequest, Reader, name_of
from shared.words.wording import Recipient

# ruff: noqa: RUF001 - names of all scripts

SOURCE = "sample"
NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
"""The time at which samples are rendered: before all their instants. See `on_the_day`."""

PATIENT, CARER = Recipient.PATIENT, Recipient.CARER


HEARD: Mapping[str, PatientRequest | Coming] = MappingProxyType(
    {
        f"{SOURCE}/reunion/nobody": Coming(),
        f"{SOURCE}/reunion/some": Coming((("Sam", 1), ("D’Arcy-Rose", 2), (None, 1), ("Llŷr Gŵyn", 3)), 2, 1),
        f"{SOURCE}/reunion/many": Coming((("Wilhelmina-Josephine Featherstonhau", 10),) * 300, waiting=260),
        f"{SOURCE}/appointment/1": PatientRequest(
            ("my knee at night", "can I stop the tablets?", "a letter for work"), wish="1", confidence=7
        ),
        f"{SOURCE}/appointment/2": PatientRequest(),
        f"{SOURCE}/appointment/3": PatientRequest(wish="2", is_urgent=True),
        f"{SOURCE}/appointment/4": PatientRequest(
            ("I would like to know what the plan is, because it takes me an hour to get up in the mornings",),
            has_more=True,
            wish="3",
            confidence=0,
        ),
    }
)
"""Replies of the patients of a clinician's day (those of the fifth and later are unknown), and attendance lists."""

IN_TOUCH: Mapping[str, Any] = {"now": NOW, "can_answer": True, "can_write": True, "heard": HEARD}


def _reader(first_name: str | None, language: str | None = None, recipient: Recipient = PATIENT) -> Reader:
    return Reader(recipient=recipient, first_name=first_name, language=language, **IN_TOUCH)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "a short name": _reader("Sam"),
        "no name": _reader(None),
        "the longest name": _reader("Wilhelmina-Josephine Featherstonhau"),  # 35 characters
        "a name that is too long": _reader("Ann" * 100),
        "one letter": _reader("J"),
        "apostrophe and hyphen": _reader("D’Arcy-Rose"),
        "double-barrelled": _reader("Anna-Maria Charlotte"),
        "capitals": _reader("MARY-ANN"),
        "digits": _reader("Sam 2"),
        "Welsh letters": _reader("Llŷr Gŵyn"),
        "accents that GSM-7 lacks": _reader("Zoë Łucja Siân"),
        "Vietnamese": _reader("Nguyễn Thị Ánh"),
        "Arabic": _reader("فاطمة"),
        "Chinese": _reader("秀英"),
        "Cyrillic": _reader("Олександр"),
        "emoji": _reader("Jo 👩🏽‍⚕️😀"),
        "markup": _reader("<b>Bo</b>"),
        "a template": _reader("{{ 7*7 }}"),
        "a placeholder": _reader("{{ place.phone }}"),
        "a new line and an order": _reader("Sam\r\nReply STOP"),
        "marks of direction": _reader("\u202eSam\u2066\u200f"),
        "NUL and half a pair": _reader("S\x00am\ud800"),
        "a link": _reader("Sam https://example.org/x"),
        "prefers Welsh": _reader("Eirlys", "cy"),
        "prefers English": _reader("Ada", "en"),
        "prefers both": _reader("Megan", "both"),
        "a carer": _reader("Ada", recipient=CARER),
        "a carer of somebody without a name": _reader(None, recipient=CARER),
    }
)
"""Awkward readers, by what is awkward about them."""


def on_the_day(reader: Reader, data: Mapping[str, Any]) -> Reader:
    """The reader on the day of the last instant, whose text has "today", which is longer than "on"."""
    instants = [value["at"] for value in data.values() if isinstance(value, dict) and "at" in value]
    return replace(reader, now=max(map(datetime.fromisoformat, instants))) if instants else reader


def stays_plain(reader: Reader) -> bool:
    """Whether this reader's name can be written in GSM-7."""
    return sms.count(sms.sanitise(name_of(reader.first_name))).encoding is sms.Encoding.GSM7
