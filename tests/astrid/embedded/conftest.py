"""Servers in directories of their own; the first start is made once and copied."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from astrid.embedded.server import Server
from tests.astrid.embedded.processes import stopped_in_the_end


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's directory, made by a first start, with the server stopped."""
    directory = tmp_path_factory.mktemp("made") / "postgresql"
    server = Server(directory)
    server.ensure_running()
    server.stop_if_unused()
    return directory


@pytest.fixture
def server(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the test's own, not running yet; its path is short enough for a socket."""
    directory = shutil.copytree(made, tmp_path_factory.mktemp("pg") / "s")
    with stopped_in_the_end(directory) as server:
        yield server


@pytest.fixture
def server_on_tcp(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose path is too long for a socket."""
    directory = shutil.copytree(made, tmp_path_factory.mktemp("pg") / ("long" * 30))
    with stopped_in_the_end(directory) as server:
        yield server


@pytest.fixture
def visible_home(made: Path) -> Iterator[Path]:
    """A directory that every local user may read, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        yield home
