"""Settings of the cards service, from the environment."""

from services.cards.policy import Policy
from shared.settings import Connections


class Settings(Connections):
    """Settings of the cards service. Its variables begin with COCREATE_CARD_."""

    card: Policy = Policy()

    def policy(self) -> Policy:
        """The numbers that the rule takes."""
        return self.card.among_clinics(self)
