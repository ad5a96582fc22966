"""The language that a patient is written to in, from the tags and words by which systems name languages."""

from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.events.visible import visible

OTHER = "other"
"""A language that no message is written in: the site's stands for it, and somebody interprets when they meet."""

LONGEST_TAG = 100  # characters: more than any tag (RFC 5646, section 4.4.1) or name of a language has

_WRITTEN = MappingProxyType(
    {
        **dict.fromkeys(("en", "eng", "english"), "en"),
        **dict.fromkeys(("cy", "cym", "wel", "welsh", "cymraeg"), "cy"),
        **dict.fromkeys(("both", "bilingual", "english and welsh", "welsh and english"), "both"),
    }
)

# ISO 639-2: undetermined, uncoded, several, no linguistic content; and how people write that they don't know.
_UNKNOWN = frozenset(
    ("", "und", "mis", "mul", "zxx", "unknown", "not known", "not stated", "not specified", "none", "null", "n/a")
)


def language_of(text: str) -> str | None:
    """`en`, `cy`, `both` or `other`, by a BCP 47 tag (`en-GB`, `cy_GB`) or a name; None where none is named."""
    said = " ".join(visible(text).split()).casefold()
    if said in _UNKNOWN:
        return None
    primary = said.replace("_", "-").partition("-")[0]
    return _WRITTEN.get(said) or _WRITTEN.get(primary) or (None if primary in _UNKNOWN else OTHER)


def _read(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "a language is text, such as en-GB")
    if len(value) > LONGEST_TAG:
        raise PydanticCustomError("string_too_long", "a language has at most 100 characters")
    return language_of(value)


Tag = Annotated[
    Literal["en", "cy", "both", "other"] | None,
    BeforeValidator(_read),
    WithJsonSchema({"type": ["string", "null"], "description": "BCP 47, such as en-GB, cy, pl"}),
]
"""A language as systems name it, read as one that messages are written in, or as `other`."""
