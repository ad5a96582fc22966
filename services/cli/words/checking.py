"""`cocreate words check`: runs the lint over wordings and prints its findings with their cures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from services.cli.harmless import tamed
from services.cli.terminal import CommandRefused, out
from services.cli.words.wordings import WordsStatus, called, from_file, kept_or_shipped
from shared.settings import Connections, load
from shared.words.lint import Finding, Severity, lint_all
from shared.words.wording import Wording

NO_KEY = "A" * 43 + "="


def check_words(files: Sequence[Path], *, only_shipped: bool) -> None:
    """Print the lint's findings in published wordings and in drafts, or in the wordings of these files.

    Raises:
        CommandRefused: the lint finds an error, or a file holds no wordings.

    """
    words = kept_or_shipped(only_shipped=only_shipped)
    drafts = [one for file in files for one in from_file(file)] if files else words.drafts
    findings = [] if files else found_in(words.published, words)
    show(findings)
    would_be = found_by(drafts, words)
    if would_be and not files:
        out.print("If the drafts were published:")
    show(would_be)
    every = [*findings, *would_be]
    refuse_errors(every, "")
    number = len(drafts) + (0 if files else len(words.published))
    out.print(f"{number} wordings: nothing is wrong{', beside what is said above' if every else ''}.")


def found_in(wordings: Iterable[Wording], words: WordsStatus) -> list[Finding]:
    """The lint's findings in a complete set of published wordings."""
    return lint_all(wordings, words.forms, frozenset(domains()))


def found_by(wordings: Sequence[Wording], words: WordsStatus) -> list[Finding]:
    """The lint's findings in new wordings, and those that publishing them would cause in others."""
    if not wordings:
        return []
    known = set(found_in(words.published, words))
    published = {wording.slot: wording for wording in words.published}
    changed = {wording.slot: wording for wording in wordings}
    after = found_in({**published, **changed}.values(), words)
    return [finding for finding in after if finding.slot in changed or finding not in known]


def refuse_errors(findings: Iterable[Finding], so: str) -> None:
    """Refuse the command where a finding is an error; `so` ends the sentence with the consequence.

    Raises:
        CommandRefused: there is an error among the findings.

    """
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        raise CommandRefused(f"{errors} error{'' if errors == 1 else 's'}{so}.")


def show(findings: Iterable[Finding]) -> None:
    """Print each finding with its rule, slot, cause and cure."""
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        out.print(
            f"[{colour}]{finding.severity} {finding.rule}[/] {tamed(called(finding.slot))}: {tamed(finding.message)}",
            highlight=False,
            soft_wrap=True,
        )


def domains() -> tuple[str, ...]:
    """The domains that links in wordings may lead to, from the environment; needs nothing running."""
    return load(Connections, keys=f"none:{NO_KEY}", index_key=NO_KEY).domains()
