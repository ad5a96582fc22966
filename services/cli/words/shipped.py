"""The words that the services ship, and the forms that these are held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services import cards, delivery, followup, prompts, reunions
from services.cards.forms import FORMS as CARDS_FORMS
from services.delivery.forms import FORMS as DELIVERY_FORMS
from services.followup.forms import FORMS as FOLLOWUP_FORMS
from services.prompts.forms import FORMS as PROMPTS_FORMS
from services.reunions.forms import FORMS as REUNIONS_FORMS
from shared.words.files import from_files
from shared.words.forms import Form
from shared.words.wording import Wording

Forms = Mapping[tuple[str, str], Form]
"""By planner and name."""


@dataclass(frozen=True, slots=True)
class HouseWords:
    """A service's own words: what it is called, the folder of its defaults, and what each message may say."""

    planner: str
    folder: Path
    forms: tuple[Form, ...]


def house_words() -> tuple[HouseWords, ...]:
    """Every service that writes to patients."""
    return tuple(
        HouseWords(service.__name__.rpartition(".")[2], Path(service.__path__[0]) / "templates", forms)
        for service, forms in (
            (prompts, PROMPTS_FORMS),
            (followup, FOLLOWUP_FORMS),
            (reunions, REUNIONS_FORMS),
            (cards, CARDS_FORMS),
            (delivery, DELIVERY_FORMS),
        )
    )


def shipped_words() -> list[Wording]:
    """Every default.

    Raises:
        NotReadable: a file is not written as one.

    """
    return [wording for house in house_words() for wording in from_files(house.planner, house.folder)]


def shipped_forms() -> Forms:
    """What every message may say."""
    return {(house.planner, form.name): form for house in house_words() for form in house.forms}
