"""What patients answer, what it tells the clinic, and the tasks that rules want; goals."""

from deploy.migrations.planner import create_planner
from deploy.migrations.script import execute

revision = "0007"
down_revision = "0006"

MESSAGES = """
ALTER TABLE schedule.messages
    ADD answers_until timestamptz,         -- until when an answer acts; null: until it expires
    ADD reply_to text,                     -- the text that it answers: it goes to the phone that wrote
    ADD ask_instead boolean NOT NULL DEFAULT false,   -- a person asks a patient who stopped our texts
    ADD asked text[] NOT NULL DEFAULT '{}',           -- the answers that it asked for when it was claimed
    ADD asked_words boolean NOT NULL DEFAULT false;   -- and whether for own words

UPDATE schedule.messages SET reply_to = split_part(key, '/', 2) WHERE planner = 'delivery' AND key LIKE 'reply/%';
UPDATE schedule.messages SET reply_to = '' WHERE planner = 'delivery' AND reply_to IS NULL;

DROP INDEX IF EXISTS schedule.messages_due_at_patient_id_idx1;  -- by planner 'delivery', since 0006
CREATE INDEX messages_answers ON schedule.messages (due_at, patient_id)
    WHERE state = 'scheduled' AND reply_to IS NOT NULL;

DROP VIEW schedule.told;
CREATE VIEW schedule.told AS
    SELECT id, planner, patient_id, kind, things, says, claimed_at AS told_at, asked <> '{}' OR asked_words AS asked
    FROM schedule.messages
    WHERE state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
    UNION ALL
    SELECT m.id, m.planner, m.patient_id, m.kind, m.things, m.says, t.closed_at, false
    FROM schedule.messages m JOIN tasks.tasks t ON t.message_id = m.id AND t.outcome = 'done'
    WHERE m.state = 'withheld';
"""

REPLIES = """
-- One row for each text that answers a message. The words stay with the text, sealed.
CREATE TABLE schedule.replies (
    id text PRIMARY KEY,                   -- of the text
    planner text NOT NULL,                 -- whose message it answers
    patient_id uuid NOT NULL,
    message_id uuid NOT NULL,
    at timestamptz NOT NULL,
    token text,                            -- null: own words
    number smallint,
    quiet boolean NOT NULL                 -- nothing acknowledges it
);
CREATE INDEX ON schedule.replies (patient_id);

-- What the clinic was told of them: the same occasion is told once. The event itself is in the outbox, then in Kafka.
CREATE TABLE schedule.responses (
    id uuid PRIMARY KEY,
    planner text NOT NULL,
    patient_id uuid NOT NULL,
    type text NOT NULL,
    things text[] NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ON schedule.responses (patient_id);
"""

TASKS = """
ALTER TABLE tasks.tasks ADD planner text;  -- whose plan wants it; null: no plan does
"""

# What one planner could not take in, another may have: each holds its own messages, and its own next event ends that.
HOLDS = """
ALTER TABLE schedule.holds ADD planner text;
UPDATE schedule.holds SET planner = CASE WHEN thing LIKE 'urn:cocreate:patient:%' THEN 'people' ELSE 'prompts' END;
ALTER TABLE schedule.holds ALTER planner SET NOT NULL, DROP CONSTRAINT holds_pkey, ADD PRIMARY KEY (thing, planner);
"""

ADDRESSES = """
ALTER TABLE people.addresses ADD may_answer boolean NOT NULL DEFAULT true;
"""

PLACES = """
ALTER TABLE places.places
    ADD missed text NOT NULL DEFAULT 'tell' CHECK (missed IN ('tell', 'release', 'never')),
    ADD later_rounds boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    """Change it."""
    for part in (MESSAGES, REPLIES, TASKS, HOLDS, ADDRESSES, PLACES):
        execute(part)
    create_planner("followup")
