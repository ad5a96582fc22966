"""Erases what the schedule, the tasks and the texts hold of a patient; that something went or came stays, as codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection
from shared.schedule import changes, tasks, transitions
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome

COUNT = """
SELECT (SELECT count(*) FROM schedule.messages WHERE patient_id = ANY($1)) AS messages,
    (SELECT count(*) FROM schedule.messages WHERE patient_id = ANY($1) AND state = 'scheduled') AS planned,
    (SELECT count(*) FROM schedule.messages WHERE patient_id = ANY($1) AND state IN ('sending', 'unknown'))
        AS on_their_way,
    (SELECT count(*) FROM texts.texts WHERE patients && $1 AND patients <@ $1) AS texts,
    (SELECT count(*) FROM texts.texts WHERE patients && $1 AND NOT patients <@ $1) AS shared_texts,
    (SELECT count(*) FROM tasks.tasks WHERE patient_id = ANY($1)) AS tasks,
    (SELECT count(*) FROM tasks.tasks WHERE patient_id = ANY($1) AND state = 'open') AS open_tasks
"""

PLANNED = "SELECT id FROM schedule.messages WHERE patient_id = ANY($1) AND state = 'scheduled' FOR UPDATE"

# That something went, and when, stays under its id: a late receipt must find what it is about. The provider's names
# stay for its own erasure, and where an e-mail went as a blind index: the link in it still stops what it says.
EMPTY_MESSAGES = """
UPDATE schedule.messages SET key = NULL, data = NULL, calendar = NULL, sealed = NULL, key_id = NULL, detail = '',
    things = '{}', says = '{}', places = '{}', wanted = '', reply_to = NULL, asked = '{}', tried = '{}',
    address = CASE channel WHEN 'email' THEN address END
WHERE patient_id = ANY($1)
"""

# That a text came stays, or a replay of the topic would take it for a new one.
EMPTY_TEXTS = """
UPDATE texts.texts SET key_id = NULL, sealed = NULL, address = '', after = NULL, urgent = '{}'
WHERE patients && $1 AND patients <@ $1
"""

# From a phone that others have too: the words may be theirs.
LEAVE_TEXTS = """
UPDATE texts.texts SET patients = ARRAY(SELECT p FROM unnest(patients) AS p WHERE p <> ALL($1)) WHERE patients && $1
    AND NOT patients <@ $1
"""

TASKS = """
SELECT id FROM tasks.tasks WHERE patient_id = ANY($1)
    OR text_id IN (SELECT id FROM texts.texts WHERE patients && $1 AND patients <@ $1)
"""

FORGET = (
    "DELETE FROM texts.holds WHERE patient_id = ANY($1)",
    "DELETE FROM schedule.replies WHERE patient_id = ANY($1)",
    "DELETE FROM schedule.responses WHERE patient_id = ANY($1)",
    "DELETE FROM schedule.wakeups WHERE patient_id = ANY($1)",
)

FORGET_TASKS = "DELETE FROM tasks.tasks WHERE id = ANY($1)"

FORGET_HOLDS = "DELETE FROM schedule.holds WHERE thing = ANY($1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledOfPatient:
    """How much the schedule, the texts and the tasks hold of a patient.

    Attributes:
        on_their_way: messages of which nobody can tell yet whether they were sent.
        shared_texts: texts from a phone that others have too.

    """

    messages: int = 0
    planned: int = 0
    on_their_way: int = 0
    texts: int = 0
    shared_texts: int = 0
    tasks: int = 0
    open_tasks: int = 0


async def count(connection: Connection, patients: Sequence[UUID]) -> ScheduledOfPatient:
    """How much there is of these patients."""
    [row] = await connection.fetch(COUNT, patients)
    return ScheduledOfPatient(**dict(row))


async def forget(connection: Connection, patients: Sequence[UUID], now: datetime) -> None:
    """Withdraw what is planned for locked patients, close what people were to do, and empty or delete the rest.

    The caller sees to it that nothing is on its way: of that, nobody could tell any more whether it was sent.
    """
    planned = [row["id"] for row in await connection.fetch(PLANNED, patients)]
    await changes.apply(connection, [(one, transitions.withdrawn(Why.FORGOTTEN)) for one in planned], now)
    asked = [row["id"] for row in await connection.fetch(TASKS, patients)]
    await tasks.end(connection, asked, Outcome.FORGOTTEN, now)
    await connection.execute(FORGET_TASKS, asked)
    for statement in (EMPTY_MESSAGES, EMPTY_TEXTS, LEAVE_TEXTS, *FORGET):
        await connection.execute(statement, patients)
    await connection.execute(FORGET_HOLDS, [patient_thing(one) for one in patients])
