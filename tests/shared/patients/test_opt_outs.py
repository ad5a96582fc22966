"""The one writer of opt-outs, on real PostgreSQL: what stands afterwards, and what clinics were told on the way."""

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.patients import opt_outs
from shared.patients.opt_out_events import AddressOptIn, AddressOptOut
from tests.harness import MONDAY, Harness, appointment

OPT_OUTS = st.builds(
    AddressOptOut,
    st.just(b"phone"),
    st.sampled_from(["all", "goals", "appointments"]),
    st.sampled_from(["reply", "carrier", "carrier 21610", "unsubscribe"]),
    st.just(MONDAY),
)
OPT_INS = st.builds(AddressOptIn, st.just(b"phone"), st.booleans(), st.booleans())
PHONE = (
    "INSERT INTO people.addresses (address, patient_id, source) SELECT 'phone', id, '' FROM people.patients "
    "ON CONFLICT DO NOTHING"
)


@settings(max_examples=25)
@given(st.lists(OPT_OUTS | OPT_INS, max_size=8))
async def test_what_stands_is_what_was_told(harness: Harness, steps: list[AddressOptOut | AddressOptIn]) -> None:
    """Whatever is said in whatever order: the first of a category stands until it ends, told once as each."""
    if not await harness.pool.fetchval("SELECT count(*) FROM people.patients"):
        await harness.clinic_says(appointment())
    await harness.pool.execute("TRUNCATE people.opt_outs, schedule.outbox")
    expected: dict[str, AddressOptOut] = {}
    told: list[tuple[str, str]] = []
    async with harness.pool.acquire() as connection:
        await connection.execute(PHONE)
        for step in steps:
            if isinstance(step, AddressOptOut):
                told += [("stopped", step.category)] if step.category not in expected else []
                expected.setdefault(step.category, step)
                await opt_outs.opt_out(connection, [step], MONDAY)
            else:
                ended = [category for category, one in expected.items() if step.ends(one)]
                told += [("restarted", category) for category in ended]
                expected = {category: one for category, one in expected.items() if category not in ended}
                await opt_outs.opt_in(connection, [step], MONDAY + timedelta(1))
        stands = await opt_outs.categories(connection, [b"phone", b"nobody's"])
        rows = await connection.fetch("SELECT event FROM schedule.outbox WHERE topic = 'clinic.responses' ORDER BY seq")
    assert stands == {b"phone": frozenset(expected), b"nobody's": frozenset()}
    events = [json.loads(row["event"]) for row in rows]
    assert sorted((one["data"]["state"], one["data"]["category"]) for one in events) == sorted(told)
    assert len({one["id"] for one in events}) == len(events)
    stopped, restarted = (
        {one["subject"] for one in events if one["data"]["state"] == state} for state in ("stopped", "restarted")
    )
    assert restarted <= stopped


async def test_of_two_at_once_the_first_stays(harness: Harness) -> None:
    """A batch may stop a category at one address twice: the first is kept, and alone counts as new."""
    first, second = (AddressOptOut(b"phone", "all", origin, MONDAY) for origin in ("reply", "carrier"))
    async with harness.pool.acquire() as connection:
        assert await opt_outs.opt_out(connection, [first, second], MONDAY) == [first]
        assert await opt_outs.opt_out(connection, [second], MONDAY) == []
        assert await connection.fetchval("SELECT origin FROM people.opt_outs") == "reply"
