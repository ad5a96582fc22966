"""Tables of the command: what a person copies stays whole, the rest gives way to the width of the terminal.

A table that is too wide first shortens names of things from the left, as long as they stay distinct; then prose goes
beneath its row, at full width; then whatever else stands furthest right. A column in which nothing stands is left out.
Where nobody looks (a pipe, a file) nothing is shortened, broken or left out: a row is a line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rich.console import Console
from rich.text import Text

from services.cli.terminal import out

GAP = 2
INDENT = 4
BETWEEN = "   "  # what stands beneath one row, on one line
PROSE_LEAST = 28  # five words a line; narrower, a sentence is taller than it is wide

LENGTHS = 4
"""How many ways there are to write the name of a thing, from whole to its kind and id alone."""

Cell = str | Text


def coloured(text: str, colour: str) -> Cell:
    """A cell in a colour; none where it is empty."""
    return Text(text, colour)


class Fit(Enum):
    """How a column gives way."""

    WHOLE = "never broken, never shortened: an instant, a state, an id"
    NUMBER = "whole, at the right"
    THING = "names of things, one a line, shortened from the left: kind and id stay whole"
    PROSE = "broken between words"


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above a column, and how it gives way."""

    name: str
    fit: Fit = Fit.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table: a title, columns of which the first always stays in its place, rows, and perhaps their total."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which columns stand side by side, how wide each, which beneath the row, and how names are written (0: whole)."""

    across: tuple[int, ...]
    beneath: tuple[int, ...]
    widths: tuple[int, ...]
    length: int


def show(listing: Listing, console: Console = out) -> None:
    """Print a table as wide as the terminal lets it be, or whole where there is no terminal."""
    for line in lines(listing, console, console.width if console.is_terminal else None):
        console.print(line, highlight=False, soft_wrap=True)


def lines(listing: Listing, console: Console, width: int | None) -> Iterator[Text]:
    """The lines of a table in so many columns of a terminal; None: as many as it takes."""
    layout = lay_out(listing, width)
    rule = Text("─" * (sum(layout.widths) + GAP * (len(layout.across) - 1)), style="dim")
    yield Text(listing.title, style="bold")
    yield from _side_by_side(listing, layout, [Text(c.name, style="bold") for c in listing.columns], console)
    yield rule
    for row in listing.rows:
        yield from _row(listing, layout, row, console, width)
    if listing.total is not None:
        yield rule
        yield from _row(listing, layout, listing.total, console, width)


def lay_out(listing: Listing, width: int | None) -> Layout:
    """Choose the layout that keeps most in its place and, of those, most of each name."""
    lengths = [length for length in range(LENGTHS) if _are_distinct(listing, length)]
    for across in _choices(listing, width):
        for length in lengths:
            least, natural = zip(*(_widths(listing, number, length) for number in across), strict=True)
            room = sum(natural) if width is None else width - GAP * (len(across) - 1)
            if sum(least) <= room or (len(across) == 1 and length == lengths[-1]):
                beneath = tuple(number for number in _used(listing, width) if number not in across)
                return Layout(across=across, beneath=beneath, widths=_shared(least, natural, room), length=length)
    raise AssertionError("the last choice always fits")


def _used(listing: Listing, width: int | None) -> tuple[int, ...]:
    """The first column and those in which anything stands; all of them where there is room for everything."""
    every = range(len(listing.columns))
    return tuple(n for n in every if n == 0 or width is None or any(_plain(row[n]) for row in listing.rows))


def _choices(listing: Listing, width: int | None) -> Iterator[tuple[int, ...]]:
    """Columns side by side: all that are used; all but prose; then one fewer at a time, from the right."""
    used = _used(listing, width)
    yield used
    short = tuple(number for number in used if number == 0 or listing.columns[number].fit is not Fit.PROSE)
    yield from (short[:most] for most in range(len(short), 0, -1))


def _are_distinct(listing: Listing, length: int) -> bool:
    """Whether names that differ still do when they are written at this length."""
    for number, column in enumerate(listing.columns):
        if column.fit is Fit.THING:
            names = {name for row in listing.rows for name in _plain(row[number]).splitlines()}
            if len({shortened(name, length) for name in names}) < len(names):
                return False
    return True


