"""Why a catalogue, or a row of it, cannot be used."""

from dataclasses import dataclass, field
from pathlib import Path

REFUSALS_KEPT = 10


class CatalogueRefused(ValueError):  # noqa: N818 - the outcome of reading, not a fault of the program
    """A file that gives no catalogue: one line, `name: reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = " ".join(reason.split())

    def __str__(self) -> str:
        return f"{self.path.name}: {self.reason}"


@dataclass
class Refusals:
    """The rows that a reader left out: how many, and the first few as `row N: reason`."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, row: int, reason: str) -> None:
        self.count += 1
        if len(self.first) < REFUSALS_KEPT:
            self.first.append(f"row {row}: {reason}")
