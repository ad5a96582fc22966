"""`cocreate sources`: the registry of sources, and what an operator lets each do beyond its own things."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

sources_app = typer.Typer(
    no_args_is_help=True, help="The registry of sources: whose each is, and what its word may do beyond its own things."
)

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="As its events name it.")]
May = Annotated[str, typer.Argument(help="unite: by NHS number; deaths: of patients of other organisations.")]
Reason = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


@sources_app.command("list")
@shows_errors_plainly
def sources_list(
    record: Annotated[bool, typer.Option("--record", help="Who granted and withdrew what, when and why.")] = False,  # noqa: FBT002
) -> None:
    """The sources that are registered, and what each may do."""
    from services.cli.commands.source_registry import list_sources  # noqa: PLC0415

    list_sources(record=record)


@sources_app.command("import")
@shows_errors_plainly
def sources_import(
    file: Annotated[Path, typer.Argument(help="CSV with source, organisation and, if you like, name and topics.")],
) -> None:
    """Register sources, or bring them up to date. Their grants stay as they are."""
    from services.cli.commands.source_registry import import_sources  # noqa: PLC0415

    import_sources(file)


@sources_app.command("grant")
@shows_errors_plainly
def sources_grant(source: SourceName, may: May, why: Reason = "") -> None:
    """Let a source do something beyond its own things, in your name and on record."""
    from services.cli.commands.source_registry import change_grant  # noqa: PLC0415

    change_grant(source, may, why, withdraw=False)


@sources_app.command("withdraw")
@shows_errors_plainly
def sources_withdraw(source: SourceName, may: May, why: Reason = "") -> None:
    """Take back what a source was let do, in your name and on record."""
    from services.cli.commands.source_registry import change_grant  # noqa: PLC0415

    change_grant(source, may, why, withdraw=True)
