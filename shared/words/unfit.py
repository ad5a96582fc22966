"""Published wordings that no longer fit their form: a release may change the data of a message."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.words.forms import Form
from shared.words.grammar import check
from shared.words.wording import Wording, WordsError


@dataclass(frozen=True, slots=True)
class Unfit:
    """A wording with which its message cannot be sent, and the cause, which never holds a patient's data."""

    wording: Wording
    why: str

    def __str__(self) -> str:
        """For a log: the slot and version, and the cause."""
        slot, version = self.wording.slot, self.wording.version
        parts = (slot.part, slot.language, slot.recipient, slot.site)
        whose = f"{slot.planner}/{slot.name} {' '.join(filter(None, parts))} version {version}"
        return f"{whose} no longer fits its message, which is not sent: {self.why}"


def unfit(wordings: Iterable[Wording], forms: Mapping[tuple[str, str], Form]) -> Iterator[Unfit]:
    """The wordings that no longer fit their form; wordings of messages that no planner declares are ignored."""
    for wording in wordings:
        form = forms.get((wording.slot.planner, wording.slot.name))
        if form is None or not wording.body:
            continue
        try:
            check(wording.body, form)
        except WordsError as error:
            yield Unfit(wording, str(error))
