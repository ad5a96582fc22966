"""The numbers behind the rules, each with its source; README.md has them in a table."""

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from shared.calendar.sending_window import Window, usual

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a clinic may tune.

    Attributes:
        agenda_days: calendar days before the appointment on which patients are asked for their agenda. Between 1 and 7
            days the timing makes no difference to attendance (TURNUP 2014); 7 leaves time to think and to read answers.
        reminder_working_days: working days before the appointment. 3 and 1 days before beat one reminder (an RCT of
            54,066: 4.4 % missed, against 5.8 and 5.3 %); 2 working days leave the clinic one to fill a slot given back.
        spread_from, spread_until: local times between which messages are spread, by patient: a thousand texts at 10:00
            jam the clinic's telephone.
        apart: two messages about one appointment are at least this far apart.
        agenda_lives: how long before it expires an agenda prompt is due: most of a working day for delivery to catch up
            in. With `apart` 70 hours: from Monday to Thursday, even across a night that loses an hour.
        late_room: the same for one that a late booking makes due at once.
        short_notice_until: a short notice, or a session's reminder, goes out up to this long before the start.
        urgent_ahead: where the usual window opens less than this before the appointment, a notice uses the urgent one.
        answer_lives: how long an acknowledgement is of use: later, nobody knows what it answers.
        same_again: the same answer again within this of its last acknowledgement is not acknowledged once more.
        session_working_days: working days before a session of a course: whoever comes every week needs one reminder.
        missed_in_a_row: after so many missed sessions an encouraging message takes the next reminder's place. Of those
            who sign up about 60 % finish (Co-creating Health); two absences are no habit yet.
        one_list: what comes within this of an acknowledged text of own words belongs to the same list.
        zone: of clinics that are not in the registry and do not say.
        holidays: whose bank holidays are kept; a key of `shared.calendar.sending_window.CALENDARS`.

    """

    agenda_days: int = 7
    reminder_working_days: int = 2
    spread_from: time = time(10)
    spread_until: time = time(16)
    apart: timedelta = timedelta(hours=48)
    agenda_lives: timedelta = timedelta(hours=22)
    late_room: timedelta = timedelta(hours=1)
    short_notice_until: timedelta = timedelta(hours=2)
    urgent_ahead: timedelta = timedelta(hours=24)
    answer_lives: timedelta = timedelta(hours=2)
    same_again: timedelta = timedelta(hours=24)
    one_list: timedelta = timedelta(minutes=10)
    session_working_days: int = 1
    missed_in_a_row: int = 2
    zone: ZoneInfo = LONDON
    holidays: str = "GB-ENG"

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""
        return usual(zone, self.holidays)
