"""What a message changes in the patient's calendar, and how many segments it was billed as."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change it."""
