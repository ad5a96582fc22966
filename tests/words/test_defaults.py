"""Every shipped wording, in each language and branch, for every awkward reader: it lints, and reads well."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest

from shared.words import sms
from shared.words.book import Book, Rendered
from shared.words.files import from_files
from shared.words.filling import GREETINGS, Reader, name_of
from shared.words.forms import Form
from shared.words.grammar import placeholders
from shared.words.lint import Finding, Rule, Severity, lint_all
from shared.words.rules.length import MOST_SEGMENTS
from shared.words.rules.trial import WAYS
from shared.words.sample_readers import READERS, on_the_day, stays_plain
from shared.words.samples import PLACES, WELSH_LETTERS, keys, values
from shared.words.wording import Language, Part, Recipient, Slot, Wording

PLANNERS = ("prompts", "followup", "reunions", "delivery")
DOMAINS = frozenset({"nhs.uk", "gov.uk", "nhs.wales", "gov.wales"})
LANGUAGES = ("en", "cy", "both")
SPOKEN = {"en": (Language.ENGLISH,), "cy": (Language.WELSH,), "both": (Language.WELSH, Language.ENGLISH)}
FEW = 7  # in one language a reader meets each seventh sample: coprime to how many ways there are to answer
MANY, MANY_FEW = 100, 5  # in both languages a reader meets each fifth of many samples: coprime to them too
Channel = Literal["sms", "email"]


def folder(planner: str) -> Path:
    package = importlib.import_module(f"services.{planner}")
    return Path(str(package.__file__)).parent / "templates"


FORMS: dict[tuple[str, str], Form] = {
    (planner, form.name): form
    for planner in PLANNERS
    for form in importlib.import_module(f"services.{planner}.forms").FORMS
}
WORDINGS: list[Wording] = [wording for planner in PLANNERS for wording in from_files(planner, folder(planner))]
BODIES = {wording.slot: wording.body for wording in WORDINGS}
SLOTS = BODIES.keys()
BOOK = Book(WORDINGS)

MESSAGES = [pytest.param(*key, id=".".join(key)) for key in FORMS]

UNWELL_SET = re.compile(r"  | \n|\n |\n\n\n|\.\.|,,|[?!]\.| [.,;:?!]|\( | \)|[{}]|%\}|\bNone\b|Undefined|datetime|\[")
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
GREETED = re.compile("|".join(sorted({word for pair in GREETINGS.values() for word in pair}, reverse=True)))


@cache
def findings() -> tuple[Finding, ...]:
    return tuple(lint_all(WORDINGS, FORMS, DOMAINS))


@cache
def samples_of(planner: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    return list(values(FORMS[planner, name]))


def cases(planner: str, name: str, language: str) -> Iterator[tuple[Reader, dict[str, Any], bool]]:
    """Every reader with every sample, and whether it stays in the usual alphabet.

    What they can answer takes turns, so that each meets each. What `both` says has both languages, so in one alone it
    is enough that every reader meets some samples, and every sample some readers.
    """
    samples = samples_of(planner, name)
    for who, reader in enumerate(READERS.values()):
        if (
            reader.recipient is Recipient.CARER
            and Slot(planner=planner, name=name, part=Part.SMS, recipient=Recipient.CARER) not in SLOTS
        ):
            continue  # see test_carers_have_words_of_their_own
        is_plain = stays_plain(reader)
        for number, (label, data) in enumerate(samples):
            few = FEW if language != "both" else MANY_FEW if len(samples) > MANY else 1
            if number % few != who % min(few, len(samples)):
                continue
            can_answer, can_write = WAYS[(who + number) % len(WAYS)]
            sent = replace(reader, language=language, can_answer=can_answer, can_write=can_write)
            plain = is_plain and not label.startswith(WELSH_LETTERS.label)
            yield (on_the_day(sent, data) if number % 2 else sent), data, plain


def rendered(planner: str, name: str, channel: Channel, reader: Reader, data: dict[str, Any]) -> Rendered:
    return BOOK.render(planner, name, channel, data, reader, PLACES, keys(data))


def without_name(text: str, reader: Reader) -> str:
    """A name is shown as it is, whatever is in it; all else must be well set."""
    for shown in names_of(reader.first_name):
        text = text.replace(shown, "Sam")
    return text


@cache
def names_of(first_name: str | None) -> tuple[str, ...]:
    """How a name may stand in a text."""
    name = name_of(first_name)
    return tuple(filter(None, (sms.sanitise(name), name)))


@cache
def fault(text: str) -> str | None:
    """What is badly set in a text, if anything: many readers are told the same."""
    found = UNWELL_SET.search(text) or UNSEEN.search(text)
    if found:
        return found[0]
    return text[:1] if text != text.strip() or not (text[:1].isupper() or text[:1].isdigit()) else None


@pytest.mark.parametrize("planner", PLANNERS)
def test_every_default_is_there_in_both_languages(planner: str) -> None:
    """Each form has a text, and an e-mail with its subject; what is in English is in Welsh; no file is left over."""
    names = {name for of, name in FORMS if of == planner}
    files = {path.relative_to(folder(planner)).as_posix() for path in folder(planner).rglob("*") if path.is_file()}
    assert files == {f"{language}/{name}.toml" for language, name in product(Language, names)}
    for name, language, part in product(names, Language, (Part.SMS, Part.SUBJECT, Part.EMAIL)):
        assert Slot(planner=planner, name=name, part=part, language=language) in SLOTS
    ours = {slot for slot in SLOTS if slot.planner == planner}
    assert {replace(slot, language=Language.WELSH) for slot in ours} <= ours
    assert {replace(slot, language=Language.ENGLISH) for slot in ours} <= ours


@pytest.mark.slow(reason="the first tries every default in every branch, for all of them")
@pytest.mark.parametrize(("planner", "name"), MESSAGES)
def test_every_default_lints(planner: str, name: str) -> None:
    """There is nothing to mend; a warning only counts what names in other alphabets cost."""
    found = [one for one in findings() if (one.slot.planner, one.slot.name) == (planner, name)]
    assert [one for one in found if one.severity is Severity.ERROR] == []
    assert {one.rule for one in found} <= {Rule.TOO_LONG}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("planner", "name"), MESSAGES)
def test_every_text_reads_well(planner: str, name: str, language: str) -> None:
    """Nothing is unfilled or badly set, it begins with the sender, and three segments a language are enough."""
    for reader, data, is_plain in cases(planner, name, language):
        told = rendered(planner, name, "sms", reader, data)
        assert told.languages == SPOKEN[language]
        passages = told.text.split("\n\n")
        assert len(passages) == len(told.languages)
        for spoken, passage in zip(told.languages, passages, strict=True):
            assert fault(without_name(passage, reader)) is None, passage
            assert "\n" not in passage
            named = sms.sanitise(sender(data, spoken))
            assert passage.startswith(f"{named}: "), passage
            assert not passage.endswith(f" {named}"), passage
            assert sms.count(passage).segments <= MOST_SEGMENTS or not is_plain, passage
        assert told.segments <= MOST_SEGMENTS * len(passages) or not is_plain, told.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("planner", "name"), MESSAGES)
def test_every_mail_reads_well(planner: str, name: str, language: str) -> None:
    """Subject and title are one line, text and page greet, are filled and well set, and end with the sender."""
    for reader, data, _ in cases(planner, name, language):
        told = rendered(planner, name, "email", reader, data)
        assert told.languages == SPOKEN[language]
        for line in (told.subject, told.title):
            assert fault(without_name(line, reader)) is None, line
            assert "\n" not in line
        for spoken, passage in zip(told.languages, re.split(r"\n\n-{10,}\n\n", told.text), strict=True):
            assert GREETED.match(passage), passage
            assert fault(without_name(passage, reader)) is None, passage
            assert passage.endswith(sender(data, spoken)), passage
        assert "<b>Bo" not in told.html
        assert not UNSEEN.search(told.html)
        assert escape(told.subject) in told.html


@pytest.mark.parametrize(("planner", "name"), MESSAGES)
def test_carers_have_words_of_their_own(planner: str, name: str) -> None:
    """Where patients are called by name, carers read of them by name: nobody is spoken to as somebody else."""
    for language, part in product(Language, (Part.SMS, Part.EMAIL)):
        patients = Slot(planner=planner, name=name, part=part, language=language)
        if "first_name" in placeholders(BODIES[patients]):
            assert replace(patients, recipient=Recipient.CARER) in SLOTS


@cache
def _sender(key: str, language: Language) -> str:
    place = PLACES.known[key]
    return (place.sender_cy if language is Language.WELSH else "") or place.sender


def sender(data: dict[str, Any], language: Language) -> str:
    return _sender(data["place"]["place"], language)
