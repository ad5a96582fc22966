"""Places speak Welsh, and say whether somebody reads texts there."""

from deploy.migrations.script import execute

revision = "0002"
down_revision = "0001"

PLACES = """
ALTER TABLE places.places
    -- what is written to patients whose own preference is unknown
    ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'cy', 'both')),
    ADD COLUMN staffed boolean NOT NULL DEFAULT false,   -- somebody reads there what patients write in their own words
    ADD COLUMN name_cy text NOT NULL DEFAULT '',         -- Welsh public names; empty: as in English
    ADD COLUMN sender_cy text NOT NULL DEFAULT '',
    ADD COLUMN address_cy text NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    """Add the columns: what is registered goes on in English, and asks for no free text."""
    execute(PLACES)
