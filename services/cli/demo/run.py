"""Runs the demo: publishes and answers when the clock reaches the time, skips nights, shows progress, audits."""

import asyncio
import json
import logging
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from aiohttp import ClientSession
from aiokafka import AIOKafkaProducer
from rich.live import Live
from rich.table import Table

from services.cli.commands.dead import headers_of, read_dead
from services.cli.demo.audit import audit
from services.cli.demo.fortnight import Fortnight
from services.cli.demo.meeting import REUNION
from services.cli.demo.personas import CLOSES, OPENS, PLACES, ZONE, Post, Turn
from services.cli.demo.report import report
from services.cli.demo.talk import Talk
from services.cli.harmless import tamed
from services.cli.stack.local_stack import LocalStack, Options, open_local_stack
from services.cli.terminal import out
from services.cli.where import VAR
from shared.calendar.sending_window import Window, usual
from shared.clinic import places
from shared.kafka import client
from shared.platform import clock
from shared.platform.database import Pool
from shared.schedule import attendance
from shared.schedule.states import MessageState

log = logging.getLogger("cocreate.demo")

RATE = 7_200.0  # two hours a second: a working day takes five
TALKING = 60.0  # a minute a second while a patient is answered: two hours later an answer would be one no more
STEP = 0.05
FAULTS = {
    "seed": 7,
    "latency": 0.02,
    "too_many": 0.05,
    "error_before": 0.02,
    "error_after": 0.03,
    "callback_doubled": 0.2,
    "repeated": False,  # a second doubt about one text would leave it to a person, and so end the story of its patient
}
SETTLE_SECONDS = 30.0

COUNTS = "SELECT state, count(*) AS number FROM schedule.messages GROUP BY state"

BUSY = """
SELECT (SELECT count(*) FROM schedule.messages WHERE state IN ('sending', 'unknown'))
     + (SELECT count(*) FROM schedule.outbox) + (SELECT count(*) FROM schedule.wakeups WHERE key = 'replan')
     + (SELECT count(*) FROM schedule.messages WHERE state = 'scheduled' AND expires_at < $1)
"""

CAUGHT_UP = "SELECT coalesce(min(caught_up_at) >= $1, false) FROM schedule.heartbeats"

HEARD = "SELECT count(*) FROM texts.texts"

# Kept, planned with, and answered.
UNANSWERED = """
SELECT (SELECT count(*) FROM schedule.wakeups WHERE key = 'replan')
     + (SELECT count(*) FROM schedule.messages WHERE reply_to IS NOT NULL
        AND (state IN ('sending', 'unknown') OR state = 'scheduled' AND due_at <= clock.now()))
"""

IN_FLIGHT = "SELECT count(*) FROM schedule.messages WHERE state = 'sending' OR (state = 'scheduled' AND due_at <= $1)"


class DemoClock:
    """A copy of the database's accelerated clock that the sandbox can read without a query."""

    def __init__(self) -> None:
        self._shown_at, self._real_at, self._rate = OPENS, datetime.now(UTC), 0.0

    def now(self) -> datetime:
        """The clock's present time."""
        return self._shown_at + (datetime.now(UTC) - self._real_at) * self._rate

    async def turn(self, pool: Pool, to: datetime | None = None, rate: float = RATE) -> None:
        """Set time and rate of the database's clock and of this copy."""
        async with pool.acquire() as connection:
            await clock.turn(connection, to, rate)
            moment = await clock.read(connection)
        self._shown_at, self._real_at, self._rate = moment.now, datetime.now(UTC), rate


def run_demo(*, exit_after: bool) -> int:
    """Run it; 0 where nothing was lost or sent twice."""
    logging.getLogger("cocreate.dead").setLevel(logging.CRITICAL)  # the report tells of them, once each
    return asyncio.run(_run(exit_after=exit_after))


