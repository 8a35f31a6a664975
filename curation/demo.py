"""The demo's verdict on itself: what was found of what the simulated night really held."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.table import Table
from scipy.spatial import cKDTree

from astrid.models import Observation
from astrid.simulate import Exposure, Transient
from mlregistry.models import Detection
from pipeline.models import Candidate

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
    def false_per_image(self) -> float:
        return self.false / self.images if self.images else 0.0


def tally(exposures: Iterable[tuple[Exposure, Observation]], rows: type[Candidate | Detection]) -> Tally:
    """Match the rows of each exposure with its truth, in pixels. Variable stars are real, but not counted as found."""
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
    table = Table(title="Against the night's truth", title_justify="left", box=None, header_style="bold")
    table.add_column("")
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
