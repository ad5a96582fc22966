"""A place has what its clinic wants otherwise than the house, and counts its moves."""

from deploy.migrations.script import execute

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Change it."""
    execute(
        """
ALTER TABLE places.places
    ADD COLUMN moves integer NOT NULL DEFAULT 0,
    ADD COLUMN policy jsonb NOT NULL DEFAULT '{}';
"""
    )


def downgrade() -> None:
    """Change it back."""
    execute("ALTER TABLE places.places DROP COLUMN moves, DROP COLUMN policy;")
