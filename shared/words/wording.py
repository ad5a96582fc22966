"""A wording: one part of a message's words, a row that operators edit.

WordsError
├── NoSuchWording      no wording is published for a message
├── NotAllowed         a wording uses syntax that wordings may not use
├── DoesNotFit         a wording, or a plan's data, does not fit the form of its message
└── NotReadable        a file is not a valid file of wordings
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SHIPPED = "shipped"
"""The author of shipped wordings."""


class WordsError(Exception):
    """A message cannot be rendered."""


class NoSuchWording(WordsError):
    """There is no such wording. Start the planner once: it ships its own."""


class NotAllowed(WordsError):
    """A wording uses syntax that wordings may not use; the message says what, where, and what to write instead."""


class DoesNotFit(WordsError):
    """A wording, or a plan's data, does not fit the form of its message."""


class NotReadable(WordsError):
    """A file is not a valid file of wordings; the message says which file, what, and what to write instead."""


class Recipient(StrEnum):
    """The role of the reader of a message."""

    PATIENT = "patient"
    CARER = "carer"
    CLINICIAN = "clinician"
    ORGANISER = "organiser"


class Part(StrEnum):
    """The part of a message that a wording is: the text message, or one of the three parts of an e-mail."""

    SMS = "sms"
    SUBJECT = "subject"
    EMAIL = "email"
    CALENDAR = "calendar"
    """The title of the entry in the patient's calendar: one line, seen on lock screens."""


class Language(StrEnum):
    """Languages of wordings, by ISO 639-1 code."""

    ENGLISH = "en"
    WELSH = "cy"


class WordingState(StrEnum):
    """The state of a version. Only published ones are sent. Versions never change: a newer one replaces them."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    """A draft that was discarded without having been published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The key of a wording; `site` is a place's site key (`{source}#{site}`) where a site has a wording of its own."""

    planner: str
    name: str
    part: Part
    language: Language = Language.ENGLISH
    recipient: Recipient = Recipient.PATIENT
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A version of the wording in a slot. Where the body is empty, another slot's wording stands in (see `Book`)."""

    slot: Slot
    body: str
    version: int = 0
    state: WordingState = WordingState.PUBLISHED
    author: str = SHIPPED
    kept_at: datetime | None = field(default=None, compare=False)
