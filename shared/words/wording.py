"""One part of a message's words: a row that operators tune.

WordsError
├── NoSuchWording      a message wants words that nobody shipped
├── NotAllowed         a wording uses what wordings may not use
├── DoesNotFit         a wording, or a plan's data, does not fit the form of its message
└── NotReadable        a file of wordings is not written as one
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SHIPPED = "shipped"
"""The author of the defaults."""


class WordsError(Exception):
    """A message cannot be put into words."""


class NoSuchWording(WordsError):
    """Nobody shipped these words. Start the planner once: it brings its own."""


class NotAllowed(WordsError):
    """A wording uses what wordings may not use; the message says what, where, and what to write instead."""


class DoesNotFit(WordsError):
    """A wording, or a plan's data, does not fit the form of its message."""


class NotReadable(WordsError):
    """A file of wordings is not written as one; the message says which file, what, and what to write instead."""


class Recipient(StrEnum):
    """Who reads a message."""

    PATIENT = "patient"
    CARER = "carer"
    CLINICIAN = "clinician"
    ORGANISER = "organiser"


class Part(StrEnum):
    """What of a message a wording is: the text message, the three parts of an e-mail."""

    SMS = "sms"
    SUBJECT = "subject"
    EMAIL = "email"
    CALENDAR = "calendar"
    """The title of the entry in the patient's calendar: one line, seen on lock screens."""


class Language(StrEnum):
    """ISO 639-1."""

    ENGLISH = "en"
    WELSH = "cy"


class WordingState(StrEnum):
    """Only what is published is sent. Versions are never changed: a newer one takes their place."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    """A draft that was never published and no longer waits to be."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a wording belongs; `site` is a place's site key (`{source}#{site}`) where a site has words of its own."""

    planner: str
    name: str
    part: Part
    language: Language = Language.ENGLISH
    recipient: Recipient = Recipient.PATIENT
    site: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of the words in a slot. An empty body says nothing there: the reader gets what comes next."""

    slot: Slot
    body: str
    version: int = 0
    state: WordingState = WordingState.PUBLISHED
    author: str = SHIPPED
    kept_at: datetime | None = field(default=None, compare=False)
