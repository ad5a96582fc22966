"""A message that must reach its patient is delivered by a person where it cannot go; dead numbers are known."""

from deploy.migrations.script import execute

revision = "0015"
down_revision = "0014"

MUST_REACH = """
ALTER TABLE schedule.messages ADD must_reach boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN schedule.messages.must_reach IS 'a person tells the patient where it cannot go';
"""

# What every address refused is told by a person as well.
TOLD = """
CREATE OR REPLACE VIEW schedule.told AS
    SELECT id, planner, patient_id, kind, things, says, claimed_at AS told_at, asked <> '{}' OR asked_words AS asked
    FROM schedule.messages
    WHERE state IN ('sending', 'unknown', 'parked', 'sent', 'delivered')
    UNION ALL
    SELECT m.id, m.planner, m.patient_id, m.kind, m.things, m.says, t.closed_at, false
    FROM schedule.messages m JOIN tasks.tasks t ON t.message_id = m.id AND t.outcome = 'done'
    WHERE m.state IN ('withheld', 'failed');
"""

# The index is blind: whose number it is, and which, cannot be read here.
DEAD_NUMBERS = """
CREATE TABLE people.dead_numbers (
    address bytea PRIMARY KEY,
    id bigint GENERATED ALWAYS AS IDENTITY,
    reason text NOT NULL,                  -- a value of `shared.patients.dead_numbers.DeadNumber`
    failed_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Change it."""
    for part in (MUST_REACH, TOLD, DEAD_NUMBERS):
        execute(part)
