"""What is nobody's own, such as courses, and by which names others refer to it; the planner of reunions."""

from deploy.migrations.planner import create_planner, link

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change it."""
    create_planner("reunions")
    for name in ("prompts", "followup", "cards"):
        link(name)
