"""The ledger remembers, and shows what was sent twice."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.sandbox.app import Sandbox
from services.sandbox.entries import ReceivedMail, SandboxText, Status, message_id
from services.sandbox.ledger import Holder, Ledger
from services.sandbox.settings import Settings
from tests.sandbox.outside import ADA, PUBLIC, SENDER, Sdk

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
UUID = "0b1f9d1e-6f3c-5d0a-9a3e-1c2d3e4f5a6b"

CALLBACKS = [
    pytest.param(f"{PUBLIC}/status/{UUID}", UUID, id="in the path"),
    pytest.param(f"{PUBLIC}/status-callbacks-of-messages/{UUID}/", UUID, id="after a long word"),
    pytest.param(f"{PUBLIC}/status?sig=0&message={UUID}", UUID, id="in the query"),
    pytest.param(f"{PUBLIC}/status?id=m-1", "m-1", id="short but named"),
    pytest.param(f"{PUBLIC}/status?key={UUID}", UUID, id="by its looks"),
    pytest.param(f"{PUBLIC}/webhooks/twilio/status", None, id="none"),
    pytest.param(None, None, id="no callback"),
]


def text(sid: str, own_id: str | None = None) -> SandboxText:
    return SandboxText(sid=sid, to=ADA, sender=SENDER, body="Hello", created_at=AT, updated_at=AT, message_id=own_id)


def mail(sid: str, to: str, own_id: str | None) -> ReceivedMail:
    return ReceivedMail(sid=sid, to=to, sender="clinic@example.org", subject="Hello", created_at=AT, message_id=own_id)


@pytest.mark.parametrize(("url", "expected"), CALLBACKS)
def test_the_clients_id_is_read_from_the_callback_url(url: str | None, expected: str | None) -> None:
    """An opaque id is found in path or query, and a URL without one has none."""
    assert message_id(url) == expected


def test_what_was_sent_twice_is_listed() -> None:
    """Each accepted message too many makes one pair; entries without an id and other mailboxes make none."""
    ledger = Ledger()
    for entry in (
        text("1", "a"),
        text("2", "b"),
        text("3", "a"),
        text("4"),
        text("5"),
        text("6", "a"),
        mail("7", "ada@example.org", "<a>"),
        mail("8", "bob@example.org", "<a>"),
        mail("9", "ada@example.org", "<a>"),
    ):
        ledger.accept(entry)
    assert [(first.sid, later.sid) for first, later in ledger.doubles()] == [("1", "3"), ("1", "6"), ("7", "9")]
    assert ledger.counts().twice == 3


def test_a_ledger_is_read_back(tmp_path: Path) -> None:
    """A new ledger on the same file holds the same entries, statuses and revision."""
    path = tmp_path / "new" / "ledger.jsonl"
    before = Ledger(path)
    before.accept(text("1", "a"))
    before.accept(mail("2", "ada@example.org", None))
    before.move("1", Status.UNDELIVERED, AT, 30003)
    before.close()
    after = Ledger(path)
    assert after.entries == before.entries
    assert (after.revision, after.counts()) == (3, before.counts())
    assert after.held_by(Holder("sms", ADA))[0].sid == "1"
    after.close()


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """After a kill in the middle of a line, all before it is there and new lines are whole."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.accept(text("1"))
    ledger.accept(text("2"))
    ledger.close()
    path.write_bytes(path.read_bytes()[:-20])
    again = Ledger(path)
    again.accept(text("3"))
    again.close()
    once_more = Ledger(path)
    assert [entry.sid for entry in once_more.entries] == ["1", "3"]
    once_more.close()


async def test_a_restart_goes_on(tmp_path: Path) -> None:
    """A message that was queued when the sandbox stopped is delivered by the next one."""
    path = tmp_path / "ledger.jsonl"
    async with Sandbox(Settings(ledger=path, status_delay=3600)) as sandbox, Sdk(sandbox) as sdk:
        sid = (await sdk.create()).sid
    async with Sandbox(Settings(ledger=path, status_delay=0)) as sandbox, Sdk(sandbox) as sdk:
        await sandbox.settled()
        assert (await sdk.fetch(sid)).status == "delivered"


async def test_a_change_wakes_who_waits() -> None:
    """Waiting for a revision ends with the next change."""
    ledger = Ledger()
    waiting = asyncio.create_task(ledger.changed(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    ledger.accept(text("1"))
    assert await asyncio.wait_for(waiting, 5) == 1
