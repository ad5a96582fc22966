"""The tables that every planner owns, in a schema of its name: one call in the migration that adds a planner."""

from deploy.migrations.script import execute

PLANNER = """
CREATE SCHEMA {name};

-- One row for each thing and each patient who has or had it. No data: gone from this patient.
CREATE TABLE {name}.facts (
    thing text NOT NULL,
    patient_id uuid NOT NULL,
    reference bytea NOT NULL,             -- blind index of the source's own patient id: facts follow whom it means
    source text NOT NULL,
    kind text NOT NULL,
    version text COLLATE "C" NOT NULL,    -- sorts as it ranks; see shared.events.cloudevents.Version
    seen text[] NOT NULL,                 -- ids of the events of this very time: the same one again changes nothing
    first_at timestamptz NOT NULL,        -- the first event's time
    since_at timestamptz NOT NULL,        -- since when a patient would be told what they would be told now
    digest text NOT NULL,                 -- what a patient would be told
    holder smallint NOT NULL,             -- how many patients had this thing before
    data jsonb,
    PRIMARY KEY (thing, patient_id)
);
CREATE INDEX ON {name}.facts (patient_id);
CREATE INDEX ON {name}.facts (reference);
"""

# Since 0009, which brings them to planners that were there before.
LINKS = """
ALTER TABLE {name}.facts
    ADD COLUMN IF NOT EXISTS names text[] NOT NULL DEFAULT '{{}}',    -- by which others refer to what is nobody's own
    ADD COLUMN IF NOT EXISTS refers text[] NOT NULL DEFAULT '{{}}';   -- the names to which it refers, or did
CREATE INDEX IF NOT EXISTS facts_names ON {name}.facts USING gin (names) WHERE names <> '{{}}';
CREATE INDEX IF NOT EXISTS facts_refers ON {name}.facts USING gin (refers) WHERE refers <> '{{}}';
"""


def create_planner(name: str) -> None:
    """Create one planner's schema."""
    execute(PLANNER.format(name=name))
    link(name)


def link(name: str) -> None:
    """Have a planner's facts say by which names they refer to each other; twice changes nothing."""
    execute(LINKS.format(name=name))
