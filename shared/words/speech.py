"""The filters of wordings: days and times, lists of appointments, and a clinician's day, in English and Welsh."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.words.coming import attendance, coming
from shared.words.day_times import between, clock_time, day, on
from shared.words.visit_lists import Visit, dated, how, lines, listed, phones
from shared.words.wording import Language

LONGEST_DAY = 8_000
"""Characters of a clinician's day: a value of 10,000 is refused, and staff would not read more before a clinic."""

ROOM = ((10, 400), (5, 160), (3, 90), (2, 60), (0, 0))
"""Items shown of each agenda, and characters of each item: fewer on a long day, which then says that there is more.

With the last pair 40 appointments fit, with all notes on each.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes below an appointment in a clinician's day, in one language."""

    several: str
    unknown: str
    urgent: str
    wishes: Mapping[str, str]
    none: str
    more: str
    sure: str


NOTES: Mapping[Language, Notes] = MappingProxyType(
    {
        Language.ENGLISH: Notes(
            several="{count} appointments at this time, so no lists here: see the task list.",
            unknown="What they said could not be looked up: see the task list.",
            urgent="A text of theirs sounded urgent: see the task list.",
            wishes={
                "1": "They said that they are coming.",
                "2": "They asked for a new time. It stays booked until you move it.",
                "3": "They said that it is not needed. It stays booked until you cancel it.",
            },
            none="No list yet.",
            more="They wrote more than this: see the task list.",
            sure="Sure of their goal: {number} of 10",
        ),
        Language.WELSH: Notes(
            several="{count} apwyntiad ar yr un pryd, felly dim rhestrau yma: gweler y rhestr dasgau.",
            unknown="Nid oedd modd gweld beth ddywedon nhw: gweler y rhestr dasgau.",
            urgent="Roedd neges ganddyn nhw'n swnio'n fater brys: gweler y rhestr dasgau.",
            wishes={
                "1": "Dywedon nhw eu bod yn dod.",
                "2": "Gofynnon nhw am amser newydd. Mae'n sefyll nes i chi ei symud.",
                "3": "Dywedon nhw nad oes ei angen. Mae'n sefyll nes i chi ei ganslo.",
            },
            none="Dim rhestr eto.",
            more="Ysgrifennon nhw fwy na hyn: gweler y rhestr dasgau.",
            sure="Sicrwydd am eu nod: {number} allan o 10",
        ),
    }
)


def agendas(visits: Sequence[Visit], language: Language) -> str:
    """A clinician's day: each time with the patient's replies, without a name. A long day shows less of each.

    Where several appointments begin at once, a time does not identify the patient, so no replies are shown.
    """
    at_once: dict[datetime, list[Visit]] = {}
    for visit in visits:
        at_once.setdefault(visit["start"], []).append(visit)
    text = ""
    for most, longest in ROOM:
        text = "\n\n".join("\n".join(_entry(those, language, most, longest)) for those in at_once.values())
        if len(text) <= LONGEST_DAY:
            break
    return text


FILTERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "day": day,
        "on": on,
        "time": clock_time,
        "between": between,
        "lines": lines,
        "listed": listed,
        "dated": dated,
        "phones": phones,
        "agendas": agendas,
        "coming": coming,
        "attendance": attendance,
    }
)
"""The filters of wordings. The language follows the wording's own arguments; `on` also takes `now`."""


def _entry(visits: Sequence[Visit], language: Language, most: int, longest: int) -> Iterator[str]:
    """The lines about the appointments that begin at one time."""
    notes = NOTES[language]
    said = [visit["said"] for visit in visits]
    if len(visits) > 1:
        yield f"{clock_time(visits[0]['start'], language)}: {notes.several.format(count=len(visits))}"
    else:
        by = how(visits[0]["mode"], language)
        yield ", ".join(filter(None, (clock_time(visits[0]["start"], language), by)))
    if any(one.get("is_urgent") for one in said):
        yield notes.urgent
    if len(visits) == 1:
        yield from _told(said[0], notes, most, longest) if said[0] else (notes.unknown,)


def _told(said: Mapping[str, Any], notes: Notes, most: int, longest: int) -> Iterator[str]:
    """The lines about one patient's replies."""
    if said["wish"] in notes.wishes:
        yield notes.wishes[said["wish"]]
    items = [item if len(item) <= longest else f"{item[: longest - 1].rstrip()}…" for item in said["items"][:most]]
    yield from (f"- {item}" for item in items)
    has_more = said["has_more"] or len(said["items"]) > most
    if has_more:
        yield notes.more
    elif not items:
        yield notes.none
    if said["confidence"] is not None:
        yield notes.sure.format(number=said["confidence"])
