"""`cocreate reunions`: how full each reunion is, and who comes."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import CommandRefused, shows_errors_plainly


@shows_errors_plainly
def reunions(
    reunion: Annotated[str | None, typer.Option(help="One of them: who comes. Its id, or the whole name.")] = None,
    file: Annotated[Path | None, typer.Option("--csv", help="Write who comes to this file; - prints it.")] = None,
) -> None:
    """Reunions and taster sessions: how many places are taken, and who waits. With --reunion, who comes."""
    from services.cli.commands.attendance import (  # noqa: PLC0415 - --help need not wait
        list_reunions,
        show_list,
        write_list,
    )

    if file is not None and reunion is None:
        raise CommandRefused("Say whose list to write: `cocreate reunions --reunion ID --csv FILE`.")
    if reunion is None:
        list_reunions()
    elif file is None:
        show_list(reunion)
    else:
        write_list(reunion, file)
