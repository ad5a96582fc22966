"""Texts that somebody wrote who had not seen the rules: three sets to learn from, and one that nobody has read since.

`fresh_dev.jsonl`, `fresh_first.jsonl` (once held out, opened since) and `fresh_second.jsonl` were learnt from, so their
figures flatter. `fresh_heldout.jsonl` was measured by a script and never opened: its floors are what it measured, and
whoever reads it to mend a miss takes its worth away. Write a new one then.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.replies.meaning import (
    ACTING,
    About,
    Acts,
    NeedsPerson,
    OwnWords,
    StopsAll,
    StopsCategory,
    Understood,
    UnsafePhone,
)
from shared.replies.reading import read

HERE = Path(__file__).parent

ASKED = {
    "none": "",
    "reminder": "1 2 3",
    "agenda": "2",
    "goal": "A B C 9 SURE TALK",
    "reunion": "IN OUT LATER 9",
}
"""What the writer had before their eyes → the answers that it asked for."""

ANSWERS = {
    "coming": "1",
    "new_time": "2",
    "in": "IN",
    "out": "OUT",
    "goal_all": "A",
    "goal_some": "B",
    "goal_none": "C",
    "confidence": "SURE",
    "talk": "TALK",
}
SUBJECTS = {
    "death": About.BEREAVEMENT,
    "wrong_number": About.WRONG_NUMBER,
    "transport": About.TRANSPORT,
    "interpreter": About.INTERPRETER,
    "in_hospital": About.IN_HOSPITAL,
    "moved_away": About.MOVED_AWAY,
    "preparation": About.PREPARATION,
    "cannot_come": About.VISIT,
    "running_late": About.VISIT,
}
STOPS = (StopsAll, StopsCategory)

DEV = {"urgent": 1.0, "stop": 0.95, "death": 1.0, "wrong_number": 1.0, "unsafe_phone": 1.0, "interpreter": 1.0}
FIRST = {"urgent": 0.96, "stop": 0.92, "death": 0.95, "wrong_number": 0.88, "unsafe_phone": 0.92, "interpreter": 0.85}
SECOND = {"urgent": 1.0, "stop": 0.96, "death": 0.97, "wrong_number": 0.95, "unsafe_phone": 1.0, "interpreter": 1.0}
HELD_OUT = {
    "urgent": 0.65,
    "stop": 0.53,
    "death": 0.55,
    "wrong_number": 0.59,
    "unsafe_phone": 0.42,
    "interpreter": 1.0,
}
"""Label → the recall that it keeps, over all languages of the set."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A text with its label, the language, and what was asked before."""

    text: str
    label: str
    lang: str
    asked: str

    def read(self) -> Understood:
        """As the rules read it."""
        return read(self.text, frozenset(ASKED[self.asked].split()))

    def is_found(self) -> bool:  # noqa: PLR0911 - a table of cases
        """Whether it is read as labelled; a stop in a language that we do not write goes to a person."""
        understood = self.read()
        meaning = understood.meaning
        match self.label:
            case "urgent":
                return bool(understood.urgent)
            case "unsafe_phone":
                return isinstance(meaning, UnsafePhone)
            case "stop" if self.lang in {"en", "cy"}:
                return isinstance(meaning, STOPS)
            case "stop":
                return isinstance(meaning, NeedsPerson) and meaning.about is About.STOPPING
            case "death" if isinstance(meaning, STOPS):
                meaning = read(meaning.rest).meaning
                return isinstance(meaning, NeedsPerson) and meaning.about is About.BEREAVEMENT
            case label if label in SUBJECTS:
                return isinstance(meaning, NeedsPerson) and meaning.about is SUBJECTS[label]
            case _:
                return isinstance(meaning, OwnWords)

    def acts_wrongly(self) -> bool:
        """Whether a rule acts on it otherwise than its writer meant; a stop beside a death or danger is none."""
        meaning = self.read().meaning
        if not isinstance(meaning, ACTING):
            return False
        if isinstance(meaning, Acts):
            return ANSWERS.get(self.label) != meaning.token and not self._begins_with(meaning.token)
        if isinstance(meaning, UnsafePhone):
            return self.label != "unsafe_phone"
        return not (isinstance(meaning, STOPS) and self.label in {"stop", "unsafe_phone", "death", "urgent"})

    def _begins_with(self, token: str) -> bool:
        return self.label == "urgent" and self.text.upper().startswith(token)


def fresh(name: str) -> list[Fresh]:
    """The texts of a set."""
    lines = (HERE / f"fresh_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.strip()]
    return [Fresh(one["text"], one["label"], one["lang"], one["asked"]) for one in told]


@pytest.mark.parametrize(("name", "most"), [("dev", 0), ("first", 0), ("second", 0), ("heldout", 1)])
def test_nothing_acts_wrongly(name: str, most: int) -> None:
    """On texts that nobody wrote for these rules nothing acts wrongly, but one bare answer of a sealed set."""
    wrong = [text for text in fresh(name) if text.acts_wrongly()]
    assert len(wrong) <= most
    assert {text.label for text in wrong} <= {"cannot_come"}


@pytest.mark.parametrize(
    ("name", "floors"), [("dev", DEV), ("first", FIRST), ("second", SECOND), ("heldout", HELD_OUT)]
)
def test_recall_keeps_its_floor(
    name: str, floors: dict[str, float], record_property: Callable[[str, object], None]
) -> None:
    """What is found of each label does not fall; the test shows counts alone, never a text."""
    texts = fresh(name)
    of_label = Counter(text.label for text in texts)
    found = Counter(text.label for text in texts if text.is_found())
    recall = {label: round(found[label] / of_label[label], 3) for label in floors}
    record_property("recall", recall)
    assert {label: share for label, share in recall.items() if share < floors[label]} == {}


@pytest.mark.parametrize(("name", "most"), [("dev", 0), ("first", 2), ("second", 2), ("heldout", 3)])
def test_false_alarms_stay_few(name: str, most: int) -> None:
    """Of more than 180 texts without danger, these many escalate at most."""
    calm = [text for text in fresh(name) if text.label not in {"urgent", "unsafe_phone"}]
    assert len(calm) > 180
    assert sum(bool(text.read().urgent) for text in calm) <= most
