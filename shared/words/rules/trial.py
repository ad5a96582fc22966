"""Renders a wording in each branch, with and without answers that reach us, and at its longest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from shared.words import sms
from shared.words.filling import filling
from shared.words.forms import Form, as_json, from_json
from shared.words.grammar import fill
from shared.words.sample_readers import READERS, on_the_day
from shared.words.samples import LONGEST_ENGLISH, LONGEST_WELSH, PLACES, SIMPLE, Look, values
from shared.words.wording import DoesNotFit, Language, Slot

WAYS = ((False, False), (True, False), (True, True))
"""Pairs of `can_answer` and `can_write`, except the impossible one."""

LONGEST: Mapping[Language, Look] = {Language.ENGLISH: LONGEST_ENGLISH, Language.WELSH: LONGEST_WELSH}


@dataclass(frozen=True, slots=True)
class RenderedBranch:
    """The text of a wording in one branch."""

    text: str
    label: str
    can_answer: bool
    can_write: bool

    @property
    def branch(self) -> str:
        """The branch, described for people."""
        return branch(self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingTrial:
    """A wording, as `convert` returns it, and its texts in all branches.

    Attributes:
        slot: the slot of the wording.
        form: the form of its message.
        body: the template.
        said: each distinct text, with the shortest names, days and places, so that only the wording itself counts.
        longest: the longest text, with names and places in GSM-7.
        fails: the branches that cannot be rendered, and why.

    """

    slot: Slot
    form: Form
    body: str
    said: tuple[RenderedBranch, ...]
    longest: RenderedBranch | None
    fails: Mapping[str, str]


def tried(body: str, slot: Slot, form: Form) -> WordingTrial:
    """Render a wording that has passed `check` in all branches."""
    fails: dict[str, str] = {}
    said = {(one.text, one.can_answer, one.can_write): one for one in _said(body, slot, form, (SIMPLE,), fails)}
    longest = max(_said(body, slot, form, (LONGEST[slot.language],), {}), key=_billed, default=None)
    return WordingTrial(slot=slot, form=form, body=body, said=tuple(said.values()), longest=longest, fails=fails)


def together(one: WordingTrial, other: WordingTrial) -> str:
    """The longest text message that two languages make, each of the same branch."""
    first, second = (_at_length(trial.body, trial.slot, as_json(trial.form)) for trial in (one, other))
    return max(
        (f"{text}\n\n{second[branch]}" for branch, text in first.items() if branch in second), key=len, default=""
    )


@lru_cache(maxsize=1024)  # to change one wording, all are judged as they are and as they would be
def _at_length(body: str, slot: Slot, form: str) -> Mapping[tuple[str, bool, bool], str]:
    """What a wording says of long names and places, in whichever language these are; the form as JSON."""
    return {
        (said.label, said.can_answer, said.can_write): said.text
        for said in _said(body, slot, from_json(form), tuple(LONGEST.values()), {})
    }


def branch(label: str) -> str:
    """The branch in the label of a sample, described for people."""
    return ", ".join(label.split("; ")[1:]) or "nothing varies"


def _billed(said: RenderedBranch) -> tuple[int, int]:
    parts = sms.count(sms.sanitise(said.text))
    return parts.segments, parts.units


def _said(
    body: str, slot: Slot, form: Form, looks: tuple[Look, ...], fails: dict[str, str]
) -> Iterator[RenderedBranch]:
    reader = replace(READERS["a short name" if looks == (SIMPLE,) else "the longest name"], recipient=slot.recipient)
    for label, data in values(form, looks):
        filled = filling(data, on_the_day(reader, data), PLACES, slot.language)
        for can_answer, can_write in WAYS:
            try:
                text = fill(body, {**filled, "can_answer": can_answer, "can_write": can_write}, slot.language)
            except DoesNotFit as error:
                fails.setdefault(branch(label), str(error))
            else:
                yield RenderedBranch(text, label, can_answer, can_write)
