"""The lint of wordings: finds faults, and tells the author how to mend them.

A wording is rendered for every branch of its form (`rules.trial`); the rules then check the rendered texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from shared.words.forms import Form, as_json, from_json
from shared.words.grammar import check, convert
from shared.words.rules import across, answering, length
from shared.words.rules.faults import ERROR, WARNING, Fault, Finding, Rule, Severity
from shared.words.rules.links import foreign
from shared.words.rules.reading_age import hardest, reading_age, sentences
from shared.words.rules.trial import WordingTrial, tried
from shared.words.rules.vocabulary import revealing_words
from shared.words.samples import PLAIN, SIMPLE
from shared.words.wording import DoesNotFit, Language, NotAllowed, Part, Recipient, Slot, Wording

__all__ = ["Finding", "Rule", "Severity", "lint", "lint_all"]

OLDEST = 11  # years; NHS guidance asks for a reading age of 9 to 11
LONGEST_QUOTE = 80  # characters of a sentence that is to be changed

LINES = frozenset({Part.SUBJECT, Part.CALENDAR})
"""Parts that are one line, which lock screens show too."""
CARED_FOR = frozenset({Recipient.PATIENT, Recipient.CARER})


def lint(wording: Wording, form: Form, domains: frozenset[str]) -> list[Finding]:
    """The findings about one wording.

    Args:
        wording: the wording, before `convert` or after.
        form: the form of its message.
        domains: the domains to which links may lead, with their subdomains.

    """
    return list(_judged(wording.slot, wording.body, as_json(form), domains)[1])


def lint_all(
    wordings: Iterable[Wording], forms: Mapping[tuple[str, str], Form], domains: frozenset[str]
) -> list[Finding]:
    """The findings about each wording, about missing wordings, and about wordings that contradict one another.

    Args:
        wordings: all wordings that are, or would be, published; one of each slot.
        forms: the forms of messages, by planner and name.
        domains: as for `lint`.

    """
    found: list[Finding] = []
    trials: dict[Slot, WordingTrial] = {}
    slots: dict[Slot, None] = {}  # in their order
    for wording in wordings:
        slot = wording.slot
        form = forms.get((slot.planner, slot.name))
        if form is None:
            why = f"{slot.planner} has no message {slot.name}. Correct its name, or take the wording away."
            found.append(Finding(Rule.UNKNOWN_MESSAGE, ERROR, why, slot))
            continue
        trial, own = _judged(slot, wording.body, as_json(form), domains)
        found += own
        if wording.body.strip():
            slots[slot] = None
        if trial is not None:
            trials[slot] = trial
    return [*found, *across.missing(slots), *across.languages(trials), *across.messages(trials)]


@lru_cache(maxsize=4096)  # to change one wording, all are judged as they are and as they would be
def _judged(
    slot: Slot, body: str, form: str, domains: frozenset[str]
) -> tuple[WordingTrial | None, tuple[Finding, ...]]:
    """The trial of a wording, if it can be tried, and what is wrong with it alone; the form as JSON, to be compared."""
    trial, faults = _try(slot, body, from_json(form))
    every = faults if trial is None else _faults(trial, domains)
    return trial, tuple(Finding(*fault, slot) for fault in dict.fromkeys(every))


def _try(slot: Slot, body: str, form: Form) -> tuple[WordingTrial | None, Iterable[Fault]]:
    """The trial of a wording, or why it cannot be tried."""
    if not body.strip():
        return None, _empty(slot)
    try:
        body = convert(body)
        check(body, form)
    except NotAllowed as error:
        return None, [(Rule.NOT_ALLOWED, ERROR, _sentence(error))]
    except DoesNotFit as error:
        return None, [(Rule.UNKNOWN_PLACEHOLDER, ERROR, _sentence(error))]
    return tried(body, slot, form), ()


def _sentence(error: Exception) -> str:
    return f"{str(error).rstrip('.')}."


def _empty(slot: Slot) -> Iterator[Fault]:
    """The fault of an empty body, which removes a slot's wording: an error where no other wording can stand in."""
    is_last = slot == Slot(planner=slot.planner, name=slot.name, part=slot.part) and slot.part is not Part.CALENDAR
    if is_last:
        yield Rule.EMPTY, ERROR, "It says nothing. Write what the patient shall read."
    else:
        yield Rule.EMPTY, WARNING, "It says nothing, so its reader gets other words. If that is not meant, write them."


