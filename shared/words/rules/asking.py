"""Finds the answers that a text asks for, in English and Welsh: single tokens, or free text.

A text asks for a token where a verb of answering leads to it ("Reply 1: coming, 2: new time", "Atebwch IN neu OUT"), or
where the token precedes its meaning ("9: no more of these"). A number right after a token belongs to it
("like this: IN 2"). A text asks for free text where the verb leads to no token.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from shared.replies.answer_tokens import RESERVED, TOKENS

A_NUMBER = "a number"
"""Stands for a bare number that a text asks for: it could not be told from the tokens `1`, `2` and `3`."""


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """A token that a text asks for, in capitals, and the meaning that the text gives."""

    token: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers that a text asks for: tokens, and the phrases that ask for free text."""

    answers: tuple[AnswerOption, ...]
    own_words: tuple[str, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens asked for, each once."""
        return tuple(dict.fromkeys(answer.token for answer in self.answers))


_END = r"(?=[.?!]+(?:\s|$)|\n\n|$)"
_VERB = (
    r"reply(?:ing)?|respond(?:ing)?|answer(?:ing)?|text(?:ing)?|send(?:ing)?|write|message|type|enter|press"
    r"|atebwch|ymatebwch|ateb|anfonwch|danfonwch|tecstiwch|teipiwch|ysgrifennwch|pwyswch"
)
_FILLER = (
    r"\s+(?:back|to\s+us|us|with|by\s+text|to\s+this(?:\s+(?:text|message|number))?|using|either|just|simply|only|now|also"
    r"|the\s+(?:words?|numbers?|letters?)|words?|numbers?|letters?|like\s+this|as\s+follows"
    r"|yn\s+ôl|gyda'?r?|drwy|naill\s+ai|fel\s+hyn|(?:y\s+|â'?r\s+)?(?:gair|rhif|llythyren)|â|ag|ni|aton\s+ni|i\s+ni)(?!\w)"
)
_OPEN = r"\s*[:\u2013-]?\s*[\"'\u2018\u201c(*]*"

# Capitals that are no answers, and numbers that count something.
_NO_ANSWER = r"(?!(?:I|NHS|GP|GPS|GIG|SMS|UK|BT|A&E)\b(?!:))"
_COUNTS = (
    r"(?!\s*(?:am|pm|days?|weeks?|months?|hours?|minutes?|times?|questions?|texts?|words?|things?|of"
    r"|munud|awr|diwrnod|o'r)\b)"
)
_TOKEN = rf"(?:{_NO_ANSWER}[A-Z]{{1,12}}|\d{{1,2}}{_COUNTS})(?!\.\d|:\d|[\w&'-])"
_RESERVED = "|".join(sorted(RESERVED, key=len, reverse=True))
_ANY_CASE = rf"(?i:(?:{_RESERVED}))(?![\w&'-])(?!\s+(?:at|is|was|line|desk|page|us|me|with|you|to\s+\w+\s+is)\b)"
_KNOWN = "|".join([*sorted((*TOKENS, *RESERVED), key=len, reverse=True), r"\d{1,2}"])
_MEANING = r"(?:[\"'\u2019\u201d)*]*\s*(?:[:=]|\()\s*(?P<meaning>[^,;.()?!/\n]{1,60}))?"

_LEADS = re.compile(rf"(?<![\w'-])(?P<verb>(?i:{_VERB}))(?![\w'-])(?P<filler>(?i:(?:{_FILLER}){{0,4}})){_OPEN}")
_FIRST = re.compile(rf"(?P<token>{_TOKEN}|{_ANY_CASE}){_MEANING}")
_BARE = re.compile(r"(?:(?:an?|any|your|one)\s+)?(?:number|rhif|how\s+many|faint)\b(?!\s*\d)", re.IGNORECASE)
_NEXT = re.compile(
    rf"(?:[,;/]|\b(?:or|and|neu|nac?|ac?)\b)\s*(?:(?i:{_VERB})\s+)?[\"'\u2018\u201c(*]*(?P<token>{_TOKEN}){_MEANING}"
)
_HEADS = re.compile(
    rf"(?:^|[\n,;.?!(/\u2022*-]\s*|\b(?:or|and|neu|ac?)\s+)(?P<token>{_KNOWN})\s*(?:=|:(?=\s))\s*"
    r"(?P<meaning>[^,;.()?!/\n]{1,60})"
)
_SENTENCE = re.compile(rf".+?{_END}", re.DOTALL)
_ELSEWHERE = re.compile(r"[\"'\u2019\u201d)]*\s+(?:to|at|i)\s+\+?\d[\d ]{3,}")
"""Another number to text to: its answers are not ours."""

_NOT = re.compile(
    r"(?:n't|n\u2019t|\bnot|\bnever|\bcannot|\bpeidiwch(?: ag| â)?|\bpeidio(?: ag| â)?)\s+$", re.IGNORECASE
)
_NOT_THE_READER = re.compile(
    r"\b(?:we(?:['\u2019]ll)?|will|our|your|their|an?|the|any|this|that|each|every|no|nobody|i"
    r"|unrhyw|eich|ein|cofiwch|yr?)\s+$",
    re.IGNORECASE,
)
_OWN_WORDS = re.compile(
    r"(?<![\w'-])(?:"
    r"(?:reply|respond)(?!\s+by\s+(?:phone|telephone|calling|post|letter|e-?mail)|,?\s+(?:please\s+)?(?:call|phone|ring)\b)"
    r"|text(?:\s+us)?\s+back|text\s+(?:us|your|what|in)|write\s+(?:back|to\s+us\s+by\s+text)|message\s+us"
    r"|answer\s+(?:this|these|us|back|by\s+text|to\s+this)|(?:tell|let)\s+us(?:\s+know)?\s+by\s+text"
    r"|send\s+(?:us\s+)?(?:an?\s+|your\s+)?(?:text|message|reply|answer|thoughts)s?(?:\s+back|\s+to\s+us)?"
    r"|(?:anfonwch|danfonwch)\s+(?:neges|hynny|ateb|air|destun|decst|eich)|ysgrifennwch\s+(?:yn\s+ôl|aton)|tecstiwch"
    r"|(?:ym)?atebwch(?!\s+(?:y\s+ffôn|yr?\s+alwad|'r\s+ffôn|eich\s+ffôn))"
    r")(?![\w'-])",
    re.IGNORECASE,
)


@lru_cache(maxsize=16_384)  # every rule asks of every branch, and all branches of all words are some ten thousand texts
def asked(text: str) -> Asked:
    """Find the answers that a text asks for."""
    found = [_asked(sentence.strip(" \n.?!")) for sentence in _SENTENCE.findall(text)]
    return Asked(
        tuple(dict.fromkeys(answer for one in found for answer in one.answers)),
        tuple(dict.fromkeys(phrase for one in found for phrase in one.own_words)),
    )


@lru_cache(maxsize=4096)  # branches share most of their sentences
def _asked(sentence: str) -> Asked:
    answers: list[AnswerOption] = []
    leading: set[int] = set()
    for verb in _LEADS.finditer(sentence):
        led = _led(sentence, verb)
        answers += led
        leading |= {verb.start()} if led else set()
    answers += (AnswerOption(found["token"], found["meaning"].strip()) for found in _HEADS.finditer(sentence))
    own_words = (
        found[0]
        for found in _OWN_WORDS.finditer(sentence)
        if found.start() not in leading
        and not _NOT.search(sentence[: found.start()])
        and not _NOT_THE_READER.search(sentence[: found.start()])
    )
    return Asked(tuple(answers), tuple(own_words))


def _led(sentence: str, verb: re.Match[str]) -> list[AnswerOption]:
    """The tokens to which a verb of answering leads; more may follow the first."""
    before = sentence[: verb.start()]
    first = _FIRST.match(sentence, verb.end())
    ours = not _NOT_THE_READER.search(before)
    if _NOT.search(before):
        return []
    if ours and _BARE.match(sentence, verb.end()):
        return [AnswerOption(A_NUMBER)]
    if first is None or (first["token"].islower() and not ours):
        return []
    found = [first, *_NEXT.finditer(sentence, first.end("token"))]
    return [
        AnswerOption(one["token"].upper(), (one["meaning"] or "").strip()) for one in found if _is_token(sentence, one)
    ]


def _is_token(sentence: str, found: re.Match[str]) -> bool:
    return found["token"].upper() in RESERVED or not _ELSEWHERE.match(sentence, found.end("token"))
