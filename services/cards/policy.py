"""The numbers behind the rule of clinicians' lists, each with its meaning, unit, limits and source."""

from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.calendar.spreading import Minute, later_than
from shared.platform.domains import parse_domains
from shared.rules.policy import PlannerPolicy, fixed, source


def _domains(value: Any) -> Any:
    """In one order and once each: the same domains in another order must not plan everybody again."""
    if not isinstance(value, str):
        return value
    return tuple(sorted(set(parse_domains(value, "nhs.net,riverside.nhs.uk")))) if value.strip() else ()


class Policy(PlannerPolicy):
    """Who may get a list of what patients said, and when."""

    domains: Annotated[tuple[str, ...], BeforeValidator(_domains)] = Field(
        default=(),
        description="domains of clinicians' and organisers' mailboxes that may get what patients wrote and who comes, "
        "those below them as well; several by commas; empty: nobody gets a list",
        json_schema_extra=source("our choice: patients' words go only where the organisation has said so"),
    )
    spread_from: Minute = Field(
        default=time(14),
        description="local time from which cards are spread on the working day before, by clinician",
        json_schema_extra=source("our choice: most bookings for that day are made"),
    )
    spread_until: Annotated[Minute, later_than("spread_from")] = Field(
        default=time(16),
        validate_default=True,
        description="local time until which they are spread",
        json_schema_extra=source("our choice: there is still time to look"),
    )
    until: time = Field(
        default=time(9),
        description="local time of the day itself from which a card is of no use, if its first appointment is not "
        "earlier",
        json_schema_extra=fixed(
            "our choice: the hour after the window opens makes up for an outage; what is booked later makes no card"
        ),
    )

    def allows(self, domain: str) -> bool:
        """Whether a mailbox of this domain may get patients' replies."""
        return any(domain == allowed or domain.endswith(f".{allowed}") for allowed in self.domains)
