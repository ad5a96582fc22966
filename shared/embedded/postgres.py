"""A real PostgreSQL from a wheel's programs, on a Unix socket."""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from shared.embedded.errors import EngineFailedError
from shared.embedded.programs import Programs, programs

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, with the closing zero.
LONGEST_SOCKET_PATH = 103

# A crashed server replays its log first; a laptop's does in a few seconds.
START_SECONDS = 60


class EmbeddedPostgres:
    """A real PostgreSQL 18 on a Unix socket and no TCP port: a context manager, which serves while entered.

    Processes that enter the same `data_dir` share one server: the first starts it, the last to leave stops it. One that
    was killed counts as having left; if it was the last, its server serves on and the next to enter takes it over.

    Only the wheel's programs are used, not its Python: that locks a file in /tmp which other users then can't open,
    opens every directory above for reading by all, and never stops a server of which one user was killed.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """Choose the data directory of the server.

        Args:
            data_dir: created where missing, with its parents.
            durable: False for tests: faster, and a crash of the machine (not of a process) loses the data. The process
                that starts the server decides.
        """
        self._home = Path(os.path.abspath(data_dir.expanduser()))  # noqa: PTH100 - resolve() may go through links that move
        self._data = self._home / "data"
        self._programs = Programs(self._data)
        self._durable = durable
        self._presence: int | None = None
        self._socket_dir: Path | None = None

    def __enter__(self) -> Self:
        """Start the server, or attach to the one that is running.

        Raises:
            EngineMissingError: the extra isn't installed.
            EngineFailedError: it wouldn't start, or the data belong to another user.
        """
        programs()
        with self._alone():
            presence = _open_lock(self._home / "users.lock")
            fcntl.flock(presence, fcntl.LOCK_SH)
            try:
                self._socket_dir = self._running() or self._start()
            except BaseException:
                os.close(presence)
                raise
            self._presence = presence
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave, and stop the server if no other process uses it."""
        presence, self._presence, self._socket_dir = self._presence, None, None
        if presence is None:
            return
        with self._alone():
            last = _is_last(presence)
            os.close(presence)
            socket_dir = self._running() if last else None
            if socket_dir is not None:
                self._programs.run("pg_ctl", "stop", "--pgdata", str(self._data), "--mode", "fast", "--wait")
                if socket_dir != self._data:
                    with contextlib.suppress(OSError):
                        socket_dir.rmdir()

    def database_url(self, name: str = "postgres") -> str:
        """The address of a database, for asyncpg; with the scheme `postgresql+asyncpg` for SQLAlchemy too."""
        # All is said, so that no PGHOST, PGPORT or PGUSER is asked.
        return f"postgresql://postgres@/{quote(name, safe='')}?host={quote(str(self._serving()))}&port={_PORT}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Create a database and return its address; one that exists already stays as it is.

        Args:
            name: any name that PostgreSQL takes, up to 63 bytes.
            template: the database to copy; it must have no connections.
        """
        create = f"CREATE DATABASE {_identifier(name)} TEMPLATE {_identifier(template)} STRATEGY file_copy"
        absent = f"NOT EXISTS (SELECT FROM pg_database WHERE datname = {_literal(name)})"
        # Alone, for two processes may want the same one.
        with self._alone():
            self._sql(f"SELECT {_literal(create)} WHERE {absent} \\gexec")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and end its connections; a missing one is no error."""
        self._sql(f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)")

    def _start(self) -> Path:
        """Start the server and return the directory of its socket."""
        self._programs.let_in(programs())
        if not self._data.exists():
            self._create()
        if os.geteuid() not in {0, self._data.stat().st_uid}:
            raise EngineFailedError(
                f"{self._data} belongs to another user: run as that user, or choose another directory"
            )
        socket_dir = self._choose_socket_dir()
        settings = {
            "listen_addresses": "",
            "port": _PORT,
            "unix_socket_directories": str(socket_dir),
            "unix_socket_permissions": "0700",
            # Each service and each test keeps a pool of its own.
            "max_connections": "200",
            "timezone": "UTC",
        }
        if not self._durable:
            # A commit still waits until the system has it, so that only a crash of the machine loses one.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        self._disown_dead(socket_dir)
        server_log = self._data / "server.log"
        start = ("start", "--pgdata", str(self._data), "--log", str(server_log), "--options", options)
        wait = ("--wait", "--timeout", str(START_SECONDS), "--silent")
        self._run_start((*start, *wait), server_log)
        return socket_dir

    def _run_start(self, options: Sequence[str], server_log: Path) -> None:
        """Start; a killed server's last queries end by themselves, and then the memory they share is free."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._programs.run("pg_ctl", *options, log_file=server_log)
            except EngineFailedError as refused:
                if "is still in use" not in str(refused) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _create(self) -> None:
        """Make a new, empty cluster; all or nothing, for a half-made one would never start."""
        half = self._home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        account = self._programs.account()
        if account is not None:
            os.chown(half, *account)
        # Nobody but the owner reaches the socket, so no password; the locale of the machine must not change an order.
        self._programs.run(
            *("initdb", "--pgdata", str(half), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *(() if self._durable else ("--no-sync",)),
        )
        half.rename(self._data)

    def _running(self) -> Path | None:
        """Return the directory of the socket on which a server answers, None where none does.

        Waits for a server that is starting or stopping.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                # Line 5 is the socket's directory (src/include/utils/pidfile.h); the file outlives a killed server.
                told = (self._data / "postmaster.pid").read_text().splitlines()[4]
            except (FileNotFoundError, IndexError):
                return None
            except PermissionError as exc:
                raise EngineFailedError(
                    f"{self._data} belongs to another user: run as that user, or choose another directory"
                ) from exc
            answer = self._programs.attempt(
                "pg_isready", "--host", told, "--port", _PORT, "--username", "postgres"
            ).returncode
            if answer == _READY:
                return Path(told)
            if answer != _REJECTING:
                return None
            if time.monotonic() > deadline:
                raise EngineFailedError(
                    f"The server of {self._data} has refused connections for {START_SECONDS} s: see server.log there"
                )
            time.sleep(0.1)

    def _disown_dead(self, socket_dir: Path) -> None:
        """Let a server start after one that was killed, though another process now has its process number.

        PostgreSQL refuses to start where that process lives: an unreaped zombie, or an unrelated process after a
        restart of the machine or container. It takes a lock file with its own parent's number for a leftover, and still
        checks that no orphan of the dead server writes to the data (miscinit.c, CreateLockFile).
        """
        for lock in (self._data / "postmaster.pid", socket_dir / f"{_SOCKET}.lock"):
            with contextlib.suppress(OSError, ValueError):
                pid, *rest = lock.read_text().splitlines(keepends=True)
                # "14844 (postgres) S 1 ..."; elsewhere than on Linux there is no such file, and PostgreSQL decides.
                name, state = Path(f"/proc/{int(pid)}/stat").read_text().partition(" (")[2].rsplit(") ", 1)
                if name != "postgres" or state.startswith("Z"):
                    lock.write_text("".join((f"{os.getpid()}\n", *rest)))

    def _choose_socket_dir(self) -> Path:
        """The directory of the socket: the data directory or, where its path is too long, a temporary one."""
        # A comma would separate two directories.
        if len(os.fsencode(self._data / _SOCKET)) <= LONGEST_SOCKET_PATH and not set(',"') & set(str(self._data)):
            return self._data
        name = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"cocreate-{name}"
        with contextlib.suppress(FileExistsError):
            short.mkdir(mode=0o700)
        owner, group = self._programs.account() or (os.geteuid(), os.getegid())
        os.chown(short, owner, group, follow_symlinks=False)
        # Anyone may have put something of that name there.
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            raise EngineFailedError(
                f"{short} isn't a directory of ours alone: remove it, or choose a shorter path than {self._data}"
            )
        return short

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock out every other process that starts, stops or changes this server."""
        try:
            # Passable, for as root the server runs as another user.
            self._home.mkdir(mode=0o711, parents=True, exist_ok=True)
            lock = _open_lock(self._home / "start.lock")
        except PermissionError as exc:
            raise EngineFailedError(
                f"{self._home} belongs to another user: run as that user, or choose another directory"
            ) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _serving(self) -> Path:
        if self._socket_dir is None:
            raise EngineFailedError("The embedded PostgreSQL isn't running: use it inside its `with` block")
        return self._socket_dir

    def _sql(self, statement: str) -> None:
        where = ("--host", str(self._serving()), "--port", _PORT, "--username", "postgres", "--dbname", "postgres")
        self._programs.run("psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", *where, said=statement)


_PORT = "5432"  # a socket's name alone; nothing listens on TCP
_SOCKET = f".s.PGSQL.{_PORT}"
_READY, _REJECTING = 0, 1  # what pg_isready exits with


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_last(presence: int) -> bool:
    """Whether no other process holds the lock; the kernel releases the lock of a killed process."""
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
