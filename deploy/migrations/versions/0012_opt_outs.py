"""Opt-outs are of addresses alone, and the program tells clinics of them; what stands in the schedule is a view."""

from deploy.migrations.script import execute

revision = "0012"
down_revision = "0011"

UNTOLD = """
DROP TRIGGER tell_stopped ON people.opt_outs;
DROP TRIGGER tell_restarted ON people.opt_outs;
DROP FUNCTION people.tell_opt_outs();
"""

# Nothing ever wrote one of a patient, but somebody may have by hand: it stays in force, at every address of theirs.
OF_ADDRESSES = """
INSERT INTO people.opt_outs (address, category, origin, since_at)
SELECT a.address, o.category, o.origin, o.since_at
FROM people.opt_outs o JOIN people.addresses a ON a.patient_id = o.patient_id
ORDER BY o.id, a.address
ON CONFLICT DO NOTHING;
DELETE FROM people.opt_outs WHERE patient_id IS NOT NULL;
ALTER TABLE people.opt_outs
    DROP COLUMN patient_id,
    ALTER COLUMN address SET NOT NULL,
    ADD UNIQUE (address, category);
DROP INDEX people.opt_outs_address_idx;
"""

CONCERNS = """
-- For others than the schedule to read: the things of which anything stands there for a patient.
CREATE VIEW schedule.concerns AS
SELECT patient_id, planner, thing, max(coalesce(claimed_at, send_at)) AS last_at
FROM schedule.messages CROSS JOIN unnest(things) AS thing
WHERE state <> 'withdrawn'
GROUP BY patient_id, planner, thing;
"""


def upgrade() -> None:
    """Change it."""
    for part in (UNTOLD, OF_ADDRESSES, CONCERNS):
        execute(part)
