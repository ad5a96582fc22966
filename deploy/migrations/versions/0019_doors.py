"""What came while our doors were shut is fetched from the provider's list, up to a time that is kept."""

from deploy.migrations.script import execute

revision = "0019"
down_revision = "0018"

# One row: up to when the provider's list of texts was compared, and when it is looked through again. By a machine's
# clock, for so are the provider's times.
PROVIDER_LOOKS = """
CREATE TABLE texts.provider_looks (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    compared_to timestamptz NOT NULL,
    next_at timestamptz NOT NULL
);
"""

# What is shipped carries its release, so that an old replica amid a rolling upgrade brings nothing old back.
RELEASES = """
CREATE TABLE words.releases (planner text PRIMARY KEY, release integer[] NOT NULL);
ALTER TABLE schedule.planners ADD release integer[] NOT NULL DEFAULT '{0}';
"""

# A day's most for each source: a stolen token must not pump texts.
SOURCE_TEXTS = """
CREATE TABLE schedule.source_texts (
    day date NOT NULL,                     -- in UTC
    source text NOT NULL,
    texts integer NOT NULL,
    PRIMARY KEY (day, source)
);
"""


def upgrade() -> None:
    """Change it."""
    for part in (PROVIDER_LOOKS, RELEASES, SOURCE_TEXTS):
        execute(part)
