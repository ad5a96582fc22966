"""`cocreate people`: who speaks of a patient; whose record to part; a patient erased, or exported."""

from pathlib import Path
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


@people_app.command("forget")
@shows_errors_plainly
def people_forget(
    patient: Annotated[
        str, typer.Argument(help="NHS number, phone number, e-mail address, local id or our own id.")
    ] = "",
    source: Annotated[str, typer.Option(help="Instead: the source whose record it is …")] = "",
    local_id: Annotated[str, typer.Option(help="… and what that source calls the patient.")] = "",
    because: Annotated[str, typer.Option(help="The reason, for the record: no name and no number.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a patient at once, for good, and say what is left to do on Kafka and at the provider of texts."""
    from services.cli.commands.forget import ErasureRequest, forget_patient  # noqa: PLC0415

    asked = ErasureRequest(text=patient, source=source.strip().rstrip("/"), local_id=local_id.strip())
    forget_patient(asked, because.strip(), asks=not yes)


@people_app.command("export")
@shows_errors_plainly
def people_export(
    patients: Annotated[list[str], typer.Argument(help="NHS numbers, phone numbers, local ids or our own ids.")],
    to: Annotated[Path, typer.Option(help="The file; whatever is there is replaced.")],
) -> None:
    """Write all that is held of patients to one file, for whoever asks to see what is held of them."""
    from services.cli.commands.export import export_patients  # noqa: PLC0415

    export_patients(patients, to)


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
