"""The numbers behind the rules of appointments and sessions, each with its meaning, unit, limits and source."""

from datetime import timedelta

from pydantic import Field

from shared.rules.policy import PlannerPolicy, fixed, source


class Policy(PlannerPolicy):
    """When patients are prompted and reminded, and how long messages about appointments are of use."""

    agenda_days: int = Field(
        default=7,
        ge=3,
        le=60,
        description="calendar days before an appointment on which its agenda is asked for, or the working day before",
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
