"""Secrets that are made once and kept in the state directory, readable by their owner only."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret_key(environ: Mapping[str, str], *, home: Path) -> str:
    """`ASTRID_SECRET_KEY`, or the key kept in `home`, made on the first call."""
    if key := environ.get("ASTRID_SECRET_KEY"):
        return key
    path = home / "secret_key"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create_once(path, secrets.token_urlsafe(48))
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"ASTRID_HOME {home} cannot be used: {error.strerror}. Name a directory of your own in ASTRID_HOME."
        ) from error


def _create_once(path: Path, text: str) -> None:
    """Write a file whole and private; where another process was first, its file stands."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
