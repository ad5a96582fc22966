"""`cocreate tokens`: the access tokens of whoever posts to the gateway."""

from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly

tokens_app = typer.Typer(no_args_is_help=True, help="Access tokens of the gateway: each somebody's, and not for good.")

Name = Annotated[str, typer.Argument(help="Its name in metrics and on record: a-z, 0-9, dot, dash, underscore.")]


@tokens_app.command("issue")
@shows_errors_plainly
def tokens_issue(
    name: Name,
    issued_to: Annotated[str, typer.Option("--for", help="The person or the system whose it is.")],
    source: Annotated[list[str], typer.Option(help="For which source it speaks; several times for several.")],
    expires: Annotated[str, typer.Option(help="A day such as 2027-05-31, or a span such as 180d.")],
) -> None:
    """Issue a token and print it, once: only its hash is kept."""
    from services.cli.commands.access_tokens import issue_token  # noqa: PLC0415

    issue_token(name, issued_to, source, expires)


@tokens_app.command("list")
@shows_errors_plainly
def tokens_list() -> None:
    """Every token that was issued: whose, for which sources, until when, and who withdrew it and why."""
    from services.cli.commands.access_tokens import list_tokens  # noqa: PLC0415

    list_tokens()


@tokens_app.command("withdraw")
@shows_errors_plainly
def tokens_withdraw(
    name: Name, why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = ""
) -> None:
    """Withdraw a token: gateways refuse it within seconds."""
    from services.cli.commands.access_tokens import withdraw_token  # noqa: PLC0415

    withdraw_token(name, why)
