"""Draws `architecture.svg` from the imports: `make picture`; with `--figures` it prints how large the house is."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from html import escape
from itertools import pairwise
from textwrap import wrap

from docs.imports import ROOT, Arrows, House, reachable, read_house

PICTURE = ROOT / "docs" / "architecture.svg"

WALK: Sequence[tuple[str, str]] = (
    ("shared.kafka", "A clinic's event comes from Kafka, in a batch."),
    ("shared.events", "It is read: the whole state of one thing. What cannot be read is a dead letter."),
    ("shared.patients", "Whose it is: one person, and their lock."),
    ("shared.planning", "It becomes a fact; the patient's facts and what they were told are loaded."),
    ("services.prompts", "A planner's rules say which messages, tasks and answers are wanted now."),
    ("shared.schedule", "That plan is held against the schedule: new, changed, withdrawn."),
    ("services.delivery", "What is due is claimed: send it, wait, or withhold it, and why."),
    ("shared.words", "It is put into the reader's words, and goes to Twilio or the mail server."),
    ("services.gateway", "Receipts and patients' texts come in by the public door, and go to Kafka."),
    ("shared.replies", "What a text means is a fact again, and planned with."),
)
"""How data walks through: the rooms that it comes to, in order."""

WIDE, HIGH, GAP_X, GAP_Y = 160, 62, 14, 46  # of a room, and between rooms
BEND = 10  # how wide an arrow is that passes through a row
MARGIN, HEAD, STEP = 24, 52, 26
LETTERS = 26  # in a line of a room
SWEEPS = 24  # down and up again; the picture is still after fewer

Node = str | tuple[str, str, int]
"""A room, or where an arrow passes a row: from, to, and the row."""


def rows_of(house: House) -> list[list[str]]:
    """The rows, the highest first: each room above all that it imports, those beside each other in one row."""
    ring = {room: min(circle) for circle in house.circles for room in circle}
    ring |= {room: min(house.beside) for room in house.beside}
    groups = {room: ring.get(room, room) for room in house.rooms}
    below: dict[str, set[str]] = {group: set() for group in groups.values()}
    for room, others in house.arrows.items():
        below[groups[room]] |= {groups[other] for other in others} - {groups[room]}
    height: dict[str, int] = {}
    for group in TopologicalSorter(below).static_order():
        height[group] = 1 + max((height[other] for other in below[group]), default=-1)
    rows: list[list[str]] = [[] for _ in range(max(height.values()) + 1)]
    for room in sorted(house.rooms):
        rows[-1 - height[groups[room]]].append(room)
    return rows


def drawn(arrows: Arrows) -> list[tuple[str, str]]:
    """The arrows that are drawn: one that follows from others is left out, or there would be more ink than picture."""
    return [
        (room, other)
        for room, others in sorted(arrows.items())
        for other in sorted(others)
        if not any(other in reachable(arrows, third) for third in others - {other} if room not in arrows[third])
    ]


def placed(
    rows: Sequence[Sequence[str]], lines: Iterable[tuple[str, str]]
) -> tuple[dict[Node, float], list[list[Node]]]:
    """Where each room, and each bend of an arrow, stands from left to right; and the way of each arrow."""
    row_of = {room: number for number, row in enumerate(rows) for room in row}
    ways: list[list[Node]] = []
    levels: list[list[Node]] = [[*row] for row in rows]
    for one, other in lines:
        if row_of[one] >= row_of[other]:
            continue
        bends: list[Node] = [(one, other, number) for number in range(row_of[one] + 1, row_of[other])]
        for number, bend in enumerate(bends, row_of[one] + 1):
            levels[number].append(bend)
        ways.append([one, *bends, other])
    beside: dict[Node, list[Node]] = {node: [] for level in levels for node in level}
    for way in ways:
        for upper, lower in pairwise(way):
            beside[upper].append(lower)
            beside[lower].append(upper)
    at: dict[Node, float] = {}
    for level in levels:
        _spread(level, [(n - len(level) / 2) * WIDE for n in range(len(level))], at)
    for _ in range(SWEEPS):
        for level in (*levels, *reversed(levels)):
            wish = {
                node: sum(at[o] for o in beside[node]) / len(beside[node]) if beside[node] else at[node]
                for node in level
            }
            level.sort(key=lambda node: wish[node])
            _spread(level, [wish[node] for node in level], at)
    return at, ways


def _spread(level: Sequence[Node], wishes: Sequence[float], at: dict[Node, float]) -> None:
    """Put a row's nodes as near to where they wish as their widths allow, in this order."""
    places: list[float] = []
    for node, wish in zip(level, wishes, strict=True):
        before = level[len(places) - 1] if places else None
        places.append(wish if before is None else max(wish, places[-1] + (_wide(before) + _wide(node)) / 2 + GAP_X))
    shift = sum(wish - place for wish, place in zip(wishes, places, strict=True)) / max(len(places), 1)
    for node, place in zip(level, places, strict=True):
        at[node] = place + shift


def _wide(node: Node) -> int:
    return WIDE if isinstance(node, str) else BEND


