"""What patients text, and what waits until a person has read it."""

from deploy.migrations.script import execute

revision = "0006"
down_revision = "0005"

TEXTS = """
CREATE SCHEMA texts;

CREATE TABLE texts.texts (
    id text PRIMARY KEY,                   -- the provider's name for it: the same one twice is one text
    address bytea NOT NULL,                -- blind index of the phone that it came from
    patients uuid[] NOT NULL,              -- everybody who has that phone; none where nobody is known by it
    received_at timestamptz NOT NULL,
    meaning text NOT NULL,                 -- how the rules read it: a code
    urgent text[] NOT NULL,                -- ids of the urgent phrases in it
    after uuid,                            -- the message that phone was last sent
    key_id text,
    sealed bytea                           -- sender and words; erased with the content of messages
);
CREATE INDEX ON texts.texts USING gin (patients);
CREATE INDEX ON texts.texts (received_at) WHERE sealed IS NOT NULL;

-- What a text gives a person to look at first: meanwhile nothing goes to this patient, or nothing to that phone.
CREATE TABLE texts.holds (
    patient_id uuid NOT NULL,
    address bytea,                         -- null: nothing goes to the patient at all
    kind text NOT NULL,                    -- of the task that asks a person: a value of shared.tasks.Kind
    text_id text NOT NULL,
    since_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (patient_id, address, kind)
);
"""

# Answers are asked for before all that is due: somebody waits, with the phone in their hand.
ANSWERS = "CREATE INDEX ON schedule.messages (due_at, patient_id) WHERE state = 'scheduled' AND planner = 'delivery'"

TASKS = """
ALTER TABLE tasks.tasks
    ALTER patient_id DROP NOT NULL,        -- null: about a text whose phone is nobody's, or several patients'
    ADD text_id text;                      -- the text that it is about
CREATE INDEX ON tasks.tasks (text_id) WHERE text_id IS NOT NULL;

CREATE OR REPLACE FUNCTION tasks.event(t tasks.tasks) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'specversion', '1.0', 'id', t.id || '/' || t.version, 'source', 'urn:cocreate:tasks',
        'type', 'cocreate.task.v1', 'subject', 'task/' || t.id, 'time', t.changed_at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'id', t.id, 'version', t.version, 'kind', t.kind, 'things', t.things, 'why', t.why,
            'message', t.message_id, 'text', t.text_id, 'due_at', t.due_at, 'expires_at', t.expires_at,
            'state', t.state, 'outcome', t.outcome, 'raised_at', t.raised_at, 'escalated_at', t.escalated_at,
            'closed_at', t.closed_at));
$$;
"""


def upgrade() -> None:
    """Change it."""
    for part in (TEXTS, ANSWERS, TASKS):
        execute(part)
