"""Wordings for each recipient, site and state; forms."""

from deploy.migrations.script import execute

revision = "0003"
down_revision = "0002"

WORDS = """
ALTER TABLE words.templates
    ADD recipient text NOT NULL DEFAULT 'patient'
        CHECK (recipient IN ('patient', 'carer', 'clinician', 'organiser')),
    ADD site text NOT NULL DEFAULT '',     -- '{source}#{site}' where a site has words of its own
    ADD state text NOT NULL DEFAULT 'published' CHECK (state IN ('draft', 'published', 'discarded')),
    ADD author text NOT NULL DEFAULT 'shipped' CHECK (author <> ''),  -- 'shipped': the planner's own
    ADD kept_at timestamptz NOT NULL DEFAULT clock.now(),
    ADD CHECK (part IN ('sms', 'subject', 'email', 'calendar')),
    ADD CHECK (language IN ('en', 'cy')),
    ADD CHECK (version > 0),
    DROP CONSTRAINT templates_pkey,
    ADD PRIMARY KEY (planner, name, part, language, recipient, site, version);

-- What each message may say, as its planner last declared it.
CREATE TABLE words.forms (
    planner text NOT NULL,
    name text NOT NULL,
    form jsonb NOT NULL,                   -- shared.words.forms.as_json
    PRIMARY KEY (planner, name)
);

-- Another value whenever any wording changed, whoever changed it: readers keep their book until then.
CREATE TABLE words.edition (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL
);
INSERT INTO words.edition (id) VALUES (gen_random_uuid());
CREATE FUNCTION words.new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO words.edition (id) VALUES (gen_random_uuid()) ON CONFLICT (single) DO UPDATE SET id = excluded.id;
    RETURN NULL;
END $$;
CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON words.templates
    FOR EACH STATEMENT EXECUTE FUNCTION words.new_edition();
"""


def upgrade() -> None:
    """Change it."""
    execute(WORDS)