STYLE = """
text { font-family: ui-sans-serif, system-ui, sans-serif; fill: #1f2933 }
.page { fill: #ffffff }
.room { stroke: #52606d; stroke-width: 1 }
.services { fill: #dbeafe } .shared { fill: #fef3c7 } .cli { fill: #e5e7eb }
.name { font-size: 14px; font-weight: 600 } .where { font-size: 10px; fill: #7b8794 }
.what { font-size: 10px; fill: #3e4c59 }
.side { font-size: 12px; fill: #52606d; font-style: italic }
.step { font-size: 13px }
.arrow { fill: none; stroke: #7b8794; stroke-width: 1.2 }
.back { fill: none; stroke: #c81e1e; stroke-width: 1.6 }
.stop { fill: #b91c1c } .number { fill: #ffffff; font-size: 11px; font-weight: 700; text-anchor: middle }
"""


TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#7b8794"/></marker></defs>'
)


def svg(house: House) -> str:
    """The picture."""
    rows = rows_of(house)
    at, ways = placed(rows, drawn(house.arrows))
    left = min(place - _wide(node) / 2 for node, place in at.items()) - MARGIN
    width = max(place + _wide(node) / 2 for node, place in at.items()) + MARGIN - left
    top = {room: HEAD + number * (HIGH + GAP_Y) for number, row in enumerate(rows) for room in row}
    x = {node: place - left for node, place in at.items()}
    parts = [_way([(x[node], _height(node, way, top)) for node in way]) for way in ways]
    for one, other in house.back:
        parts.append(f'<path class="back" d="M{x[one]:.0f},{top[one]} L{x[other]:.0f},{top[other] + HIGH}"/>')
    parts += [_room(room, house.rooms[room], x[room] - WIDE / 2, top[room]) for row in rows for room in row]
    foot = HEAD + len(rows) * (HIGH + GAP_Y)
    half = (len(WALK) + 1) // 2
    steps = [
        _step(
            number,
            text,
            MARGIN + 10 + (number - 1) // half * (width - MARGIN) / 2,
            foot + STEP * ((number - 1) % half + 1),
        )
        for number, (_, text) in enumerate(WALK, 1)
    ]
    height = foot + STEP * half + 2 * MARGIN
    note = f"An arrow: imports. Those that follow from others are left out. {house.figures}."
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">',
            "<title>What imports what in Cocreate, and how data walks through</title>",
            f"<style>{STYLE}</style>",
            TIP,
            f'<rect class="page" width="{width:.0f}" height="{height}"/>',
            f'<text class="side" x="{MARGIN}" y="{MARGIN}">{escape(note)}</text>',
            *parts,
            f'<text class="name" x="{MARGIN}" y="{foot}">How data walks through</text>',
            *steps,
            "</svg>\n",
        )
    )


def _height(node: Node, way: Sequence[Node], top: Mapping[str, int]) -> float:
    """Where an arrow leaves a room, passes a row, or arrives."""
    if not isinstance(node, str):
        return HEAD + node[2] * (HIGH + GAP_Y) + HIGH / 2
    return top[node] + (HIGH if node == way[0] else 0)


def _way(points: Sequence[tuple[float, float]]) -> str:
    """An arrow through its bends."""
    path = [f"M{points[0][0]:.0f},{points[0][1]:.0f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (y1 + y2) / 2
        path.append(f"C{x1:.0f},{middle:.0f} {x2:.0f},{middle:.0f} {x2:.0f},{y2:.0f}")
    return f'<path class="arrow" marker-end="url(#tip)" d="{" ".join(path)}"/>'


def _room(room: str, what: str, x: float, y: float) -> str:
    top, _, name = room.partition(".")
    kind = "cli" if room == "services.cli" else top
    lines = wrap(what, LETTERS, max_lines=3, placeholder=" …")
    texts = "".join(
        f'<text class="what" x="{x + 8:.0f}" y="{y + 31 + 12 * number:.0f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    stops = [number for number, (stop, _) in enumerate(WALK, 1) if stop == room]
    badges = "".join(_badge(number, x + WIDE - 12 - 22 * n, y + 2) for n, number in enumerate(reversed(stops)))
    return (
        f'<rect class="room {kind}" x="{x:.0f}" y="{y:.0f}" width="{WIDE}" height="{HIGH}" rx="5"/>'
        f'<text class="name" x="{x + 8:.0f}" y="{y + 17:.0f}"><tspan class="where">{top}/</tspan>{name}</text>'
        f"{texts}{badges}"
    )


def _badge(number: int, x: float, y: float) -> str:
    circle = f'<circle class="stop" cx="{x:.0f}" cy="{y:.0f}" r="9"/>'
    return f'{circle}<text class="number" x="{x:.0f}" y="{y + 4:.0f}">{number}</text>'


def _step(number: int, text: str, x: float, y: float) -> str:
    where = f'<tspan class="what">{WALK[number - 1][0]}</tspan>'
    return f'{_badge(number, x, y)}<text class="step" x="{x + 18:.0f}" y="{y + 4:.0f}">{escape(text)} {where}</text>'


def main() -> None:
    """Draw it, or print its figures."""
    house = read_house()
    if "--figures" in sys.argv:
        print(house.figures)
        for circle in house.circles:
            print("circle:", ", ".join(sorted(circle)))
        for one, other in house.back:
            print("back:", one, "->", other)
        return
    PICTURE.write_text(svg(house))


if __name__ == "__main__":
    main()
