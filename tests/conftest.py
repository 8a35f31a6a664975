"""The tests' database, and what every test may ask for."""

import os
import shutil
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from rest_framework.test import APIClient

from astrid.embedded.server import Server
from astrid.models import Observation
from astrid.services import ingest, register_survey
from astrid.simulate import Night, simulate_night

# On CI a run says something about the commit, not about luck; elsewhere every run looks in new places.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

PHASE_OF = {app: number for number, app in enumerate(settings.PHASES, start=1)} | {"journeys": 4}
ROLES = ("viewer", "curator", "lead", "operator", "pipeline", "admin")

# Tests of phases that are not installed are not there.
collect_ignore = [name for name, phase in PHASE_OF.items() if phase > settings.PHASE]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """With ASTRID_NO_SKIPS=1, where everything was installed first, a skipped test is a failed run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("ASTRID_NO_SKIPS") == "1" and skipped:
        terminalreporter.section("skipped, though everything is installed")
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2]}")
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        home = Path(os.environ["ASTRID_TEST_HOME"])
        connections.close_all()
        Server(home / "postgresql").stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A copy of the freshly migrated database, which transactional tests are put back from.

    Django would flush instead: the audit log refuses TRUNCATE, and the rows that migrations bring would be gone.
    """
    with django_db_blocker.unblock():
        clone(connection.settings_dict["NAME"], to=template_name())
    yield
    with django_db_blocker.unblock():
        administer(f'DROP DATABASE IF EXISTS "{template_name()}"')


def template_name() -> str:
    return f"{connection.settings_dict['NAME']}_template"


def administer(*statements: str) -> None:
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def clone(source: str, *, to: str) -> None:
    administer(
        f'DROP DATABASE IF EXISTS "{to}" WITH (FORCE)',
        f'CREATE DATABASE "{to}" TEMPLATE "{source}" STRATEGY FILE_COPY',
    )


def _restore(self) -> None:
    clone(template_name(), to=connection.settings_dict["NAME"])


TransactionTestCase._fixture_teardown = _restore


@pytest.fixture
def make_user(db):
    """A user of a role who may enter the admin."""

    def make(role: str, **fields) -> User:
        user = User.objects.create_user(fields.pop("username", role + "-person"), is_staff=True, **fields)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def actor(make_user) -> User:
    return make_user("pipeline", username="actor")


@pytest.fixture
def browser_of(make_user):
    """A Django test client logged in as a role."""

    def make(role: str) -> Client:
        client = Client()
        client.force_login(make_user(role))
        return client

    return make


@pytest.fixture
def api_of(make_user):
    """An API client of a role; None is anonymous."""

    def make(role: str | None) -> APIClient:
        client = APIClient()
        if role:
            client.force_authenticate(make_user(role))
        return client

    return make


@pytest.fixture
def artefacts(settings, tmp_path):
    settings.ARTEFACTS = tmp_path / "artefacts"
    return settings.ARTEFACTS


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Night:
    """A small simulated night: a reference and one science exposure of one field, 384 × 384 px."""
    return simulate_night(tmp_path_factory.mktemp("night"), seed=5, fields=1, epochs=1, size_px=384)


@pytest.fixture
def observations(night, artefacts, actor) -> tuple[Observation, Observation]:
    """The night's reference and science observations, ingested."""
    survey = register_survey(name="Simulated", actor=actor)
    return tuple(
        ingest(exposure.path, survey=survey, kind=exposure.kind, actor=actor)[0] for exposure in night.exposures
    )
