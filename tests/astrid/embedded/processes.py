"""Processes that use an embedded server, and what they ask it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from astrid.embedded.cluster import Address
from astrid.embedded.server import Server
from tests import ROOT

USER_PROCESS = """
import sys
from pathlib import Path
from astrid.embedded.server import Server
Server(Path(sys.argv[1])).ensure_running()
print("ready", flush=True)
sys.stdin.read()
"""


def python(script: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


@contextmanager
def user_process(directory: Path, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server in `directory` until its standard input is closed."""
    with python(USER_PROCESS, directory, **options) as process:
        assert process.stdout.readline() == "ready\n"
        yield process


def query(address: Address, sql: str) -> tuple:
    with psycopg.connect(address.conninfo) as connection:
        return connection.execute(sql).fetchone()


def postmaster(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def stopped_in_the_end(directory: Path) -> Iterator[Server]:
    server = Server(directory)
    yield server
    server.stop_if_unused()
    server.stop()
