"""The registry of places, kept in PostgreSQL."""

from dataclasses import replace

import asyncpg
import pytest

from shared.clinic import places
from shared.clinic.places import Place
from shared.platform.database import Pool

WELSH = Place(
    source="s",
    clinic="BRYN",
    name="Hill Clinic",
    phone="020 7946 0102",
    sender="Hill Hospital",
    address="2 Hill Road",
    zone="Europe/London",
    site="HILL",
    language="both",
    staffed=True,
    name_cy="Clinig y Bryn",
    sender_cy="Ysbyty'r Bryn",
    address_cy="2 Heol y Bryn",
)
PLAIN = Place(
    source="s", clinic="MSK", name="Riverside Health Centre", phone="020 7946 0101", sender="Riverside Hospital"
)


async def test_a_place_comes_back_as_it_was_stored(pool: Pool) -> None:
    """Every column comes back; without a site of its own a clinic's code is its site."""
    async with pool.acquire() as connection:
        await places.store(connection, [WELSH, PLAIN])
        known = (await places.load(connection)).known
    assert known == {WELSH.key: WELSH, PLAIN.key: replace(PLAIN, site="MSK")}


async def test_storing_again_brings_up_to_date(pool: Pool) -> None:
    """The last import counts, in every column."""
    async with pool.acquire() as connection:
        await places.store(connection, [WELSH])
        changed = Place(
            source="s", clinic="BRYN", name="a", phone="b", sender="c", address="d", zone="Europe/Dublin", site="e"
        )
        await places.store(connection, [changed])
        assert list((await places.load(connection)).known.values()) == [changed]


async def test_what_was_registered_before_goes_on_in_english(pool: Pool) -> None:
    """A row that knows nothing of languages or staff is English, and asks for no free text."""
    async with pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO places.places (source, clinic, name, phone, sender, site) "
            "VALUES ('s', 'MSK', 'a', 'b', 'c', 'MSK')"
        )
        (place,) = (await places.load(connection)).known.values()
    assert (place.language, place.staffed, place.name_cy, place.sender_cy, place.address_cy) == (
        "en",
        False,
        "",
        "",
        "",
    )


async def test_no_other_language_is_kept(pool: Pool) -> None:
    """The table itself refuses a language that nobody writes."""
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await places.store(connection, [replace(PLAIN, language="pl")])
