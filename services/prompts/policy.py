"""The numbers behind the rules of appointments and sessions, each with its meaning, unit, limits and source."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.platform.domains import LINK_DOMAINS
from shared.rules.policy import PlannerPolicy, fixed, source


def _leaves_room(value: int) -> int:
    if value in {1, 2}:
        message = "leaves no room before the reminder: write 3 or more, or 0 where it is not asked for"
        raise ValueError(message)
    return value


def _how_often(value: str) -> str:
    if value not in {"each", "first"} and not (value.isdecimal() and 1 < int(value) < 20):  # noqa: PLR2004
        message = "is none of each, first, and a number from 2 to 19"
        raise ValueError(message)
    return value


class Policy(PlannerPolicy):
    """When patients are prompted and reminded, and how long messages about appointments are of use."""

    agenda_days: Annotated[int, AfterValidator(_leaves_room)] = Field(
        default=7,
        ge=0,
        le=60,
        description="calendar days before an appointment on which its agenda is asked for, or the working day before; "
        "0: it is not asked for",
        json_schema_extra=source(
            "TURNUP 2014: 1 to 7 days make no difference to attendance; 7 leaves time to think, and to read answers"
        ),
    )
    reminder_working_days: int = Field(
        default=2,
        ge=1,
        le=20,
        description="working days before an appointment on which a reminder is sent",
        json_schema_extra=source(
            "RCT of 54,066: reminders 3 and 1 days before 4.4 % missed, one alone 5.3 to 5.8 %; 2 leave the clinic a "
            "day to fill the slot"
        ),
    )
    link_domains: tuple[str, ...] = Field(
        default=LINK_DOMAINS,
        description="domains to which a link to a video visit may lead; see `COCREATE_LINK_DOMAINS`",
        json_schema_extra=fixed("whoever learns to tap our links taps the next one too"),
    )
    early_reminder_working_days: int = Field(
        default=0,
        ge=0,
        le=20,
        description="working days before an appointment on which it is reminded of for the first of two times; 0: once",
        json_schema_extra=source("our choice: one; each clinic may want two (`reminder_days` of the registry)"),
    )
    confirms: bool = Field(
        default=False,
        description="whether a booking is confirmed at once: what, when, where, and whom to call if it is wrong",
        json_schema_extra=source("our choice: most booking systems do; a clinic whose does not may want it"),
    )
    series: Annotated[str, AfterValidator(_how_often)] = Field(
        default="first",
        description="for which visits of a series the agenda is asked for: each, first, or every so many",
        json_schema_extra=source("our choice: whoever comes every week has said it, and is asked again in the room"),
    )
    series_gap: timedelta = Field(
        default=timedelta(days=14),
        description="three visits or more at one site, each within this of the one before, are a series",
        json_schema_extra=fixed("our choice: treatments are weekly or fortnightly, reviews monthly or rarer"),
    )
    weekly_most: int = Field(
        default=5,
        ge=1,
        le=20,
        description="most messages that lead up to visits, for one patient of one source in seven days",
        json_schema_extra=source("our choice: more are not read"),
    )
    apart: timedelta = Field(
        default=timedelta(hours=48),
        description="two messages about one appointment are at least so far apart",
        json_schema_extra=fixed("our choice: two texts in two days read as one"),
    )
    # With `apart` 70 hours: from Monday to Thursday, even across a night that loses an hour.
    agenda_lives: timedelta = Field(
        default=timedelta(hours=22),
        description="an agenda prompt is due so long before it expires",
        json_schema_extra=fixed("our choice: most of a working day for delivery to catch up in"),
    )
    late_room: timedelta = Field(
        default=timedelta(hours=1),
        description="the same for an agenda prompt that a late booking makes due at once",
        json_schema_extra=fixed("our choice: time for delivery to catch up in"),
    )
    short_notice_until: timedelta = Field(
        default=timedelta(hours=2),
        description="a short notice, or a session's reminder, goes until so long before the start",
        json_schema_extra=fixed("our choice: later, the patient is on the way"),
    )
    urgent_ahead: timedelta = Field(
        default=timedelta(hours=24),
        description="a notice is urgent (07:00 to 21:00, daily) where the usual window opens less than this before the "
        "appointment",
        json_schema_extra=fixed("our choice: somebody may set out for nothing"),
    )
    settle_minutes: int = Field(
        default=15,
        ge=0,
        le=120,
        description="minutes that news waits after the last change that it follows from; less the nearer the told time",
        json_schema_extra=source("our choice: clinics cancel and rebook, and mend mistakes, within minutes"),
    )
    settled_within: timedelta = Field(
        default=timedelta(hours=2),
        description="news so shortly before the time told before does not wait",
        json_schema_extra=fixed("our choice: the patient may be on the way"),
    )
    answer_lives: timedelta = Field(
        default=timedelta(hours=2),
        description="an acknowledgement is of use for so long",
        json_schema_extra=fixed("our choice: later, nobody knows what it answers"),
    )
    same_again: timedelta = Field(
        default=timedelta(hours=24),
        description="the same answer within this of its last acknowledgement gets no other",
        json_schema_extra=fixed("our choice: nobody needs two thanks, and each is paid for"),
    )
    one_list: timedelta = Field(
        default=timedelta(minutes=10),
        description="own words within this of an acknowledged text belong to the same list",
        json_schema_extra=fixed("our choice: a list comes in several texts"),
    )
    session_working_days: int = Field(
        default=1,
        description="working days before a session of a course on which it is reminded of",
        json_schema_extra=fixed("our choice: whoever comes every week needs one reminder, near the day"),
    )
    missed_in_a_row: int = Field(
        default=2,
        description="after so many missed sessions in a row encouragement takes the next reminder's place",
        json_schema_extra=fixed(
            "about 60 % of those who sign up finish (Co-creating Health); our choice of 2: one absence is no habit"
        ),
    )

    @property
    def settles(self) -> timedelta:
        """So long news waits after the last change that it follows from."""
        return timedelta(minutes=self.settle_minutes)
