"""Tokens of the database: somebody's, for a time, withdrawn while the gateway runs; and who posted is on record."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from services.gateway import issued_tokens
from services.gateway.issued_tokens import NewToken
from services.gateway.settings import Settings
from shared.audit import trail
from shared.audit.trail import AuditFilter, AuditRecord, Means
from shared.embedded import EmbeddedKafka
from shared.platform.database import Pool
from shared.settings import SettingsError
from tests.gateway.gateway_harness import opened
from tests.gateway.posting import BOTH, ENTRIES, HILLSIDE, NEW, RIVERSIDE, Clinic, appointment, entry, gateway

ISSUED = f"cocreate_{'z' * 43}"


async def issue(pool: Pool, name: str = "booking", token: str = ISSUED, **changed: Any) -> bool:
    """Keep a token of the booking system's."""
    given: dict[str, Any] = {
        "name": name,
        "digest": hashlib.sha256(token.encode()).digest(),
        "issued_to": "Riverside booking",
        "sources": (RIVERSIDE,),
        "issued_by": "ada",
        "expires_at": datetime.now(UTC) + timedelta(days=1),
    }
    async with pool.acquire() as connection:
        return await issued_tokens.issue(connection, NewToken(**{**given, **changed}))


async def withdrawn(pool: Pool, name: str = "booking") -> bool:
    async with pool.acquire() as connection:
        return await issued_tokens.withdraw(connection, name, "ada", "left the trust")


async def records(pool: Pool) -> list[AuditRecord]:
    async with pool.acquire() as connection:
        return await trail.load(connection, AuditFilter(), 100)


@pytest.fixture
def with_database(settings: Settings, database_url: str) -> Settings:
    """Settings of a gateway with a database and no token in its environment."""
    return settings.model_copy(update={"gateway_database_url": SecretStr(database_url)})


@pytest.fixture
async def clinic(with_database: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    """A gateway whose memory is short: what is withdrawn is known at once."""
    monkeypatch.setattr(issued_tokens, "CACHED_SECONDS", 0.0)
    async with opened(with_database) as door:
        yield Clinic(door)


async def status(clinic: Clinic, token: str = ISSUED, **changed: Any) -> int:
    """The status of the answer to an appointment."""
    return (await clinic.one(appointment(**changed), token)).status


async def test_a_token_is_taken_until_it_is_withdrawn(clinic: Clinic, pool: Pool) -> None:
    """Issued and withdrawn while the gateway runs; withdrawn, it is none any more, and cannot be issued again."""
    assert await status(clinic) == 401
    assert await issue(pool)
    assert await status(clinic) == 202
    assert await withdrawn(pool)
    assert await status(clinic) == 401
    assert not await withdrawn(pool)
    assert not await issue(pool)
    assert not await issue(pool, token=NEW)
    assert await status(clinic) == 401


async def test_a_withdrawn_token_is_known_for_seconds_at_most(
    with_database: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read stays for a moment, so that not each request asks; then it is read anew."""
    await issue(pool)
    async with opened(with_database) as door:
        assert await status(Clinic(door)) == 202
        await withdrawn(pool)
        assert await status(Clinic(door)) == 202
        monkeypatch.setattr(issued_tokens, "CACHED_SECONDS", 0.0)
        assert await status(Clinic(door)) == 401
    monkeypatch.undo()
    assert issued_tokens.CACHED_SECONDS <= 10


async def test_it_expires(clinic: Clinic, pool: Pool) -> None:
    """After its time it is none."""
    await issue(pool, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await status(clinic) == 401


async def test_it_speaks_for_its_sources_alone(clinic: Clinic, pool: Pool) -> None:
    """For all of its own, and for no other."""
    await issue(pool, sources=(RIVERSIDE, "https://other.example.org"))
    assert await status(clinic, source="https://other.example.org") == 202
    assert await status(clinic, source=HILLSIDE) == 403


async def test_who_posted_is_on_record(clinic: Clinic, pool: Pool) -> None:
    """Each request that writes, with its token's name and its sources; what is refused writes nothing."""
    await issue(pool)
    assert await status(clinic, source=HILLSIDE) == 403
    assert await status(clinic, token=NEW) == 401
    assert await records(pool) == []
    assert await status(clinic) == 202
    (one,) = await records(pool)
    assert (one.who, one.means, one.action, one.changes) == ("booking", Means.GATEWAY, "post /events", True)
    assert (one.things, one.detail, one.patients) == ((RIVERSIDE,), "1 events", ())


async def test_tokens_of_the_environment_stay(with_database: Settings, pool: Pool) -> None:
    """They are taken as before, beside those of the database, and their posts are on record."""
    both = with_database.model_copy(update={"event_tokens": SecretStr(ENTRIES)})
    await issue(pool)
    async with opened(both) as door:
        for token in (NEW, BOTH, ISSUED):
            assert await status(Clinic(door), token) == 202
    assert [one.who for one in await records(pool)] == ["booking", "trust", "riverside-new"]


async def test_without_its_database_nothing_is_taken(broker: EmbeddedKafka) -> None:
    """503 with when to try again, for whoever is known as well: off the record nothing is written; callbacks go on."""
    away = "postgresql://nobody@127.0.0.1:1/none"
    settings = gateway(broker.url, event_tokens=entry("riverside", NEW, RIVERSIDE), gateway_database_url=away)
    async with opened(settings) as door:
        for token in (ISSUED, NEW):
            answer = await Clinic(door).one(appointment(), token)
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "5"


def test_what_is_no_database_stops_the_start() -> None:
    """The variable is named, and its value is not shown."""
    with pytest.raises(SettingsError, match="COCREATE_GATEWAY_DATABASE_URL: must begin with postgresql://"):
        gateway("127.0.0.1:1", gateway_database_url="mysql://secret@host/x")


async def test_a_token_is_kept_as_a_hash(pool: Pool) -> None:
    """Nobody who reads the table can post."""
    await issue(pool)
    row = await pool.fetchval("SELECT t::text FROM gateway.tokens t")
    assert ISSUED not in row
    assert hashlib.sha256(ISSUED.encode()).hexdigest() in row
