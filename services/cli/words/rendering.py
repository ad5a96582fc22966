"""`cocreate words render`: prints a message with example data for each reader, with the cost of each text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.harmless import tamed
from services.cli.terminal import CommandRefused, out
from services.cli.words.examples import Example, examples
from services.cli.words.trials import ExampleTrial, places_of
from services.cli.words.wordings import from_file, kept_or_shipped, named, refusing, with_drafts
from shared.words import sms
from shared.words.book import Rendered
from shared.words.wording import Recipient

LANGUAGES = ("en", "cy", "both")
INDENT = "    "

ROOM = {sms.Encoding.GSM7: (160, 153), sms.Encoding.UCS2: (70, 67)}
"""Units in a segment, by encoding: of a single segment, and of each of several."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The reader, the languages and the site to render for (`{source}#{site}`; empty: no site)."""

    languages: tuple[str, ...]
    recipient: Recipient
    site: str


def render_words(name: str, how: Rendering, file: Path | None, *, drafts: bool, only_shipped: bool) -> None:
    """Print a message with example data: each text that differs, and the e-mail.

    Raises:
        CommandRefused: there is no such message, its wording does not fit, or the file holds no wordings.

    """
    wrong = [language for language in how.languages if language not in LANGUAGES]
    if wrong:
        raise CommandRefused(f"There is no language {wrong[0]!r}; there are {', '.join(LANGUAGES)}.")
    words = kept_or_shipped(only_shipped=only_shipped)
    if file is not None:
        words = with_drafts(words, from_file(file))
    planner, name = named(words.forms, name)
    book = words.book(drafts=drafts or file is not None)
    with refusing():
        for language in how.languages or LANGUAGES[:2]:
            trial = ExampleTrial(
                book=book,
                planner=planner,
                name=name,
                recipient=how.recipient,
                language=language,
                places=places_of(how.site),
            )
            for example in examples(words.forms[planner, name]):
                _show(trial, example)


def billed(text: str) -> str:
    """The segments, encoding and used units of a text: `2 segments, GSM-7, 214 of 306`."""
    parts = sms.count(text)
    room = ROOM[parts.encoding]
    most = room[0] if parts.segments == 1 else room[1] * parts.segments
    return f"{parts.segments} segment{'s' if parts.segments > 1 else ''}, {parts.encoding}, {parts.units} of {most}"


def _show(trial: ExampleTrial, example: Example) -> None:
    head = f"{trial.planner}/{trial.name} {trial.language} to the {trial.recipient}"
    head += f": {example.case}" if example.case else ""
    for tried in trial.texts(example):
        note = f" ({tried.note})" if tried.note else ""
        _print(f"{head}, text{note}", billed(tried.rendered.text), tried.rendered, [tried.rendered.text])
    mail = trial.mail(example)
    calendar = f"Calendar: {mail.rendered.title}" if mail.calendar else ""
    lines = [line for line in (f"Subject: {mail.rendered.subject}", calendar) if line]
    _print(f"{head}, e-mail", "", mail.rendered, [*lines, "", mail.rendered.text])


def _print(head: str, cost: str, rendered: Rendered, parts: Sequence[str]) -> None:
    told = ", ".join(filter(None, (cost, rendered.words)))
    out.print(f"[bold]{tamed(head)}[/]  [dim]{tamed(told)}[/]", highlight=False, soft_wrap=True)
    for line in "\n".join(parts).splitlines():
        out.print(f"{INDENT}{line}", markup=False, highlight=False, soft_wrap=True)
    out.print()
