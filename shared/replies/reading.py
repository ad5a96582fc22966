"""Reads a text: its meaning, its urgent phrases, and why. Rules apply in order; the first that matches decides."""

from collections.abc import Callable
from functools import lru_cache

from shared.replies import stopping, tokens, topics
from shared.replies.agenda import split_agenda
from shared.replies.beside import answer_beside_words
from shared.replies.foreign import ForeignText
from shared.replies.meaning import (
    About,
    Acts,
    AsksHelp,
    Meaning,
    NeedsPerson,
    Nothing,
    OutOfPlace,
    OwnWords,
    Several,
    StopsAll,
    StopsCategory,
    Unclear,
    Understood,
    UnsafePhone,
    YesOrNo,
)
from shared.replies.prepared import ReadReply, prepared
from shared.replies.unsafe import VIOLENCE, is_of_people, unsafe
from shared.replies.vocabulary import words

_FEW = 6  # words: a longer text is own words, not an answer
_MOST_UNCLEAR = 40  # words and numbers: a longer text is own words, never unclear
_SHORTEST_WORD = 3  # letters: "hm", "d" and "jk" mean nothing to a reader


Decision = tuple[Meaning, str]
"""The meaning of a reply, and the reason of the rule that decided."""


def read(text: str, expected: frozenset[str] = frozenset()) -> Understood:
    """Read the meaning and the urgent phrases of a reply.

    Args:
        text: the text as it was received, of any length; no text raises.
        expected: answer tokens of open questions, keys of `shared.replies.answer_tokens.TOKENS`. Only these act.

    """
    reply = prepared(text, expected)
    meaning, why = next(decision for rule in RULES if (decision := rule(reply)))
    found, elsewhere = reply.urgent, reply.foreign or ForeignText("")
    danger = (f"danger-{elsewhere.danger}",) if elsewhere.danger else ()
    return Understood(
        meaning,
        (*(phrase.id for phrase, _ in found), *danger),
        language=elsewhere.language,
        silence=reply.silence or isinstance(meaning, UnsafePhone | StopsAll),
        why=(*(f'urgent, {phrase.reason}: "{said}"' for phrase, said in found), why),
    )


def _unsafe(reply: ReadReply) -> Decision | None:
    found = unsafe(reply.seen)
    if found:
        reason, said = found
        return UnsafePhone(), f'not a safe phone, {reason}: "{said}"'
    violent = next((said for phrase, said in reply.urgent if phrase.kind in VIOLENCE), None)
    if violent and is_of_people(reply.seen) and (reply.silence or _says_stop(reply)):
        return UnsafePhone(), f'asks for silence, and speaks of violence: "{violent}"'
    return None


def _says_stop(reply: ReadReply) -> bool:
    return isinstance(stopping.stops(reply.clauses, reply.said), StopsAll)


def _automatic(reply: ReadReply) -> Decision | None:
    known = words()
    if any(pattern.match(reply.seen) for pattern in known.reactions):
        return Nothing(), "a reaction of a telephone, which quotes us: never an answer"
    if any(pattern.match(reply.line) for pattern in known.automatic):
        return Nothing(), "an automatic answer: nobody typed it"
    return None


def _empty(reply: ReadReply) -> Decision | None:
    if reply.line or any(not _is_mark(piece) for piece in reply.said) or "?" in reply.said:
        return None
    return Nothing(), "nothing is written"


def _answer(reply: ReadReply) -> Decision | None:
    found = tokens.bare(reply.said, reply.expected)
    if not found:
        return None
    name, number = found
    shown = f"{name} {number}" if number is not None else name
    if name in reply.expected:
        return Acts(name, number), f"the whole text is the answer {shown}, and a question is open for it"
    return OutOfPlace(name, number), f"the whole text is the answer {shown}, and no open question understands it"


def _answer_beside_words(reply: ReadReply) -> Decision | None:
    token = answer_beside_words(reply.said, reply.expected)
    return (Acts(token), f"begins with the answer {token}, and goes on to say the same") if token else None


def _stops(reply: ReadReply) -> Decision | None:
    match stopping.stops(reply.clauses, reply.said):
        case None:
            return None
        case StopsAll(rest) as meaning:
            beside = "; a person reads the rest" if rest else ""
            return meaning, f"says clearly that texts shall stop{beside}"
        case StopsCategory(category, rest) as meaning:
            beside = "; a person reads the rest" if rest else ""
            return meaning, f"says clearly that texts about {category} shall stop{beside}"
        case meaning:
            return meaning, "CANCEL alone: the carrier takes it for STOP, people mean an appointment"


def _restarts(reply: ReadReply) -> Decision | None:
    meaning = stopping.restarts(reply.clauses)
    return (meaning, "says clearly that texts shall come again") if meaning else None


