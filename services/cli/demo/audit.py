"""Was anything lost, or sent twice? The schedule is held against what the provider's ledger says it accepted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.sandbox.ledger import Ledger
from shared.database import Pool
from shared.states import State, Why

ALL = """
SELECT m.id::text, kind, m.state, m.why, channel, m.expires_at, m.due_at, resends, segments,
    EXISTS (SELECT FROM tasks.tasks t WHERE t.message_id = m.id) AS has_task
FROM schedule.messages m
"""

TASKS = "SELECT count(*) FROM tasks.tasks"

HANDED_OVER = frozenset({State.SENT.value, State.DELIVERED.value})


@dataclass(frozen=True, slots=True)
class Audit:
    """What the demo found. `lost` and `twice` name messages by kind; both are empty where all went well."""

    by_kind: Mapping[str, Counter[str]]
    withheld: Counter[str]
    resent: int
    tasks: int
    segments: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Nothing lost, nothing sent twice."""
        return not self.lost and not self.twice


async def audit(pool: Pool, ledger: Ledger, now: datetime) -> Audit:
    """Look at everything."""
    rows = [dict(row) for row in await pool.fetch(ALL)]
    accepted = Counter(_message_ids(ledger))
    lost = [f"{row['kind']}: {row['state']} ({row['why']})" for row in rows if _is_lost(row, accepted, now)]
    twice = [f"{row['kind']}: {accepted[row['id']]} times" for row in rows if accepted[row["id"]] > 1]
    by_kind: dict[str, Counter[str]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], Counter())[row["state"]] += 1
    withheld = Counter(row["why"] for row in rows if row["state"] == State.WITHHELD)
    resent, segments = (sum(row[name] or 0 for row in rows) for name in ("resends", "segments"))
    return Audit(by_kind, withheld, resent, await pool.fetchval(TASKS), segments, tuple(lost), tuple(twice))


def _message_ids(ledger: Ledger) -> Iterable[str]:
    """The message that each accepted text or mail was made for."""
    for text in ledger.texts:
        if text.direction.startswith("outbound") and text.message_id and text.status not in {"undelivered", "failed"}:
            yield text.message_id
    for mail in ledger.mails:
        yield (mail.message_id or "").strip("<>").partition("@")[0]


def _is_lost(row: Mapping[str, Any], accepted: Counter[str], now: datetime) -> bool:
    """Due and forgotten, left in the middle, left to staff who were not told, or sent and unknown to the provider."""
    if row["state"] in HANDED_OVER:
        return accepted[row["id"]] == 0
    if row["state"] == State.WITHHELD and row["why"] == Why.OTHER_FORMAT:
        return not row["has_task"]
    forgotten = row["state"] == State.SCHEDULED and row["expires_at"] < now
    return forgotten or row["state"] in {State.SENDING, State.UNKNOWN, State.PARKED}
