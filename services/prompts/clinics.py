"""What holds of a visit: the house's numbers, and what its clinic wants otherwise. The only door for either."""

from datetime import time
from functools import lru_cache

from services.prompts.policy import Policy
from services.prompts.visits import Visit
from shared.calendar import sending_window
from shared.calendar.sending_window import Window
from shared.clinic.clinic_policy import NO_POLICY, ClinicPolicy


def policy_for(visit: Visit, policy: Policy) -> Policy:
    """The numbers for this visit: the clinic's own, and the house's where it has none."""
    return policy if visit.own is NO_POLICY else _merged(policy, visit.own)


def hours(visit: Visit, policy: Policy) -> Window:
    """When messages about this visit are sent: the clinic's own hours, days and holidays, or the usual ones."""
    return visit.own.window(policy.window(visit.zone))


def clock(visit: Visit, patient: str, policy: Policy) -> time:
    """The patient's time of day: spread over the middle of the day, or over the clinic's hours if shut then."""
    window = hours(visit, policy)
    begins, ends = max(policy.spread_from, window.opens), min(policy.spread_until, window.closes)
    return sending_window.spread(patient, *((begins, ends) if begins < ends else (window.opens, window.closes)))


@lru_cache(maxsize=1024)
def _merged(policy: Policy, own: ClinicPolicy) -> Policy:
    said: dict[str, object] = {
        "agenda_days": own.agenda_days,
        "confirms": own.confirms,
        "series": own.series,
        "weekly_most": own.weekly_most,
    }
    if own.reminder_days is not None:
        *earlier, last = sorted(own.reminder_days, reverse=True)
        said |= {"reminder_working_days": last, "early_reminder_working_days": earlier[0] if earlier else 0}
    return policy.model_copy(update={name: value for name, value in said.items() if value is not None})
