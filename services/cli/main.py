"""The commands of `cocreate` and their options; each loads its module when it is called."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from services.cli.catalogue import CATALOGUE
from services.cli.commands.audit import audit
from services.cli.commands.erase import erase_at_provider
from services.cli.commands.people import people_app
from services.cli.commands.reunions import reunions
from services.cli.commands.sources import sources_app
from services.cli.commands.tokens import tokens_app
from services.cli.commands.unsafe import unsafe_app
from services.cli.rehearsal.command import Files, Source, plan
from services.cli.terminal import log_to_terminal, shows_errors_plainly
from services.cli.words.commands import words_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Reminders and messages for self-management support, on Kafka.

    Try it without installing anything: [bold]cocreate up[/] in one terminal, then [bold]cocreate publish FILE[/] and
    [bold]cocreate messages[/] in another. [bold]cocreate plan FILE[/] needs nothing running at all.""",
)
places_app = typer.Typer(no_args_is_help=True, help="The registry of approved public names of clinics.")
dead_app = typer.Typer(
    no_args_is_help=True, help="Records that could not be read: list, look at, publish a mended one."
)
tasks_app = typer.Typer(
    no_args_is_help=True,
    help="What people have to do: a message could not, a patient asked, a text wants a reader, a group an organiser.",
)
app.add_typer(places_app, name="places")
app.add_typer(people_app, name="people")
app.add_typer(sources_app, name="sources")
app.add_typer(tokens_app, name="tokens")
app.add_typer(words_app, name="words")
app.add_typer(tasks_app, name="tasks")
app.add_typer(unsafe_app, name="unsafe")
app.add_typer(dead_app, name="dead")
app.command()(reunions)
app.command()(audit)
app.command()(erase_at_provider)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
NewKey = Annotated[bool, typer.Option("--new-key", help="Print fresh COCREATE_KEYS and COCREATE_INDEX_KEY.")]
Example = Annotated[bool, typer.Option("--example", help="Print .env.example, made from the settings themselves.")]
EventToken = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--new-event-token", help="Print a fresh token for POST /events and /goals: a name for it, and its source."
    ),
]
ExitAfter = Annotated[bool, typer.Option("--exit", help="End by itself: 0, or 1 where anything was lost or doubled.")]


@app.command()
@shows_errors_plainly
def up() -> None:
    """Run every service in one process, on the real clock.

    Kafka and PostgreSQL are embedded unless COCREATE_KAFKA_URL and COCREATE_DATABASE_URL name real ones; the sandbox
    stands in for Twilio and the mail server unless COCREATE_TWILIO_ACCOUNT_SID is set. Addresses are in var/up.json.
    """
    from services.cli.stack.up import run_up  # noqa: PLC0415 - the services take a second to load, and --help none

    log_to_terminal()
    run_up()


@app.command()
@shows_errors_plainly
def run(
    service: Annotated[str, typer.Argument(help=f"{', '.join(CATALOGUE)}.")],
) -> None:
    """Run one service, as in production. Everything it needs comes from the environment (see .env.example)."""
    from services.cli.stack.run import run_service  # noqa: PLC0415

    log_to_terminal()
    run_service(service)


@app.command()
@shows_errors_plainly
def publish(
    files: Files,
    source: Source = "urn:fhir",
) -> None:
    """Publish CloudEvents, FHIR resources or a CSV of goals, courses, enrolments or reunions to their topics.

    Every event is checked first, as the services will; what does not fit is listed with the cause, the rest goes out.
    """
    from services.cli.commands.publish import publish_files  # noqa: PLC0415

    publish_files(files, source)


app.command()(plan)


