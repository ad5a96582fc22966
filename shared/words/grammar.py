"""Checks and fills templates, written in a subset of Jinja (`syntax`), against a form (`fit`) and with values."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, UndefinedError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.words.bounds import parse
from shared.words.fit import refuse_misuse
from shared.words.forms import Form
from shared.words.notify import convert
from shared.words.speech import FILTERS
from shared.words.syntax import Compared, Shown, Use, uses
from shared.words.wording import DoesNotFit, Language

__all__ = ["NOW", "check", "convert", "fill", "placeholders"]

NOW = "now"
"""The value by which the filter `on` decides to write "today"; not a placeholder."""
LONGEST_FILLED = 10_000
"""Characters: twice the longest body."""
KEPT = 2_048
"""Compiled bodies: 30 messages with 4 parts in 2 languages for 8 sites, at 10 kB each."""


class _TooLong(Exception):
    """A single value is longer than a whole message may be."""


def check(body: str, form: Form | None) -> None:
    """Check a wording, as `convert` returns it, before it is saved. Without a form any placeholder may be used.

    Raises:
        NotAllowed: it uses syntax that wordings may not use.
        DoesNotFit: a placeholder is not declared by the form, or not used by its kind.

    """
    found = _uses(body)
    if form is not None:
        refuse_misuse(found, form)


def placeholders(body: str) -> frozenset[str]:
    """The placeholders that a wording uses, without attributes and filters.

    Raises:
        NotAllowed: it uses syntax that wordings may not use.

    """
    return frozenset(name for use in _uses(body) for name in _names(use))


def fill(body: str, values: Mapping[str, Any], language: Language) -> str:
    """Fill a wording with values, and strip space around it. Templates are compiled once for each language.

    `values` are texts, zone-aware datetimes, and mappings of a place's public values; and `now`.

    Raises:
        NotAllowed: the body uses syntax that wordings may not use.
        DoesNotFit: a value is missing or of the wrong kind, or the text is empty or too long. No value is quoted.

    """
    template = _compiled(body, language)
    try:
        text = template.render(values).strip()
    except UndefinedError:
        missing = ", ".join(sorted(placeholders(body) - values.keys())) or "words of a place"
        raise DoesNotFit(f"the data lacks {missing}: check the wording, and whether the place is registered") from None
    except _TooLong:
        raise DoesNotFit(
            f"one value has over {LONGEST_FILLED:,} characters: very many appointments on one day?"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, these words are not sent; its text may name a patient
        raise DoesNotFit(f"the words cannot be filled: {type(error).__name__}") from None
    if not text:
        raise DoesNotFit("the words come to nothing: write what is read when no {% if %} holds")
    if len(text) > LONGEST_FILLED:
        raise DoesNotFit(f"the words come to {len(text):,} characters, {LONGEST_FILLED:,} at most")
    return text


@lru_cache(maxsize=KEPT)  # to change one wording, all are checked
def _uses(body: str) -> tuple[Use, ...]:
    return uses(_parsed(body))


@lru_cache(maxsize=8)  # a wording is compiled right after it was checked; filters alone differ by language
def _parsed(body: str) -> nodes.Template:
    return parse(_environment(Language.ENGLISH), body)


def _names(use: Use) -> tuple[str, ...]:
    match use:
        case Shown():
            return (use.name, *use.others)
        case Compared(code=None):
            return (use.name, use.other)
        case _:
            return (use.name,)


@lru_cache(maxsize=KEPT)
def _compiled(body: str, language: Language) -> Template:
    _uses(body)  # what is in the database may not have come through `check`
    return _environment(language).from_string(_parsed(body))


@lru_cache(maxsize=len(Language))
def _environment(language: Language) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # texts are plain; `page` escapes
        finalize=_text,
        cache_size=0,
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update({name: partial(show, language=language) for name, show in FILTERS.items()})
    environment.filters["on"] = _on(language)
    return environment


def _on(language: Language) -> Any:
    @pass_context
    def on(context: Context, at: Any) -> str:
        return str(FILTERS["on"](at, language, context.get(NOW)))

    return on


def _text(value: Any) -> str:
    """Refuse to show values that are not texts, or are too long: a forgotten filter never shows a raw instant."""
    if isinstance(value, StrictUndefined):
        return str(value)  # raises, with the name of what is missing
    if not isinstance(value, str):
        raise TypeError
    if len(value) > LONGEST_FILLED:
        raise _TooLong
    return value