def _widths(listing: Listing, number: int, length: int) -> tuple[int, int]:
    """The least and the natural width of a column: of its longest word, and of all that it holds."""
    column = listing.columns[number]
    rows = [*listing.rows, *([listing.total] if listing.total is not None else [])]
    cells = [line for row in rows for line in _written(column, row[number], length).split("\n")]
    word = max((part.cell_len for part in Text(column.name).split(" ")), default=0)
    widest = max((cell.cell_len for cell in cells), default=0)
    natural = max(widest, Text(column.name).cell_len)
    if column.fit is not Fit.PROSE:
        return max(widest, word), natural
    words = max((part.cell_len for cell in cells for part in cell.split(" ")), default=0)
    return min(natural, max(PROSE_LEAST, word, words)), natural


def _shared(least: Sequence[int], natural: Sequence[int], room: int) -> tuple[int, ...]:
    """Widths that fill the room: each its least, and what is left to whoever lacks little first."""
    widths, left = list(least), max(0, room - sum(least))
    for number in sorted(range(len(least)), key=lambda number: natural[number] - least[number]):
        more = min(natural[number] - least[number], left)
        widths[number] += more
        left -= more
    return tuple(widths)


def _row(listing: Listing, layout: Layout, row: Sequence[Cell], console: Console, width: int | None) -> Iterator[Text]:
    """A row, and beneath it what found no room beside the rest, each with the name of its column."""
    written = [_written(c, cell, layout.length) for c, cell in zip(listing.columns, row, strict=True)]
    yield from _side_by_side(listing, layout, written, console)
    if width is None:
        return
    room, line = max(width - INDENT, 1), Text()
    for number in layout.beneath:
        if not _plain(row[number]):
            continue
        value = Text(", ").join(_written(listing.columns[number], row[number], 0).split("\n"))
        piece = Text.assemble((f"{listing.columns[number].name}: ", "dim"), value)
        if line and line.cell_len + len(BETWEEN) + piece.cell_len <= room:
            line = Text.assemble(line, BETWEEN, piece)
            continue
        yield from _indented(line, room, console)
        line = piece
    yield from _indented(line, room, console)


def _indented(text: Text, room: int, console: Console) -> Iterator[Text]:
    if text:
        yield from (Text.assemble(" " * INDENT, _trimmed(line)) for line in text.wrap(console, room))


def _side_by_side(listing: Listing, layout: Layout, cells: Sequence[Text], console: Console) -> Iterator[Text]:
    """The lines of a row's cells beside each other."""
    wrapped = [
        [_trimmed(line) for line in cells[number].wrap(console, wide)] if wide else []
        for number, wide in zip(layout.across, layout.widths, strict=True)
    ]
    for level in range(max(map(len, wrapped))):
        line = Text()
        for number, wide, parts in zip(layout.across, layout.widths, wrapped, strict=True):
            part = parts[level].copy() if level < len(parts) else Text()
            part.align("right" if listing.columns[number].fit is Fit.NUMBER else "left", wide)
            line = Text.assemble(line, " " * GAP if number != layout.across[0] else "", part)
        yield _trimmed(line)


def _written(column: Column, cell: Cell, length: int) -> Text:
    """A cell as it is shown."""
    if column.fit is Fit.THING:
        return Text("\n".join(shortened(name, length) for name in _plain(cell).splitlines()))
    return cell if isinstance(cell, Text) else Text(cell)


def _plain(cell: Cell) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def _trimmed(text: Text) -> Text:
    trimmed = text.copy()
    trimmed.rstrip()
    return trimmed


def shortened(name: str, length: int) -> str:
    """The name of a thing, written shorter and shorter from the left; of a source nothing but its scheme goes.

    0: `https://riverside.example.org/appointment/1001`; 1: without its scheme; 2: `riverside…/appointment/1001`; 3:
    `…/appointment/1001`.
    """
    rest = name.partition("://")[2] or name
    source, *tail = rest.rsplit("/", 2)
    if length == 0:
        return name
    if length == 1 or len(tail) < 2:  # noqa: PLR2004 - a kind and an id
        return rest
    head = source.split("/")[0].partition(".")[0] if length == 2 else ""  # noqa: PLR2004
    return f"{head}{'' if head == source else '…'}/{'/'.join(tail)}"
