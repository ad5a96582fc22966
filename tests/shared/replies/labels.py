"""Labelled replies: tables of invented texts with what they mean."""

from dataclasses import dataclass
from pathlib import Path

from shared.replies.meaning import (
    Acts,
    AsksHelp,
    CancelsAndStops,
    Meaning,
    NeedsPerson,
    Nothing,
    OutOfPlace,
    OwnWords,
    Restarts,
    Several,
    StopsAll,
    StopsCategory,
    Unclear,
    UnsafePhone,
    YesOrNo,
)

HERE = Path(__file__).parent

QUESTIONS = {
    "none": "",
    "visit": "1 2 3",
    "moved": "2",
    "missed": "2 3",
    "goal": "A B C 9",
    "sure": "SURE",
    "talk": "TALK",
    "group": "IN OUT LATER 9",
    "place": "IN OUT",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, the answers that open questions understand, and what it must be read as."""

    expected: frozenset[str]
    label: str
    text: str


def labelled() -> list[Labelled]:
    """The rows of `labelled.tsv`."""
    return [
        Labelled(
            frozenset(token for name in questions.split("+") for token in QUESTIONS[name].split()),
            label,
            text.replace("\\n", "\n"),
        )
        for questions, label, text in (line.split("\t") for line in rows("labelled.tsv"))
    ]


def rows(name: str) -> list[str]:
    """The lines of a table that are no comment."""
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def label(meaning: Meaning) -> str:  # noqa: C901, PLR0911, PLR0912 - a table of cases
    """A meaning as the table writes it."""
    match meaning:
        case Acts(token, number):
            return f"Acts {token}" if number is None else f"Acts {token} {number}"
        case OutOfPlace(token, number):
            return f"OutOfPlace {token}" if number is None else f"OutOfPlace {token} {number}"
        case StopsAll(rest):
            return "StopsAll rest" if rest else "StopsAll"
        case StopsCategory(category, rest):
            return f"StopsCategory {category} rest" if rest else f"StopsCategory {category}"
        case Several(tokens):
            return " ".join(("Several", *tokens))
        case YesOrNo(yes):
            return "Yes" if yes else "No"
        case NeedsPerson(about, _):
            return f"Person {about}"
        case UnsafePhone():
            return "Unsafe"
        case CancelsAndStops():
            return "Cancels"
        case Restarts():
            return "Restarts"
        case AsksHelp():
            return "Help"
        case OwnWords():
            return "Own"
        case Nothing():
            return "Nothing"
        case Unclear():
            return "Unclear"
