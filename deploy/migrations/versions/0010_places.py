"""Who has a place at a reunion: what was answered, in the order of arrival; how many people a task concerns."""

from deploy.migrations.script import execute

revision = "0010"
down_revision = "0009"

LISTS = """
-- The row that is locked while a reunion's list grows. It holds no counts: they follow from the entries.
CREATE TABLE reunions.lists (
    reunion text PRIMARY KEY,
    planned bigint NOT NULL DEFAULT 0      -- whoever an entry up to this arrival moved has been planned again
);

-- Entries are only ever added, so nobody's past is rewritten. No name, no number, no words.
CREATE TABLE reunions.entries (
    reunion text NOT NULL,
    arrival bigint NOT NULL,               -- given under the lock of the reunion's row
    at timestamptz NOT NULL,
    act text NOT NULL,                     -- a value of shared.seats.Act
    patient_id uuid,
    party integer NOT NULL,
    other uuid,                            -- who turned out to be the same person
    reply_id text UNIQUE,                  -- the answer that it is: each counts once
    PRIMARY KEY (reunion, arrival)
);
CREATE INDEX ON reunions.entries (patient_id);
"""

# Staff see how many people a task about a group concerns.
TASKS = """
ALTER TABLE tasks.tasks ADD people integer;

CREATE OR REPLACE FUNCTION tasks.event(t tasks.tasks) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'specversion', '1.0', 'id', t.id || '/' || t.version, 'source', 'urn:cocreate:tasks',
        'type', 'cocreate.task.v1', 'subject', 'task/' || t.id, 'time', t.changed_at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'id', t.id, 'version', t.version, 'kind', t.kind, 'things', t.things, 'why', t.why,
            'message', t.message_id, 'text', t.text_id, 'due_at', t.due_at, 'expires_at', t.expires_at,
            'state', t.state, 'outcome', t.outcome, 'raised_at', t.raised_at, 'escalated_at', t.escalated_at,
            'closed_at', t.closed_at, 'people', t.people));
$$;
"""


def upgrade() -> None:
    """Change it."""
    execute(LISTS)
    execute(TASKS)
