"""`cocreate audit`: who did what, and who looked at whose data."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly


@shows_errors_plainly
def audit(  # noqa: PLR0913, PLR0917 - the options of a command
    patient: Annotated[
        str | None, typer.Option(help="Local id, NHS number, phone number, e-mail address or our own id.")
    ] = None,
    who: Annotated[str | None, typer.Option("--operator", help="A login, or the name of an access token.")] = None,
    since: Annotated[str | None, typer.Option(help="A day such as 2026-11-23, or a span such as 12h or 7d.")] = None,
    acts: Annotated[bool, typer.Option("--acts", help="Only what changed something, without looks.")] = False,  # noqa: FBT002
    file: Annotated[Path | None, typer.Option("--csv", help="Write it to this file; - prints it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
) -> None:
    """Who did what, by which means and why, and who looked at whose data."""
    from services.cli.commands.audit_list import AuditQuestion, show_trail  # noqa: PLC0415 - --help need not wait

    show_trail(AuditQuestion(patient=patient, who=who, since=since, acts_only=acts), limit, file)
