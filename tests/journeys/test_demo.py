"""README's first command, as a newcomer runs it: in a state directory of its own, in processes of its own."""

import os
import re
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from astrid.embedded.server import Server
from tests import ROOT


class Home:
    """A state directory, and the commands run on it."""

    def __init__(self, path):
        self.path = path
        self.environ = {
            **os.environ,
            "ASTRID_HOME": str(path),
            "DJANGO_SETTINGS_MODULE": "astrid.settings",
            "COLUMNS": "120",
        }

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output
        return output

    def counts(self) -> dict[str, int]:
        """Rows of the tables that a night fills."""
        tables = ("observations", "preprocess_runs", "difference_runs", "candidates", "sky_objects", "model_runs")
        tables += ("detections", "alerts", "alert_deliveries", "auth_user")
        server = Server(self.path / "postgresql")
        with psycopg.connect(server.ensure_running().conninfo) as connection:
            counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        server.stop_if_unused()
        return counts


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("demo"))
    yield home
    Server(home.path / "postgresql").stop()


@pytest.fixture(scope="module")
def first_run(home) -> str:
    """The demo, killed in the middle of its work, and then run again to its end."""
    killed = home.start("demo", "--no-serve")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (home.path / "artefacts").exists():
        time.sleep(0.5)
    time.sleep(6)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    return home.run("demo", "--no-serve")


def test_the_demo_finds_the_transients_and_little_else(first_run):
    found = re.search(r"detections +(\d+)/(\d+) \(\d+%\).* ([\d.]+)$", first_run, re.MULTILINE)
    assert int(found[1]) >= 0.9 * int(found[2]) > 0, first_run
    assert float(found[3]) <= 1, first_run
    candidates = re.search(r"candidates .* ([\d.]+)$", first_run.split("against the truth")[1], re.MULTILINE)
    assert float(candidates[1]) <= 5, first_run


def test_a_killed_demo_leaves_nothing_undone_and_nothing_twice(home, first_run):
    counts = home.counts()
    assert counts["observations"] == 12
    assert counts["alerts"] > 0
    server = Server(home.path / "postgresql")
    with psycopg.connect(server.ensure_running().conninfo) as connection:
        statuses = dict(connection.execute("SELECT status, count(*) FROM observations GROUP BY status").fetchall())
        twice = connection.execute(
            "SELECT count(*) FROM (SELECT observation_id FROM difference_runs WHERE status = 'completed' "
            "GROUP BY observation_id HAVING count(*) > 1) AS again"
        ).fetchone()[0]
    server.stop_if_unused()
    assert statuses == {"preprocessed": 3, "differenced": 9}
    assert twice == 0


def test_a_second_run_does_nothing_twice_and_shows_no_password_again(home, first_run):
    before = home.counts()
    again = home.run("demo", "--no-serve")
    assert home.counts() == before
    assert "Log in as" not in again


def test_every_phase_shows_its_evidence(home, first_run):
    for phase in "123":
        assert "not yet" not in home.run("status", "--phase", phase)
    # Nobody has given a verdict.
    assert home.run("status", "--phase", "4").count("not yet") == 1


def test_the_last_process_stops_the_database(home, first_run):
    home.run("status", "--phase", "1")
    assert not Server(home.path / "postgresql").is_running()
