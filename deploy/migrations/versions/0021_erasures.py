"""Patients can be erased at once: who did so and why is on record, and what is older than that brings nobody back."""

from deploy.migrations.script import execute

revision = "0021"
down_revision = "0020"

# Whoever waits for the row's lock sees that the patient is gone, and looks up again whom it means.
PATIENTS = "ALTER TABLE people.patients ADD erased_at timestamptz;"

# Never deleted, and nothing of the patient: the id is opaque, and leads to nobody once the rest is gone.
ERASURES = """
CREATE TABLE people.erasures (
    patient_id uuid PRIMARY KEY,
    erased_by text NOT NULL,               -- a login
    erased_for text NOT NULL,
    erased_at timestamptz NOT NULL
);

-- Blind indexes of what sources called them. They do not say who was whom: an event that is older is left out.
CREATE TABLE people.erased_references (
    reference bytea PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
"""

# What is emptied is no news: clinics were told of it while it still named their things.
MESSAGES = """
DROP TRIGGER change ON schedule.messages;
CREATE TRIGGER change BEFORE UPDATE ON schedule.messages FOR EACH ROW WHEN (
    (NEW.things <> '{}' OR OLD.things = '{}') AND
    (OLD.version, OLD.planner, OLD.kind, OLD.category, OLD.things, OLD.state, OLD.why, OLD.channel, OLD.send_at,
     OLD.expires_at, OLD.claimed_at, OLD.sent_at, OLD.attempt, OLD.resends)
    IS DISTINCT FROM
    (NEW.version, NEW.planner, NEW.kind, NEW.category, NEW.things, NEW.state, NEW.why, NEW.channel, NEW.send_at,
     NEW.expires_at, NEW.claimed_at, NEW.sent_at, NEW.attempt, NEW.resends))
    EXECUTE FUNCTION schedule.change();
"""

TASKS = "INSERT INTO tasks.transitions (from_state, to_state) VALUES ('open', 'forgotten');"


def upgrade() -> None:
    """Change it."""
    for part in (PATIENTS, ERASURES, MESSAGES, TASKS):
        execute(part)
