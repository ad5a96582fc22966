"""Ids of tasks: one formula, whoever raises the task, and the same in every version of the program."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.rules.task_requests import TaskKind, TaskRequest, task_id
from shared.schedule.states import Why
from shared.schedule.tasks import Task

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
TEXT = "SM0123456789abcdef0123456789abcdef"

IDS = [
    (
        "a message",
        TaskKind.REACH_OTHERWISE,
        "0b8a1f3e-8d0b-5a4e-9a51-6f1f2c3d4e5f",
        "70861c2e-63e6-53c4-a273-78f5f8c2bfad",
    ),
    ("a text", TaskKind.READ_REPLY, TEXT, "41b4e7df-fa7c-566f-9514-442142b49919"),
    ("another kind", TaskKind.CALL, TEXT, "90229f17-2701-5e17-9d97-988a143a6ed6"),
    (
        "an answer about a thing",
        TaskKind.REBOOK,
        f"https://riverside.example.org/appointment/1001/{TEXT}",
        "d086f8df-fa41-5e85-9721-10d2fc5eec0b",
    ),
    ("an answer", TaskKind.REBOOK, f"missed/{TEXT}", "8b9b8271-2ced-5f5a-8fa8-9062257fdda4"),
    (
        "a group",
        TaskKind.OVER_CAPACITY,
        "https://riverside.example.org/reunion/autumn/42",
        "f9e7d697-a69a-5298-b34d-51bfe9314c3b",
    ),
]


@pytest.mark.parametrize(("kind", "key", "known"), [row[1:] for row in IDS], ids=[row[0] for row in IDS])
def test_an_id_is_of_kind_and_key(kind: TaskKind, key: str, known: str) -> None:
    """Rows that were written by an earlier version are found again: an id never changes, and nothing else is in it."""
    wanted = TaskRequest(kind=kind, key=key, things=("a thing",), why=Why.ASKED, due_at=NOW, expires_at=NOW)
    raised = Task(
        kind=kind,
        key=key,
        patient_id=None,
        things=(),
        why=Why.OWN_WORDS,
        due_at=NOW,
        expires_at=NOW,
        text_id=TEXT,
        planner="prompts",
    )
    assert task_id(kind, key) == wanted.id == raised.id == UUID(known)
