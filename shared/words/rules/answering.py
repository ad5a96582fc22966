"""Lint rules about answers: the answers that a wording asks for reach us, are known, and have one meaning."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from shared.replies.answer_tokens import RESERVED, TOKENS
from shared.words.forms import Form
from shared.words.rules.asking import A_NUMBER, AnswerOption, asked
from shared.words.rules.faults import ERROR, Fault, Rule
from shared.words.rules.trial import RenderedBranch, WordingTrial
from shared.words.samples import PLACES
from shared.words.wording import Part

CHANGES = frozenset({"2", "3", "TALK", "IN", "OUT", "LATER"})
"""Answers by which a reader changes something, or is called."""
CALL = "Give the number to call instead."

MEANINGS: Mapping[str, frozenset[str]] = {
    "1": frozenset({"coming", "i'm coming", "dod"}),
    "2": frozenset({"new time", "a new time", "amser newydd"}),
    "3": frozenset({"not needed", "dim angen"}),
    "A": frozenset({"i did it", "did it", "fe wnes i hynny"}),
    "B": frozenset({"i did some", "did some", "fe wnes i rywfaint"}),
    "C": frozenset({"not yet", "ddim eto"}),
    "IN": frozenset({"coming", "dod"}),
    "OUT": frozenset({"not coming", "ddim yn dod"}),
}
"""Token → phrases of its meaning, by which tokens that were mixed up are found."""


def asks(trial: WordingTrial) -> frozenset[str]:
    """The answer tokens that a wording asks for in any of its branches."""
    return frozenset(token for said in trial.said for token in asked(said.text).tokens)


def reaching(trial: WordingTrial) -> Iterator[Fault]:
    """Faults of branches that ask for an answer that would not reach us, or not be read."""
    for said in trial.said:
        yield from _reaching(said, trial)


def _reaching(said: RenderedBranch, trial: WordingTrial) -> Iterator[Fault]:
    told = asked(said.text)
    phrases = [*told.own_words, *told.tokens]
    if phrases and trial.slot.part is Part.EMAIL:
        why = f'An e-mail asks for an answer ("{phrases[0]}"), which reaches nobody. {CALL}'
        yield Rule.ASKS_WHERE_NONE_CAN_ANSWER, ERROR, why
    elif phrases and not said.can_answer:
        name = "can_write" if told.own_words else "can_answer"
        cure = f"Put it between {{% if {name} %}} and {{% endif %}}, and say after {{% else %}} how to call."
        why = f'It asks for an answer ("{phrases[0]}") also where none reaches us. {cure}'
        yield Rule.ASKS_WHERE_NONE_CAN_ANSWER, ERROR, why
    elif told.own_words and not trial.form.open_question:
        why = f'It asks for own words ("{told.own_words[0]}"), which are no answer to this message. {_cure(trial.form)}'
        yield Rule.FREE_TEXT_UNSTAFFED, ERROR, why
    elif told.own_words and not said.can_write:
        cure = "Put it between {% if can_write %} and {% endif %}."
        why = f'It asks for own words ("{told.own_words[0]}") also where nobody reads them. {cure}'
        yield Rule.FREE_TEXT_UNSTAFFED, ERROR, why


def understood(trial: WordingTrial) -> Iterator[Fault]:
    """Faults of tokens that are not declared by the form, or have several or swapped meanings."""
    every = dict.fromkeys(answer for said in trial.said for answer in asked(said.text).answers)
    for token in dict.fromkeys(answer.token for answer in every):
        yield from _token(token, trial.form)
    for said in trial.said:
        meanings: dict[str, set[str]] = defaultdict(set)
        for answer in asked(said.text).answers:
            meanings[answer.token] |= {answer.meaning.lower()} - {""}
        for token, several in meanings.items():
            if len(several) > 1:
                why = f'"{token}" means {quoted(several)} in one text. Give each answer one meaning.'
                yield Rule.ANSWERS_OVERLAP, ERROR, why
    for answer in every:
        yield from _swapped(answer, trial.form)


def _token(token: str, form: Form) -> Iterator[Fault]:
    cure = _cure(form)
    if token in RESERVED:
        why = f'It asks for "{token}", which the network takes before it reaches us. {cure}'
        yield Rule.RESERVED_WORD, ERROR, why
    elif token == A_NUMBER:
        why = f"It asks for a bare number, which may be the answer to another question. {cure}"
        yield Rule.ANSWERS_OVERLAP, ERROR, why
    elif token not in form.answers:
        other = f'answers another question ("{TOKENS[token]}")' if token in TOKENS else "nobody understands"
        yield Rule.ANSWERS_OVERLAP, ERROR, f'It asks for "{token}", which {other}. {cure}'


def _swapped(answer: AnswerOption, form: Form) -> Iterator[Fault]:
    meaning = answer.meaning.lower()
    if answer.token not in form.answers or meaning in MEANINGS.get(answer.token, ()):
        return
    for other in sorted(form.answers - {answer.token}):
        if meaning in MEANINGS.get(other, ()):
            why = f'"{answer.token}" is said to mean "{answer.meaning}", which is {other}. Exchange them.'
            yield Rule.ANSWERS_OVERLAP, ERROR, why


def contact(trial: WordingTrial) -> Iterator[Fault]:
    """The fault of a wording with a branch that gives no phone number and asks for no answer that changes anything."""
    phones = [place.phone for place in PLACES.known.values()]
    if not trial.form.needs_contact:
        return
    for said in trial.said:
        if not any(phone in said.text for phone in phones) and not CHANGES.intersection(asked(said.text).tokens):
            where = "" if said.can_answer else " where no answer reaches us"
            cure = "Write the number in it: {{ place.phone }}, or of several appointments {{ visits|phones }}."
            why = f"It says neither how to call nor how to change anything{where}. {cure}"
            yield Rule.NO_CONTACT, ERROR, why
            return


def _cure(form: Form) -> str:
    return f"Ask for {quoted(form.answers)}." if form.answers else CALL


def quoted(words: Iterable[str]) -> str:
    """Words as a message quotes them: `"1", "2"`."""
    return ", ".join(f'"{word}"' for word in sorted(words)) or "nothing"
