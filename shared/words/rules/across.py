"""Lint rules across wordings: missing wordings, and wordings that contradict one another."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from shared.words import sms
from shared.words.rules.answering import asks, quoted
from shared.words.rules.faults import ERROR, WARNING, Finding, Rule
from shared.words.rules.length import MOST_SEGMENTS, counted
from shared.words.rules.trial import WordingTrial, together
from shared.words.wording import Language, Part, Recipient, Slot


def missing(slots: Collection[Slot]) -> Iterator[Finding]:
    """Missing wordings: every message needs a text, an e-mail and its subject in English, and all of them in Welsh.

    Messages to staff need no text: they go by e-mail alone.
    """
    recipients: dict[tuple[str, str], set[Recipient]] = {}
    for slot in slots:
        recipients.setdefault((slot.planner, slot.name), set()).add(slot.recipient)
    for (planner, name), those in sorted(recipients.items()):
        whose = Recipient.PATIENT if Recipient.PATIENT in those else min(those)
        texts = (Part.SMS,) if whose in {Recipient.PATIENT, Recipient.CARER} else ()
        for part in (*texts, Part.SUBJECT, Part.EMAIL):
            slot = Slot(planner=planner, name=name, part=part, recipient=whose)
            if slot not in slots:
                why = f"There is no English {part} for the {whose}, so nothing can be sent. Write one."
                yield Finding(Rule.MISSING, ERROR, why, slot)
    for slot in slots:
        welsh = replace(slot, language=Language.WELSH)
        if welsh not in slots:
            why = "There are no Welsh words, so Welsh readers get other ones. Have them translated."
            yield Finding(Rule.MISSING, WARNING, why, welsh)


def languages(trials: Mapping[Slot, WordingTrial]) -> Iterator[Finding]:
    """Faults between English and Welsh: different answers, or too many segments together in one text."""
    for slot, english in trials.items():
        welsh = trials.get(replace(slot, language=Language.WELSH))
        if slot.part is not Part.SMS or slot.language is Language.WELSH or welsh is None:
            continue
        theirs, ours = asks(welsh), asks(english)
        if theirs != ours:
            why = f"English asks for {quoted(ours)}, and Welsh for {quoted(theirs)}. Ask for the same in both."
            yield Finding(Rule.ANSWERS_OVERLAP, ERROR, why, welsh.slot)
        parts = sms.count(sms.sanitise(together(welsh, english)))
        if parts.segments > 2 * MOST_SEGMENTS:
            why = f"In Welsh and English: {counted(parts, 2 * MOST_SEGMENTS)}"
            yield Finding(Rule.TOO_LONG, ERROR, why, welsh.slot)


def messages(trials: Mapping[Slot, WordingTrial]) -> Iterator[Finding]:
    """Answers that messages of two categories share; `9` may be shared: it opts out of the last message's kind."""
    asking: dict[str, dict[str, Slot]] = defaultdict(dict)
    for slot, trial in trials.items():
        for token in asks(trial) - {"9"}:
            asking[token].setdefault(trial.form.category, slot)
    for token, by_category in asking.items():
        for (one, _), (other, slot) in combinations(by_category.items(), 2):
            why = f'Texts about {one} and about {other} both ask for "{token}". Let each kind have its own.'
            yield Finding(Rule.ANSWERS_OVERLAP, ERROR, why, slot)
