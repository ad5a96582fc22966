"""A registry of sources, and whose word gave each address: what is A's goes only to addresses that A gave."""

from deploy.migrations.script import execute

revision = "0016"
down_revision = "0015"

SOURCES = """
CREATE TABLE people.sources (
    source text PRIMARY KEY,
    organisation text NOT NULL,
    name text NOT NULL DEFAULT '',
    topics text[] NOT NULL DEFAULT '{}'    -- that it may write; none: any
);

-- Never deleted: who let a source do what, and why, stays on record.
CREATE TABLE people.source_grants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL REFERENCES people.sources,
    may text NOT NULL,                     -- a value of `shared.patients.sources.Grant`
    granted_by text NOT NULL,
    granted_for text NOT NULL,
    granted_at timestamptz NOT NULL,
    withdrawn_by text,
    withdrawn_for text,
    withdrawn_at timestamptz,
    CHECK (num_nonnulls(withdrawn_by, withdrawn_for, withdrawn_at) IN (0, 3))
);
CREATE UNIQUE INDEX ON people.source_grants (source, may) WHERE withdrawn_at IS NULL;
"""

# Who gave an address can be told of patients whom one source knows. Of others nobody answers from there until the next
# word about them: a person reads what they text.
ADDRESSES = """
ALTER TABLE people.addresses ADD source text NOT NULL DEFAULT '';
UPDATE people.addresses a SET source = o.source
FROM (SELECT patient_id, min(source) AS source FROM people.identifiers WHERE source <> 'nhs'
      GROUP BY patient_id HAVING count(DISTINCT source) = 1) o
WHERE o.patient_id = a.patient_id;
ALTER TABLE people.addresses ALTER source DROP DEFAULT;
ALTER TABLE people.addresses DROP CONSTRAINT addresses_pkey, ADD PRIMARY KEY (address, patient_id, source);
"""


def upgrade() -> None:
    """Change it."""
    for part in (SOURCES, ADDRESSES):
        execute(part)
