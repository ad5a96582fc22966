"""Phones that somebody else may read; tasks say so, in which language a text is, and how many texts they are about."""

from deploy.migrations.script import execute

revision = "0018"
down_revision = "0017"

# The index is blind: whose phone it is, and which, cannot be read here. What was lifted stays, with who and why.
UNSAFE_PHONES = """
CREATE TABLE people.unsafe_phones (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address bytea NOT NULL,
    reported_by text NOT NULL,             -- the text that said so, or an operator and their reason
    since_at timestamptz NOT NULL,
    lifted_at timestamptz,
    lifted_by text,                        -- a login
    lifted_because text,
    CHECK (num_nonnulls(lifted_at, lifted_by, nullif(trim(lifted_because), '')) IN (0, 3))
);
CREATE UNIQUE INDEX ON people.unsafe_phones (address) WHERE lifted_at IS NULL;

ALTER TABLE people.addresses
    ADD safe_to_text boolean NOT NULL DEFAULT true,
    ADD safe_to_call boolean NOT NULL DEFAULT true;

CREATE VIEW people.unsafe_patients AS
    SELECT a.patient_id, a.address FROM people.addresses a
    WHERE NOT (a.safe_to_text AND a.safe_to_call)
        OR EXISTS (SELECT FROM people.unsafe_phones u WHERE u.address = a.address AND u.lifted_at IS NULL);
COMMENT ON VIEW people.unsafe_patients IS 'who has a phone that is not safe to text or call, and which';
"""

TASKS = """
ALTER TABLE tasks.tasks
    ADD unsafe_phone boolean NOT NULL DEFAULT false,
    ADD language text,
    ADD texts integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN tasks.tasks.unsafe_phone IS 'somebody else may read the phone: nobody texts or calls it';
COMMENT ON COLUMN tasks.tasks.language IS 'of the text that it is about, where that is one we do not write';
COMMENT ON COLUMN tasks.tasks.texts IS 'how many urgent texts of one phone it is about';

DROP TRIGGER change ON tasks.tasks;
CREATE TRIGGER change BEFORE UPDATE ON tasks.tasks FOR EACH ROW WHEN (
    (OLD.version, OLD.kind, OLD.things, OLD.why, OLD.message_id, OLD.text_id, OLD.due_at, OLD.expires_at, OLD.state,
     OLD.outcome, OLD.raised_at, OLD.escalated_at, OLD.closed_at, OLD.people, OLD.unsafe_phone, OLD.language, OLD.texts)
    IS DISTINCT FROM
    (NEW.version, NEW.kind, NEW.things, NEW.why, NEW.message_id, NEW.text_id, NEW.due_at, NEW.expires_at, NEW.state,
     NEW.outcome, NEW.raised_at, NEW.escalated_at, NEW.closed_at, NEW.people, NEW.unsafe_phone, NEW.language,
     NEW.texts))
    EXECUTE FUNCTION tasks.change();

CREATE OR REPLACE FUNCTION tasks.event(t tasks.tasks) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'specversion', '1.0', 'id', t.id || '/' || t.version, 'source', 'urn:cocreate:tasks',
        'type', 'cocreate.task.v1', 'subject', 'task/' || t.id, 'time', t.changed_at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'id', t.id, 'version', t.version, 'kind', t.kind, 'things', t.things, 'why', t.why,
            'message', t.message_id, 'text', t.text_id, 'due_at', t.due_at, 'expires_at', t.expires_at,
            'state', t.state, 'outcome', t.outcome, 'raised_at', t.raised_at, 'escalated_at', t.escalated_at,
            'closed_at', t.closed_at, 'people', t.people, 'unsafe_phone', t.unsafe_phone, 'language', t.language,
            'texts', t.texts));
$$;
"""


def upgrade() -> None:
    """Change it."""
    for part in (UNSAFE_PHONES, TASKS):
        execute(part)
