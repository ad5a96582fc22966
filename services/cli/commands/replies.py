"""`cocreate replies`: prints the meaning of patients' texts with its reasons. Needs nothing running, keeps nothing."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields

from services.cli.harmless import tamed
from services.cli.terminal import CommandRefused, out
from shared.replies.answer_tokens import TOKENS
from shared.replies.meaning import ACTING, Acts, Meaning, NeedsPerson, Nothing, OwnWords
from shared.replies.reading import read


def explain(texts: Sequence[str], expected: Sequence[str] = ()) -> None:
    """Print the meaning of each text and its reasons; `-` reads one text a line from standard input.

    Args:
        texts: texts of patients.
        expected: answer tokens of open questions, as messages write them; empty means all.

    Raises:
        CommandRefused: no message asks for one of these answers.

    """
    asked = {answer.upper() for answer in expected}
    if unknown := sorted(asked - TOKENS.keys()):
        raise CommandRefused(f"No message asks for {', '.join(unknown)}. They ask for {', '.join(TOKENS)}.")
    for text in _all(texts):
        understood = read(text, frozenset(asked or TOKENS))
        meaning = understood.meaning
        colour = "red" if understood.urgent else "green" if isinstance(meaning, ACTING) else "yellow"
        alarm = "URGENT, and " if understood.urgent else ""
        out.print(
            f"{tamed(repr(text))}: [{colour}]{alarm}{tamed(as_words(meaning))}[/]", highlight=False, soft_wrap=True
        )
        for why in understood.why:
            out.print(f"    {why}", markup=False, highlight=False, soft_wrap=True)
        if isinstance(meaning, OwnWords | NeedsPerson):
            for item in meaning.items:
                out.print(f"    - {item}", markup=False, highlight=False, soft_wrap=True)


def as_words(meaning: Meaning) -> str:
    """A meaning in a few words: its kind, its details, and whether it acts without staff."""
    kind = "Answer" if isinstance(meaning, Acts) else type(meaning).__name__
    name = "".join(f" {char.lower()}" if char.isupper() else char for char in kind).strip()
    shown = {field.name: getattr(meaning, field.name) for field in fields(meaning) if field.name != "items"}
    held = [
        ", ".join(value) if isinstance(value, tuple) else str(value) for value in shown.values() if value is not None
    ]
    detail = f" ({', '.join(filter(None, held))})" if any(held) else ""
    if isinstance(meaning, ACTING):
        return f"{name}{detail}: acts"
    return f"{name}{detail}" if isinstance(meaning, Nothing | OwnWords) else f"{name}{detail}: does not act"


def _all(texts: Sequence[str]) -> Iterable[str]:
    for text in texts:
        if text == "-":
            yield from (line.rstrip("\n") for line in sys.stdin)
        else:
            yield text
