"""Settings of the people service: none of its own yet."""

from shared.settings import Connections


class Settings(Connections):
    """Settings of the people service."""
