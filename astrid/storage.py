"""Artefacts: files named by the sha256 of their content, written whole or not at all."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

# The rest of a file's name is no part of a key, or the same bytes could be stored twice.
_SUFFIX = re.compile(r"(\.[a-z]+)?(\.(fz|gz))?$")


def path_of(key: str) -> Path:
    """Where an artefact lies. Raises ValueError for a key that points out of the store."""
    path = (settings.ARTEFACTS / key).resolve()
    if settings.ARTEFACTS.resolve() not in path.parents:
        raise ValueError(f"{key!r} is not in the artefact store")
    return path


def keep_file(source: Path, *, sha256: str) -> str:
    """Copy a file whose digest is known into the store, and return its key."""
    suffix = _SUFFIX.search(source.name.lower())[0]
    return _keep(lambda draft: shutil.copyfile(source, draft), suffix=suffix, sha256=sha256)


def keep(write: Callable[[Path], object], *, suffix: str) -> str:
    """Store what `write(path)` writes, and return its key."""
    return _keep(write, suffix=suffix, sha256=None)


def _keep(write: Callable[[Path], object], *, suffix: str, sha256: str | None) -> str:
    settings.ARTEFACTS.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=settings.ARTEFACTS, prefix=".draft-", suffix=suffix)
    os.close(handle)
    draft = Path(name)
    try:
        write(draft)
        digest = digest_of(draft)
        if sha256 not in (None, digest):
            raise OSError(f"the file changed while it was copied: sha256 {digest}, not {sha256}")
        key = f"{digest[:2]}/{digest[2:]}{suffix}"
        target = settings.ARTEFACTS / key
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with draft.open("rb") as file:
            # A row will name this file: it has to outlive a power cut that the row outlives.
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return key


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_json(value: object) -> str:
    """sha256 of a JSON value, whatever order its keys came in."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
