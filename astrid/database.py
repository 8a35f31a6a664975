"""Where the data are: the PostgreSQL server of `DATABASE_URL`, or an embedded one in the state directory."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

CONNECTION_MAX_AGE_S = 60
# A statement trigger under PostgreSQL's just-in-time compiler makes a single save many times slower.
SERVER_OPTIONS = "-c jit=off"


def configuration(environ: Mapping[str, str], *, home: Path) -> dict[str, Any]:
    """One entry of Django's DATABASES.

    Parameters
    ----------
    environ
        Its `DATABASE_URL` (postgresql://user:password@host:port/name?sslmode=…) names a server; without it
        the data are in an embedded server, which the first connection starts.
    home
        The state directory; the embedded server lives in its `postgresql`.

    Raises
    ------
    ImproperlyConfigured
        `DATABASE_URL` cannot be understood, or is missing on Windows. The message never quotes the URL,
        which holds a password.
    """
    common = {"CONN_MAX_AGE": CONNECTION_MAX_AGE_S, "CONN_HEALTH_CHECKS": True}
    options = {"application_name": "astrid", "options": SERVER_OPTIONS}
    url = environ.get("DATABASE_URL", "")
    if not url and sys.platform == "win32":
        raise ImproperlyConfigured("DATABASE_URL is not set, and the embedded PostgreSQL needs a POSIX system")
    if not url:
        return common | {
            "ENGINE": "astrid.embedded",
            "NAME": "astrid",
            "DIRECTORY": home / "postgresql",
            "OPTIONS": options,
        }
    given = _parse(url)
    if "options" in given:
        given["options"] = f"{SERVER_OPTIONS} {given['options']}"
    return common | {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", ""),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "OPTIONS": options | given,
    }


def _parse(url: str) -> dict[str, str]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured("DATABASE_URL does not begin with postgresql://")
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # libpq quotes the offending part, which may hold the password, after the cause.
        cause = str(error).partition('"')[0].strip(": \n")
        raise ImproperlyConfigured(f"DATABASE_URL cannot be understood: {cause}") from None
    if not all(port.isdecimal() and 0 < int(port) < 65536 for port in given.get("port", "5432").split(",")):
        raise ImproperlyConfigured("DATABASE_URL has a port that is no number from 1 to 65535")
    if not given.keys() & {"dbname", "service"}:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgresql://user:password@host:port/name")
    return given
