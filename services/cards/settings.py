"""What a clinic may tune about cards, from the environment."""

from datetime import time

from pydantic import Field, ValidationInfo, field_validator

from services.cards.policy import Policy
from shared.settings import DOMAIN, Connections

DEFAULT = Policy()


class Settings(Connections):
    """Settings of the cards service."""

    card_domains: str = Field(
        default="",
        description="domains of clinicians' mailboxes that may get what patients wrote, those below them as well; "
        "several by commas; empty: nobody gets a card",
    )
    card_spread_from: time = Field(
        default=DEFAULT.spread_from, description="local time from which cards are spread on the working day before"
    )
    card_spread_until: time = Field(
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

    @field_validator("card_spread_from", "card_spread_until")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None or value != value.replace(second=0, microsecond=0):
            message = "is not a whole minute of the clinic's own clock, such as 14:00"
            raise ValueError(message)
        return value

    @field_validator("card_spread_until")
    @classmethod
    def _lies_in_the_window(cls, value: time, info: ValidationInfo) -> time:
        usual, begins = DEFAULT.window(DEFAULT.zone), info.data.get("card_spread_from", DEFAULT.spread_from)
        if not usual.opens <= begins < value <= usual.closes:
            message = (
                f"is not later than COCREATE_CARD_SPREAD_FROM, or one of them is not between {usual.opens:%H:%M} "
                f"and {usual.closes:%H:%M}"
            )
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
