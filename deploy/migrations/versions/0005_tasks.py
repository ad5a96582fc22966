"""Tasks for people."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change it."""
