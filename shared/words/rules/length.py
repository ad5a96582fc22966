"""Whether a text is paid for more often than it may be, or a line is cut: a part of the lint. Pure."""

from collections.abc import Iterator

from shared.words import sms
from shared.words.rules.faults import ERROR, WARNING, Fault, Rule
from shared.words.rules.trial import WordingTrial

MOST_SEGMENTS = 3
"""Of one language: each is paid for. Two languages in one text may take twice as many."""
MOST_OTHERWISE = 6
"""Of one that a name in another alphabet, or a Welsh circumflex, makes dear: as many as two languages may take."""
LONGEST_LINE = 75  # half of what `book` keeps of a subject or title, which two languages share
ROOM = {sms.Encoding.GSM7: 153, sms.Encoding.UCS2: 67}  # of a segment among several: see `sms`


def of_text(trial: WordingTrial) -> Iterator[Fault]:
    """The segments of the longest text; those with a name that the usual alphabet lacks are a warning."""
    if trial.longest is None:
        return
    text = sms.sanitise(trial.longest.text)
    parts = sms.count(text)
    if parts.segments > MOST_SEGMENTS:
        why = f"{counted(parts, MOST_SEGMENTS)} It is longest where {trial.longest.branch}.{_costly(text)}"
        yield Rule.TOO_LONG, ERROR, why
        return
    other = sms.count(f"{text}\u0177").segments
    if other > MOST_OTHERWISE:
        why = f"With a name in another alphabet, or with \u0175 or \u0177, it takes up to {other} segments."
        yield Rule.TOO_LONG, WARNING, f"{why} Shorten it if you can."


def of_line(trial: WordingTrial) -> Iterator[Fault]:
    """Whether a subject or title is one line that is shown as a whole."""
    if "\n" in trial.body.strip() or any(not said.text.isprintable() for said in trial.said):
        yield Rule.NOT_ONE_LINE, ERROR, "A subject or title is one line, and this has several. Join them."
    length = len(trial.longest.text) if trial.longest else 0
    if length > LONGEST_LINE:
        why = f"It comes to {length} characters; {LONGEST_LINE} are shown beside another language. Shorten it."
        yield Rule.TOO_LONG, WARNING, why


def counted(parts: sms.SmsBilling, most: int) -> str:
    """Too many segments, and how to get rid of them."""
    over = max(parts.units - most * ROOM[parts.encoding], 1)
    return f"It takes up to {parts.segments} segments, {most} at most. Shorten it by {over} characters."


def _costly(text: str) -> str:
    """The characters for which every other one costs twice."""
    costly = dict.fromkeys(letter for letter in text if letter not in sms.BASIC + sms.EXTENDED)
    return f" More would fit without {' '.join(costly)}." if costly else ""
