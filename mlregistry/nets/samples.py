"""Training samples: stamps with known truth, from simulated pairs through the project's own imaging."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from multiprocessing import get_context

import numpy as np
from scipy import ndimage

from astrid.simulate import Pair, simulate_pair
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import DifferenceResult, difference
from pipeline.imaging.frame import Flag, Frame, ImagingError

from . import injections
from .injections import bright_stars, planes_of, stamps_at
from .stamps import STAMP_PX, as_positive

THRESHOLD_SIGMA = 4.0
TRANSIENTS_PER_PAIR = 20
# A candidate this near to a true change is that change; one between the two limits is left out.
MATCH_PX, APART_PX = 2.5, 6.0
# Fainter true changes are not told from noise by anyone, and are left out.
MIN_TRUE_SNR = 3.5
MASK_RADIUS_PX = 3.0
# The simulator does not tell of variables this near to the edge of either image.
EDGE_PX = 34.0
HARD_PER_PAIR = 10
DISPLACED_PER_PAIR, VARIED_PER_PAIR = 4, 7


@dataclass(frozen=True)
class Samples:
    """N stamps and what they show; all arrays have N rows.

    Attributes:
        stamps: float32 [N, 3, 64, 64], science, reference, difference as a positive source would look.
        masks: bool [N, 64, 64], discs of 3 px round every true change.
        real: bool, whether a true change lies in the centre.
        significance: of the candidate, in standard deviations.
        true_snr: the best possible signal-to-noise ratio of the true change, 0 where there is none.
        is_candidate: whether the imaging gives it as a candidate; the others were made to be hard.
        pair: the seed of the pair.
    """

    stamps: np.ndarray
    masks: np.ndarray
    real: np.ndarray
    significance: np.ndarray
    true_snr: np.ndarray
    is_candidate: np.ndarray
    pair: np.ndarray

    def __len__(self) -> int:
        return len(self.real)

    def __getitem__(self, rows: np.ndarray) -> "Samples":
        return Samples(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence["Samples"]) -> "Samples":
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


def generate(
    seeds: Sequence[int], *, size_px: int = 512, processes: int = 2, progress: Callable[[], None] | None = None
) -> Samples:
    """Samples of many pairs, in the order of their seeds, whatever the number of processes.

    `progress` is called after each pair. A pair that the imaging refuses gives no samples.
    """
    # Sums, to their last digit, depend on the number of threads that share them.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    parts = []
    # Forked children would inherit the locks of torch's and OpenCV's threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(partial(samples_of_pair, size_px=size_px), seeds):
            parts.append(part)
            if progress:
                progress()
    return Samples.joined(parts)


def samples_of_pair(seed: int, *, size_px: int = 512) -> Samples:
    """Samples of one simulated pair: the imaging's candidates, and places that look like some to it.

    The places are peaks of the significance that it did not take for candidates, the same with cosmic rays and
    bad pixels left in, stars whose reference was displaced, and stars made to vary.
    """
    rng = np.random.default_rng(seed)
    pair = simulate_pair(
        seed=seed,
        size_px=size_px,
        seeing_arcsec=float(rng.uniform(1.05, 3.0)),
        reference_seeing_arcsec=float(rng.uniform(1.05, 2.4)),
        transients=round(TRANSIENTS_PER_PAIR * (size_px / 512) ** 2),
    )
    constants = {name: getattr(pair, name) for name in ("gain_e_per_adu", "read_noise_e", "saturation_adu")}
    truth = _truth(pair)
    try:
        science = calibrate(pair.science, wcs=pair.science_wcs, **constants)
        reference = calibrate(pair.reference, wcs=pair.reference_wcs, **constants)
        clean = difference(science, reference, threshold_sigma=THRESHOLD_SIGMA)
        flawed = difference(_unmasked(science), _unmasked(reference), threshold_sigma=THRESHOLD_SIGMA)
    except ImagingError:
        return _labelled(np.zeros((0, 3, STAMP_PX, STAMP_PX)), np.zeros((3, 0)), truth, seed=seed, is_candidate=False)
    found = clean.candidates
    signed = np.where(found["is_negative"], -1, 1) * found["significance"]
    candidates = _places(found["x"], found["y"], signed)
    stamps = stamps_at(planes_of(clean, science), *candidates[:2])
    inner = ((candidates[:2] > EDGE_PX) & (candidates[:2] < size_px - EDGE_PX)).all(axis=0)
    steady = _steady_stars(clean, science, truth, rng=rng)
    displaced = injections.displaced(clean, science, *steady[:, :DISPLACED_PER_PAIR], rng=rng)
    varied = injections.varied(clean, science, *steady[:, DISPLACED_PER_PAIR:], rng=rng)
    label = partial(_labelled, seed=seed, is_candidate=False)
    return Samples.joined(
        [
            _labelled(stamps, candidates, truth, seed=seed, is_candidate=True, may_be_false=inner),
            label(*_peaks(clean, science, candidates, rng=rng), truth),
            label(*_peaks(flawed, science, candidates, rng=rng), truth),
            label(*displaced, truth),
            *(label(stamp[None], place, np.hstack([truth, np.abs(place)])) for stamp, place in _one_by_one(*varied)),
        ]
    )


def _truth(pair: Pair) -> np.ndarray:
    """x, y (px) and |snr| of every true change, [3, N]."""
    rows = [(change.x, change.y, abs(change.snr)) for change in pair.transients + pair.variables]
    return np.array(rows).reshape(-1, 3).T


def _unmasked(frame: Frame) -> Frame:
    """The frame with its cosmic rays and bad pixels taken for good ones."""
    return replace(frame, mask=frame.mask & ~np.uint8(Flag.COSMIC_RAY | Flag.BAD))


def _one_by_one(stamps: np.ndarray, places: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each stamp with its place [3, 1]: in each of them another star varies, and the others do not."""
    return zip(stamps, places.T[:, :, None], strict=True)


