"""What the doctor sees of the words that Twilio takes itself, and what it leaves to a person."""

from datetime import timedelta
from typing import Any

import pytest

from services.cli.commands.carrier import disagreements, manual_checks
from services.delivery.incoming.keywords import KEYWORDS
from tests.harness import MONDAY, Harness

MG = "MG" + "0" * 32


async def seen(harness: Harness, *texts: tuple[str | None, str | None], days_ago: int = 1) -> list[str]:
    """What the doctor finds where texts were taken so by the carrier, and are so by our lists."""
    for number, (carrier, word) in enumerate(texts):
        await harness.pool.execute(
            "INSERT INTO texts.texts (id, address, patients, received_at, meaning, urgent, carrier, word) "
            "VALUES ($1, '', '{}', $2, 'unclear', '{}', $3, $4)",
            f"SM{number}",
            MONDAY - timedelta(days=days_ago),
            carrier,
            word,
        )
    async with harness.pool.acquire() as connection:
        return await disagreements(connection, MONDAY)


AGREED = [("STOP", "STOP"), ("START", "START"), ("HELP", "HELP"), (None, None)]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="no texts"),
        pytest.param(AGREED, id="agreed"),
        pytest.param([(None, "STOP"), (None, "HELP")], id="it tells of none"),
        pytest.param([*AGREED, (None, "START")], id="YES that undoes nothing"),
    ],
)
async def test_where_the_lists_agree_nothing_is_wrong(texts: list[Any], harness: Harness) -> None:
    """Nor where Twilio says of no text what it did: without Advanced Opt-Out it never does."""
    assert await seen(harness, *texts) == []


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        pytest.param([("STOP", None)] * 2, ["2 of", "15 November", "on no list", "as STOP", "nothing of ours"], id="a"),
        pytest.param(
            [("START", "STOP")], ["are STOP by our list", "as START", "through to those phones again"], id="b"
        ),
        pytest.param([("HELP", None)], ["as HELP", "answered them itself", "Opt-Out Management"], id="c"),
        pytest.param([*AGREED, (None, "STOP")], ["are STOP by our list", "no confirmation", "CANCEL, END,"], id="d"),
        pytest.param([*AGREED, (None, "HELP")], ["are HELP by our list", "no answer", "HELP, INFO"], id="e"),
    ],
)
async def test_where_they_differ_it_says_how_and_what_to_do(
    texts: list[Any], told: list[str], harness: Harness
) -> None:
    """A list that has other words than ours shows in the texts that it took, or left."""
    [fault] = await seen(harness, *texts)
    assert all(part in fault for part in told)


async def test_what_was_mended_long_ago_is_no_fault(harness: Harness) -> None:
    """After four weeks a list that was put right is forgiven."""
    assert await seen(harness, ("STOP", None), days_ago=29) == []


@pytest.mark.parametrize("sender", [MG, "+447700900999"])
def test_what_nothing_can_see_is_left_to_a_person(sender: str) -> None:
    """Every word of ours is named as it has to stand there, with where to look; a number of its own has no lists."""
    lines = list(manual_checks(sender))
    for words in KEYWORDS.values():
        assert any(line.endswith(": " + ", ".join(sorted(words))) for line in lines)
    assert ("Opt-Out Management" in lines[0]) == (sender == MG)
