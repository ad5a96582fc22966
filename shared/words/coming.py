"""The attendance list of a reunion for its organiser: counts, and first names with the size of each party."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shared.words.wording import Language

LONGEST_LIST = 8_000
"""Characters of a list: a value of 10,000 is refused."""

ROOM = (35, 20, 10)
"""Characters shown of each name, fewer in a longer list: 300 parties of ten fit with the last."""


@dataclass(frozen=True, slots=True)
class Coming:
    """The attendance of a reunion, for its organiser.

    Attributes:
        parties: first name (None where it is unknown) and size of the party, the patient included.
        waiting: the number of people on the waiting list, guests included.
        offered: the number of people to whom a free place is offered, guests included.

    """

    parties: tuple[tuple[str | None, int], ...] = field(default=(), repr=False)
    waiting: int = 0
    offered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendancePhrases:
    """The phrases of an attendance list in one language."""

    coming: str
    waiting: str
    offered: str
    nobody: str
    unknown: str
    party: str
    nameless: str
    more: str


PHRASES: Mapping[Language, AttendancePhrases] = MappingProxyType(
    {
        Language.ENGLISH: AttendancePhrases(
            coming="{count} coming",
            waiting="{count} waiting",
            offered="{count} offered a free place",
            nobody="nobody has said that they come",
            unknown="who is coming could not be looked up",
            party="{name}, {count} in all",
            nameless="no name known",
            more="More names than fit here: {count}",
        ),
        Language.WELSH: AttendancePhrases(
            coming="{count} yn dod",
            waiting="{count} yn aros",
            offered="{count} wedi cael cynnig lle rhydd",
            nobody="does neb wedi dweud eu bod yn dod",
            unknown="nid oedd modd gweld pwy sy'n dod",
            party="{name}, {count} i gyd",
            nameless="enw ddim yn hysbys",
            more="Mwy o enwau nag sy'n ffitio yma: {count}",
        ),
    }
)


def coming(people: Mapping[str, Any], language: Language) -> str:
    """The counts, `38 coming, 3 waiting`: without names, so that they may stand in a subject."""
    said = PHRASES[language]
    if not people:
        return said.unknown
    come, wait = sum(party for _, party in people["parties"]), people["waiting"]
    if not come and not wait:
        return said.nobody
    return f"{said.coming.format(count=come)}, {said.waiting.format(count=wait)}"


def attendance(people: Mapping[str, Any], language: Language) -> str:
    """The counts, and below them each party by first name, in alphabetical order; a long list shortens names."""
    counted = coming(people, language)
    if offered := people.get("offered"):
        counted = f"{counted}, {PHRASES[language].offered.format(count=offered)}"
    heading = f"{counted[0].upper()}{counted[1:]}."
    parties = sorted(people.get("parties", ()), key=lambda one: (not one[0], one[0].casefold()))
    if not parties:
        return heading
    text = ""
    for longest in ROOM:
        text = "\n".join((heading, "", *_lines(parties, language, longest)))
        if len(text) <= LONGEST_LIST:
            return text
    return _cut(text, language)


def _lines(parties: Sequence[tuple[str, int]], language: Language, longest: int) -> Iterator[str]:
    said = PHRASES[language]
    for name, party in parties:
        short = name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
        shown = short or said.nameless
        yield f"- {said.party.format(name=shown, count=party) if party > 1 else shown}"


def _cut(text: str, language: Language) -> str:
    """The whole lines that fit, and the number of lines left out."""
    whole = text[: LONGEST_LIST - 100].rpartition("\n")[0]  # the last line says how many are missing
    left = text.count("\n") - whole.count("\n")
    return f"{whole}\n{PHRASES[language].more.format(count=left)}"
