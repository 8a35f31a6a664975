"""The server's directory: data, settings, passwords, and where it listens.

As root the server keeps the real uid 0 (it sees another one in its user namespace), so whoever became its
superuser would be root. Therefore everything lies in a directory of mode 0700, every connection needs a
password (SCRAM), and the application's role is no superuser.
"""

import json
import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from astrid.embedded.binaries import Binaries, EmbeddedServerError

SUPERUSER = "postgres"
APPLICATION_ROLE = "astrid"
DATABASE = "astrid"

SOCKET_PORT = 5432
SOCKET_PATH_LIMIT_BYTES = 103 if sys.platform == "darwin" else 107

# A TCP port may have become another program's, which must not be told the password.
CLIENT_OPTIONS = {"sslmode": "disable"}
if pq.version() >= 160000:
    CLIENT_OPTIONS["require_auth"] = "scram-sha-256"

HOST_BASED_AUTHENTICATION = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""

SETTINGS = {
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "default_text_search_config": "pg_catalog.english",
}


@dataclass(frozen=True)
class Address:
    """Where the server listens, and as whom to connect; `host` is the socket's directory or 127.0.0.1."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @property
    def conninfo(self) -> str:
        """The connection string for psycopg."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=DATABASE,
            **CLIENT_OPTIONS,
        )

    @property
    def django(self) -> dict[str, str]:
        """The connection as entries of Django's DATABASES, without NAME."""
        return {"HOST": self.host, "PORT": str(self.port), "USER": self.user, "PASSWORD": self.password}


class Cluster:
    """A database cluster, as PostgreSQL calls it, in `directory`; whoever changes it holds `life.lock`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self._sockets = directory / "socket"
        self._passwords = directory / "passwords.json"

    def major_version(self) -> int | None:
        """The major version of PostgreSQL that made the data; None before there are any."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def uses_sockets(self) -> bool:
        """Whether PostgreSQL can use a socket at this path; if not, the server listens on loopback TCP."""
        path = os.fsencode(self._sockets / f".s.PGSQL.{SOCKET_PORT}")
        # A comma separates hosts in libpq's `host`, and directories in the server's setting.
        return len(path) <= SOCKET_PATH_LIMIT_BYTES and b"," not in path

    def address(self, role: str) -> Address:
        """Where the server, once started, listens.

        Raises
        ------
        FileNotFoundError, IndexError
            The server was never started, or is on TCP, where its port is known from its start on only.
        """
        password = json.loads(self._passwords.read_text())[role]
        if self.uses_sockets():
            return Address(str(self._sockets), SOCKET_PORT, role, password)
        port = int((self.data / "postmaster.pid").read_text().splitlines()[3])
        return Address("127.0.0.1", port, role, password)

    def create(self, postgresql: Binaries) -> None:
        """Make the data under another name first, so that an interrupted start leaves no half of them."""
        unfinished = self.directory / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, APPLICATION_ROLE)}
        locale = ["--locale=C.UTF-8"]
        if postgresql.major >= 17:
            locale.append("--locale-provider=builtin")
        postgresql.run(
            "initdb",
            f"--pgdata={unfinished.name}",
            f"--username={SUPERUSER}",
            "--pwfile=/dev/stdin",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale,
            "--data-checksums",
            cwd=self.directory,
            stdin=passwords[SUPERUSER],
        )
        postgresql.run(
            *("postgres", "--single", "-D", unfinished.name, "-c", "exit_on_error=on", "postgres"),
            cwd=self.directory,
            stdin=f"CREATE ROLE {APPLICATION_ROLE} LOGIN CREATEDB PASSWORD '{passwords[APPLICATION_ROLE]}'\n"
            f"CREATE DATABASE {DATABASE} OWNER {APPLICATION_ROLE}\n",
        )
        self._write_passwords(passwords)
        unfinished.rename(self.data)

    def configure(self) -> None:
        """Write PostgreSQL's settings anew: they belong to the code, not to the time the data were made."""
        if self.uses_sockets():
            make_private_directory(self._sockets)
            listen_addresses, port, sockets = "", SOCKET_PORT, str(self._sockets)
        else:
            listen_addresses, port, sockets = "127.0.0.1", _free_port(), ""
        place = {
            "listen_addresses": listen_addresses,
            "port": str(port),
            "unix_socket_directories": sockets,
        }
        lines = [f"{name} = {_quoted(value)}\n" for name, value in (SETTINGS | place).items()]
        (self.data / "postgresql.conf").write_text("".join(lines))
        (self.data / "pg_hba.conf").write_text(HOST_BASED_AUTHENTICATION)

    def remove_traces_of_a_crash(self) -> None:
        """Remove the dead server's lock files: PostgreSQL would trust them if another process had its id by now."""
        for path in (self.data / "postmaster.pid", *self._sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _write_passwords(self, passwords: dict[str, str]) -> None:
        self._passwords.unlink(missing_ok=True)
        with os.fdopen(os.open(self._passwords, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(passwords, file)
            file.flush()
            os.fsync(file.fileno())


def make_private_directory(path: Path) -> None:
    """Make `path` ours alone; its parents are made if need be, and left as they are otherwise.

    Raises
    ------
    EmbeddedServerError
        It belongs to another user.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedServerError(
            f"{path} belongs to user id {owner}, and we are {os.geteuid()}: "
            "run as its owner, or set ASTRID_HOME to another place, or DATABASE_URL to a PostgreSQL server"
        )
    path.chmod(0o700)


def _quoted(setting: str) -> str:
    escaped = setting.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
