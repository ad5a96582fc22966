"""The commands of `cocreate words` and their options."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import shows_errors_plainly
from shared.words.wording import Language, Part, Recipient

words_app = typer.Typer(no_args_is_help=True, help="What messages say: list, try, check and change it.")

Name = Annotated[str, typer.Argument(help="As the list names it: agenda, or prompts/agenda.")]
PartOf = Annotated[Part | None, typer.Option(help="Only this part.")]
In = Annotated[Language | None, typer.Option("--language", help="Only in this language.")]
For = Annotated[Recipient | None, typer.Option("--recipient", help="Only what they read.")]
At = Annotated[str | None, typer.Option("--site", help="Only a site's own words: SOURCE#SITE, as the places have it.")]
Version = Annotated[int | None, typer.Option(min=1, help="This version of one part, instead of the drafts.")]
Shipped = Annotated[bool, typer.Option("--shipped", help="As the services ship them. Needs nothing running.")]
Drafts = Annotated[bool, typer.Option("--drafts", help="As if the drafts were published.")]


@words_app.command("list")
@shows_errors_plainly
def words_list(
    shipped: Shipped = False,  # noqa: FBT002 - a flag of the command line
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002
) -> None:
    """Every message: who reads it in which languages, whose words are in force, and which drafts wait."""
    from services.cli.words.reading import list_words  # noqa: PLC0415 - the services take a second to load, --help none

    list_words(only_shipped=shipped, as_json=as_json)


@words_app.command("show")
@shows_errors_plainly
def words_show(  # noqa: PLR0913, PLR0917 - the options of a command
    name: Name,
    part: PartOf = None,
    language: Annotated[Language, typer.Option(help="In this language.")] = Language.ENGLISH,
    recipient: Annotated[Recipient, typer.Option(help="What they read.")] = Recipient.PATIENT,
    site: Annotated[str, typer.Option(help="A site's own words: SOURCE#SITE.")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="Every version, the newest first.")] = False,  # noqa: FBT002
    shipped: Shipped = False,  # noqa: FBT002
) -> None:
    """A message's words as they are written: what is sent, and the draft that waits."""
    from services.cli.words.reading import show_words  # noqa: PLC0415
    from services.cli.words.wordings import SlotFilter  # noqa: PLC0415

    show_words(name, SlotFilter(part, language, recipient, site), versions=versions, only_shipped=shipped)


@words_app.command("render")
@shows_errors_plainly
def words_render(  # noqa: PLR0913, PLR0917 - the same
    name: Name,
    language: Annotated[list[str] | None, typer.Option(help="en, cy or both; en and cy unless you say so.")] = None,
    recipient: Annotated[Recipient, typer.Option(help="Who reads it.")] = Recipient.PATIENT,
    site: Annotated[str, typer.Option(help="At this site: SOURCE#SITE.")] = "",
    file: Annotated[Path | None, typer.Option("--with", help="As if the words of this file were published.")] = None,
    drafts: Drafts = False,  # noqa: FBT002
    shipped: Shipped = False,  # noqa: FBT002
) -> None:
    """A message with invented data in it, as its readers would get it, and what each text costs."""
    from services.cli.words.rendering import Rendering, render_words  # noqa: PLC0415

    render_words(name, Rendering(tuple(language or ()), recipient, site), file, drafts=drafts, only_shipped=shipped)


@words_app.command("check")
@shows_errors_plainly
def words_check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Exports (TOML); without any, all that is published or waits.")
    ] = None,
    shipped: Shipped = False,  # noqa: FBT002
) -> None:
    """What is wrong with words, and what to write instead. Exit 1 where something may not be sent."""
    from services.cli.words.checking import check_words  # noqa: PLC0415

    check_words(files or (), only_shipped=shipped)


@words_app.command("export")
@shows_errors_plainly
def words_export(
    name: Annotated[str | None, typer.Argument(help="As the list names it; without it every message.")] = None,
    drafts: Drafts = False,  # noqa: FBT002
    shipped: Shipped = False,  # noqa: FBT002
) -> None:
    """Print published words as TOML, to edit and import."""
    from services.cli.words.changing import export_words  # noqa: PLC0415

    export_words(name, drafts=drafts, only_shipped=shipped)


@words_app.command("import")
@shows_errors_plainly
def words_import(
    file: Annotated[Path, typer.Argument(help="TOML, as `cocreate words export` writes it. ((name)) is understood.")],
    author: Annotated[str, typer.Option(help="Who wrote it.")],
    publish: Annotated[bool, typer.Option("--publish", help="Send it from now on, instead of keeping drafts.")] = False,  # noqa: FBT002
) -> None:
    """Keep a file's words as drafts. Errors refuse the whole file."""
    from services.cli.words.changing import import_words  # noqa: PLC0415

    import_words(file, author, publish=publish)


@words_app.command("publish")
@shows_errors_plainly
def words_publish(  # noqa: PLR0913, PLR0917 - the same
    name: Name,
    part: PartOf = None,
    language: In = None,
    recipient: For = None,
    site: At = None,
    version: Version = None,
) -> None:
    """Send a message's drafts from now on, or an older version of one part."""
    from services.cli.words.changing import publish_words  # noqa: PLC0415
    from services.cli.words.wordings import SlotFilter  # noqa: PLC0415

    publish_words(name, SlotFilter(part, language, recipient, site), version)


@words_app.command("discard")
@shows_errors_plainly
def words_discard(  # noqa: PLR0913, PLR0917 - the same
    name: Name,
    part: PartOf = None,
    language: In = None,
    recipient: For = None,
    site: At = None,
    version: Version = None,
) -> None:
    """Have a message's drafts wait no longer."""
    from services.cli.words.changing import discard_words  # noqa: PLC0415
    from services.cli.words.wordings import SlotFilter  # noqa: PLC0415

    discard_words(name, SlotFilter(part, language, recipient, site), version)
