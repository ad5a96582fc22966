"""Renders wordings with example data, as their readers would get them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.cli.words.examples import ANSWERS, NOW, PLACES, Example, reader
from services.delivery.composing.calendars import Organiser, invites
from services.delivery.providers.message import Invite
from shared.clinic.appointment import Mode
from shared.clinic.places import Places
from shared.rules.plan import CalendarEntry
from shared.words.book import Book, Rendered
from shared.words.samples import keys
from shared.words.wording import Part, Recipient, Slot

ORGANISER = Organiser("messages@riverside.example.org", "Riverside Hospital")
MAILBOX = "sian@example.org"


@dataclass(frozen=True, slots=True)
class Tried:
    """A rendered message. `note`: the kinds of answers for which it applies; empty where it applies for all."""

    note: str
    rendered: Rendered
    calendar: tuple[Invite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleTrial:
    """Renders the examples of one message from a book of wordings, for one reader.

    Attributes:
        name: name of the message.
        language: the reader's preference: `en`, `cy` or `both`.
        places: the registry with the examples' places.

    """

    book: Book
    planner: str
    name: str
    recipient: Recipient
    language: str
    places: Places = PLACES

    def texts(self, example: Example) -> list[Tried]:
        """The text messages that differ by the kinds of answers that are read; none for staff, who get e-mail alone.

        Raises:
            WordsError: there is no wording, or it does not fit the example.

        """
        if self.recipient not in {Recipient.PATIENT, Recipient.CARER}:
            return []
        notes: dict[Rendered, list[str]] = {}
        for answers, (can_answer, can_write) in ANSWERS.items():
            rendered = self._render("sms", example, can_answer=can_answer, can_write=can_write)
            notes.setdefault(rendered, []).append(answers)
        return [
            Tried("" if len(those) == len(ANSWERS) else " / ".join(those), rendered)
            for rendered, those in notes.items()
        ]

    def mail(self, example: Example) -> Tried:
        """The e-mail, which asks for no answers.

        Raises:
            WordsError: as for texts.

        """
        rendered = self._render("email", example)
        has_entry = self.book.find(Slot(planner=self.planner, name=self.name, part=Part.CALENDAR)) is not None
        entries = _entries(self.name, example.data) if has_entry else ()
        return Tried("", rendered, invites(entries, rendered, self.places, ORGANISER, MAILBOX, NOW))

    def _render(
        self, channel: Literal["sms", "email"], example: Example, *, can_answer: bool = False, can_write: bool = False
    ) -> Rendered:
        who = reader(self.recipient, self.language, can_answer=can_answer, can_write=can_write)
        return self.book.render(self.planner, self.name, channel, example.data, who, self.places, keys(example.data))


def places_of(site: str) -> Places:
    """The examples' registry with all places at this site (`{source}#{site}`); unchanged where the site is empty."""
    source, _, code = site.partition("#")
    if not code:
        return PLACES
    return Places({key: replace(place, source=source, site=code) for key, place in PLACES.known.items()})


def _entries(name: str, data: Mapping[str, Any]) -> tuple[CalendarEntry, ...]:
    visits = data.get("visits") or [data]
    cancelled = name.endswith("cancelled")
    return tuple(
        CalendarEntry(
            thing=f"example {number}",
            sequence=1,
            start=_at(visit["start"]),
            end=_at(visit.get("end", visit["start"])),
            mode=visit.get("mode", Mode.IN_PERSON),
            place=visit["place"]["place"],
            cancelled=cancelled,
        )
        for number, visit in enumerate(visits, 1)
    )


def _at(instant: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(instant["at"])
