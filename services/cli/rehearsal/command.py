"""`cocreate plan`: its options. The rehearsal is loaded when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

Files = Annotated[
    list[Path],
    typer.Argument(help="JSON, JSON lines, FHIR R4 JSON, or goals or courses as .csv; - reads standard input."),
]
Source = Annotated[str, typer.Option(help="The source that FHIR resources, or the lines of a .csv, come from.")]


@shows_errors_plainly
def plan(
    files: Files,
    source: Source = "urn:fhir",
    places: Annotated[Path | None, typer.Option(help="A CSV of places, as `cocreate places import` takes it.")] = None,
    words: Annotated[
        str | None,
        typer.Option(help="published, shipped, draft, or a file or folder of drafts; else published, or shipped."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="What the clock shows, such as 2027-01-12T06:30; events may be dated up to then."),
    ] = None,
) -> None:
    """Show what these events would make us send, when, and in which words, and what people would have to do.

    Needs no Kafka and no database; where one is named and answers, its published words and places are used. With --at
    the clock shows another time: what was sent by then is listed in short, then what is due.
    """
    from services.cli.rehearsal.plan import PlanOptions, show_plan  # noqa: PLC0415 - --help need not wait

    show_plan(files, PlanOptions(source=source, places=places, words=words, at=at))
