"""Collects the demo's invented patients with their appointments, events and answers."""

import random
from datetime import datetime, time, timedelta
from typing import Any

from services.cli.demo.personas import (
    FIRST_DAY,
    NAMES,
    SOURCE,
    STAFF,
    ZONE,
    Persona,
    Post,
    Story,
    Turn,
    caption,
    e164,
    mails,
)
from shared.calendar.sending_window import instant


class DemoPatients:
    """The invented patients of the demo, their stories, events and answers."""

    def __init__(self, seed: int) -> None:
        """Begin without patients; the same seed gives the same times of day."""
        self._random = random.Random(seed)  # noqa: S311 - the same fortnight every time, no secret
        self.people: list[Persona] = []
        self.stories: list[Story] = []
        self.other_posts: list[Post] = []
        self.turns: list[Turn] = []
        self.shown: list[Persona] = []

    @property
    def posts(self) -> list[Post]:
        """All events to publish, oldest first."""
        told = (post for story in self.stories for post in story.posts)
        return sorted([*told, *self.other_posts], key=lambda post: post.at)

    @property
    def blocked(self) -> frozenset[str]:
        """Phone numbers of patients who have opted out at the carrier."""
        return frozenset(e164(p) for p in self.people if p.about == "opted out")

    @property
    def unreachable(self) -> frozenset[str]:
        """Phone numbers that cannot receive texts."""
        return frozenset(e164(p) for p in self.people if p.about == "phone switched off for good")

    def label(self, address: str) -> str | None:
        """The label of a phone or mailbox on the sandbox's page; None for an unknown address."""
        names = {one: caption(p) for p in self.people for one in (e164(p), *mails(p))}
        return {**STAFF, **names}.get(address)

    def someone(
        self,
        about: str = "",
        *,
        phone: bool = True,
        mail: bool = False,
        name: str = "",
        source: str = SOURCE,
        **details: Any,
    ) -> Persona:
        """Add a patient; `details` are further fields of the clinic's record, beside name and contacts."""
        number = len(self.people)
        name = name or NAMES[number % len(NAMES)]
        contacts: list[dict[str, str]] = [{"channel": "sms", "value": f"07700 900{number:03d}"}] if phone else []
        if mail:
            contacts.append({"channel": "email", "value": f"{name.lower().replace('â', 'a')}@example.org"})
        person = Persona(id=f"R{number:04d}", name=name, contacts=contacts, about=about, source=source, details=details)
        self.people.append(person)
        return person

    def story(self, person: Persona, day: int, clinic: str | None = None) -> Story:
        """Add an appointment on the `day`-th day of the fortnight (0 to 13, or later), at a random clinic hour."""
        at = time(self._random.choice((9, 10, 11, 13, 14, 15, 16)), self._random.choice((0, 15, 30)))
        start = instant(FIRST_DAY + timedelta(days=day), at, ZONE)
        story = Story(
            person=person,
            id=str(1000 + len(self.stories)),
            start=start,
            clinic=clinic or self._random.choice(("C1", "C2", "C3")),
        )
        self.stories.append(story)
        return story

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """An instant of the `day`-th day, by the clinics' clocks; days before the first are negative."""
        return instant(FIRST_DAY + timedelta(days=day), time(hour, minute), ZONE)

    def answers(self, person: Persona, asked_for: str, body: str, *, day: int = 0, after: float = 0.5) -> None:
        """Have a patient answer `after` hours after a text of that day or later asks for it, in the order of turns."""
        self.shows(person)
        self.turns.append(Turn(e164(person), body, asked_for, timedelta(hours=after), self.at(day, 0)))

    def shows(self, person: Persona) -> None:
        """Have the report show this patient's conversation."""
        if person not in self.shown:
            self.shown.append(person)
