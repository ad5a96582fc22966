"""The commands of `cocreate unsafe`: phones that somebody else may read, held until an operator lifts it."""

from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

unsafe_app = typer.Typer(
    no_args_is_help=True, help="Phones that somebody else may read: nothing goes there until you lift it."
)

Because = Annotated[str, typer.Option("--because", help="Why, for whoever asks later: how you know, and from whom.")]


@unsafe_app.command("list")
@shows_errors_plainly
def unsafe_list(
    lifted: Annotated[bool, typer.Option("--lifted", help="Also those that were lifted, by whom and why.")] = False,  # noqa: FBT002
) -> None:
    """Every phone that is held, since when, and whose it is."""
    from services.cli.commands.unsafe_phones import list_unsafe  # noqa: PLC0415

    list_unsafe(lifted_too=lifted)


@unsafe_app.command("hold")
@shows_errors_plainly
def unsafe_hold(phone: Annotated[str, typer.Argument(help="Its number.")], because: Because) -> None:
    """Send nothing to a phone from now on, whoever has it."""
    from services.cli.commands.unsafe_phones import hold_phone  # noqa: PLC0415

    hold_phone(phone, because)


@unsafe_app.command("lift")
@shows_errors_plainly
def unsafe_lift(
    phone: Annotated[str, typer.Argument(help="Its number, or its place in the list, such as #12.")], because: Because
) -> None:
    """Let messages go to a phone again: only once the patient has said so, in a safe way."""
    from services.cli.commands.unsafe_phones import lift_phone  # noqa: PLC0415

    lift_phone(phone, because)
