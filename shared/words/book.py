"""The book of all published wordings: finds the wording for a reader, and renders a message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shared.clinic.places import Places
from shared.words import page, sms
from shared.words.filling import Reader, filling, languages
from shared.words.grammar import fill
from shared.words.links import brought, host, links, without_strangers
from shared.words.wording import DoesNotFit, Language, NoSuchWording, Part, Recipient, Slot, Wording, WordsError

LONGEST_LINE = 150  # of a subject or title: mail programs show 30 to 70 characters, and two languages share it
LONGEST_SENT = 1_600
"""Septets or UTF-16 units of a text: Twilio refuses more characters for good.

Source: https://www.twilio.com/docs/api/errors/21617. It counts characters, of which none is less than a unit.
"""
RULE = "-" * 20  # stands between the languages of an e-mail's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A rendered message.

    Attributes:
        words: the wordings used, each by language and version: `agenda.sms/cy.3+en.4`; of an e-mail the versions of
            subject, text and, where there is one, calendar title: `agenda.email/en.3.4.1`. `@carer` follows a version
            for another recipient than the patient, `@site` a site's own version.
        text: the text message, or the e-mail's text.
        subject: the e-mail's subject.
        html: the e-mail's text as a web page.
        title: the title of the calendar entry.
        languages: the languages of the text, in their order.
        segments: the billed segments of the text message; 0 for an e-mail.

    """

    words: str
    text: str
    subject: str = ""
    html: str = ""
    title: str = ""
    languages: tuple[Language, ...] = ()
    segments: int = 0

    @property
    def whole(self) -> str:
        """Everything that a reader sees of it."""
        return f"{self.subject} {self.title} {self.text}"