def _faults(trial: WordingTrial, domains: frozenset[str]) -> Iterator[Fault]:
    for branch, why in list(trial.fails.items())[:1]:
        yield Rule.EMPTY, ERROR, f"Where {branch}: {why}."
    yield from _telling(trial)
    yield from _links(trial, domains)
    if trial.slot.part in LINES:
        yield from length.of_line(trial)
        return
    yield from answering.reaching(trial)
    yield from answering.understood(trial)
    if trial.slot.part is Part.SMS:
        yield from length.of_text(trial)
        yield from _sender(trial)
    if trial.slot.recipient in CARED_FOR:
        yield from answering.contact(trial)
        yield from _age(trial)


def _telling(trial: WordingTrial) -> Iterator[Fault]:
    severity = WARNING if trial.slot.part is Part.EMAIL else ERROR  # a mail is opened first
    for word in dict.fromkeys(word for text in _sentences(trial) for word in revealing_words(text)):
        cure = 'Leave it out, or write what tells nothing, such as "your appointment" or "your group".'
        yield Rule.TELLS_CONDITION, severity, f'It names "{word}", and others see this screen. {cure}'


def _links(trial: WordingTrial, domains: frozenset[str]) -> Iterator[Fault]:
    if re.search(r"://[^\s{]*\{\{", trial.body):
        why = "A link holds a placeholder: it would carry details of a person. Write the whole address."
        yield Rule.LINK_NOT_ALLOWED, ERROR, why
    texts = [text.replace(SIMPLE.link, "") for text in _sentences(trial)]  # an event's link is checked as it comes
    for link in dict.fromkeys(link for text in texts for link in foreign(text, domains)):
        known = ", ".join(sorted(domains)) or "no domain"
        cure = f"Links lead to {known}, by https. Change it, or put a space after a full stop."
        why = f'A phone makes a link of "{link}". {cure}'
        yield Rule.LINK_NOT_ALLOWED, ERROR, why


def _age(trial: WordingTrial) -> Iterator[Fault]:
    if trial.slot.language is not Language.ENGLISH:
        return
    texts = [_own_words(said.text) for said in trial.said]
    age, text = max(((reading_age(text) or 0.0, text) for text in texts), default=(0.0, ""))
    if age > OLDEST:
        cure = f'Use short words and short sentences, first in "{hardest(text)[:LONGEST_QUOTE]}".'
        yield Rule.READING_AGE, ERROR, f"It asks for a reading age of {age:.1f}, {OLDEST} at most. {cure}"


def _own_words(text: str) -> str:
    """A text without the values that no author can shorten."""
    plain = text.removeprefix(f"{PLAIN.sender}: ").removesuffix(PLAIN.sender)
    return plain.replace(SIMPLE.link, "").replace(PLAIN.phone, "us")


def _sender(trial: WordingTrial) -> Iterator[Fault]:
    """The fault of a text message that does not begin with its sender."""
    if all(said.text.startswith(PLAIN.sender) for said in trial.said):
        return
    cure = "Begin with {{ place.sender }}: and leave it out at the end."
    why = f"It does not begin with its sender: on a lock screen it looks like a stranger's. {cure}"
    yield Rule.NO_SENDER, WARNING, why


def _sentences(trial: WordingTrial) -> dict[str, None]:
    """The sentences of a wording in all branches, each once; also those that no branch of the trial reached."""
    texts = [*(said.text for said in trial.said), re.sub(r"\{[{%#].*?[}%#]\}", " ", trial.body, flags=re.DOTALL)]
    return dict.fromkeys(sentence for text in texts for sentence in sentences(text))
