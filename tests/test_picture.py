"""The picture of the architecture: true to the imports, and drawn so that it can be read."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from docs.architecture import PICTURE, WALK, drawn, rows_of, svg
from docs.imports import House, read_house


@cache
def ours() -> House:
    """The house that stands there."""
    return read_house()


def house(
    arrows: Mapping[str, Iterable[str]], beside: Iterable[str] = (), above: Iterable[Iterable[str]] = ()
) -> House:
    """A house of these arrows."""
    rooms = {
        room: f"What {room} is for" for room in {*arrows, *(other for others in arrows.values() for other in others)}
    }
    return House(
        rooms=rooms,
        arrows={room: frozenset(arrows.get(room, ())) for room in rooms},
        beside=frozenset(beside),
        above=[frozenset(row) for row in above],
    )


def test_the_picture_is_up_to_date() -> None:
    """docs/architecture.svg is what the imports draw now."""
    assert PICTURE.read_text() == svg(ours()), "say `make picture`, and look at it"


def test_no_circle_and_no_arrow_back() -> None:
    """No two rooms import each other, by whatever way, and none imports what the contracts put above it."""
    assert (ours().circles, ours().back) == ([], [])


def test_the_walk_comes_to_rooms_that_are_there() -> None:
    """Each stop of the walk is a room, and docs/architecture.md speaks of each number."""
    assert [room for room, _ in WALK if room not in ours().rooms] == []
    told = re.findall(r"\((\d+)\)", PICTURE.with_suffix(".md").read_text())
    assert [int(number) for number in told] == list(range(1, len(WALK) + 1))


def test_every_room_is_read_with_what_it_imports(tmp_path: Path) -> None:
    """Packages and modules are rooms, an import anywhere in one is its arrow, and what it is for its first sentence."""
    files = {
        "services/a/app.py": '"""A\'s app."""\ndef f():\n    from shared.b.c import d\n',
        "services/a/__init__.py": '"""What a does. And more."""\n',
        "shared/b/__init__.py": '"""What b holds."""\n',
        "shared/b/c.py": '"""C."""\nimport shared.e\n',
        "shared/e.py": '"""What e is: `e`."""\nfrom pathlib import Path\n',
        "shared/f.py": '"""F."""\nfrom shared import e, b\n',
        "pyproject.toml": (
            "[[tool.importlinter.contracts]]\ntype = 'layers'\ncontainers = ['shared']\nlayers = ['f', 'e', 'b']\n"
            "[[tool.importlinter.contracts]]\ntype = 'independence'\nmodules = ['services.a', 'services.gone']\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read_house(tmp_path)
    assert found.rooms == {
        "services.a": "What a does",
        "shared.b": "What b holds",
        "shared.e": "What e is: e",
        "shared.f": "F",
    }
    assert {room: sorted(others) for room, others in found.arrows.items()} == {
        "services.a": ["shared.b"], "shared.b": ["shared.e"], "shared.e": [], "shared.f": ["shared.b", "shared.e"],
    }  # fmt: skip
    assert found.beside == {"services.a"}
    assert found.back == [("shared.b", "shared.e")]
    assert found.figures == "4 rooms and 4 arrows, of these 3 and 3 in shared; 0 circles; 1 arrows back"


@pytest.mark.parametrize(
    ("arrows", "circles"),
    [
        pytest.param({"a": "b", "b": "c"}, [], id="none"),
        pytest.param({"a": "b", "b": "a", "c": "a"}, ["ab"], id="of two"),
        pytest.param({"a": "b", "b": "c", "c": "a", "d": "e", "e": "d"}, ["abc", "de"], id="of three, and another"),
    ],
)
def test_circles_are_found(arrows: Mapping[str, str], circles: list[str]) -> None:
    """Rooms that lead back to themselves are named together; their arrows go back, for no row can be right."""
    made = house(arrows)
    assert made.circles == [frozenset(circle) for circle in circles]
    assert {room for arrow in made.back for room in arrow} == set("".join(circles))


def test_a_room_stands_above_all_that_it_imports() -> None:
    """Rows follow from the arrows; those that may not import each other stand side by side."""
    made = house({"top": ["one", "two"], "one": ["low"], "two": ["mid"], "mid": ["low"]}, beside=["one", "two"])
    assert rows_of(made) == [["top"], ["one", "two"], ["mid"], ["low"]]


def test_what_follows_is_not_drawn() -> None:
    """An arrow that others lead along already is left out; of a circle every arrow is drawn."""
    assert drawn(house({"a": "bc", "b": "c"}).arrows) == [("a", "b"), ("b", "c")]
    assert drawn(house({"a": "b", "b": "a"}).arrows) == [("a", "b"), ("b", "a")]


def test_rooms_do_not_lie_upon_each_other() -> None:
    """In the picture no two boxes overlap, and all of them lie inside it."""
    picture = ET.fromstring(PICTURE.read_text())  # noqa: S314 - our own
    wide, high = map(float, picture.attrib["viewBox"].split()[2:])
    boxes = [
        tuple(float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        for one in picture.iter("{http://www.w3.org/2000/svg}rect")
        if one.attrib["class"].startswith("room")
    ]
    assert len(boxes) == len(ours().rooms)
    assert all(x >= 0 and x + w <= wide and y >= 0 and y + h <= high for x, y, w, h in boxes)
    apart = [
        (a, b) for n, a in enumerate(boxes) for b in boxes[:n] if abs(a[1] - b[1]) < a[3] and abs(a[0] - b[0]) < a[2]
    ]
    assert apart == []
