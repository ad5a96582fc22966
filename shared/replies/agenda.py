"""The items of a list as people write them, each in the patient's own words."""

import re
from itertools import pairwise

from shared.replies.plain import own_words
from shared.replies.vocabulary import words

MOST_ITEMS = 10
"""More than fit in a consultation of ten minutes; what follows stays together in the last one."""

_LONGEST_ITEM = 6  # words: between commas, more than that is a sentence
_BULLET = re.compile(r"^[ \t]*(?:[-*\u2022\u2023\u25cf\u25e6\u2013]|\(?[0-9]{1,2}[.):]|\(?[a-hA-H][.)])[ \t]+")
_NUMBER = re.compile(r"(?:^|(?<=[\s,;]))\(?([0-9]{1,2})(?:[.):](?![0-9])|[ \t]*-[ \t])[ \t]*")
# Welsh "a" is an English article too: it joins only before a Welsh article or possessive.
_JOINS = r"(?:and|&|ac|a(?=[ ](?:fy|fi|yr|y)\b)|a['\u2019]r)"
_AND = re.compile(rf"[ \t]+{_JOINS}[ \t]+", re.IGNORECASE)
_LEADING_AND = re.compile(rf"^(?:{_JOINS}|also|plus|hefyd)[ \t]+(?=\S)", re.IGNORECASE)
_MARKS = " \t,;.\n"


def split_agenda(text: str) -> tuple[str, ...]:
    """The items of a text, split by lines, numbers from 1, semicolons, or the commas of a short list; else the whole.

    Items are verbatim. At most `MOST_ITEMS`; none is cut. "My back, which hurts at night" is one.
    """
    own = own_words(text)
    lines = [line for line in own.splitlines() if line.strip(_MARKS)]
    split = _by_numbers(own) or (lines if len(lines) > 1 else None) or _by_semicolons(own) or _by_commas(own)
    if split is None:
        one = own.strip()
        return (one,) if one else ()
    items = [item for item in (_BULLET.sub("", part).strip(_MARKS) for part in split) if item]
    if len(items) <= MOST_ITEMS:
        return tuple(items)
    last = own.rindex(items[-1]) + len(items[-1])
    first = 0
    for item in items[: MOST_ITEMS - 1]:
        first = own.index(item, first) + len(item)
    return (*items[: MOST_ITEMS - 1], own[first:last].strip(_MARKS))


def _by_numbers(text: str) -> list[str] | None:
    """Split at `1.`, `2.`, … where they count up from one; a dose or a date among them does not."""
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
    if len(marks) < 2:  # noqa: PLR2004 - one item is no list
        return None
    ends = [*(after.start() for _, after in pairwise(marks)), len(text)]
    before = text[: marks[0].start()]
    return [before, *(text[mark.end() : end] for mark, end in zip(marks, ends, strict=True))]


def _by_semicolons(text: str) -> list[str] | None:
    return text.split(";") if ";" in text.strip(_MARKS) else None


def _by_commas(text: str) -> list[str] | None:
    """Split at commas where every part is short and begins like an item, not like the rest of a sentence."""
    parts = [part.strip() for part in text.strip(_MARKS).split(",")]
    if len(parts) == 1 or not all(parts):
        return None
    parts[-1] = _LEADING_AND.sub("", parts[-1])
    if re.search(r"[.!?\n]", text.strip(_MARKS)) or not all(map(_is_thing, parts)):
        return None
    last = parts[-1]
    if last.lower() in words().pairs or any(pair in last.lower() for pair in words().pairs):
        return parts
    two = _AND.split(last, maxsplit=1)
    return [*parts[:-1], *(two if all(map(_is_thing, two)) else [last])]


def _is_thing(part: str) -> bool:
    found = part.lower().split()
    return 0 < len(found) <= _LONGEST_ITEM and found[0] not in words().continuing
