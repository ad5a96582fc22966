"""Lint rules about length: a text has too many segments, or a line is cut."""

from collections.abc import Iterator

from shared.words import sms
from shared.words.rules.faults import ERROR, WARNING, Fault, Rule
from shared.words.rules.trial import WordingTrial

MOST_SEGMENTS = 3
"""The most segments of a text in one language, each of which is billed. Two languages may take twice as many."""
MOST_OTHERWISE = 6
"""The most segments of a text that a name in another alphabet, or ŵ or ŷ, turns into UCS-2: as for two languages."""
LONGEST_LINE = 75  # half of what `book` keeps of a subject or title, which two languages share
ROOM = {sms.Encoding.GSM7: 153, sms.Encoding.UCS2: 67}  # of a segment among several: see `sms`


def of_text(trial: WordingTrial) -> Iterator[Fault]:
    """The fault of a text with too many segments; only a warning where a name outside GSM-7 makes them."""
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
    """Faults of a subject or title that has several lines, or is too long to be shown whole."""
    if "\n" in trial.body.strip() or any(not said.text.isprintable() for said in trial.said):
        yield Rule.NOT_ONE_LINE, ERROR, "A subject or title is one line, and this has several. Join them."
    length = len(trial.longest.text) if trial.longest else 0
    if length > LONGEST_LINE:
        why = f"It comes to {length} characters; {LONGEST_LINE} are shown beside another language. Shorten it."
        yield Rule.TOO_LONG, WARNING, why


def counted(parts: sms.SmsBilling, most: int) -> str:
    """The sentence about too many segments, and how many characters to remove."""
    over = max(parts.units - most * ROOM[parts.encoding], 1)
    return f"It takes up to {parts.segments} segments, {most} at most. Shorten it by {over} characters."


def _costly(text: str) -> str:
    """The sentence that names the characters outside GSM-7, which make all others cost twice."""
    costly = dict.fromkeys(letter for letter in text if letter not in sms.BASIC + sms.EXTENDED)
    return f" More would fit without {' '.join(costly)}." if costly else ""
