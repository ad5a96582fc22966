"""`cocreate people`: who speaks of a patient, and a record that is somebody else's parted."""

from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

people_app = typer.Typer(no_args_is_help=True, help="Patients: who speaks of them, and whose record to part.")


@people_app.command("show")
@shows_errors_plainly
def people_show(
    patient: Annotated[str, typer.Argument(help="Local id, NHS number, phone number, e-mail address or our own id.")],
) -> None:
    """Who speaks of a patient, and of what. No detail itself is shown."""
    from services.cli.commands.who_speaks import show_voices  # noqa: PLC0415

    show_voices(patient)


@people_app.command("part")
@shows_errors_plainly
def people_part(
    patient: Annotated[str, typer.Argument(help="Local id, NHS number, phone number, e-mail address or our own id.")],
    source: Annotated[str, typer.Option(help="Whose record is of somebody else.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "",
) -> None:
    """Part a source's record from a patient: it is somebody else's, and its NHS number unites them no more."""
    from services.cli.commands.who_speaks import part_record  # noqa: PLC0415

    part_record(patient, source, why)
