"""An old replica that starts again amid a rolling upgrade brings back neither old words nor an old policy."""

from pathlib import Path

import pytest

from shared.platform import release as releases
from shared.platform.database import Pool
from shared.platform.release import numbers_of
from shared.schedule import reconciliation
from shared.words import releases as words_releases
from shared.words import store

OLD, NEW = (0, 9, 2), (0, 10, 0)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A folder of wordings."""
    (tmp_path / "en").mkdir()
    return tmp_path


def says(words: Path, body: str) -> Path:
    (words / "en" / "hello.toml").write_text(f'sms = """{body}"""\nsubject = "Hi"\nemail = """{body}"""\n')
    return words


def runs(monkeypatch: pytest.MonkeyPatch, release: tuple[int, ...]) -> None:
    """Of which release this replica is."""
    for module in (releases, words_releases, reconciliation):
        monkeypatch.setattr(module, "release", lambda: release)


async def published(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "SELECT DISTINCT ON (part) body FROM words.templates WHERE planner = 'p' AND part = 'sms' "
        "AND state = 'published' ORDER BY part, version DESC"
    )
    return [row["body"] for row in rows]


async def test_old_words_stay_away(pool: Pool, words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old, new, old again: the new words stay; the same release may change its own."""
    async with pool.acquire() as connection:
        for release, body, shown in (
            (OLD, "old", "old"),
            (NEW, "new", "new"),
            (OLD, "old", "new"),
            (NEW, "now", "now"),
        ):
            runs(monkeypatch, release)
            await store.ship(connection, "p", says(words, body), [])
            assert await published(pool) == [shown]


async def test_an_old_policy_stays_away(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old replica's policy plans nobody again, and the newer one's next start does not either."""
    seen = []
    async with pool.acquire() as connection:
        for release, policy in ((OLD, "a"), (NEW, "b"), (OLD, "a"), (NEW, "b"), (NEW, "c")):
            runs(monkeypatch, release)
            seen.append(await reconciliation.policy_changed(connection, "p", policy))
    assert seen == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("older", "newer"),
    [("0.9.2", "0.10.0"), ("0.1.0", "0.1.1"), ("1.0", "1.0.1"), ("no", "0.0.1"), ("1.9rc1", "2")],
)
def test_releases_compare_as_numbers(older: str, newer: str) -> None:
    """Ten is more than nine, whatever follows."""
    assert numbers_of(older) < numbers_of(newer)
