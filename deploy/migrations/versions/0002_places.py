"""Places speak Welsh, and say whether somebody reads texts there."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change it."""
