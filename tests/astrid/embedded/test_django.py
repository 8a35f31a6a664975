"""Django's ways into the embedded server."""

import os
import shutil
from pathlib import Path

import pytest

from tests.astrid.embedded.processes import python

DJANGO = """
import os, sys
from pathlib import Path
import django
from django.conf import settings
from astrid import database
home = Path(sys.argv[1])
settings.configure(DATABASES={"default": database.configuration(os.environ, home=home)}, TIME_ZONE="UTC")
django.setup()
from django.db import connection
"""


def run_django(script: str, home: Path, *, database_url: str = "") -> str:
    with python(DJANGO + script, home, env=os.environ | {"DATABASE_URL": database_url}) as process:
        output = process.stdout.read()
    assert process.returncode == 0
    return output


def test_django_starts_the_server_by_its_first_connection_only(made, tmp_path_factory):
    home = shutil.copytree(made, tmp_path_factory.mktemp("pg") / "postgresql").parent
    script = """
print((home / "postgresql" / "data" / "postmaster.pid").exists())
with connection.cursor() as cursor:
    cursor.execute("select current_user::text, current_database()::text, current_setting('jit'),"
                   " current_setting('application_name'), current_setting('TimeZone')")
    print(*cursor.fetchone())
"""
    assert run_django(script, home) == "False\nastrid astrid off astrid UTC\n"


@pytest.mark.parametrize(
    "script",
    [
        "import psycopg; print(psycopg.connect(**connection.get_connection_params()).info.dbname)",
        "connection.creation.create_test_db(verbosity=0, autoclobber=True)\n"
        "print(connection.settings_dict['NAME'].removeprefix('test_'))",
        "from django.core.management import call_command\n"
        "call_command('dbshell', '--', '-Atc', 'select current_database()')",
    ],
    ids=["connection parameters", "test database", "dbshell"],
)
def test_every_way_into_the_database_finds_the_server_running(script, made, tmp_path_factory):
    home = shutil.copytree(made, tmp_path_factory.mktemp("pg") / "postgresql").parent
    assert run_django(script, home) == "astrid\n"


@pytest.mark.parametrize("kind", ["server", "server_on_tcp"])
def test_a_database_url_leads_to_its_server_and_starts_no_other(kind, request, tmp_path):
    address = request.getfixturevalue(kind).ensure_running()
    place = f"host={address.host}&port={address.port}"
    script = """
with connection.cursor() as cursor:
    cursor.execute("select current_user::text, current_setting('jit'), current_setting('application_name')")
    print(*cursor.fetchone())
"""
    url = f"postgresql://{address.user}:{address.password}@/astrid?{place}"
    assert run_django(script, tmp_path, database_url=url) == "astrid off astrid\n"
    assert list(tmp_path.iterdir()) == []


def test_django_reports_a_server_that_cannot_start_as_its_operational_error(tmp_path):
    (tmp_path / "postgresql").touch()
    script = """
from django.db import OperationalError
try:
    connection.ensure_connection()
except OperationalError as error:
    print(error)
"""
    assert "File exists" in run_django(script, tmp_path)
