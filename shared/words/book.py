"""All published words: finds those for a reader, and puts a message into them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.clinic.places import Places
from shared.words import page, sms
from shared.words.filling import Reader, filling, languages
from shared.words.grammar import fill
from shared.words.wording import DoesNotFit, Language, NoSuchWording, Part, Recipient, Slot, Wording, WordsError

LONGEST_LINE = 150  # of a subject or title: mail programs show 30 to 70 characters, and two languages share it
LONGEST_SENT = 1_600
"""Septets or UTF-16 units of a text: Twilio refuses more characters for good.

Source: https://www.twilio.com/docs/api/errors/21617. It counts characters, of which none is less than a unit.
"""
RULE = "-" * 20  # stands between the languages of an e-mail's text


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent.

    Attributes:
        words: which wordings it is made of, each by language and version: `agenda.sms/cy.3+en.4`; of an e-mail those
            of its subject, its text and, where there is one, its entry's title: `agenda.email/en.3.4.1`. `@carer` and
            `@site` stand behind versions that are not the patient's, or a site's own.
        text: the text message, or the e-mail's text.
        subject: the e-mail's.
        html: the e-mail's text as a web page.
        title: what the entry in the calendar is called.
        languages: those that it is written in, the first one first.
        segments: as how many the text message is billed; 0 for an e-mail.

    """

    words: str
    text: str
    subject: str = ""
    html: str = ""
    title: str = ""
    languages: tuple[Language, ...] = ()
    segments: int = 0


class Book:
    """Wordings to render from; of several in one slot the newest.

    A reader gets the first that there is of: their own words before the patient's, their language before English, their
    site's before everybody's. So a carer is never told "your appointment" while there are words for carers.
    """

    def __init__(self, wordings: Iterable[Wording]) -> None:
        newest: dict[Slot, Wording] = {}
        for wording in wordings:
            if wording.slot not in newest or newest[wording.slot].version <= wording.version:
                newest[wording.slot] = wording
        self._wordings = {slot: wording for slot, wording in newest.items() if wording.body}

    def render(  # noqa: PLR0913, PLR0917 - a message and its reader, each of several parts
        self,
        planner: str,
        name: str,
        channel: Literal["sms", "email"],
        data: Mapping[str, Any],
        reader: Reader,
        places: Places,
        keys: Sequence[str],
    ) -> Rendered:
        """Put a message into words.

        Args:
            planner: whose message it is.
            name: which of its messages.
            channel: how it is sent.
            data: what the plan fills it with.
            reader: who will read it.
            places: the registry.
            keys: the message's places. The first one's language counts; words of a site only where all are of it.

        Raises:
            NoSuchWording: nobody shipped words for it.
            NotAllowed: the words use what wordings may not use.
            DoesNotFit: the data lacks what they name, or they come to nothing, or to more than can be sent.

        """
        place = places.get(keys[0]) if keys else None
        sites = {places.site(key) for key in keys}
        site = sites.pop() if len(sites) == 1 else ""
        told = _Message(self, planner, name, data, reader, places, site)
        wanted = languages(reader.language, place)
        return told.as_text(wanted) if channel == "sms" else told.as_mail(wanted)

    def find(self, slot: Slot) -> Wording | None:
        """The words for a slot, or those that come next; None where there are none."""
        return next(
            (
                found
                for recipient in dict.fromkeys((slot.recipient, Recipient.PATIENT))
                for language in dict.fromkeys((slot.language, Language.ENGLISH))
                for site in dict.fromkeys((slot.site, ""))
                if (found := self._wordings.get(Slot(slot.planner, slot.name, slot.part, language, recipient, site)))
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class _Message:
    """A message that is being put into words."""

    book: Book
    planner: str
    name: str
    data: Mapping[str, Any]
    reader: Reader
    places: Places
    site: str
    values: dict[Language, dict[str, Any]] = field(default_factory=dict)

    def as_text(self, wanted: Iterable[Language]) -> Rendered:
        """The text message; in English alone where two languages are longer than can be sent.

        English, for `both` is also what readers get whose preference nobody knows.
        """
        bodies = self._by_language(Part.SMS, wanted)
        words = f"{self.name}.sms/{_versions(bodies, bodies)}"
        text = sms.sanitise("\n\n".join(self._said(body) for body in bodies.values()))
        parts = sms.count(text)
        if parts.units <= LONGEST_SENT:
            return Rendered(words, text, languages=tuple(bodies), segments=parts.segments)
        if len(bodies) > 1:
            return self.as_text((Language.ENGLISH,))
        cure = "Shorten the words, or publish words of their own; of very many appointments on one day, ask the clinic"
        raise DoesNotFit(f"{words}: the text comes to {parts.units:,} characters, {LONGEST_SENT:,} can be sent. {cure}")

    def as_mail(self, wanted: Iterable[Language]) -> Rendered:
        bodies = self._by_language(Part.EMAIL, wanted)
        subjects = {language: self._needed(Part.SUBJECT, language) for language in bodies}
        titles = {language: self._found(Part.CALENDAR, language) for language in bodies}
        passages = [(language, self._said(body)) for language, body in bodies.items()]
        subject = _line(self._said(subjects[language]) for language in bodies)
        title = _line(self._said(titles[language] or subjects[language]) for language in bodies)
        return Rendered(
            f"{self.name}.email/{_versions(bodies, subjects, bodies, titles)}",
            f"\n\n{RULE}\n\n".join(text for _, text in passages),
            subject,
            page.as_html(passages, subject),
            title,
            tuple(bodies),
        )

    def _by_language(self, part: Part, wanted: Iterable[Language]) -> dict[Language, Wording]:
        """The words in these languages; what a language lacks is said in English, once."""
        found = [self._needed(part, language) for language in wanted]
        return {wording.slot.language: wording for wording in found}

    def _needed(self, part: Part, language: Language) -> Wording:
        wording = self._found(part, language)
        if wording is None:
            raise NoSuchWording(f"{self.planner} has no words {self.name}.{part}. Start it once: it brings its own.")
        return wording

    def _found(self, part: Part, language: Language) -> Wording | None:
        return self.book.find(Slot(self.planner, self.name, part, language, self.reader.recipient, self.site))

    def _said(self, wording: Wording) -> str:
        language = wording.slot.language
        try:
            if language not in self.values:
                self.values[language] = filling(self.data, self.reader, self.places, language)
            return fill(wording.body, self.values[language], language)
        except WordsError as error:
            words = f"{self.name}.{wording.slot.part}/{language}.{_version(wording, language)}"
            raise type(error)(f"{words}: {error}") from error


def _versions(languages: Iterable[Language], *parts: Mapping[Language, Wording | None]) -> str:
    """The versions of the parts of each language's passage."""
    used = {language: [wording for part in parts if (wording := part[language])] for language in languages}
    return "+".join(".".join((lang, *(_version(one, lang) for one in those))) for lang, those in used.items())


def _version(wording: Wording, language: Language) -> str:
    """A version as `Rendered.words` names it; the language stands before it where it is not the passage's own."""
    slot = wording.slot
    other = "" if slot.language is language else slot.language
    whose = "" if slot.recipient is Recipient.PATIENT else f"@{slot.recipient}"
    return f"{other}{wording.version}{whose}{'@site' if slot.site else ''}"


def _line(texts: Iterable[str]) -> str:
    """Texts of all languages in one line without control characters: what a header, or a calendar's entry, may hold."""
    joined = " / ".join(dict.fromkeys(" ".join(text.split()) for text in texts))
    line = "".join(letter for letter in joined if letter.isprintable())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1].rstrip()}…"
