"""The numbers behind the rules, each with its source; README.md has them in a table."""

from dataclasses import dataclass
from datetime import time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared.calendar.sending_window import Window, usual

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a clinic may tune.

    Attributes:
        invite_weeks: weeks before a reunion in which people are invited: time to plan a day, not enough to forget it.
        invite_until: later than this before the list closes nobody is invited: nobody would have time to answer.
        again_days: days of silence after which an invitation is repeated, once.
        again_until: later than this before the list closes it is not repeated: the first one named that day.
        confirm_days: calendar days before on which whoever has a place is told so once more: a place can be passed on.
        reminder_working_days: working days before on which they are reminded.
        graduate_share: of its course's sessions, from how many on somebody is a graduate: 5 of 7 in the published
            model (Lorig); of 6 sessions that is 5 as well.
        offer_hours: for how long a free place is held for the first of those who wait.
        graduates_enough: how many graduates of a site make a group that is worth a room.
        due_months: months after a course's last session when a reunion is due, where none is planned.
        apart: a confirmation or a reminder comes at least this long after the patient last heard of the reunion.
        urgent_ahead: where the usual window opens less than this before it begins, a notice uses the urgent one.
        ack_lives: how long an acknowledgement may take; what it would have told goes as a message of its own then.
        same_again: the same answer within this time is not acknowledged again.
        spread_from, spread_until: local times between which messages are spread, by patient: a thousand texts at 10:00
            jam the organiser's telephone.
        zone: of venues that are not in the registry and do not say.
        holidays: whose bank holidays are kept; a key of `shared.calendar.sending_window.CALENDARS`.

    """

    invite_weeks: int = 6
    invite_until: timedelta = timedelta(days=2)
    again_days: int = 14
    again_until: timedelta = timedelta(days=3)
    confirm_days: int = 7
    reminder_working_days: int = 1
    graduate_share: Fraction = Fraction(5, 7)
    offer_hours: int = 48
    graduates_enough: int = 6
    due_months: tuple[int, ...] = (3, 6, 12)
    apart: timedelta = timedelta(hours=24)
    urgent_ahead: timedelta = timedelta(hours=24)
    ack_lives: timedelta = timedelta(hours=2)
    same_again: timedelta = timedelta(hours=24)
    spread_from: time = time(10)
    spread_until: time = time(16)
    zone: ZoneInfo = LONDON
    holidays: str = "GB-ENG"

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""
        return usual(zone, self.holidays)
