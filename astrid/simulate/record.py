"""The record that a simulated night keeps beside its images: what was really there."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from astrid.simulate.truth import Transient

TRUTH_NAME = "truth.json"


@dataclass(frozen=True)
class Exposure:
    """One image file. `epoch` 0 is the reference; `observation_time` is mid-exposure, UTC.

    `seeing_arcsec` is the FWHM of stars in the middle. `variables` are the stars whose brightness differs
    from the reference's: real changes too, but no transients.
    """

    path: Path
    field: str
    epoch: int
    kind: str
    observation_time: datetime
    seeing_arcsec: float
    transients: tuple[Transient, ...]
    variables: tuple[Transient, ...]


@dataclass(frozen=True)
class Night:
    """All exposures of a simulated night and the request that makes it again."""

    seed: int
    fields: int
    epochs: int
    size_px: int
    exposures: tuple[Exposure, ...]

    def is_of(self, *, seed: int, fields: int, epochs: int, size_px: int) -> bool:
        return (self.seed, self.fields, self.epochs, self.size_px) == (seed, fields, epochs, size_px)


def write_truth(night: Night, directory: Path) -> None:
    """Write `truth.json`, whole or not at all; paths are kept relative to `directory`."""
    record = asdict(night)
    for exposure in record["exposures"]:
        exposure["path"] = exposure["path"].name
        exposure["observation_time"] = exposure["observation_time"].isoformat()
    partial = directory / f".{TRUTH_NAME}.partial"
    partial.write_text(json.dumps(record, indent=1))
    partial.replace(directory / TRUTH_NAME)


def read_truth(directory: Path) -> Night:
    """The night that lies in `directory`.

    Raises:
        FileNotFoundError: no finished simulated night lies there.
    """
    night = Night(**json.loads((directory / TRUTH_NAME).read_text()))
    return replace(night, exposures=tuple(_read_exposure(record, directory) for record in night.exposures))


def _read_exposure(record: dict, directory: Path) -> Exposure:
    changes = {key: tuple(Transient(**row) for row in record[key]) for key in ("transients", "variables")}
    time = datetime.fromisoformat(record["observation_time"])
    return Exposure(**record | changes | {"path": directory / record["path"], "observation_time": time})
