"""A place at a reunion is given up by whoever is erased: it is free for the next, and the list still reads."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.platform.database import Pool
from shared.rules.waiting_list import Act, ListEntry, SeatStatus, WaitingList, seat
from shared.schedule import waiting_lists
from tests.harness import MONDAY

UNA, BEN, CAL, SAME = (UUID(int=number) for number in range(1, 5))
REUNION, OTHER = "https://x.example.org/reunion/1", "https://x.example.org/reunion/2"


def entry(arrival: int, act: Act, patient: UUID | None = None, party: int = 1, other: UUID | None = None) -> ListEntry:
    return ListEntry(arrival=arrival, at=MONDAY, act=act, patient_id=patient, party=party, other=other)


async def test_whoever_waits_moves_up(pool: Pool) -> None:
    """One place: Una has it, Ben waits. Once she is erased, under whichever id, it is Ben's to take."""
    lines = [
        entry(1, Act.CAPACITY, party=1),
        entry(2, Act.IN, SAME),
        entry(3, Act.SAME, UNA, 0, SAME),
        entry(4, Act.IN, BEN),
    ]
    async with pool.acquire() as connection, connection.transaction():
        for reunion in (REUNION, OTHER):
            await waiting_lists.lock(connection, [reunion])
        await waiting_lists.append(connection, REUNION, [(one, f"t{one.arrival}") for one in lines])
        await waiting_lists.append(connection, OTHER, [(entry(1, Act.IN, CAL), "t9")])
        others = await waiting_lists.forget(connection, [UNA, SAME], MONDAY)
        after = (await waiting_lists.read(connection, [REUNION]))[REUNION]
        replies = await connection.fetch(
            "SELECT reply_id FROM reunions.entries WHERE patient_id = ANY($1)", [UNA, SAME]
        )
    assert others == {BEN}
    assert [(one.arrival, one.act) for one in after[4:]] == [(5, Act.OUT), (6, Act.OUT)]
    assert {row["reply_id"] for row in replies} == {None}
    stands = seat(WaitingList(), after, lambda at: at + timedelta(days=2))
    assert stands.seats[BEN].standing in {SeatStatus.IN, SeatStatus.OFFERED}
    assert stands.seats[UNA].standing is SeatStatus.OUT


@pytest.mark.parametrize("whom", [[], [CAL]], ids=["nobody", "who is on no list"])
async def test_who_is_on_no_list_changes_none(pool: Pool, whom: list[UUID]) -> None:
    """No list grows."""
    async with pool.acquire() as connection, connection.transaction():
        await waiting_lists.lock(connection, [REUNION])
        await waiting_lists.append(connection, REUNION, [(entry(1, Act.IN, UNA), "t1")])
        assert await waiting_lists.forget(connection, whom, MONDAY) == set()
        assert len((await waiting_lists.read(connection, [REUNION]))[REUNION]) == 1
