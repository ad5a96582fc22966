"""Wordings for each recipient, site and state; forms."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change it."""
