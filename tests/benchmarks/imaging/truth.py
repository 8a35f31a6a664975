"""What the imaging finds of simulated changes, and what else; on seeds that nobody tuned anything on."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import chi2

from astrid.simulate import Pair
from pipeline.imaging.chain import DifferenceResult, difference
from pipeline.imaging.frame import Flag, ImagingError
from tests.benchmarks.figures import Figure
from tests.benchmarks.imaging import goto
from tests.benchmarks.imaging.cases import frames_of, pair_of, with_overlap

ALGORITHMS = ("zogy", "alard_lupton")
FIRST_SEED = 770_000
MIN_SNR = 6.0
# A candidate this near to a true change is that change; beyond the second limit it is false.
MATCH_PX, APART_PX = 2.5, 4.0
# The simulator does not tell of variables this near to an edge.
EDGE_PX = 34.0
EMPTY_SIGMA = 2.0
# Seeing of the science image and of the reference, arcsec.
SEEINGS = {0.6: (1.2, 2.0), 0.8: (1.28, 1.6), 1.0: (1.5, 1.5), 1.3: (1.82, 1.4), 1.7: (2.04, 1.2)}
# About 20 000 stars on 2048².
CROWDED = 2.2
COMPLETENESS, HOST_COMPLETENESS, RECOVERED, FALSE_PER_IMAGE, WIDTH = 0.98, 0.96, 0.95, 0.7, 0.05
# Of 2048² pairs, on seeds of their own.
HOTPANTS_ANCHOR = {"completeness": 0.972, "false": 1.2}


@dataclass
class Score:
    """What came of some images; every array has a row per transient above `MIN_SNR`.

    Attributes:
        snr, significance: ideal, and as found (NaN where lost).
        flux_pull: found minus true flux over its error.
        on_host: whether it lies on a galaxy.
        false: candidates that are no change, per image.
        width: half of what the middle 68 % of the significance on empty sky span, per image.
        megapixels: searched.
    """

    snr: np.ndarray
    significance: np.ndarray
    flux_pull: np.ndarray
    on_host: np.ndarray
    false: np.ndarray
    width: np.ndarray
    megapixels: np.ndarray

    @classmethod
    def joined(cls, scores: Iterable["Score"]) -> "Score":
        scores = list(scores)
        return cls(**{f.name: np.concatenate([getattr(score, f.name) for score in scores]) for f in fields(cls)})

    def completeness(self, *, on_host: bool | None = None) -> float:
        chosen = np.ones(len(self.snr), dtype=bool) if on_host is None else self.on_host == on_host
        return float(np.isfinite(self.significance[chosen]).mean())

    def false_per_2048(self) -> tuple[float, float, float]:
        """Mean number on 2048², and the limits of its 95 % interval (Garwood 1936)."""
        n, images = self.false.sum(), self.megapixels.sum() / (2048**2 / 1e6)
        low = chi2.ppf(0.025, 2 * n) / 2 if n else 0.0
        return n / images, low / images, chi2.ppf(0.975, 2 * n + 2) / 2 / images


def figures(*, quick: bool) -> list[Figure]:
    n, few, size_px = (2, 0, 512) if quick else (100, 6, 2048)
    rows = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        run = partial(_run, pool, size_px=size_px)
        for name, score in run(0, n).items():
            rows += _rows(name, score, images=n, goals=not quick)
        if few and shutil.which("hotpants"):
            rows += _rows("hotpants", run(0, few, algorithms=("hotpants",))["hotpants"], images=few, goals=False)
        cases = {
            f"seeing ratio {ratio}": {"seeing_arcsec": science, "reference_seeing_arcsec": reference}
            for ratio, (science, reference) in SEEINGS.items()
        } | {"crowded": {"star_density": CROWDED}, "30 % overlap": {"overlap": 0.3}}
        for number, (case, options) in enumerate(cases.items(), start=1) if few else ():
            for name, score in run(1000 * number, few, **options).items():
                rows += _short_rows(f"{name}, {case}", score)
    return [*rows, *goto.figures(quick=quick)]


def _rows(name: str, score: Score, *, images: int, goals: bool) -> list[Figure]:
    def at_least(goal: float) -> dict:
        return {"goal": goal if goals else None, "at_most": False}

    false, low, high = score.false_per_2048()
    anchors = HOTPANTS_ANCHOR
    return [
        Figure(f"{name}: transients above S/N 6", len(score.snr), f"on {images}"),
        Figure(
            f"{name}: completeness", score.completeness(), "", anchor=anchors["completeness"], **at_least(COMPLETENESS)
        ),
        Figure(f"{name}: completeness on hosts", score.completeness(on_host=True), "", **at_least(HOST_COMPLETENESS)),
        Figure(f"{name}: recovered significance", _recovered(score), "of ideal", **at_least(RECOVERED)),
        Figure(f"{name}: false candidates", false, "per 2048²", anchor=anchors["false"]),
        Figure(f"{name}: the same, 95 % from", low, "per 2048²", goal=FALSE_PER_IMAGE if goals else None),
        Figure(f"{name}: the same, 95 % to", high, "per 2048²"),
        Figure(f"{name}: significance on empty sky", float(score.width.mean()), "σ", anchor=1.0),
        Figure(f"{name}: its largest departure from 1", float(np.abs(score.width - 1).max()), "σ", goal=WIDTH),
        Figure(f"{name}: flux pulls, median", float(np.nanmedian(score.flux_pull)), "σ"),
        Figure(f"{name}: flux pulls, width", _width(score.flux_pull), "σ"),
    ]  # fmt: skip


def _short_rows(name: str, score: Score) -> list[Figure]:
    return [
        Figure(f"{name}: completeness", score.completeness(), "", goal=COMPLETENESS, at_most=False),
        Figure(f"{name}: false candidates", score.false_per_2048()[0], "per 2048²"),
    ]


def _recovered(score: Score) -> float:
    return float(np.nanmedian(score.significance / score.snr))


def _width(pulls: np.ndarray) -> float:
    low, high = np.nanpercentile(pulls, [15.87, 84.13])
    return float(high - low) / 2


def _run(
    pool: ProcessPoolExecutor,
    offset: int,
    n: int,
    *,
    size_px: int,
    algorithms: tuple[str, ...] = ALGORITHMS,
    overlap: float = 1.0,
    **options,
) -> dict[str, Score]:
    """Score of each algorithm on the same `n` images."""
    seeds = range(FIRST_SEED + offset, FIRST_SEED + offset + n)
    work = partial(scores_of_seed, size_px=size_px, algorithms=algorithms, overlap=overlap, options=options)
    scores = list(pool.map(work, seeds))
    return {name: Score.joined(score[name] for score in scores) for name in algorithms}


def scores_of_seed(
    seed: int, *, size_px: int, algorithms: tuple[str, ...], overlap: float, options: dict
) -> dict[str, Score]:
    pair = pair_of(seed, size_px=size_px, **options)
    science, reference = frames_of(pair if overlap == 1 else with_overlap(pair, overlap))
    scores = {}
    for name in algorithms:
        try:
            scores[name] = score_of(pair, difference(science, reference, algorithm=name))
        except ImagingError as error:
            raise RuntimeError(f"seed {seed}, {name}, {options}: {error} {error.measurements}") from error
    return scores


def score_of(pair: Pair, result: DifferenceResult) -> Score:
    """Compare candidates with the truth. A transient on pixels without data, or saturated before, is not asked for."""
    searched = (result.difference.mask & np.uint8(Flag.NO_DATA | Flag.SATURATED)) == 0
    bright = [t for t in pair.transients if t.snr > MIN_SNR and searched[round(t.y), round(t.x)]]
    rising = result.candidates[~result.candidates["is_negative"]]
    found = [_nearest(rising, t.x, t.y) for t in bright]
    zero_point = pair.science_zero_point_mag
    true_flux = [10 ** (-0.4 * (t.mag - zero_point)) for t in bright]
    pulls = [
        np.nan if row is None else (row["flux"] - flux) / row["flux_error"]
        for row, flux in zip(found, true_flux, strict=True)
    ]
    empty = searched & (result.difference.mask == 0) & (_away_from_light(result))
    return Score(
        snr=np.array([t.snr for t in bright]),
        significance=np.array([np.nan if row is None else row["significance"] for row in found]),
        flux_pull=np.array(pulls),
        on_host=np.array([t.near_galaxy for t in bright], dtype=bool),
        false=np.array([_n_false(pair, result)]),
        width=np.array([_width(result.difference.significance[empty])]),
        megapixels=np.array([searched.mean() * searched.size / 1e6]),
    )


def _nearest(candidates: np.ndarray, x: float, y: float) -> np.ndarray | None:
    distance = np.hypot(candidates["x"] - x, candidates["y"] - y)
    if not len(distance) or distance.min() > MATCH_PX:
        return None
    return candidates[np.argmin(distance)]


def _n_false(pair: Pair, result: DifferenceResult) -> int:
    ny, nx = pair.science.shape
    found = np.column_stack([result.candidates["x"], result.candidates["y"]])
    found = found[((found > EDGE_PX) & (found < (nx - EDGE_PX, ny - EDGE_PX))).all(axis=1)]
    true = [(change.x, change.y) for change in pair.transients + pair.variables]
    if not len(found):
        return 0
    return int((cKDTree(true).query(found)[0] > APART_PX).sum())


def _away_from_light(result: DifferenceResult) -> np.ndarray:
    """Where the reference shows nothing."""
    frame = result.registered.frame
    return frame.data < EMPTY_SIGMA * np.sqrt(frame.variance)
