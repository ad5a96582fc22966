"""Settings of the reunions service, from the environment."""

from services.reunions.policy import Policy
from shared.settings import Connections


class Settings(Connections):
    """Settings of the reunions service."""

    reunions: Policy = Policy()

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return self.reunions.among_clinics(self)
