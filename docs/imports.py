"""What imports what, and what the contracts say of it: rooms, arrows, circles, and arrows back.

A room is a service, or a package or module directly in `shared`; an arrow is what it imports. Contracts in
`pyproject.toml` say which rooms stand in one row (independence) and which above which (layers).
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOTS = ("services", "shared")

Arrows = Mapping[str, frozenset[str]]
"""What each room imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The rooms, each with the first sentence of what it says of itself, their arrows, and the rows of the contracts.

    `beside`: rooms that may not import each other. `above`: what the contracts put above what, the highest first.
    """

    rooms: Mapping[str, str]
    arrows: Arrows
    beside: frozenset[str]
    above: Sequence[frozenset[str]]

    @property
    def circles(self) -> list[frozenset[str]]:
        """Rooms that import each other, by whatever way."""
        reach = {room: reachable(self.arrows, room) for room in self.rooms}
        found = {frozenset({room, *(o for o in reach[room] if room in reach[o])}) for room in self.rooms}
        return sorted((one for one in found if len(one) > 1), key=sorted)

    @property
    def back(self) -> list[tuple[str, str]]:
        """Arrows against the rows of the contracts; where these say nothing, arrows inside circles."""
        row = {room: number for number, rooms in enumerate(self.above) for room in rooms}
        ring = {room: number for number, circle in enumerate(self.circles) for room in circle}
        return [
            (one, other)
            for one, others in sorted(self.arrows.items())
            for other in sorted(others)
            if (row[one] > row[other] if one in row and other in row else ring.get(one, -1) == ring.get(other, -2))
        ]

    @property
    def figures(self) -> str:
        """How large it is, in a line."""
        arrows = sum(map(len, self.arrows.values()))
        shared = [room for room in self.rooms if room.startswith("shared.")]
        inside = sum(other in shared for room in shared for other in self.arrows[room])
        return (
            f"{len(self.rooms)} rooms and {arrows} arrows, of these {len(shared)} and {inside} in shared; "
            f"{len(self.circles)} circles; {len(self.back)} arrows back"
        )


def reachable(arrows: Arrows, room: str) -> set[str]:
    """Every room to which arrows lead from this one."""
    found: set[str] = set()
    ahead = [*arrows[room]]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += arrows[one]
    return found


def read_house(root: Path = ROOT) -> House:
    """The house as it stands in the source."""
    sources = {path: ast.parse(path.read_text()) for top in ROOTS for path in sorted((root / top).rglob("*.py"))}
    names = {path: ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for path in sources}
    rooms = {
        name: sentence(ast.get_docstring(sources[path]) or "") for path, name in names.items() if name.count(".") == 1
    }
    arrows: dict[str, set[str]] = {room: set() for room in rooms}
    for path, tree in sources.items():
        mine = room_of(names[path])
        if mine in rooms:
            arrows[mine] |= {other for name in imported(tree) if (other := room_of(name)) in rooms and other != mine}
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return House(
        rooms=rooms,
        arrows={room: frozenset(others) for room, others in arrows.items()},
        beside=frozenset(
            room
            for one in contracts
            if one["type"] == "independence"
            for room in rooms
            if any(fnmatchcase(room, name) for name in one["modules"])
            and not any(line.startswith(f"{room}.") for line in one.get("ignore_imports", ()))
        ),
        above=[
            frozenset(f"{container}.{name.strip(' ()')}" for name in row.replace(":", "|").split("|"))
            for one in contracts
            if one["type"] == "layers"
            for container in one["containers"]
            if container in ROOTS
            for row in one["layers"]
        ],
    )


def room_of(module: str) -> str:
    """The room in which a module is: the first two parts of its name."""
    return ".".join(module.split(".")[:2])


def imported(tree: ast.AST) -> Iterator[str]:
    """Everything that a module imports, `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sentence(docstring: str) -> str:
    """What a room is for: its first line, to the first stop."""
    line = docstring.partition("\n")[0].replace("`", "")
    return line.partition(". ")[0].rstrip(".")
