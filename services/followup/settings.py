"""Settings of the follow-up service, from the environment."""

from services.followup.policy import Policy
from shared.settings import Connections


class Settings(Connections):
    """Settings of the follow-up service."""

    followup: Policy = Policy()

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return self.followup.among_clinics(self)
