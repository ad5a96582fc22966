"""The page on which a clinic types one goal: a form of one line, and what became of it. For staff, in English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.gateway.rendering import rendered
from shared.clinic.goal import GoalStatus
from shared.formats.csv.goals import LONGEST, MOST_CONFIDENT
from shared.formats.csv.tables import FieldFault

TOKEN = "token"  # noqa: S105 - the name of a field

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "patient": "Patient id",
        "set_on": "Set on",
        "review_on": "Ask on",
        "confidence": "Confidence",
        "clinic": "Clinic code",
        "status": "Status",
        "goal": "Goal id",
        "source": "System",
        TOKEN: "Token",
    }
)
"""What each field is called, in the order of the page."""

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "patient": "as in appointments",
        "set_on": "empty: today",
        "review_on": "empty: in 14 days, or 7",
        "confidence": "0 to 10, if asked",
        "clinic": "if there are several",
        "status": "as it is now",
        "goal": "if your system has one",
        "source": "whose ids these are",
        TOKEN: "your clinic's; your browser may keep it",
    }
)

STATUSES: Mapping[GoalStatus, str] = MappingProxyType(
    {
        GoalStatus.ACTIVE: "Active",
        GoalStatus.ACHIEVED: "Achieved",
        GoalStatus.ABANDONED: "Given up",
        GoalStatus.REPLACED: "Replaced by another",
        GoalStatus.ON_HOLD: "On hold",
        GoalStatus.ENTERED_IN_ERROR: "Entered by mistake",
    }
)

KEPT_FOR_THE_NEXT = ("clinic", "source")
"""What stands in the form again after a goal was sent: whoever types several types these once."""

LOOK = "goals.css.jinja"


@dataclass(frozen=True, slots=True)
class PageNotice:
    """What the page says above the form.

    Attributes:
        heading: what became of the goal.
        sentences: what that means, or what to do.
        faults: what is wrong, field by field.

    """

    heading: str
    sentences: tuple[str, ...] = ()
    faults: tuple[FieldFault, ...] = ()
    well: bool = False


def page(typed: Mapping[str, str], said: PageNotice | None = None, sources: Sequence[str] = ()) -> str:
    """The form with what was typed, and what is to be said of it. The token is never written into it.

    Args:
        typed: values by field.
        said: what became of what was sent; None where nothing was.
        sources: between which to choose; with one or none, nobody is asked.

    """
    faults = {} if said is None else {fault.column: fault.cause for fault in said.faults if fault.column}
    return rendered(
        "goals.html.jinja",
        LOOK,
        labels=LABELS,
        hints=HINTS,
        longest=LONGEST,
        most_confident=MOST_CONFIDENT,
        typed={name: _shown(typed.get(name, "")) for name in LABELS if name != TOKEN},
        said=said,
        faults=faults,
        statuses=[(status.value, words) for status, words in STATUSES.items()],
        sources=[(source, source) for source in sources],
        asks_for_source=len(sources) > 1 or "source" in faults,
    )


def _shown(value: str) -> str:
    """What was typed, without what no page can show or what would turn its text round, and no longer than it may be."""
    return "".join(letter for letter in value if letter.isprintable())[: max(LONGEST.values())]
