"""What a message changes in the patient's calendar, and how many segments it was billed as."""

from deploy.migrations.script import execute

revision = "0004"
down_revision = "0003"

LETTERS = """
ALTER TABLE schedule.messages
    ADD COLUMN calendar jsonb,             -- entries of the reader's calendar; erased with the content
    ADD COLUMN segments smallint;          -- of the text that was last claimed, as it is billed; null: no text
"""


def upgrade() -> None:
    """Change it."""
    execute(LETTERS)
