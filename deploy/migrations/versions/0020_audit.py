"""Who did what: a row for each act and each look at a patient's data, which nobody can change; tokens, as hashes."""

from deploy.migrations.script import execute

revision = "0020"
down_revision = "0019"

# By a machine's clock, and with the role that the database knows: neither is what the writer says of itself.
ENTRIES = """
CREATE SCHEMA audit;
CREATE TABLE audit.entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL CHECK (who <> ''),   -- a login, or the name of an access token
    means text NOT NULL,                   -- a value of `shared.audit.trail.Means`
    role text NOT NULL DEFAULT session_user,
    action text NOT NULL CHECK (action <> ''),
    changes boolean NOT NULL,              -- whether something was changed, or only looked at
    why text NOT NULL,
    patients uuid[] NOT NULL,
    things text[] NOT NULL,
    detail text NOT NULL
);
CREATE INDEX ON audit.entries USING gin (patients);
CREATE INDEX ON audit.entries (at);
COMMENT ON TABLE audit.entries IS 'who did or looked at what; only ever added to';
"""

# The owner is refused as well. Who may drop a trigger or a table can still do that: see docs/operating.md.
APPEND_ONLY = """
CREATE FUNCTION audit.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    NEW.role := session_user;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON audit.entries FOR EACH ROW EXECUTE FUNCTION audit.stamp();

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
"""

# Whoever may only read is on record too. Where roles are not those of deploy/postgres, this changes nothing.
ROLES = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cocreate_services') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit.entries FROM cocreate_services;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cocreate_reads') THEN
        GRANT INSERT ON audit.entries TO cocreate_reads;
    END IF;
END $$;
"""

# Hashes alone. A name is given once: on record it stays whose it was.
TOKENS = """
CREATE SCHEMA gateway;
CREATE TABLE gateway.tokens (
    name text PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    issued_to text NOT NULL CHECK (issued_to <> ''),
    sources text[] NOT NULL CHECK (cardinality(sources) > 0),
    issued_by text NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawn_because text,
    CHECK (num_nonnulls(withdrawn_at, withdrawn_by, nullif(trim(withdrawn_because), '')) IN (0, 3))
);
"""


def upgrade() -> None:
    """Change it."""
    for part in (ENTRIES, APPEND_ONLY, ROLES, TOKENS):
        execute(part)
