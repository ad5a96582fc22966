"""From the link in a mail to silence: gateway, Kafka and delivery, as processes of their own."""

from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession

from shared.security.signed_links import Signer, unsubscribe_url
from tests.harness import appointment
from tests.journeys.stack_harness import LINK_KEY, StackHarness

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
DUE = datetime(2026, 11, 30, 10, 5, tzinfo=UTC)
OPT_OUTS = "SELECT category, origin FROM people.opt_outs"


async def test_one_click_ends_the_mails(running_town: StackHarness) -> None:
    """Who unsubscribes by the link gets no mail about the next appointment; whoever did not, does."""
    town = running_town
    door = f"http://127.0.0.1:{town.env['COCREATE_GATEWAY_PORT']}"
    for number in (1, 2):
        for week in (0, 2):
            event = appointment(
                f"u{number}.{week}",
                START + timedelta(weeks=week),
                patient=f"u{number}",
                phone=None,
                email=f"u{number}@post.example",
                first_name="Zebulon",
            )
            await town.publish(event)
    await town.taken_in()
    await town.at(DUE)
    assert [len(town.mails(f"u{number}@post.example")) for number in (1, 2)] == [1, 1]
    [sent] = [row for row in await town.messages(state="sent") if row["things"][0].endswith("/u1.0")]
    link = unsubscribe_url(door, Signer.of(LINK_KEY), sent["id"], "appointments")
    async with ClientSession() as session:
        async with session.get(link) as response:
            assert "Do you want to stop these messages?" in await response.text()
        await town.taken_in()
        assert await town.pool.fetch(OPT_OUTS) == []
        async with session.post(link, data={"List-Unsubscribe": "One-Click"}) as response:
            assert response.status == 200
    await town.taken_in()
    assert [tuple(row) for row in await town.pool.fetch(OPT_OUTS)] == [("appointments", "unsubscribe")]
    await town.at(DUE + timedelta(weeks=2))
    assert [len(town.mails(f"u{number}@post.example")) for number in (1, 2)] == [1, 2]
