"""The terminal of every command: output, refusals, logging, and expected errors as one sentence."""

import logging
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.logging import RichHandler
from rich.segment import Segment

from services.cli.harmless import harmless, tamed


class Terminal(Console):
    """A console on which no text steers the terminal: all that is printed goes through `harmless`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces of what is printed. The codes of colours and the cursor, which rich makes, are no text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


class HarmlessFormatter(logging.Formatter):
    """Log lines for a terminal that somebody else's text does not steer."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the lines of a traceback."""
        return harmless(super().format(record))


out = Terminal()
err = Terminal(stderr=True)

P = ParamSpec("P")
T = TypeVar("T")


class CommandRefused(Exception):
    """A command cannot be carried out; its text is one sentence with the cause and the cure."""


def shows_errors_plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Decorate a command to print an expected error as one sentence and exit with 1, or 2 for a wrong setting."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it logs what it raises anyway
        try:
            return command(*args, **kwargs)
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            err.print(f"[red]{tamed(error.strerror or error)}[/]{tamed(where)}", highlight=False)
            raise typer.Exit(1) from None
        except Exception as error:
            expected = _expected()
            if not isinstance(error, tuple(expected)):
                raise
            err.print(f"[red]{tamed(error)}[/]", highlight=False)
            raise typer.Exit(next(code for kind, code in expected.items() if isinstance(error, kind))) from None

    return wrapped


def _expected() -> dict[type[Exception], int]:
    """Exit codes of the expected errors, by class. Importing the classes takes a second, so only after an error."""
    from services.cli.where import NothingRunsError  # noqa: PLC0415
    from shared.embedded import EmbeddedError  # noqa: PLC0415
    from shared.kafka.client import KafkaAway  # noqa: PLC0415
    from shared.platform.database import DatabaseError  # noqa: PLC0415
    from shared.security.encryption import EncryptionError  # noqa: PLC0415
    from shared.settings import SettingsError  # noqa: PLC0415

    kinds = (CommandRefused, NothingRunsError, KafkaAway, DatabaseError, EncryptionError, EmbeddedError)
    return {SettingsError: 2, **dict.fromkeys(kinds, 1)}


def log_to_terminal(level: int = logging.INFO) -> None:
    """Log to the terminal in readable lines: our own from `level`, libraries' from WARNING or ERROR."""
    handler: logging.Handler = RichHandler(console=err, show_path=False, rich_tracebacks=False)
    if not sys.stderr.isatty():
        handler = logging.StreamHandler()
        handler.setFormatter(HarmlessFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s", force=True)
    logging.getLogger("cocreate").setLevel(level)
    for chatty in ("faststream", "cocreate.faststream", "uvicorn", "mail.log"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
