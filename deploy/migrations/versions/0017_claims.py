"""Which NHS number a source says that its patient bears: a claim, which unites only where the records agree."""

from deploy.migrations.script import execute

revision = "0017"
down_revision = "0016"

# What was united before stays so. Whoever bears a number has claimed it, as far as anybody can tell.
CLAIMS = """
ALTER TABLE people.identifiers ADD claims bytea;   -- the reference of an NHS number
UPDATE people.identifiers i SET claims = n.reference FROM people.identifiers n
WHERE i.source <> 'nhs' AND n.source = 'nhs' AND n.patient_id = i.patient_id;
CREATE INDEX ON people.identifiers (claims) WHERE claims IS NOT NULL;
"""

# Never deleted: who found that a number does not unite this record with its bearer, and why, stays on record.
APART = """
CREATE TABLE people.apart (
    reference bytea NOT NULL,              -- of a source's own identifier
    number bytea NOT NULL,                 -- the reference of an NHS number; empty where it claimed none
    parted_by text NOT NULL,
    parted_for text NOT NULL,
    parted_at timestamptz NOT NULL,
    PRIMARY KEY (reference, number)
);
"""


def upgrade() -> None:
    """Change it."""
    for part in (CLAIMS, APART):
        execute(part)
