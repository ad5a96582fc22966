"""Tables as spreadsheets save them: CSV with a header, each line by itself, and what is wrong with one. Pure.

Nothing that is refused is quoted: a stray cell may hold what must not be sent.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

NO_HEADER = "the first line must name the columns, separated by commas: {}"
UNKNOWN_COLUMN = "column {} is none of {}; leave it out, {} are published without more"
DOUBLED_COLUMN = "column {} has the name of one before it; leave one of the two out"
NO_COLUMN = "is not among the columns that the first line names; each of the {} needs its own"
NOT_A_LINE = "this line cannot be read as CSV; look at its quotation marks"
TOO_MANY_CELLS = "it has more cells than the first line names; a comma within a cell needs quotation marks round it"

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field; `column` is None where it is the line itself. It quotes nothing."""

    column: str | None
    cause: str

    def __str__(self) -> str:
        """As a sentence: `confidence is no whole number from 0 to 10; …`."""
        return self.cause if self.column is None else f"{self.column} {self.cause}"


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of a file, by its number from 1: the event that it makes, or what is wrong with it."""

    number: int
    event: dict[str, Any] | None
    faults: tuple[FieldFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table: what its lines are called, its columns as they are written, and those that must be there."""

    what: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    def fault(self, header: Sequence[str], source: str | None) -> FieldFault | None:
        """Why these are no columns of ours; `source` need not be one where somebody names it for all lines."""
        if not set(header) & set(self.columns):
            return FieldFault(None, NO_HEADER.format(",".join(self.columns)))
        for place, name in enumerate(header, 1):
            if name not in self.columns:  # a stray one may hold what must not be sent, a misspelt one what is missed
                return FieldFault(None, UNKNOWN_COLUMN.format(place, ",".join(self.columns), self.what))
            if name in header[: place - 1]:
                return FieldFault(None, DOUBLED_COLUMN.format(place))
        needed = self.needed if source else (*self.needed, "source")
        missing = next((name for name in needed if name not in header), None)
        return None if missing is None else FieldFault(missing, NO_COLUMN.format(self.what))


def header(text: str) -> list[str]:
    """The columns that the first line names, in small letters."""
    return [name.strip().lower() for name in _cells(_split(text)[0]) or ()]


def rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str] | FieldFault]]:
    """The lines that say something, by their numbers: cells by column, or why the line cannot be read.

    No value of ours has a line break, so no cell has: a quotation mark that is never closed spoils its own line alone.
    """
    for number, line in enumerate(_split(text)[1:], 2):
        if not line.strip(", \t"):
            continue
        cells = _cells(line)
        if cells is None:
            yield number, FieldFault(None, NOT_A_LINE)
        elif any(cell.strip() for cell in cells[len(columns) :]):
            yield number, FieldFault(None, TOO_MANY_CELLS)
        else:
            yield number, dict(zip(columns, cells, strict=False))


def _split(text: str) -> list[str]:
    return _LINE_ENDS.split(text.removeprefix("\ufeff"))


def _cells(line: str) -> list[str] | None:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None
