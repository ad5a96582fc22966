"""One person from all who speak of them."""

import pytest

from shared.clinic import Details
from shared.person import Voice, present

HERE, THERE = b"here", b"there"


def voice(version: str, reference: bytes, paused: bool | None, *, embedded: bool = False) -> Voice:
    return Voice(version, embedded, Details(paused=paused), reference)


PAUSES = [
    ("nobody says anything", [voice("1", HERE, None)], False),
    ("one says so", [voice("1", HERE, True)], True),
    ("a newer one of another source says no", [voice("1", HERE, True), voice("2", THERE, False)], True),
    ("a newer one of another source says nothing", [voice("1", HERE, True), voice("2", THERE, None)], True),
    ("embedded, its own record says no", [voice("2", HERE, True, embedded=True), voice("1", HERE, False)], False),
    ("embedded says no, its own record so", [voice("2", HERE, False, embedded=True), voice("1", HERE, True)], True),
    ("embedded, another's record says no", [voice("1", HERE, True, embedded=True), voice("2", THERE, False)], True),
    ("embedded fills the gap of its own record", [voice("1", HERE, True, embedded=True), voice("2", HERE, None)], True),
]


@pytest.mark.parametrize(("voices", "paused"), [case[1:] for case in PAUSES], ids=[case[0] for case in PAUSES])
def test_any_source_pauses(voices: list[Voice], paused: bool) -> None:
    """A patient is paused while any source says so; its embedded details count where its own record is silent."""
    assert present(voices).paused is paused
