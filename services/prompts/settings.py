"""Settings of the prompts service, from the environment."""

from services.prompts.policy import Policy
from shared.settings import Connections


class Settings(Connections):
    """Settings of the prompts service."""

    prompts: Policy = Policy()

    def policy(self) -> Policy:
        """The numbers that the rules take."""
        return self.prompts.among_clinics(self).model_copy(update={"link_domains": self.domains()})