def _help(reply: ReadReply) -> Decision | None:
    return (AsksHelp(), "HELP or INFO") if tokens.consists_of(_without_question(reply.said), words().help) else None


def _several(reply: ReadReply) -> Decision | None:
    found = tokens.several(reply.said)
    return (Several(found), f"more than one answer: {', '.join(found)}") if found else None


def _courtesy(reply: ReadReply) -> Decision | None:
    if reply.said and tokens.is_courtesy(reply.said):
        if reply.expected and set(reply.said) & words().thumbs_up and not reply.line:
            return YesOrNo(yes=True), "a thumb up while a question is open"
        return Nothing(), "courtesy alone"
    return None


def _yes_or_no(reply: ReadReply) -> Decision | None:
    known = words()
    if reply.line == "sure" and "SURE" in reply.expected:
        return None
    if tokens.consists_of(reply.said, known.yes):
        return YesOrNo(yes=True), "yes, without saying to what"
    if tokens.consists_of(reply.said, known.no) or (not reply.line and set(reply.said) & known.thumbs_down):
        return YesOrNo(yes=False), "no, without saying to what"
    return None


def _foreign(reply: ReadReply) -> Decision | None:
    if reply.foreign is None or reply.foreign.about is None:
        return None
    about, said = reply.foreign.about, reply.foreign.said
    return NeedsPerson(about, split_agenda(reply.own)), f'about {about}, in {reply.foreign.language}: "{said}"'


def _about(reply: ReadReply) -> Decision | None:
    found = topics.topic(reply.line)
    if found:
        about, said = found
        return NeedsPerson(about, split_agenda(reply.own)), f'about {about}: "{said}"'
    stops = words().stops
    known = _words_of_stops()
    near = (clause.words for clause in reply.clauses if not known.isdisjoint(clause.words))
    if any(tokens.consists_of(said_so, stops) for said_so in near):
        return NeedsPerson(About.STOPPING, split_agenda(reply.own)), "says stop beside other words"
    return None


def _unclear(reply: ReadReply) -> Decision | None:
    said = tuple(piece for piece in reply.said if piece.isalnum())
    if len(said) > _MOST_UNCLEAR:
        return None
    letters = [piece for piece in said if not piece.isdecimal()]
    # Scripts that join letters with marks come in short pieces.
    longest = max(map(len, letters), default=0) if reply.line.isascii() else sum(map(len, letters))
    if longest < _SHORTEST_WORD or (len(said) == 1 and said[0][0].isdecimal()):
        return Unclear(), "too short to say anything"
    if tokens.consists_of(_without_question(reply.said), words().puzzled):
        return Unclear(), "does not know what we want"
    return _half_an_answer(reply, said)


def _half_an_answer(reply: ReadReply, said: tuple[str, ...]) -> Decision | None:
    """What begins like an answer, or holds one, and may mean another thing."""
    found, letters = tokens.tokens_in(reply.said), {piece for piece in said if not piece.isdecimal()}
    if len(said) <= _FEW and (found or "sure" in said) and letters <= words().hedges | _courteous():
        return Unclear(), "an answer with words that take it back"
    first = reply.said[:1]
    if reply.said[1:2] and first[0] in reply.expected & tokens.DIGITS and reply.said[1].isalpha() and len(found) == 1:
        return Unclear(), "begins like an answer and goes on with other words"
    if first == ("sure",) and "SURE" in reply.expected:
        return Unclear(), "SURE without a number from 0 to 10"
    return None


def _own_words(reply: ReadReply) -> Decision:
    return OwnWords(split_agenda(reply.own)), "own words"


@lru_cache(maxsize=1)
def _courteous() -> frozenset[str]:
    known = words()
    said = known.thanks | known.acknowledging | frozenset(e for echoes in known.echoes.values() for e in echoes)
    return (
        frozenset(word for phrase in said for word in phrase)
        | known.numbers.keys()
        | frozenset("abc")
        | {"talk", "in", "out"}
    )


@lru_cache(maxsize=1)
def _words_of_stops() -> frozenset[str]:
    return frozenset(word for phrase in words().stops for word in phrase)


def _without_question(said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(piece for piece in said if piece != "?")


def _is_mark(piece: str) -> bool:
    return len(piece) == 1 and piece.isascii()


RULES: tuple[Callable[[ReadReply], Decision | None], ...] = (
    _unsafe,
    _automatic,
    _empty,
    _answer,
    _stops,
    _restarts,
    _help,
    _answer_beside_words,
    _several,
    _courtesy,
    _yes_or_no,
    _foreign,
    _about,
    _unclear,
    _own_words,
)
"""The rules, in the order in which they are tried; the last one always decides."""