@app.command()
@shows_errors_plainly
def messages(
    patient: Annotated[str | None, typer.Option(help="Local id, NHS number, phone number or e-mail address.")] = None,
    subject: Annotated[str | None, typer.Option(help="A thing, or the end of its name: appointment/1001.")] = None,
    state: Annotated[
        str | None, typer.Option(help="scheduled, withdrawn, withheld, sending, unknown, parked, sent, …")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
) -> None:
    """Show the message log. Every row says why it stands where it stands."""
    from services.cli.commands.log import show_messages  # noqa: PLC0415

    show_messages(patient, subject, state, as_json=as_json, limit=limit)


@app.command()
@shows_errors_plainly
def replies(
    texts: Annotated[list[str], typer.Argument(help="Texts as patients write them; - reads one a line.")],
    expected: Annotated[
        list[str] | None, typer.Option("--asked", help="An answer that an open question understands: 1, A, SURE, …")
    ] = None,
) -> None:
    """Show how a text from a patient is understood, and why. Needs nothing running, and keeps nothing."""
    from services.cli.commands.replies import explain  # noqa: PLC0415

    explain(texts, expected or ())


@app.command()
@shows_errors_plainly
def topics(
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of new topics.")] = 6,
    replicas: Annotated[int, typer.Option(min=1, help="Copies of new topics; 3 in production.")] = 1,
) -> None:
    """Create the topics that are missing."""
    from services.cli.commands.admin import create_missing_topics  # noqa: PLC0415

    create_missing_topics(partitions, replicas)


@app.command()
@shows_errors_plainly
def migrate() -> None:
    """Bring the database up to date."""
    from services.cli.commands.admin import migrate_database  # noqa: PLC0415

    migrate_database()


@app.command()
@shows_errors_plainly
def doctor(
    new_key: NewKey = False,  # noqa: FBT002
    example: Example = False,  # noqa: FBT002
    event_token: EventToken = None,
) -> None:
    """Check settings and connections: what is wrong, and what to do."""
    from services.cli.commands.doctor import examine, print_event_token, print_example, print_keys  # noqa: PLC0415

    if new_key:
        print_keys()
    elif example:
        print_example()
    elif event_token:
        print_event_token(*event_token)
    else:
        examine()


@app.command()
@shows_errors_plainly
def demo(
    exit_after: ExitAfter = False,  # noqa: FBT002
) -> None:
    """Replay an invented clinic fortnight on an accelerated clock, with every patient's phone on a web page."""
    from services.cli.demo import run_demo  # noqa: PLC0415

    log_to_terminal(logging.ERROR)
    raise typer.Exit(run_demo(exit_after=exit_after))


@places_app.command("list")
@shows_errors_plainly
def places_list() -> None:
    """The places that patients may be told of."""
    from services.cli.commands.registry import list_places  # noqa: PLC0415

    list_places()


@places_app.command("import")
@shows_errors_plainly
def places_import(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with source, clinic, name, phone, sender and, if you like, address, zone, site, …"),
    ],
    *,
    spelling: Annotated[
        bool, typer.Option(help="names and addresses are only written otherwise: tells nobody")
    ] = False,
    moved: Annotated[bool, typer.Option(help="those places are elsewhere now: whoever was sent there is told")] = False,
) -> None:
    """Add places, or bring them up to date. What waited for one goes on."""
    from services.cli.commands.registry import import_places  # noqa: PLC0415

    import_places(file, spelling=spelling, moved=moved)


@places_app.command("unmapped")
@shows_errors_plainly
def places_unmapped() -> None:
    """Clinics that messages wait for, because nobody has approved a public name for them."""
    from services.cli.commands.registry import list_unmapped  # noqa: PLC0415

    list_unmapped()


@app.command("courses")
@shows_errors_plainly
def courses_list() -> None:
    """Courses: their sessions, how many are enrolled and have finished, and what refers to nothing that is known."""
    from services.cli.commands.courses import list_courses  # noqa: PLC0415

    list_courses()


@tasks_app.command("list")
@shows_errors_plainly
def tasks_list(
    patient: Annotated[str | None, typer.Option(help="Local id, NHS number, phone number or e-mail address.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Those that are done, or came to nothing.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    limit: Annotated[int, typer.Option(min=1, help="How many, the next due first.")] = 50,
) -> None:
    """What is to be done, and by when."""
    from services.cli.commands.tasks import list_tasks  # noqa: PLC0415

    list_tasks(patient, closed=closed, as_json=as_json, limit=limit)


@tasks_app.command("close")
@shows_errors_plainly
def tasks_close(
    task: Annotated[str, typer.Argument(help="Its id, or as much of it as names one alone.")],
    outcome: Annotated[str, typer.Option("--as", help="done, in_vain or not_needed.")] = "done",
) -> None:
    """Note what became of a task."""
    from services.cli.commands.tasks import close_task  # noqa: PLC0415

    close_task(task, outcome)


@tasks_app.command("show")
@shows_errors_plainly
def tasks_show(task: Annotated[str, typer.Argument(help="Its id, or as much of it as names one alone.")]) -> None:
    """One task, and what was texted, word by word."""
    from services.cli.commands.tasks import show_task  # noqa: PLC0415

    show_task(task)


@dead_app.command("list")
@shows_errors_plainly
def dead_list() -> None:
    """Records that could not be read, each with the reason."""
    from services.cli.commands.dead import list_dead  # noqa: PLC0415

    list_dead()


@dead_app.command("show")
@shows_errors_plainly
def dead_show(record: Annotated[str, typer.Argument(help="As the list names it: clinic.appointments/0/17.")]) -> None:
    """One of them: what was wrong, and the record itself. It may name a patient."""
    from services.cli.commands.dead import show_dead  # noqa: PLC0415

    show_dead(record)


@dead_app.command("publish")
@shows_errors_plainly
def dead_publish(
    record: Annotated[str, typer.Argument(help="As the list names it: clinic.appointments/0/17.")],
    mended: Annotated[
        Path | None, typer.Option("--with", help="The mended event; without it the record goes as it was.")
    ] = None,
) -> None:
    """Publish one again, mended. A thing that was held for it is released by it."""
    from services.cli.commands.dead import publish_dead  # noqa: PLC0415

    publish_dead(record, mended)
