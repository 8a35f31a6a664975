"""A PostgreSQL server shared by the processes of one user, running while any of them needs it.

Three files are locked with flock(2), so that the kernel forgets whoever dies:

- `life.lock`, exclusive, by whoever starts or stops the server, meanwhile;
- `users.lock`, shared, by every process that uses the server;
- `server.lock`, exclusive, by the server's own processes, which inherit it: unlike a process id in a file it
  cannot outlive them, nor come to mean another process.
"""

import atexit
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from astrid.embedded import binaries
from astrid.embedded.binaries import Binaries, EmbeddedServerError
from astrid.embedded.cluster import APPLICATION_ROLE, Address, Cluster, make_private_directory

START_WITHIN_S = 60
PING_WITHIN_S = 5
LOG_LIMIT_BYTES = 10_000_000
LOG_TAIL_BYTES = 2_000


class Server:
    """The server in `directory`, which the first start makes, for any number of processes and threads."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory).absolute()
        self._cluster = Cluster(self.directory)
        self._log = self.directory / "server.log"
        self._users_lock: int | None = None
        # A forked child becomes a user by its own first connection, not by its parent's.
        os.register_at_fork(after_in_child=self._leave)

    def ensure_running(self, role: str = APPLICATION_ROLE) -> Address:
        """Start the server if need be, and count this process among its users until it ends.

        Raises
        ------
        EmbeddedServerError
            The server cannot be created or started, or does not answer.
        """
        try:
            make_private_directory(self.directory)
            with self._locked("life.lock"):
                self._join()
                self._start_until_ready()
                return self._cluster.address(role)
        except OSError as error:
            raise EmbeddedServerError(
                f"no PostgreSQL in {self.directory}: {error.strerror}: {error.filename or ''}"
            ) from error

    def is_running(self) -> bool:
        """Whether any process of the server is alive."""
        if not self.directory.is_dir():
            return False
        with self._locked("life.lock"):
            return self._is_alive()

    def stop_if_unused(self) -> None:
        """Give up this process's use of the server, and stop the server if no other process uses it."""
        if self.directory.is_dir():
            with self._locked("life.lock"):
                self._leave()
                if self._is_free("users.lock"):
                    self._stop()

    def stop(self) -> None:
        """Stop the server whoever uses it; their next connection starts it again."""
        if self.directory.is_dir():
            with self._locked("life.lock"):
                self._stop()

    def binaries(self) -> Binaries:
        """The PostgreSQL programs that fit the server's data."""
        return binaries.find(self._cluster.major_version())

    def _start_until_ready(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not (is_alive := self._is_alive()) or self._ping() != pq.Ping.OK:
            if not is_alive:
                self._start()
            elif time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"PostgreSQL in {self.directory} runs, but took no connection in {START_WITHIN_S} s:\n"
                    f"{self._log_tail()}"
                )
            else:
                time.sleep(0.05)

    def _start(self) -> None:
        postgresql = self.binaries()
        if not self._cluster.data.exists():
            self._cluster.create(postgresql)
        self._cluster.configure()
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        self._cluster.remove_traces_of_a_crash()
        server_lock = self._open("server.lock")
        fcntl.flock(server_lock, fcntl.LOCK_EX)
        try:
            postgresql.run(
                *("pg_ctl", "start", "--wait", f"--timeout={START_WITHIN_S}"),
                *(f"--pgdata={self._cluster.data.name}", f"--log={self._log.name}"),
                cwd=self.directory,
                inherited_descriptors=[server_lock],
            )
        except EmbeddedServerError as error:
            raise EmbeddedServerError(f"{error}\n{self._log_tail()}") from error
        finally:
            # Closed, not unlocked: the lock is the server's now.
            os.close(server_lock)

    def _stop(self) -> None:
        if self._is_alive():
            data = self._cluster.data.name
            self.binaries().run("pg_ctl", "stop", "--wait", "--mode=fast", f"--pgdata={data}", cwd=self.directory)
            # pg_ctl has waited for the process id's file to go, just before the process itself does.
            with self._locked("server.lock"):
                pass

    def _is_alive(self) -> bool:
        if not self._is_free("server.lock"):
            return True
        # Network file systems hand no locks down to children. There the socket tells: only the server can
        # have made it, whereas a TCP port may have become another program's.
        return self._cluster.uses_sockets() and self._ping() != pq.Ping.NO_RESPONSE

    def _ping(self) -> pq.Ping:
        try:
            address = self._cluster.address(APPLICATION_ROLE)
        except (FileNotFoundError, IndexError):
            return pq.Ping.NO_RESPONSE
        # Without the password the answer comes before the costly part of SCRAM.
        conninfo = make_conninfo(address.conninfo, password="", connect_timeout=PING_WITHIN_S)
        return pq.Ping(pq.PGconn.ping(conninfo.encode()))

    def _join(self) -> None:
        if self._users_lock is None:
            self._users_lock = self._open("users.lock")
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            atexit.register(self.stop_if_unused)

    def _leave(self) -> None:
        # Closed, not unlocked: unlocking in a forked child would take its parent's lock away.
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None

    def _is_free(self, name: str) -> bool:
        try:
            with self._locked(name, wait=False):
                return True
        except BlockingIOError:
            return False

    @contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[None]:
        descriptor = self._open(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            # Unlocked, not only closed: a child that another thread forked meanwhile has the descriptor too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _open(self, name: str) -> int:
        return os.open(self.directory / name, os.O_RDWR | os.O_CREAT, 0o600)

    def _log_tail(self) -> str:
        if not self._log.exists():
            return ""
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