async def _run(*, exit_after: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    data = VAR / "demo"
    shutil.rmtree(data, ignore_errors=True)
    fortnight, hands = Fortnight(), DemoClock()
    out.print("[bold]An invented clinic fortnight.[/] Setting up the engines and the services …")
    async with open_local_stack(_options(data, fortnight, hands)) as built:
        pool = await asyncpg.create_pool(built.settings.database_url, min_size=1, max_size=2)
        producer = client.producer(built.settings, "demo")
        await producer.start()
        try:
            await _open(pool, hands, built)
            talk = Talk(fortnight.turns, _ledger(built))
            await _replay(
                Replay(fortnight=fortnight, talk=talk, hands=hands, pool=pool, producer=producer, page=_url(built)),
                stop,
            )
            dead = [headers_of(record) for record in (await read_dead(built.settings)).values()]
            found = await audit(pool, _ledger(built), hands.now(), talk, dead)
            async with pool.acquire() as connection:
                listed = await attendance.load(connection, built.settings.encryption(), REUNION)
            report(found, fortnight, talk, _ledger(built), listed)
            out.print(f"\nThe texts and e-mails: {tamed(_url(built))}", highlight=False, soft_wrap=True)
            if not exit_after and not stop.is_set():
                out.print("\nHave a look around; [bold]Ctrl-C[/] ends it.")
                await stop.wait()
        finally:
            await producer.stop()
            await pool.close()
    return 0 if found.well else 1


def _options(data: Any, fortnight: Fortnight, hands: DemoClock) -> Options:
    sandbox = {
        "faults": FAULTS,
        "blocked": fortnight.blocked,
        "unreachable": fortnight.unreachable,
        "status_delay": 0.1,
    }
    delivery = {
        "live_from": OPENS,
        "poll_every": 0.05,
        "sms_rate": 200,
        "mail_rate": 200,
        "twilio_timeout": 0.75,
        "lease_seconds": 5.0,
        "grace_seconds": 1.5,
        "retry_seconds": 0.1,  # a machine's time: twelve minutes of this clock
        "behind_seconds": 0.1,
    }
    connections = {"heartbeat_every": 0.3}
    return Options(
        data=data,
        own=True,
        sandbox=sandbox,
        services={"delivery": delivery, "cards": {"card": {"domains": "example.org"}}},
        connections=connections,
        now=hands.now,
        label=fortnight.label,
    )


async def _open(pool: Pool, hands: DemoClock, built: LocalStack) -> None:
    await hands.turn(pool, OPENS)
    async with pool.acquire() as connection:
        await places.store(connection, PLACES)
    out.print(f"Patients' phones and mailboxes, live: [bold]{tamed(_url(built))}[/]\n", highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The parts that replay the fortnight. `page` is the URL of the sandbox's page."""

    fortnight: Fortnight
    talk: Talk
    hands: DemoClock
    pool: Pool
    producer: AIOKafkaProducer
    page: str


async def _replay(replay: Replay, stop: asyncio.Event) -> None:
    """Publish events and give answers when they are due, and skip each night once the day's messages are sent."""
    hands, pool, talk = replay.hands, replay.pool, replay.talk
    posts = replay.fortnight.posts
    number = len(posts)
    window = usual(ZONE, "GB-ENG")
    shown_day = None
    with Live(console=out, refresh_per_second=8, transient=True) as live:
        while (posts or hands.now() < CLOSES) and not stop.is_set():
            now = hands.now()
            while posts and posts[0].at <= now:
                await _publish(replay.producer, posts.pop(0))
            if turns := talk.due(now):
                await _answer(replay, turns)
            counts = {row["state"]: row["number"] for row in await pool.fetch(COUNTS)}
            live.update(_progress(now, number - len(posts), number, counts))
            if not out.is_terminal and shown_day != now.date():
                shown_day = now.date()
                out.print(_line(now, counts), highlight=False, soft_wrap=True)
            ahead = (posts[0].at if posts else CLOSES, talk.next_at or CLOSES)
            await _skip_quiet(hands, pool, window, min(ahead))
            await asyncio.sleep(STEP)
    await _settle(hands, pool, stop)


async def _answer(replay: Replay, turns: Sequence[Turn]) -> None:
    """Text these answers from the sandbox's page, and slow the clock down until our replies have been sent."""
    await replay.hands.turn(replay.pool, rate=TALKING)
    expected = await replay.pool.fetchval(HEARD) + len(turns)
    async with ClientSession(replay.page) as session:
        for turn in turns:
            form = {"from": turn.phone, "body": turn.body}
            async with session.post(
                "/replies", data=form, headers={"Origin": replay.page}, allow_redirects=False
            ) as taken:
                taken.raise_for_status()
    for _ in range(200):  # doubt is resolved within seconds, and must be before the answer is of no use
        heard = await replay.pool.fetchval(HEARD) >= expected
        if heard and await replay.pool.fetchval(UNANSWERED) == 0:
            break
        await asyncio.sleep(STEP)
    await replay.hands.turn(replay.pool)


async def _skip_quiet(hands: DemoClock, pool: Pool, window: Window, next_post: datetime) -> None:
    """Outside the sending window, turn the clock to the next event or to shortly before the window opens."""
    now = hands.now()
    target = min(next_post, window.next_open(now) - timedelta(minutes=30))
    if window.is_open(now) or target - now < timedelta(hours=1):
        return
    if await pool.fetchval(IN_FLIGHT, now) == 0:
        await hands.turn(pool, target, rate=1.0)
        await _caught_up(pool, target)
        await hands.turn(pool)


async def _caught_up(pool: Pool, since: datetime) -> None:
    """Wait until the planners are caught up, before the accelerated clock spends a morning on it."""
    for _ in range(100):
        if await pool.fetchval(CAUGHT_UP, since):
            return
        await asyncio.sleep(STEP)


async def _settle(hands: DemoClock, pool: Pool, stop: asyncio.Event) -> None:
    """Wait until no message is under way, then let the clock run at real speed so that no new one begins."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while not stop.is_set() and asyncio.get_running_loop().time() < deadline:
        if await pool.fetchval(BUSY, hands.now()) == 0:
            break
        await asyncio.sleep(STEP * 2)
    await hands.turn(pool, rate=1.0)


async def _publish(producer: AIOKafkaProducer, post: Post) -> None:
    value = post.raw if post.event is None else json.dumps(post.event, ensure_ascii=False).encode()
    await producer.send_and_wait(
        post.topic, value, post.key.encode(), timestamp_ms=int(post.at.timestamp() * 1000), headers=[]
    )


def _progress(now: datetime, published: int, all_posts: int, counts: dict[str, int]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]clock[/]", f"{now.astimezone(ZONE):%A %d %B, %H:%M}")
    table.add_row("[bold]published[/]", f"{published} of {all_posts} events")
    for state in MessageState:
        if counts.get(state):
            table.add_row(f"[bold]{state}[/]", str(counts[state]))
    return table


def _line(now: datetime, counts: dict[str, int]) -> str:
    stand = ", ".join(f"{counts[state]} {state}" for state in MessageState if counts.get(state))
    return f"{now.astimezone(ZONE):%a %d %b %H:%M}  {stand or 'nothing yet'}"


def _url(built: LocalStack) -> str:
    return built.sandbox.url if built.sandbox else ""


def _ledger(built: LocalStack) -> Any:
    assert built.sandbox is not None, "the demo always has its sandbox"  # noqa: S101
    return built.sandbox.ledger