class Book:
    """Published wordings, of each slot the newest version.

    Where a slot has no wording, others stand in: the patient's for the recipient's, English for the reader's language,
    the general one for the site's, the recipient being kept longest. So a carer never reads "your appointment" while
    there is a wording for carers.
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
        """Render a message for a reader.

        Args:
            planner: the planner of the message.
            name: the name of its template.
            channel: the channel by which it is sent.
            data: the message's data, from the plan.
            reader: the reader of the message.
            places: the registry of places.
            keys: the message's places. The first one's language counts; words of a site only where all are of it.

        Raises:
            NoSuchWording: no wording is published for it.
            NotAllowed: the wording uses syntax that wordings may not use.
            DoesNotFit: the data lacks a placeholder, or the rendered text is empty, or longer than can be sent.

        """
        place = places.get(keys[0]) if keys else None
        sites = {places.site(key) for key in keys}
        site = sites.pop() if len(sites) == 1 else ""
        joined = set(map(host, _joined(data)))
        told = _Message(
            book=self, planner=planner, name=name, data=data, reader=reader, places=places, site=site, allowed=joined
        )
        wanted = languages(reader.language, place)
        rendered = told.by(channel, wanted)
        found = links(rendered.whole)
        if found and reader.first_name:
            nameless = replace(told, reader=replace(reader, first_name=None), values={})
            without = nameless.by(channel, wanted)
            if found - links(without.whole):  # beside the words around it the name reads as a link
                told, rendered, found = nameless, without, links(without.whole)
        if set(map(host, found)) - told.allowed:  # beside its neighbours a value reads as a link, as none may
            return replace(told, guarded=True).by(channel, wanted)
        return rendered

    def find(self, slot: Slot) -> Wording | None:
        """The wording for a slot, or the nearest that stands in for it (see `Book`); None where there is none."""
        return next(
            (
                found
                for recipient in dict.fromkeys((slot.recipient, Recipient.PATIENT))
                for language in dict.fromkeys((slot.language, Language.ENGLISH))
                for site in dict.fromkeys((slot.site, ""))
                if (
                    found := self._wordings.get(
                        Slot(
                            planner=slot.planner,
                            name=slot.name,
                            part=slot.part,
                            language=language,
                            recipient=recipient,
                            site=site,
                        )
                    )
                )
            ),
            None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """A message that is being rendered.

    Attributes:
        allowed: the domains to which its links may lead, as its wordings are filled: theirs, and that of a video visit.
        guarded: whether links to other domains are taken apart.

    """

    book: Book
    planner: str
    name: str
    data: Mapping[str, Any]
    reader: Reader
    places: Places
    site: str
    values: dict[Language, dict[str, Any]] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=set)
    guarded: bool = False

    def by(self, channel: Literal["sms", "email"], wanted: Iterable[Language]) -> Rendered:
        """Render the message for a channel."""
        return self.as_text(wanted) if channel == "sms" else self.as_mail(wanted)

    def as_text(self, wanted: Iterable[Language]) -> Rendered:
        """Render the text message; in English alone where two languages are longer than can be sent.

        English, because `both` is also used for readers whose preference is unknown.
        """
        bodies = self._by_language(Part.SMS, wanted)
        words = f"{self.name}.sms/{_versions(bodies, bodies)}"
        text = self._guarded(sms.sanitise("\n\n".join(self._said(body) for body in bodies.values())))
        parts = sms.count(text)
        if parts.units <= LONGEST_SENT:
            return Rendered(words=words, text=text, languages=tuple(bodies), segments=parts.segments)
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
            words=f"{self.name}.email/{_versions(bodies, subjects, bodies, titles)}",
            text=f"\n\n{RULE}\n\n".join(text for _, text in passages),
            subject=subject,
            html=page.as_html(passages, subject),
            title=title,
            languages=tuple(bodies),
        )

    def _by_language(self, part: Part, wanted: Iterable[Language]) -> dict[Language, Wording]:
        """The wordings in these languages; English, once, stands in for languages without a wording."""
        found = [self._needed(part, language) for language in wanted]
        return {wording.slot.language: wording for wording in found}

    def _needed(self, part: Part, language: Language) -> Wording:
        wording = self._found(part, language)
        if wording is None:
            raise NoSuchWording(f"{self.planner} has no words {self.name}.{part}. Start it once: it brings its own.")
        return wording

    def _found(self, part: Part, language: Language) -> Wording | None:
        return self.book.find(
            Slot(
                planner=self.planner,
                name=self.name,
                part=part,
                language=language,
                recipient=self.reader.recipient,
                site=self.site,
            )
        )

    def _said(self, wording: Wording) -> str:
        language = wording.slot.language
        self.allowed.update(brought(wording.body))
        try:
            if language not in self.values:
                self.values[language] = filling(self.data, self.reader, self.places, language)
            return self._guarded(fill(wording.body, self.values[language], language))
        except WordsError as error:
            words = f"{self.name}.{wording.slot.part}/{language}.{_version(wording, language)}"
            raise type(error)(f"{words}: {error}") from error

    def _guarded(self, text: str) -> str:
        return without_strangers(text, self.allowed) if self.guarded else text


def _joined(data: Any) -> Iterator[str]:
    """The links of video visits in a message's data, which were checked as they came (`shared.clinic.joining`)."""
    match data:
        case {"link": str(link)}:
            yield link
        case Mapping():
            for inner in data.values():
                yield from _joined(inner)
        case list() | tuple():
            for inner in data:
                yield from _joined(inner)


def _versions(languages: Iterable[Language], *parts: Mapping[Language, Wording | None]) -> str:
    """The versions of the parts of each language's passage, as text."""
    used = {language: [wording for part in parts if (wording := part[language])] for language in languages}
    return "+".join(".".join((lang, *(_version(one, lang) for one in those))) for lang, those in used.items())


def _version(wording: Wording, language: Language) -> str:
    """A version as `Rendered.words` names it; the language stands before it where it is not the passage's own."""
    slot = wording.slot
    other = "" if slot.language is language else slot.language
    whose = "" if slot.recipient is Recipient.PATIENT else f"@{slot.recipient}"
    return f"{other}{wording.version}{whose}{'@site' if slot.site else ''}"


def _line(texts: Iterable[str]) -> str:
    """Join texts of all languages in one line without control characters, fit for a header or a calendar entry."""
    joined = " / ".join(dict.fromkeys(" ".join(text.split()) for text in texts))
    line = "".join(letter for letter in joined if letter.isprintable())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1].rstrip()}…"
