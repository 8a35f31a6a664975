"""The demo: a simulated night through every stage, and what was found of what it really held."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.spatial import cKDTree

from astrid.actors import service_account
from astrid.models import Observation, ObservationKind
from astrid.services import ingest, register_survey
from astrid.simulate import Exposure, Night, Transient, simulate_night
from mlregistry.models import Detection
from pipeline import stages
from pipeline.models import Candidate, ProcessingJob
from pipeline.progress import StageTable, WayProgress, bars

SURVEY = "Simulated night"
MATCH_RADIUS_PX = 3.0
BRIGHT_SNR = 10.0


@dataclass(frozen=True)
class Tally:
    """What one step found in a set of images: of the truth, by signal-to-noise, and besides it."""

    images: int
    bright: int
    bright_found: int
    faint: int
    faint_found: int
    false: int

    @property
    def completeness(self) -> float:
        """Of transients above `BRIGHT_SNR`."""
        return self.bright_found / self.bright

    @property
    def false_per_image(self) -> float:
        return self.false / self.images


@dataclass(frozen=True)
class Demo:
    """A night that has gone its way: its stages' table, its jobs, and its tallies by step."""

    table: StageTable
    jobs: list[ProcessingJob]
    tallies: dict[str, Tally]


def run(console: Console, *, directory: Path, fields: int = 3, epochs: int = 3) -> Demo:
    """Simulate a night into `directory` and treat its files as any telescope's; what was done before is not redone."""
    table = StageTable()
    with bars(console) as progress:
        with table.timed("simulate", makes="images") as row:
            night = _simulate(progress, directory, fields=fields, epochs=epochs)
            row.items = len(night.exposures)
        with table.timed("ingest", makes="observations") as row:
            observations = _ingest(progress, night)
            row.items = len(observations)
        mine = stages.unfinished().filter(pk__in=[observation.pk for observation in observations])
        jobs = stages.start(mine, actor=service_account())
        stages.drain(WayProgress(progress, jobs).update)
    table.add_way(jobs)
    pairs = zip(night.exposures, observations, strict=True)
    science = [pair for pair in pairs if pair[0].kind == ObservationKind.SCIENCE]
    return Demo(table, jobs, {"candidates": tally(science, Candidate), "detections": tally(science, Detection)})


def _simulate(progress: Progress, directory: Path, *, fields: int, epochs: int) -> Night:
    task = progress.add_task("simulate", total=fields * (epochs + 1))
    night = simulate_night(directory, fields=fields, epochs=epochs, progress=lambda: progress.advance(task))
    progress.update(task, completed=len(night.exposures))
    return night


def _ingest(progress: Progress, night: Night) -> list[Observation]:
    actor = service_account()
    survey = register_survey(name=SURVEY, description="Made by manage.py demo.", actor=actor)
    return [
        ingest(exposure.path, survey=survey, kind=exposure.kind, actor=actor)[0]
        for exposure in progress.track(night.exposures, description="ingest")
    ]


def tally(exposures: Iterable[tuple[Exposure, Observation]], rows: type[Candidate | Detection]) -> Tally:
    """Match the rows of each exposure with its truth, in pixels. A variable star is real, but no transient."""
    counts = np.zeros(6, dtype=int)
    for exposure, observation in exposures:
        places = np.array(list(rows.objects.filter(observation=observation).values_list("pixel_x", "pixel_y")))
        found = _near(_places(exposure.transients), places)
        bright = np.array([transient.snr > BRIGHT_SNR for transient in exposure.transients], dtype=bool)
        real = _places(exposure.transients + exposure.variables)
        false = len(places) - int(_near(places, real).sum())
        counts += [1, bright.sum(), (bright & found).sum(), (~bright).sum(), (~bright & found).sum(), false]
    return Tally(*counts.tolist())


def _places(transients: Iterable[Transient]) -> np.ndarray:
    return np.array([(transient.x, transient.y) for transient in transients])


def _near(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """bool [N]: which of `places` have one of `others` within the radius."""
    if not len(places) or not len(others):
        return np.zeros(len(places), dtype=bool)
    distance, _ = cKDTree(others).query(places, distance_upper_bound=MATCH_RADIUS_PX)
    return np.isfinite(distance)


def tally_table(tallies: dict[str, Tally]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("against the truth")
    for heading in (f"found, S/N > {BRIGHT_SNR:g}", "found, fainter", "false", "false an image"):
        table.add_column(heading, justify="right")
    for name, row in tallies.items():
        table.add_row(
            name,
            _fraction(row.bright_found, row.bright),
            _fraction(row.faint_found, row.faint),
            str(row.false),
            f"{row.false_per_image:.2f}",
        )
    return table


def _fraction(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / whole:.0%})" if whole else "none there"
