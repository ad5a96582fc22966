"""What rules may know of a patient: nothing by which anybody could be found or written to."""

from dataclasses import dataclass, field
from datetime import date

from shared.clinic.birth_date import GROWN_UP, age_on
from shared.clinic.language import OTHER
from shared.clinic.patient import Details
from shared.clinic.placeholders import is_of_tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What rules may know of a patient; see `shared.rules.plan.Facts`."""

    has_died: bool = False
    is_test: bool = False
    birth_date: str | None = field(default=None, repr=False)
    needs_interpreter: bool = False


def traits(details: Details, today: date) -> Traits:
    """The traits in these details. Of whom has been grown up for a year, the birth date is nobody's concern."""
    age = age_on(details.birth_date, today)
    return Traits(
        has_died=bool(details.deceased),
        is_test=is_test(details),
        birth_date=details.birth_date if age is not None and age <= GROWN_UP else None,
        needs_interpreter=details.language == OTHER or "interpreter" in (details.formats or ()),
    )


def is_test(details: Details) -> bool:
    """Whether a patient stands for nobody: the clinic says so, or the name does."""
    if details.test_patient is not None:
        return details.test_patient
    return is_of_tests(details.first_name or "")
