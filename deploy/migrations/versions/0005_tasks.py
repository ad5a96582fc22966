"""Tasks for people."""

from deploy.migrations.script import execute

revision = "0005"
down_revision = "0004"

TASKS = """
CREATE SCHEMA tasks;

-- Codes, ids and instants only: no name, no number, no words.
CREATE TABLE tasks.tasks (
    id uuid PRIMARY KEY,                   -- UUIDv5 of kind and occasion: doubles collide
    kind text NOT NULL,                    -- a value of shared.tasks.Kind
    patient_id uuid NOT NULL,
    things text[] NOT NULL,
    why text NOT NULL,                     -- a value of shared.states.Why
    message_id uuid,                       -- the message in whose place it is done
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,       -- of no use from then on
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    outcome text,                          -- a value of shared.tasks.Outcome
    raised_at timestamptz NOT NULL,
    escalated_at timestamptz,
    closed_at timestamptz,
    closed_by text,                        -- whose login; null: it closed by itself
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX ON tasks.tasks (patient_id);
CREATE INDEX ON tasks.tasks (due_at) WHERE state = 'open';
CREATE INDEX ON tasks.tasks (closed_at) WHERE state = 'closed';

-- Every change of a task leaves its whole state in the outbox, in the same transaction, whoever made the change.
CREATE FUNCTION tasks.event(t tasks.tasks) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'specversion', '1.0', 'id', t.id || '/' || t.version, 'source', 'urn:cocreate:tasks',
        'type', 'cocreate.task.v1', 'subject', 'task/' || t.id, 'time', t.changed_at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'id', t.id, 'version', t.version, 'kind', t.kind, 'things', t.things, 'why', t.why,
            'message', t.message_id, 'due_at', t.due_at, 'expires_at', t.expires_at, 'state', t.state,
            'outcome', t.outcome, 'raised_at', t.raised_at, 'escalated_at', t.escalated_at,
            'closed_at', t.closed_at));
$$;

CREATE FUNCTION tasks.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'clinic.tasks', n.id::text, tasks.event(n) FROM changed n;
    ELSE
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'clinic.tasks', n.id::text, tasks.event(n)
            FROM changed n JOIN before b USING (id) WHERE n.version <> b.version;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_new AFTER INSERT ON tasks.tasks
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tasks.tell();
CREATE TRIGGER tell_changed AFTER UPDATE ON tasks.tasks
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tasks.tell();
"""

# Whoever was told by a letter comes for nothing, unless a cancellation reaches them too.
TOLD = """
CREATE INDEX ON tasks.tasks (message_id) WHERE outcome = 'done';

CREATE OR REPLACE VIEW schedule.told AS
    SELECT id, planner, patient_id, kind, things, says, claimed_at AS told_at
    FROM schedule.messages
    WHERE state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
    UNION ALL
    SELECT m.id, m.planner, m.patient_id, m.kind, m.things, m.says, t.closed_at
    FROM schedule.messages m JOIN tasks.tasks t ON t.message_id = m.id AND t.outcome = 'done'
    WHERE m.state = 'withheld';
"""


def upgrade() -> None:
    """Change it."""
    execute(TASKS)
    execute(TOLD)
