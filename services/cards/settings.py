"""What a clinic may tune about cards, from the environment."""

from typing import Annotated

from pydantic import Field, field_validator

from services.cards.policy import Policy
from shared.calendar.spreading import Minute, later_than
from shared.settings import DOMAIN, Connections

DEFAULT = Policy()


class Settings(Connections):
    """Settings of the cards service."""

    card_domains: str = Field(
        default="",
        description="domains of clinicians' and organisers' mailboxes that may get what patients wrote and who comes, "
        "those below them as well; several by commas; empty: nobody gets a list",
    )
    card_spread_from: Minute = Field(
        default=DEFAULT.spread_from, description="local time from which cards are spread on the working day before"
    )
    card_spread_until: Annotated[Minute, later_than("card_spread_from")] = Field(
        default=DEFAULT.spread_until, validate_default=True, description="local time until which they are spread"
    )

    @field_validator("card_domains")
    @classmethod
    def _are_domains(cls, value: str) -> str:
        wrong = [domain for domain in _split(value) if not DOMAIN.fullmatch(domain)]
        if wrong:
            message = f"{wrong[0]!r} is no domain; write such as nhs.net,riverside.nhs.uk"
            raise ValueError(message)
        return value

    def policy(self) -> Policy:
        """The numbers that the rule takes."""
        return Policy(
            domains=tuple(sorted(set(_split(self.card_domains)))),
            spread_from=self.card_spread_from,
            spread_until=self.card_spread_until,
            zone=self.default_zone,
            holidays=self.holidays,
        )


def _split(domains: str) -> list[str]:
    return [domain.strip().lower() for domain in domains.split(",")] if domains.strip() else []
