"""The numbers behind the rule, each with its source; README.md has them in a table."""

from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from shared.calendar.sending_window import Window, usual

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a clinic may tune.

    Attributes:
        domains: where clinicians have their mailboxes, those below them as well; without one nobody gets a card.
        spread_from, spread_until: local times between which cards are spread on the working day before. By then most of
            that day's bookings are made, and whoever reads it still has a moment to look.
        until: the local time of the day itself from which a card is of no more use: an hour after the window opens, in
            which delivery makes up for an outage; what is booked later that day makes no card.
        zone: of clinics that are not in the registry and do not say.
        holidays: whose bank holidays are kept; a key of `shared.calendar.sending_window.CALENDARS`.

    """

    domains: tuple[str, ...] = ()
    spread_from: time = time(14)
    spread_until: time = time(16)
    until: time = time(9)
    zone: ZoneInfo = LONDON
    holidays: str = "GB-ENG"

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""
        return usual(zone, self.holidays)

    def allows(self, domain: str) -> bool:
        """Whether a mailbox of this domain may get what patients wrote."""
        return any(domain == allowed or domain.endswith(f".{allowed}") for allowed in self.domains)
