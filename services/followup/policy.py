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
        review_days: days after a goal was set on which it is asked about, where no day was agreed. 14 is the ideal
            first follow-up (Co-creating Health).
        unsure_review_days: the same where the patient was not sure of it: half of it, before it is given up.
        low_confidence: below this number a patient is not sure. A plan of 7 or more is likely to be kept, a lower one
            is worth another look (Lorig, self-management programmes: the confidence scale).
        question_working_days: working days after its own on which a question may still go: a week's work at most.
        silence: how long an answer is waited for, each time: a weekend and most of a week.
        apart: two rounds about one goal are at least this far apart.
        later_rounds: when after it was set a goal is asked about again, where the place wants that: six weeks, and
            three months.
        support_lives: a task to call about a goal, or about a missed appointment, is of use for so long: four weeks.
        missed_working_days: working days after a missed appointment in which a patient is told: later, it is blame.
        missed_answers: how long an answer to that acts.
        ack_lives: an acknowledgement later than that answers nothing.
        same_again: the same answer within this time is not acknowledged again.
        spread_from, spread_until: local times between which messages are spread, by patient: a thousand texts at 10:00
            jam the clinic's telephone.
        zone: of clinics that are not in the registry and do not say.
        holidays: whose bank holidays are kept; a key of `shared.calendar.sending_window.CALENDARS`.

    """

    review_days: int = 14
    unsure_review_days: int = 7
    low_confidence: int = 7
    question_working_days: int = 3
    silence: timedelta = timedelta(days=5)
    apart: timedelta = timedelta(days=7)
    later_rounds: tuple[timedelta, ...] = (timedelta(weeks=6), timedelta(weeks=13))
    support_lives: timedelta = timedelta(days=28)
    missed_working_days: int = 5
    missed_answers: timedelta = timedelta(days=14)
    ack_lives: timedelta = timedelta(hours=2)
    same_again: timedelta = timedelta(hours=24)
    spread_from: time = time(10)
    spread_until: time = time(16)
    zone: ZoneInfo = LONDON
    holidays: str = "GB-ENG"

    def window(self, zone: ZoneInfo) -> Window:
        """When messages are usually sent there."""
        return usual(zone, self.holidays)
