"""Reads CSV files with a header line by line, and describes the faults of a line.

Faults never quote a cell: a stray one may hold data that must not be sent.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.events.visible import visible

NO_HEADER = "the first line must name the columns, separated by commas: {}"
UNKNOWN_COLUMN = "column {} is none of {}; leave it out, {} are published without more"
DOUBLED_COLUMN = "column {} has the name of one before it; leave one of the two out"
NO_COLUMN = "is not among the columns that the first line names; each of the {} needs its own"
NOT_A_LINE = "this line cannot be read as CSV; look at its quotation marks"
TOO_MANY_CELLS = "it has more cells than the first line names; a comma within a cell needs quotation marks round it"

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """The fault of one field, without its content; `column` is None where the fault is the line's."""

    column: str | None
    cause: str

    def __str__(self) -> str:
        """The fault as a sentence: `confidence is no whole number from 0 to 10; …`."""
        return self.cause if self.column is None else f"{self.column} {self.cause}"


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of a file, by its number from 1: its event, or its faults."""

    number: int
    event: dict[str, Any] | None
    faults: tuple[FieldFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table: the noun for its lines, its columns in their order, and the needed ones."""

    what: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]

    def fault(self, header: Sequence[str], source: str | None) -> FieldFault | None:
        """The fault of this header; None without one. The column `source` is not needed where `source` is given."""
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
    """The names of columns in the first line, in lower case."""
    return [visible(name).strip().lower() for name in _cells(_split(text)[0]) or ()]


def rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str] | FieldFault]]:
    """The lines that are not empty, by their numbers: cells by column, or why the line cannot be read.

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
            yield number, dict(zip(columns, map(visible, cells), strict=False))


def _split(text: str) -> list[str]:
    return _LINE_ENDS.split(text.removeprefix("\ufeff"))


def _cells(line: str) -> list[str] | None:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None
