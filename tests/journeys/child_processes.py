"""Starts services quickly: every module is loaded once, and a service is a fork that runs `cocreate run`.

Loading takes 3 to 8 s of a core, and what each does at its start another; journeys kill and start services a hundred
times. Orders come as JSON lines on standard input, answers go to standard output; when the input ends, whatever still
runs is killed.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

SERVICES = ("prompts", "followup", "reunions", "cards", "people", "delivery", "gateway")


def main() -> None:
    """Serve orders until there are no more."""
    from services.cli.main import app  # noqa: PLC0415 - loaded here, once, like all that follows

    for name in SERVICES:
        importlib.import_module(f"services.{name}.app")
    _prepare()
    gc.freeze()  # children share these pages for longer
    codes: dict[int, int | None] = {}
    print("ready", flush=True)  # noqa: T201 - the answer
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "run" in order:
                pid = os.fork() or _become(app, order)
                codes[pid] = None
                answer: int | None = pid
            else:
                answer = codes[order["ended"]] = _code(order["ended"], codes)
            print(json.dumps(answer), flush=True)  # noqa: T201
    finally:
        for pid, code in codes.items():
            if code is None and _code(pid, codes) is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _prepare() -> None:
    """Do once what each service would do at its start, which takes it longer than all else does.

    It reads the migrations, for which it loads Alembic, and checks the shipped words.
    """
    from services.cli.words.shipped import shipped_forms, shipped_words  # noqa: PLC0415 - loaded here, as above
    from shared.words.unfit import unfit  # noqa: PLC0415

    importlib.import_module("alembic.script")
    for _ in unfit(shipped_words(), shipped_forms()):
        pass


def _become(app: Any, order: dict[str, Any]) -> NoReturn:
    """Be the service, in this child, with an environment and a log of its own."""
    code = 1
    try:
        os.setsid()
        with Path(order["log"]).open("ab", buffering=0) as log, Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.chdir(Path(order["log"]).parent)
        os.environ.clear()
        os.environ.update(order["env"])
        app(["run", order["run"]], prog_name="cocreate")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code(pid: int, codes: dict[int, int | None]) -> int | None:
    """The exit code of a child, negative where a signal ended it; None while it runs."""
    if codes.get(pid) is not None:
        return codes[pid]
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


if __name__ == "__main__":
    main()
