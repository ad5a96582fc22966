"""What `make lint` holds of how many decisions one block of code makes, as `radon cc` counts them.

.venv/bin/python tests/complexity.py
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parents[1]
TREES = ("services", "shared")

DENSE = 10
"""A block above this takes a second reading: radon's own border between A or B, and C."""

MOST_DENSE = 0.02
"""The part of all blocks that may be dense: programs like this one that read well have between none and 2.4 %."""

MOST = 15
"""No block of these makes more decisions: here a patient is planned, found and told."""

HELD = (
    *("services/cards/", "services/followup/", "services/people/", "services/prompts/", "services/reunions/"),
    *("shared/kafka/", "shared/patients/", "shared/planning/"),
)


def blocks() -> Iterator[tuple[int, str]]:
    """The complexity of every class, method and function, and where it stands."""
    for path in sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py")):
        for block in cc_visit(path.read_text()):
            yield block.complexity, f"{path.relative_to(ROOT)}:{block.lineno} {block.fullname}"


def faults() -> Iterator[str]:
    """What is too dense, with the cure."""
    found = sorted(blocks(), reverse=True)
    yield from (
        f"{where} makes {number} decisions, more than {MOST}: name some of them as functions of their own"
        for number, where in found
        if number > MOST and where.startswith(HELD)
    )
    dense = [f"  {number:>3} {where}" for number, where in found if number > DENSE]
    if len(dense) >= MOST_DENSE * len(found):
        yield f"{len(dense)} of {len(found)} blocks make more than {DENSE} decisions, of {MOST_DENSE:.0%} that may:"
        yield from dense


if __name__ == "__main__":
    sys.exit("\n".join(faults()) or None)
