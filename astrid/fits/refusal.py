"""Why a file cannot be used."""

from pathlib import Path


class Unusable(ValueError):  # noqa: N818 - the outcome of reading, not a fault of the program
    """The reason alone; `files.opened` adds the file's name and raises it as `FitsRefused`."""


class FitsRefused(ValueError):  # noqa: N818 - as `Unusable`
    """A file that cannot become an observation: one line, `name: reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = " ".join(reason.split())

    def __str__(self) -> str:
        return f"{self.path.name}: {self.reason}"
