"""Who is kept out of the server and its files."""

import json
import os
import secrets
import shutil
import socket
import stat
import struct
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from astrid.embedded import binaries
from astrid.embedded.cluster import APPLICATION_ROLE, SUPERUSER, Address
from astrid.embedded.server import Server
from tests.astrid.embedded.processes import python, query, stopped_in_the_end

NOBODY = 65534
AUTHENTICATION_CLEARTEXT_PASSWORD = 3
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


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