def _places(x: np.ndarray, y: np.ndarray, significance: np.ndarray) -> np.ndarray:
    """[3, N]; the significance has the sign of the change."""
    return np.stack([x, y, significance]).astype(float)


def _distances(x: np.ndarray, y: np.ndarray, others: np.ndarray) -> np.ndarray:
    """[N, M] px, to the M places in `others`, whose first rows are x and y."""
    return np.hypot(x[:, None] - others[0], y[:, None] - others[1])


def _peaks(
    result: DifferenceResult, science: Frame, candidates: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The strongest and some other peaks of the significance far from all candidates: stamps and places."""
    significance = result.difference.significance
    strength = np.abs(significance)
    y, x = np.nonzero((strength > THRESHOLD_SIGMA) & (strength == ndimage.maximum_filter(strength, 7)))
    apart = _distances(x, y, candidates).min(axis=1, initial=np.inf) > APART_PX
    x, y = x[apart], y[apart]
    order = np.argsort(-strength[y, x], kind="stable")
    strongest, others = order[: HARD_PER_PAIR // 2], rng.permutation(order[HARD_PER_PAIR // 2 :])
    chosen = np.concatenate([strongest, others[: HARD_PER_PAIR - len(strongest)]])
    x, y = x[chosen], y[chosen]
    return stamps_at(planes_of(result, science), x, y), _places(x, y, significance[y, x])


def _steady_stars(
    result: DifferenceResult, science: Frame, truth: np.ndarray, *, rng: np.random.Generator
) -> np.ndarray:
    """Pixels of some bright stars that did not change, int [2, N]."""
    x, y = bright_stars(result, science)
    steady = np.flatnonzero(_distances(x, y, truth).min(axis=1, initial=np.inf) > 2 * APART_PX)
    return np.stack([x, y])[:, rng.permutation(steady)[: DISPLACED_PER_PAIR + VARIED_PER_PAIR]]


def _labelled(
    stamps: np.ndarray,
    places: np.ndarray,
    truth: np.ndarray,
    *,
    seed: int,
    is_candidate: bool,
    may_be_false: np.ndarray | bool = True,
) -> Samples:
    """What the truth says about stamps at `places`; those that it leaves undecided are dropped."""
    x, y, significance = places
    bright = truth[:, truth[2] >= MIN_TRUE_SNR]
    nearest_bright = _distances(x, y, bright).min(axis=1, initial=np.inf)
    nearest = _distances(x, y, truth).min(axis=1, initial=np.inf)
    real = nearest_bright < MATCH_PX
    decided = real | ((nearest > APART_PX) & may_be_false)
    snr = np.where(_distances(x, y, bright) < MATCH_PX, bright[2], 0).max(axis=1, initial=0)
    n = len(x)
    return Samples(
        stamps=as_positive(stamps, significance < 0),
        masks=_discs(x, y, bright),
        real=real,
        significance=np.abs(significance),
        true_snr=snr,
        is_candidate=np.full(n, is_candidate),
        pair=np.full(n, seed),
    )[decided]


def _discs(x: np.ndarray, y: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """bool [N, 64, 64], true within `MASK_RADIUS_PX` of every true change, in stamps centred on x, y."""
    offsets = np.arange(STAMP_PX) - STAMP_PX // 2
    dx, dy = (
        np.rint(centre)[:, None, None] + offsets[:, None] - true for centre, true in ((x, truth[0]), (y, truth[1]))
    )
    return (np.hypot(dy[:, :, None], dx[:, None]) <= MASK_RADIUS_PX).any(axis=-1)
