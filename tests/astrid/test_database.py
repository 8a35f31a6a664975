"""`DATABASE_URL`, and what Django is told when it is not set."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from astrid import database

HOME = Path("/somewhere/state")
PASSWORD = "Zq7-secret"


def configured(url: str) -> dict:
    return database.configuration({"DATABASE_URL": url}, home=HOME)


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": ""}])
def test_without_a_url_the_data_are_in_an_embedded_server_below_the_state_directory(environ):
    settings = database.configuration(environ, home=HOME)
    assert settings["ENGINE"] == "astrid.embedded"
    assert settings["DIRECTORY"] == HOME / "postgresql"
    assert not HOME.exists()


def test_where_no_embedded_server_can_run_the_url_is_asked_for(monkeypatch):
    monkeypatch.setattr(database.sys, "platform", "win32")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not set"):
        database.configuration({}, home=HOME)


def test_a_url_names_the_server():
    settings = configured("postgresql://ada:pass%40word@db.example.org:5433/sky?sslmode=verify-full")
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    place = {key: settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert place == {
        "NAME": "sky",
        "USER": "ada",
        "PASSWORD": "pass@word",
        "HOST": "db.example.org",
        "PORT": "5433",
    }
    assert settings["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres://ada@db/sky", "db", ""),
        ("postgresql:///sky?host=/run/postgresql", "/run/postgresql", ""),
        ("postgresql://%2Frun%2Fpostgresql/sky", "/run/postgresql", ""),
        ("postgresql://[2001:db8::1]:5433/sky", "2001:db8::1", "5433"),
        ("postgresql://one:5432,other:5433/sky", "one,other", "5432,5433"),
        ("postgresql:///sky", "", ""),
    ],
)
def test_every_form_of_url_that_libpq_knows_is_understood(url, host, port):
    settings = configured(url)
    assert (settings["NAME"], settings["HOST"], settings["PORT"]) == ("sky", host, port)


@pytest.mark.parametrize("url", ["", "postgresql://db/sky"])
def test_connections_last_are_checked_and_never_compile_just_in_time(url):
    settings = configured(url)
    assert settings["CONN_HEALTH_CHECKS"] is True
    assert settings["CONN_MAX_AGE"] > 0
    assert settings["OPTIONS"]["options"] == "-c jit=off"
    assert settings["OPTIONS"]["application_name"] == "astrid"


def test_what_the_url_says_of_options_is_kept():
    settings = configured("postgresql://db/sky?application_name=desk&options=-c%20work_mem%3D64MB")
    assert settings["OPTIONS"]["application_name"] == "desk"
    assert settings["OPTIONS"]["options"] == "-c jit=off -c work_mem=64MB"


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        (f"mysql://ada:{PASSWORD}@db/sky", "does not begin with postgresql://"),
        (f"host=db password={PASSWORD}", "does not begin with postgresql://"),
        (f"postgresql:/ada:{PASSWORD}@db/sky", "does not begin with postgresql://"),
        (f"postgresql://ada:{PASSWORD}@db", "names no database"),
        (f"postgresql://ada:{PASSWORD}@db:port/sky", "port"),
        (f"postgresql://ada:{PASSWORD}@db:70000/sky", "port"),
        (f"postgresql://ada:{PASSWORD}", "port"),
        (f"postgresql://ada:{PASSWORD}/{PASSWORD}@db/sky", "port"),
        (f"postgresql://ada:{PASSWORD}%zz@db/sky", "percent-encoded"),
        (f"postgresql://ada:{PASSWORD}@[::1/sky", "end of string reached"),
        (f"postgresql://ada:{PASSWORD}@db/sky?{PASSWORD}=1", "query parameter"),
        (f"postgresql://ada@db/sky?password={PASSWORD}&sslmode", "missing key/value separator"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_its_cause_and_without_its_password(url, cause):
    with pytest.raises(ImproperlyConfigured, match=f"^DATABASE_URL .*{cause}") as refusal:
        configured(url)
    assert PASSWORD not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@given(password=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_password_passes_through_its_percent_encoding(password):
    assert configured(f"postgresql://ada:{quote(password, safe='')}@db/sky")["PASSWORD"] == password


@given(before=st.text(max_size=5), after=st.text(max_size=12))
def test_no_refusal_quotes_the_password(before, after):
    with pytest.raises(ImproperlyConfigured) as refusal:
        configured(f"postgresql://ada:{before}{PASSWORD}%zz{after}@db/sky")
    assert PASSWORD not in str(refusal.value)
