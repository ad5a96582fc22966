"""`cocreate people`: patients, and whose word is known of them."""

from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

people_app = typer.Typer(no_args_is_help=True, help="Patients: who speaks of them.")


@people_app.command("show")
@shows_errors_plainly
def people_show(
    patient: Annotated[str, typer.Argument(help="Local id, NHS number, phone number, e-mail address or our own id.")],
) -> None:
    """Who speaks of a patient, and of what. No detail itself is shown."""
    from services.cli.commands.who_speaks import show_voices  # noqa: PLC0415

    show_voices(patient)


@people_app.callback()
def _group() -> None:
    """A group of commands, although it has one yet."""
