"""The rules of the lint by name, and its findings."""

from dataclasses import dataclass
from enum import StrEnum

from shared.words.wording import Slot


class Rule(StrEnum):
    """The rules of the lint."""

    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_MESSAGE = "unknown_message"
    EMPTY = "empty"
    MISSING = "missing"
    NOT_ONE_LINE = "not_one_line"
    RESERVED_WORD = "reserved_word"
    ANSWERS_OVERLAP = "answers_overlap"
    ASKS_WHERE_NONE_CAN_ANSWER = "asks_where_none_can_answer"
    FREE_TEXT_UNSTAFFED = "free_text_unstaffed"
    NO_CONTACT = "no_contact"
    NO_SENDER = "no_sender"
    TELLS_CONDITION = "tells_condition"
    TOO_LONG = "too_long"
    LINK_NOT_ALLOWED = "link_not_allowed"
    READING_AGE = "reading_age"


class Severity(StrEnum):
    """The severity of a finding: a wording with an error must not be published; a warning is for a person to judge."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in the wording of a slot; `message` gives the cause and the cure."""

    rule: Rule
    severity: Severity
    message: str
    slot: Slot


ERROR, WARNING = Severity.ERROR, Severity.WARNING

Fault = tuple[Rule, Severity, str]
"""A finding without its slot: rule, severity and message."""
