"""The server's life among several processes."""

import os
import signal
import subprocess

import psycopg
import pytest

from astrid.embedded import binaries
from astrid.embedded.server import Server
from tests.astrid.embedded.processes import USER_PROCESS, postmaster, python, query, stopped_in_the_end, user_process


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
