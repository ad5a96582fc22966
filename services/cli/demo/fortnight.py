"""The fortnight: invented patients of an invented hospital, and what its clinics publish of them. Always the same."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.clinic import APPOINTMENTS, PATIENTS
from shared.places import Place
from shared.window import instant

ZONE = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
FIRST_DAY = date(2026, 11, 2)  # a Monday, with no bank holiday near
OPENS = instant(FIRST_DAY, time(7), ZONE)
CLOSES = instant(FIRST_DAY + timedelta(days=14), time(18), ZONE)

PLACES = (
    Place(SOURCE, "C1", "Riverside Health Centre", "020 7946 0101", "Riverside Hospital", "1 River Street, Riverside"),
    Place(SOURCE, "C2", "Hill Road Clinic", "020 7946 0102", "Riverside Hospital", "22 Hill Road, Riverside"),
    Place(SOURCE, "C3", "The Old Library", "020 7946 0103", "Riverside Hospital", "3 Library Square, Riverside"),
)
UNMAPPED = "Nephrology Haemodialysis F/Up"  # as feeds name clinics: never shown to anybody

NAMES = (
    "Ada",
    "Bilal",
    "Carys",
    "Dev",
    "Elin",
    "Femi",
    "Grace",
    "Hari",
    "Ines",
    "Jakub",
    "Kemi",
    "Lowri",
    "Mo",
    "Nia",
    "Owen",
    "Priya",
    "Quinn",
    "Rhys",
    "Sana",
    "Tom",
    "Uma",
    "Vera",
    "Wyn",
    "Xena",
    "Yusuf",
    "Zoe",
    "Amir",
    "Bethan",
    "Chidi",
    "Dilys",
    "Emeka",
    "Ffion",
    "Gwen",
    "Huw",
    "Iona",
    "Jac",
    "Kofi",
    "Leena",
    "Megan",
    "Noor",
    "Oisin",
    "Peredur",
    "Rafa",
    "Siân",
    "Tariq",
    "Una",
    "Vlad",
    "Wambui",
    "Yetunde",
    "Zain",
    "Ali",
    "Bron",
    "Cai",
    "Dana",
    "Eryl",
    "Fatou",
    "Guto",
    "Hana",
    "Ifor",
    "Jo",
)


@dataclass(frozen=True, slots=True)
class Post:
    """One event that a clinic publishes, and when."""

    at: datetime
    topic: str
    key: str
    event: dict[str, Any] | None
    raw: bytes | None = None


@dataclass(slots=True)
class Person:
    """An invented patient."""

    id: str
    name: str
    contacts: list[dict[str, str]]
    about: str = ""
    nhs_number: str | None = None


@dataclass(slots=True)
class Story:
    """What happens to one appointment: posts about it, oldest first."""

    person: Person
    id: str
    start: datetime
    clinic: str = "C1"
    posts: list[Post] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def says(self, at: datetime, status: str = "booked", **data: Any) -> "Story":
        """Publish its whole state."""
        if "start" in data:
            self.start = data.pop("start")
        self.extra |= data
        subject = f"appointment/{self.id}"
        event = {
            "specversion": "1.0",
            "id": f"{self.id}-{len(self.posts) + 1}",
            "source": SOURCE,
            "type": "cocreate.appointment.v1",
            "subject": subject,
            "time": at.isoformat(),
            "data": {
                "status": status,
                "start": self.start.isoformat(),
                "end": (self.start + timedelta(minutes=self.extra.get("minutes", 30))).isoformat(),
                "clinic": self.clinic,
                "patient": {"id": self.person.id, "first_name": self.person.name, "contacts": self.person.contacts},
                **{name: value for name, value in self.extra.items() if name != "minutes"},
            },
        }
        self.posts.append(Post(at, APPOINTMENTS, f"{SOURCE}/{subject}", event))
        return self


class Fortnight:
    """Sixty-odd stories, and the posts of all of them in the order of their times."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same fortnight every time, no secret
        self.people: list[Person] = []
        self.stories: list[Story] = []
        self.other_posts: list[Post] = []
        for tell in (
            self._regular,
            self._known_for_long,
            self._moved,
            self._cancelled,
            self._late,
            self._hard_to_reach,
            self._two_a_day,
            self._without_meeting,
            self._troubles,
        ):
            tell()

    @property
    def posts(self) -> list[Post]:
        """All posts, oldest first."""
        told = (post for story in self.stories for post in story.posts)
        return sorted([*told, *self.other_posts], key=lambda post: post.at)

    @property
    def blocked(self) -> frozenset[str]:
        """Numbers whose owners have opted out at the carrier."""
        return frozenset(_e164(p) for p in self.people if p.about == "opted out")

    @property
    def unreachable(self) -> frozenset[str]:
        """Numbers that take nothing."""
        return frozenset(_e164(p) for p in self.people if p.about == "phone switched off for good")

    def label(self, address: str) -> str | None:
        """Who is who, for the page of phones."""
        return next((_caption(p) for p in self.people if address in {_e164(p), *_mails(p)}), None)

    def _someone(self, about: str = "", *, phone: bool = True, mail: bool = False) -> Person:
        number = len(self.people)
        name = NAMES[number % len(NAMES)]
        contacts = [{"channel": "sms", "value": f"07700 900{number:03d}"}] if phone else []
        if mail:
            contacts.append({"channel": "email", "value": f"{name.lower().replace('â', 'a')}@example.org"})
        person = Person(f"R{number:04d}", name, contacts, about)
        self.people.append(person)
        return person

    def _story(self, person: Person, day: int, clinic: str | None = None) -> Story:
        """An appointment on the `day`-th day of the fortnight (0 to 13), at some time of the clinic's."""
        at = time(self._random.choice((9, 10, 11, 13, 14, 15, 16)), self._random.choice((0, 15, 30)))
        start = instant(FIRST_DAY + timedelta(days=day), at, ZONE)
        story = Story(person, str(1000 + len(self.stories)), start, clinic or self._random.choice(("C1", "C2", "C3")))
        self.stories.append(story)
        return story

    def _at(self, day: int, hour: int, minute: int = 0) -> datetime:
        return instant(FIRST_DAY + timedelta(days=day), time(hour, minute), ZONE)

    def _regular(self) -> None:
        """Booked in time, prompted, reminded; most came, some did not."""
        for number in range(24):
            story = self._story(self._someone(mail=number % 6 == 0), day=8 + number % 4)
            story.says(self._at(0, 7, number), created=self._at(-20, 10).isoformat())
            outcome = "noshow" if number % 8 == 0 else "fulfilled"
            story.says(story.start + timedelta(hours=1), outcome)

    def _known_for_long(self) -> None:
        """Already booked when messages go live: what fell due before is withheld, what is still to come goes out."""
        for number in range(8):
            story = self._story(self._someone(), day=2 + number % 4)
            story.says(self._at(0, 7, 30 + number), created=self._at(-40, 10).isoformat())
            story.says(story.start + timedelta(hours=1), "fulfilled")

    def _moved(self) -> None:
        """Later, earlier, on the same day, before and after they were told, and there and back again."""
        plans = (
            (10, 3, 11, 0), (10, 4, 9, 0), (9, 4, 9, 2), (8, 0, 10, 0), (11, 7, 11, -2), (11, 8, 9, 1),
        )  # fmt: skip
        for day, changed, new_day, hours in plans:
            story = self._story(self._someone("moved"), day)
            story.says(self._at(0, 7, 40), created=self._at(-9, 9).isoformat())
            start = story.start + timedelta(days=new_day - day, hours=hours)
            story.says(self._at(changed, 12), start=start)
        story = self._story(self._someone("moved there and back"), 10)
        first = story.start
        story.says(self._at(0, 7, 41)).says(self._at(4, 9), start=first + timedelta(days=1)).says(
            self._at(7, 9), start=first
        )

    def _cancelled(self) -> None:
        """Before anybody heard, after they heard, by the patient, the evening before, and not cancelled after all."""
        quiet = self._story(self._someone("cancelled before hearing of it"), 11)
        quiet.says(self._at(0, 7, 45)).says(self._at(1, 10), "cancelled")
        for day, changed, hour, by in ((9, 4, 15, "clinic"), (10, 7, 11, "patient"), (9, 8, 19, "clinic")):
            story = self._story(self._someone("cancelled"), day)
            story.says(self._at(0, 7, 46)).says(self._at(changed, hour), "cancelled", cancelled_by=by)
        for day, gone, back in ((10, 4, 7), (11, 1, 2)):
            story = self._story(self._someone("cancelled, and on again"), day)
            story.says(self._at(0, 7, 47)).says(self._at(gone, 10), "cancelled").says(self._at(back, 10), "booked")

    def _late(self) -> None:
        """Booked late: with room for both messages, for one, in the evening, and for none."""
        for day, booked, hour in ((8, 3, 10), (4, 2, 11), (5, 4, 15), (3, 2, 17), (9, 8, 20), (11, 9, 9)):
            story = self._story(self._someone("booked late"), day)
            story.says(self._at(booked, hour, 5))
        soon = self._story(self._someone("booked an hour before"), 3)
        soon.says(soon.start - timedelta(hours=1))

    def _hard_to_reach(self) -> None:
        """No phone, a landline, opted out, a phone that takes nothing, e-mail first."""
        nobody = self._someone("no phone", phone=False)
        landline = self._someone("landline", phone=False, mail=True)
        landline.contacts.insert(0, {"channel": "sms", "value": "020 7946 0999"})
        for person in (
            nobody,
            landline,
            self._someone("e-mail only", phone=False, mail=True),
            self._someone("opted out"),
            self._someone("phone switched off for good", mail=True),
        ):
            story = self._story(person, 9)
            story.says(self._at(0, 7, 50), created=self._at(-9, 9).isoformat())

    def _two_a_day(self) -> None:
        """Two appointments of one patient on one day make one message."""
        for day in (9, 10):
            person = self._someone("two on one day")
            for clinic in ("C1", "C2"):
                self._story(person, day, clinic).says(self._at(0, 7, 52), created=self._at(-9, 9).isoformat())

    def _without_meeting(self) -> None:
        """By telephone, at some time within two hours, and by video."""
        for mode, minutes in (("telephone", 120), ("telephone", 120), ("video", 30)):
            story = self._story(self._someone(f"by {mode}"), 9)
            story.says(self._at(0, 7, 54), mode=mode, minutes=minutes, created=self._at(-9, 9).isoformat())

    def _troubles(self) -> None:
        """A clinic without an approved name, a death, an event that cannot be read, and things of no consequence."""
        unmapped = self._story(self._someone("clinic without an approved name"), 9, UNMAPPED)
        unmapped.says(self._at(0, 7, 56), created=self._at(-9, 9).isoformat())
        late = self._someone("has died")
        self._story(late, 10).says(self._at(0, 7, 57), created=self._at(-9, 9).isoformat())
        self.other_posts.append(_patient(late, self._at(2, 9), deceased=True))
        held = self._story(self._someone("an event of theirs cannot be read"), 10)
        held.says(self._at(0, 7, 58), created=self._at(-9, 9).isoformat())
        broken = {**(held.posts[0].event or {}), "id": "broken", "time": self._at(2, 9).isoformat()}
        broken["data"] = {"status": "cancelled", "start": "next Tuesday"}
        self.other_posts.append(Post(self._at(2, 9), APPOINTMENTS, held.posts[0].key, broken))
        self.other_posts.append(Post(self._at(2, 9, 1), APPOINTMENTS, "junk", None, b"{ this is not JSON"))
        again = self.stories[0].posts[0]
        self.other_posts.append(Post(self._at(3, 9), again.topic, again.key, again.event))


def _patient(person: Person, at: datetime, **data: Any) -> Post:
    event = {
        "specversion": "1.0",
        "id": f"{person.id}-{at:%d%H%M}",
        "source": SOURCE,
        "type": "cocreate.patient.v1",
        "subject": f"patient/{person.id}",
        "time": at.isoformat(),
        "data": {"first_name": person.name, **data},
    }
    return Post(at, PATIENTS, f"{SOURCE}/patient/{person.id}", event)


def _e164(person: Person) -> str:
    numbers: Iterable[str] = (c["value"] for c in person.contacts if c["channel"] == "sms")
    number = next(iter(numbers), "")
    return "+44" + number.replace(" ", "")[1:] if number else ""


def _mails(person: Person) -> Iterator[str]:
    return (c["value"] for c in person.contacts if c["channel"] == "email")


def _caption(person: Person) -> str:
    return f"{person.name}: {person.about}" if person.about else person.name
