import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from astrid.secrets import secret_key


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    home = tmp_path / "state"
    key = secret_key({}, home=home)
    assert len(key) >= 50
    assert secret_key({}, home=home) == key
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_two_state_directories_have_two_keys(tmp_path):
    assert secret_key({}, home=tmp_path / "one") != secret_key({}, home=tmp_path / "other")


def test_the_environments_key_is_taken_and_nothing_is_written(tmp_path):
    assert secret_key({"ASTRID_SECRET_KEY": "of the environment"}, home=tmp_path / "state") == "of the environment"
    assert not (tmp_path / "state").exists()


def test_a_state_directory_that_cannot_be_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"ASTRID_HOME .*/file/state cannot be used: Not a directory"):
        secret_key({}, home=tmp_path / "file" / "state")
