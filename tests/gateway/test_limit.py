"""How many requests the gateway takes."""

from collections.abc import Sequence

import pytest

from services.gateway.limit import Bucket
from services.gateway.settings import Settings
from tests.gateway.gateway_harness import Door, opened


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


async def elsewhere(door: Door) -> int:
    """Ask for something that is not Twilio's; the HTTP status of the answer: 404 where it was let in."""
    async with door.session.post(f"{door.url}/events") as response:
        door.answers.append(response.headers)
        return response.status


async def test_too_many_are_turned_away(settings: Settings) -> None:
    """What comes too often on other routes gets 429 and Retry-After."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [await elsewhere(door), await elsewhere(door)] == [404, 429]
        assert door.answers[-1]["Retry-After"] == "1"


async def test_twilio_is_asked_to_try_again(settings: Settings) -> None:
    """What Twilio signed and sends too often gets 503 and Retry-After, for 429 is final; a forgery 403."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [await door.send(), await door.text()] == [204, 503]
        assert door.answers[-1]["Retry-After"] == "1"
        assert await door.send(token="c" * 32) == 403


async def test_a_flood_elsewhere_costs_no_text(settings: Settings) -> None:
    """Other routes and Twilio's do not take from each other: a text gets in while /events is flooded."""
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        flood = [await elsewhere(door) for _ in range(20)]
        assert flood[1:] == [429] * 19
        assert await door.text() == 200
    async with opened(settings.model_copy(update={"gateway_rate": 0.001})) as door:
        assert [await door.text(), await door.text()] == [200, 503]
        assert await elsewhere(door) == 404
