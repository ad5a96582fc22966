"""The demo's invented patients, places and clinicians, and the events of an appointment, a goal and a patient."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.calendar.sending_window import instant
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.clinic.places import Place

ZONE = ZoneInfo("Europe/London")
SOURCE = "https://riverside.example.org"
GLANMOR = "https://glanmor.example.org"  # in Wales: both languages, unless the patient prefers one
FIRST_DAY = date(2026, 11, 2)  # a Monday, with no bank holiday near
OPENS = instant(FIRST_DAY, time(7), ZONE)
CLOSES = instant(FIRST_DAY + timedelta(days=14), time(18), ZONE)

PLACES = (
    Place(
        source=SOURCE,
        clinic="C1",
        name="Riverside Health Centre",
        phone="020 7946 0101",
        sender="Riverside Hospital",
        address="1 River Street, Riverside",
        staffed=True,  # staff read there what patients write in their own words
    ),
    Place(
        source=SOURCE,
        clinic="C2",
        name="Hill Road Clinic",
        phone="020 7946 0102",
        sender="Riverside Hospital",
        address="22 Hill Road, Riverside",
    ),
    Place(
        source=SOURCE,
        clinic="C3",
        name="The Old Library",
        phone="020 7946 0103",
        sender="Riverside Hospital",
        address="3 Library Square, Riverside",
    ),
    Place(
        source=GLANMOR,
        clinic="W1",
        name="Bay View Health Centre",
        phone="029 2018 0101",
        sender="Glanmor Health Board",
        address="5 Harbour Road, Glanmor",
        language="both",
        staffed=True,
        name_cy="Canolfan Iechyd Golwg y Bae",
        sender_cy="Bwrdd Iechyd Glanmor",
        address_cy="5 Ffordd yr Harbwr, Glanmor",
    ),
)
CLINICIANS = {
    "r.rivers@example.org": "R. Rivers, clinician at Riverside Health Centre",
    "h.hill@example.org": "H. Hill, clinician at Hill Road Clinic",
}
"""Clinicians who get the list of the next working day, by e-mail address."""

ORGANISER = "s.stone@example.org"
STAFF = {**CLINICIANS, ORGANISER: "S. Stone, who organises a reunion"}
"""All recipients of lists, by e-mail address."""

AT_CLINICS = dict(zip(("C1", "C2"), CLINICIANS, strict=True))
"""The clinician of each clinic, by the clinic's code; the other clinics publish none."""

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
    """One event that a clinic publishes, with its time, topic and key; `raw` replaces an event that is no JSON."""

    at: datetime
    topic: str
    key: str
    event: dict[str, Any] | None
    raw: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Persona:
    """An invented patient; `details` are further fields of an appointment's patient, beside name and contacts."""

    id: str
    name: str
    contacts: list[dict[str, str]]
    about: str = ""
    source: str = SOURCE
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> dict[str, Any]:
        """The patient's fields in an event of an appointment."""
        return {"id": self.id, "first_name": self.name, "contacts": self.contacts, **self.details}


@dataclass(slots=True, kw_only=True)
class Story:
    """The history of one appointment: its events, oldest first."""

    person: Persona
    id: str
    start: datetime
    clinic: str = "C1"
    posts: list[Post] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def says(self, at: datetime, status: str = "booked", **data: Any) -> "Story":
        """Add an event with the appointment's whole state."""
        if "start" in data:
            self.start = data.pop("start")
        self.extra |= data
        subject, clinician = f"appointment/{self.id}", AT_CLINICS.get(self.clinic)
        event = {
            "specversion": "1.0",
            "id": f"{self.id}-{len(self.posts) + 1}",
            "source": self.person.source,
            "type": "cocreate.appointment.v1",
            "subject": subject,
            "time": at.isoformat(),
            "data": {
                "status": status,
                "start": self.start.isoformat(),
                "end": (self.start + timedelta(minutes=self.extra.get("minutes", 30))).isoformat(),
                "clinic": self.clinic,
                "patient": self.person.reference,
                **({"clinician_email": clinician} if clinician else {}),
                **{name: value for name, value in self.extra.items() if name != "minutes"},
            },
        }
        self.posts.append(Post(at, APPOINTMENTS, f"{self.person.source}/{subject}", event))
        return self


@dataclass(frozen=True, slots=True)
class Turn:
    """A patient's answer to a text of ours that asks for it.

    Attributes:
        phone: the patient's number (E.164).
        body: the text of the answer.
        asked_for: the answer token that our text asks for; empty: own words.
        after: time between our text and the answer.
        not_before: texts of ours before this instant stay unanswered.

    """

    phone: str
    body: str
    asked_for: str
    after: timedelta
    not_before: datetime


def goal_event(person: Persona, name: str, at: datetime, **data: Any) -> Post:
    """An event with the whole state of a goal."""
    event = {
        "specversion": "1.0",
        "id": f"{name}-{at:%d%H%M}",
        "source": person.source,
        "type": "cocreate.goal.v1",
        "subject": f"goal/{name}",
        "time": at.isoformat(),
        "data": {"patient": person.reference, "clinic": "C1", **data},
    }
    return Post(at, GOALS, f"{person.source}/goal/{name}", event)


def patient_event(person: Persona, at: datetime, **data: Any) -> Post:
    """An event with the whole state of a patient's record."""
    event = {
        "specversion": "1.0",
        "id": f"{person.id}-{at:%d%H%M}",
        "source": person.source,
        "type": "cocreate.patient.v1",
        "subject": f"patient/{person.id}",
        "time": at.isoformat(),
        "data": {"first_name": person.name, **data},
    }
    return Post(at, PATIENTS, f"{person.source}/patient/{person.id}", event)


def e164(person: Persona) -> str:
    """The patient's phone number in E.164; empty where the patient has no phone."""
    numbers: Iterable[str] = (c["value"] for c in person.contacts if c["channel"] == "sms")
    number = next(iter(numbers), "")
    return "+44" + number.replace(" ", "")[1:] if number else ""


def mails(person: Persona) -> Iterator[str]:
    """The patient's e-mail addresses."""
    return (c["value"] for c in person.contacts if c["channel"] == "email")


def caption(person: Persona) -> str:
    """The label of the patient's phone on the sandbox's page."""
    return f"{person.name}: {person.about}" if person.about else person.name
