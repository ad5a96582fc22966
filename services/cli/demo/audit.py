"""Audits the demo: compares the schedule with the provider's ledger to find messages lost or sent twice."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.cli.demo.talk import Talk
from services.sandbox.ledger import Ledger
from shared.platform.database import Pool
from shared.schedule.states import MessageState, Why

ALL = """
SELECT m.id::text, kind, m.state, m.why, m.detail, channel, m.expires_at, m.due_at, resends, segments,
    EXISTS (SELECT FROM tasks.tasks t WHERE t.message_id = m.id) AS has_task
FROM schedule.messages m
"""

TASKS = """
SELECT kind, count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'closed') AS closed
FROM tasks.tasks GROUP BY kind ORDER BY kind
"""

HEARD = "SELECT id FROM texts.texts"

RESPONSES = "SELECT type, count(*) AS number FROM schedule.responses GROUP BY type ORDER BY type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The results of an audit. `lost`, `twice` and `unasked` are empty where no fault was found.

    Attributes:
        by_kind: messages by kind and state.
        withheld: messages by the reason for which they were not sent.
        resent: how many were sent once more.
        tasks: by kind, how many are open and how many closed.
        responses: how many events of each type the clinic was told.
        segments: as how many texts it is billed.
        parked: messages by kind of which nobody can tell whether they were sent: left to a person, so not lost.
        lost: messages by kind, and texts of patients.
        twice: messages by kind that were sent twice.
        unasked: what a patient would have answered, had anything asked.
        dead: the headers of each record that could not be read.

    """

    by_kind: Mapping[str, Counter[str]]
    withheld: Counter[str]
    resent: int
    tasks: Mapping[str, tuple[int, int]]
    responses: Mapping[str, int]
    segments: int
    parked: Counter[str]
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    unasked: tuple[str, ...]
    dead: tuple[Mapping[str, str], ...]

    @property
    def well(self) -> bool:
        """Whether no message was lost or sent twice and every answer was asked for."""
        return not self.lost and not self.twice and not self.unasked


async def audit(pool: Pool, ledger: Ledger, now: datetime, talk: Talk, dead: Sequence[Mapping[str, str]]) -> Audit:
    """Look at everything; `dead` are the headers of each dead letter."""
    rows = [dict(row) for row in await pool.fetch(ALL)]
    accepted = Counter(_message_ids(ledger))
    lost = [f"{row['kind']}: {row['state']} ({row['why']})" for row in rows if _is_lost(row, accepted, now)]
    lost += _not_heard(ledger, {row["id"] for row in await pool.fetch(HEARD)})
    twice = [f"{row['kind']}: {accepted[row['id']]} times" for row in rows if accepted[row["id"]] > 1]
    withheld = Counter(row["why"] for row in rows if row["state"] == MessageState.WITHHELD)
    parked = Counter(row["kind"] for row in rows if row["state"] == MessageState.PARKED)
    resent, segments = (sum(row[name] or 0 for row in rows) for name in ("resends", "segments"))
    tasks = {row["kind"]: (row["open"], row["closed"]) for row in await pool.fetch(TASKS)}
    responses = {row["type"]: row["number"] for row in await pool.fetch(RESPONSES)}
    unasked = tuple(turn.asked_for or "own words" for turn in talk.unasked)
    return Audit(
        by_kind=_by_kind(rows),
        withheld=withheld,
        resent=resent,
        tasks=tasks,
        responses=responses,
        segments=segments,
        parked=parked,
        lost=tuple(lost),
        twice=tuple(twice),
        unasked=unasked,
        dead=tuple(dead),
    )


def _by_kind(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """How many messages of each kind stand in each state."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["kind"], Counter())[row["state"]] += 1
    return found


def _message_ids(ledger: Ledger) -> Iterable[str]:
    """The message id of each accepted text or e-mail."""
    for text in ledger.texts:
        if text.direction.startswith("outbound") and text.message_id and text.status not in {"undelivered", "failed"}:
            yield text.message_id
    for mail in ledger.mails:
        yield (mail.message_id or "").strip("<>").partition("@")[0]


def _not_heard(ledger: Ledger, heard: Container[str]) -> list[str]:
    """A line for each text from a patient that never came to us."""
    texts = (text for text in ledger.texts if text.direction == "inbound")
    return ["a text from a patient" for text in texts if text.sid not in heard]


def _is_lost(row: Mapping[str, Any], accepted: Counter[str], now: datetime) -> bool:
    """Whether a message is lost: expired unsent, stuck, without wording or task, or missing in the ledger."""
    match row["state"]:
        case MessageState.SENT | MessageState.DELIVERED:
            return accepted[row["id"]] == 0
        case MessageState.WITHHELD:
            unannounced = row["why"] == Why.OTHER_FORMAT and not row["has_task"]
            return unannounced or row["why"] == Why.NO_WORDS  # ours to ship
        case MessageState.PARKED:  # a person's, as said; but not where the list that we looked into had it
            return accepted[row["id"]] > 0 and not row["detail"]
        case MessageState.SCHEDULED:
            return bool(row["expires_at"] < now)
        case state:
            return state in {MessageState.SENDING, MessageState.UNKNOWN}
