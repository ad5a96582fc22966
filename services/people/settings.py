"""Settings of the people service; it has none beside the shared connections."""

from shared.settings import Connections


class Settings(Connections):
    """Settings of the people service."""
