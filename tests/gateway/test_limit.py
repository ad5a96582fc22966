"""How many requests the gateway takes."""

from collections.abc import Sequence

import pytest

from services.gateway.limit import Bucket
from services.gateway.settings import Settings
from tests.gateway.door import opened


class Hand:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


@pytest.mark.parametrize(
    ("label", "waits", "taken"),
    [
        ("it begins full", (0, 0, 0, 0), (True, True, True, False)),
        ("tokens flow in", (0, 0, 0, 0.5, 0), (True, True, True, True, False)),
        ("half a token is none", (0, 0, 0, 0.25), (True, True, True, False)),
        ("two halves are one", (0, 0, 0, 0.25, 0.25), (True, True, True, False, True)),
        ("it does not overflow", (3600, 0, 0, 0), (True, True, True, False)),
    ],
)
def test_bucket(label: str, waits: Sequence[float], taken: Sequence[bool]) -> None:
    """A bucket of three that fills by two a second gives what has flowed in and no more."""
    hand = Hand()
    bucket = Bucket(rate=2, burst=3, now=hand)
    got = []
    for wait in waits:
        hand.at += wait
        got.append(bucket.take())
    assert tuple(got) == tuple(taken), label


async def test_too_many_are_turned_away(settings: Settings) -> None:
    """What comes too often gets 429 and Retry-After, whether it is signed or not."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [await door.send(), await door.send(), await door.send(token="c" * 32)] == [204, 429, 429]
        assert door.answers[-1]["Retry-After"] == "1"
