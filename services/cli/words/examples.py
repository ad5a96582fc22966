"""Invented data and readers for rendering wordings: ordinary ones, for every branch that a wording may take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.delivery.forms import CATEGORIES
from shared.clinic.appointment import Mode
from shared.clinic.places import Place, Places
from shared.words.filling import Reader
from shared.words.forms import Form
from shared.words.sample_readers import HEARD, SOURCE
from shared.words.samples import Look, values
from shared.words.wording import Recipient

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

RIVERSIDE = Place(
    source=SOURCE,
    clinic="riverside",
    name="Riverside Health Centre",
    phone="029 2018 0101",
    sender="Riverside Hospital",
    address="1 River Street, Cardiff",
    staffed=True,
    name_cy="Canolfan Iechyd Glan yr Afon",
    sender_cy="Ysbyty Glan yr Afon",
    address_cy="1 Stryd yr Afon, Caerdydd",
)
LIBRARY = Place(
    source=SOURCE,
    clinic="library",
    name="The Old Library",
    phone="029 2018 0102",
    sender="Riverside Hospital",
    address="3 Library Square, Cardiff",
    staffed=True,
    name_cy="Yr Hen Lyfrgell",
    sender_cy="Ysbyty Glan yr Afon",
    address_cy="3 Sgwâr y Llyfrgell, Caerdydd",
)
PLACES = Places.of((RIVERSIDE, LIBRARY))

USUAL = Look(
    "usual",
    datetime(2026, 12, 1, 14, 30, tzinfo=ZoneInfo("Europe/London")),
    (RIVERSIDE.clinic, LIBRARY.clinic, RIVERSIDE.clinic),
)

ANSWERS: Mapping[str, tuple[bool, bool]] = {
    "no answers": (False, False),
    "answers": (True, False),
    "answers and own words": (True, True),
}
"""Whether patients can answer with tokens such as `1`, and whether they can write own words, by the note shown."""

OLD_TIME = "old is the same"
"""The only field that may have the same value as the time: an old time; no other pair begins and ends at once."""

NO_END = {"end is the same", "mode telephone"}
"""An appointment without a known end: only the wording of a telephone call shows the end, so one example is enough."""

VARIED = {"old differs", OLD_TIME, "others one", "others two", "last differs"}
"""What varies beside the end in messages whose wording is about more than one time."""

SAID: Mapping[str, str] = {
    "end is the same": "end not known",
    "old differs": "another time",
    OLD_TIME: "the same time",
    "by_patient True": "by the patient",
    "by_patient False": "by the clinic",
    "several True": "several goals",
    "several False": "one goal",
    "visits two": "two of them",
    "visits three": "three of them",
    "visits alike": "a week, all alike",
    "visits mixed": "a week of several kinds",
    "visits at other times": "a week, at other times",
    "others none": "",
    "others one": "another still stands",
    "others two": "two others still stand",
    "join none": "",
    "join link": "with a link",
    "join email": "the link comes by e-mail",
    "join call": "the link is asked for by telephone",
    "visits one": "one appointment",
    "visits seven": "seven appointments",
    **{f"category {category}": category for category in CATEGORIES.of},
    **{f"mode {mode}": mode.value for mode in Mode},
    **{f"old_mode {mode}": f"was {mode}" for mode in Mode},
}
"""Short labels of an example's particulars, by the labels of samples."""


@dataclass(frozen=True, slots=True)
class Example:
    """Invented data of a message, and a label of its particulars; empty where the form has one example only."""

    case: str
    data: Mapping[str, Any]


def examples(form: Form) -> Iterator[Example]:
    """Examples of a form's data in every branch, without the combinations that no plan produces."""
    for label, data in values(form, (USUAL,)):
        told = label.split("; ")[1:]
        same = {one for one in told if one.endswith(" is the same")} - {OLD_TIME}
        if not same or (same <= NO_END <= set(told) and not VARIED.intersection(told)):
            yield Example(", ".join(filter(None, map(_shortly, told))), data)


def reader(recipient: Recipient, language: str, *, can_answer: bool = False, can_write: bool = False) -> Reader:
    """A reader of messages to the invented patient Siân: herself, a carer or a clinician."""
    return Reader(
        recipient=recipient,
        first_name="Siân",
        language=language,
        now=NOW,
        can_answer=can_answer,
        can_write=can_write,
        heard=HEARD,
    )


def _shortly(told: str) -> str:
    return SAID.get(told, "" if told.endswith(" differs") else told)
