"""Renders a wording in each branch, with and without answers that reach us, and at its longest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from shared.words import sms
from shared.words.filling import filling
from shared.words.forms import Form, as_json, from_json
from shared.words.grammar import fill, placeholders
from shared.words.sample_readers import READERS, on_the_day
from shared.words.samples import LONGEST_ENGLISH, LONGEST_WELSH, PLACES, SIMPLE, Look, values
from shared.words.wording import DoesNotFit, Language, Recipient, Slot

WAYS = ((False, False), (True, False), (True, True))
"""Pairs of `can_answer` and `can_write`, except the impossible one."""

ANSWERED = frozenset({"can_answer", "can_write"})

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
    return _together(*((trial.body, trial.slot, as_json(trial.form)) for trial in (one, other)))


@lru_cache(maxsize=512)  # to change one wording, all are judged as they are and as they would be
def _together(one: tuple[str, Slot, str], other: tuple[str, Slot, str]) -> str:
    first, second = _at_length(*one), _at_length(*other)
    return max(
        (f"{text}\n\n{second[branch]}" for branch, text in first.items() if branch in second), key=len, default=""
    )


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
    answered = ANSWERED & placeholders(body)
    for label, data in _samples(as_json(form), looks, slot.recipient, slot.language):
        texts: dict[tuple[bool, bool], str] = {}
        for can_answer, can_write in WAYS:
            # Most subjects and many texts read the same whether answers reach us or not.
            way = (can_answer and "can_answer" in answered, can_write and "can_write" in answered)
            try:
                if way not in texts:
                    texts[way] = fill(body, {**data, "can_answer": way[0], "can_write": way[1]}, slot.language)
            except DoesNotFit as error:
                fails.setdefault(branch(label), str(error))
            else:
                yield RenderedBranch(texts[way], label, can_answer, can_write)


@lru_cache(maxsize=16)  # a message's text, its subject and its e-mail come one after another
def _samples(
    form: str, looks: tuple[Look, ...], recipient: Recipient, language: Language
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """The label and the values of each branch of a form, which is given as JSON."""
    reader = replace(READERS["a short name" if looks == (SIMPLE,) else "the longest name"], recipient=recipient)
    return tuple(
        (label, filling(data, on_the_day(reader, data), PLACES, language))
        for label, data in values(from_json(form), looks)
    )
