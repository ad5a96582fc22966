"""What the command prints and exports, made harmless: whatever a clinic's system or a patient wrote, it does nothing.

All that leaves the command goes through `harmless`: the terminal's output and logs (`services.cli.terminal`), and the
cells of files (`csv_text`). What stands amid markup of ours goes through `tamed` as well.
"""

import csv
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.markup import escape

PRIVATE = 0o600

_KEPT = "\n\t\u200c\u200d"  # lines and columns; joiners, without which Indic letters and emoji fall apart
_SUSPECT = re.compile(r"[^ -~\n\t]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})

_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_CELL = re.compile(rf"(^|[;,|\t])(?P<between>[\s\"]*)(?=[{_FORMULA}])|^(?=[\s\"]*[;|%\t])")
"""Where a spreadsheet would begin to compute (OWASP, CSV injection): at a cell's start, and where another country's
spreadsheet sees a new cell. The signs count in their wide forms too."""


def harmless(text: str) -> str:
    r"""The text with everything that nobody sees, or that steers a terminal, as its code: `\u001b`, `\u202e`.

    So are controls, marks of direction, zero-width characters, unpaired surrogates, and what is no character. The codes
    are those of JSON, so that a line of JSON stays one.
    """
    return text if text.isascii() and text.isprintable() else _SUSPECT.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN:
        return sign
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def tamed(value: object) -> str:
    """A value as it stands amid our own markup: harmless, and with no markup of its own."""
    return escape(harmless(str(value)))


def cell(text: str) -> str:
    """A cell of a file: harmless, on one line, and nothing that a spreadsheet would compute."""
    line = harmless(" ".join(text.splitlines()).replace("\t", " ") if text.strip() else "")
    return _CELL.sub(lambda found: f"{found[0]}'", line)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV, each cell made harmless."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(header)
    table.writerows([cell(value) for value in row] for row in rows)
    return written.getvalue()


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read, whatever stood there before and whoever has that open.

    The old file is replaced as a whole: its rights, and a link that somebody laid there, count no more.

    Raises:
        OSError: the file cannot be written.

    """
    if file.exists() and not file.is_file():  # a pipe or a device is written to, never replaced
        file.write_text(text, encoding="utf-8")
        return
    number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # 0600 from the first byte on
    try:
        with os.fdopen(number, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(name).chmod(PRIVATE)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
