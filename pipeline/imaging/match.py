"""The mapping between two images, found by their stars."""

from dataclasses import dataclass

import astroalign
import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import poisson

from .frame import RegistrationError
from .polynomial import evaluate, order_for, polynomial_terms
from .resample import Mapping

# How far off a mapping may be for its stars still to be found by a common shift.
SEARCH_RADIUS_PX = 30.0
VOTE_RADIUS_PX = 2.0
MATCH_RADII_PX = (3.0, 2.0, 1.5, 1.0)
# Of the unflawed stars the brightest are matched.
MAX_STARS = 1000
MIN_SNR = 10
MAX_RESIDUALS = 100
# Part of the stars within both images that has to agree before a mapping is believed.
CREDIBLE_FRACTION = 0.3
# Probability that stars with nothing in common agree on one of all the shifts that are tried.
CHANCE = 0.05


@dataclass(frozen=True)
class Match:
    """A mapping corrected by stars.

    Attributes:
        mapping: from science pixels to reference pixels.
        rms_px: scatter per axis of the brighter half of the matched stars, at most a hundred, round the fit; NaN when
            none was matched.
        n_matched: stars that the fit rests on.
        is_credible: whether more of them agree than would by chance.
    """

    mapping: Mapping
    rms_px: float
    n_matched: int
    is_credible: bool


def unmatched(mapping: Mapping) -> Match:
    """A mapping as it is, without a star that speaks for it."""
    return Match(mapping, rms_px=float("nan"), n_matched=0, is_credible=False)


def alignment_stars(stars: np.ndarray) -> np.ndarray:
    """The brightest unflawed of `STAR_DTYPE` [N], brightest first."""
    return _brightest_first(stars[~stars["is_flawed"] & (stars["snr"] > MIN_SNR)])[:MAX_STARS]


def match_stars(mapping: Mapping, stars: np.ndarray, reference_stars: np.ndarray, shape: tuple[int, int]) -> Match:
    """Correct a mapping by stars: a vote for the shift, then a clipped polynomial through nearest neighbours.

    Args:
        mapping: from science pixels to reference pixels, less than `SEARCH_RADIUS_PX` off.
        stars, reference_stars: `alignment_stars` of the science and the reference image.
        shape: (ny, nx) of the science image.
    """
    predicted = _predicted(mapping, stars)
    found = np.isfinite(predicted).all(axis=1)
    stars, predicted = stars[found], predicted[found]
    if not (len(stars) and len(reference_stars)):
        return unmatched(mapping)
    x, y, actual = stars["x"], stars["y"], _positions(reference_stars)
    neighbours = cKDTree(actual)
    coefficients = _voted_shift(predicted, actual)[None]
    for radius_px in MATCH_RADII_PX:
        distance, nearest = neighbours.query(predicted + evaluate(coefficients, x, y, shape))
        matched = _nearest_of_each(nearest, distance, radius_px)
        if not len(matched):
            return unmatched(mapping)
        wanted = actual[nearest[matched]] - predicted[matched]
        snr = np.minimum(stars["snr"][matched], reference_stars["snr"][nearest[matched]])
        coefficients, kept = _clipped_fit(x[matched], y[matched], wanted, snr, shape)
    residual = (wanted - evaluate(coefficients, x[matched], y[matched], shape))[kept]

    def corrected(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mapped_x, mapped_y = mapping(x, y)
        correction_x, correction_y = evaluate(coefficients, x, y, shape).T
        return mapped_x + correction_x, mapped_y + correction_y

    # The fainter stars show their own noise more than the registration's.
    bright = np.argsort(-snr[kept])[: min((len(residual) + 1) // 2, MAX_RESIDUALS)]
    needed = _credible_number(predicted + evaluate(coefficients, x, y, shape), actual)
    return Match(
        corrected,
        rms_px=float(np.sqrt((residual[bright] ** 2).mean())),
        n_matched=len(residual),
        is_credible=bool(len(residual) >= needed),
    )


def match_by_pattern(mapping: Mapping, stars: np.ndarray, reference_stars: np.ndarray, shape: tuple[int, int]) -> Match:
    """Correct a mapping that may be shifted, turned, scaled and mirrored: by the pattern of the brightest stars.

    Triangles of stars alike in both images give a similarity (astroalign: Beroiz et al. 2020, Astronomy and
    Computing 32, 100384). As no similarity mirrors, the mirrored reference is tried as well. Flawed stars take part:
    a saturated one is among the brightest in both images.

    Args:
        mapping: from science pixels to reference pixels.
        stars, reference_stars: `STAR_DTYPE` [N], all that were detected in the science and the reference image.
        shape: (ny, nx) of the science image.

    Raises:
        RegistrationError: no pattern is shared, or too few stars agree with it.
    """
    predicted = _predicted(mapping, _brightest_first(stars))
    predicted = predicted[np.isfinite(predicted).all(axis=1)]
    actual = _positions(_brightest_first(reference_stars))
    stars, reference_stars = alignment_stars(stars), alignment_stars(reference_stars)
    most = 0
    for handedness in (1, -1):
        mirror = np.array([handedness, 1])
        try:
            transform, _ = astroalign.find_transform(predicted, actual * mirror)
        except (astroalign.MaxIterError, TypeError, ValueError):
            continue
        match = match_stars(_followed_by(mapping, transform, mirror), stars, reference_stars, shape)
        if match.is_credible:
            return match
        most = max(most, match.n_matched)
    raise RegistrationError(
        f"the patterns of {len(stars)} and {len(reference_stars)} stars do not match: at most {most} agree",
        n_science_stars=len(stars),
        n_reference_stars=len(reference_stars),
        n_matched=most,
    )


def _brightest_first(stars: np.ndarray) -> np.ndarray:
    return stars[np.argsort(-stars["flux"], kind="stable")]


def _followed_by(mapping: Mapping, transform: object, mirror: np.ndarray) -> Mapping:
    def transformed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple((transform(np.column_stack(mapping(x, y))) * mirror).T)

    return transformed


def _positions(stars: np.ndarray) -> np.ndarray:
    return np.column_stack([stars["x"], stars["y"]])


def _predicted(mapping: Mapping, stars: np.ndarray) -> np.ndarray:
    """Where a mapping puts stars: [N, 2] px, NaN for those that it cannot place."""
    return np.column_stack(mapping(stars["x"], stars["y"]))


def _voted_shift(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """The shift that most pairs of stars within the search radius agree on, in px."""
    pairs = cKDTree(predicted).sparse_distance_matrix(cKDTree(actual), SEARCH_RADIUS_PX, output_type="ndarray")
    shifts = actual[pairs["j"]] - predicted[pairs["i"]]
    if not len(shifts):
        return np.zeros(2)
    tree = cKDTree(shifts)
    # Of equally supported shifts the smallest is the likeliest.
    votes = tree.query_ball_point(shifts, VOTE_RADIUS_PX, return_length=True) - 1e-3 * pairs["v"]
    return np.median(shifts[tree.query_ball_point(shifts[np.argmax(votes)], VOTE_RADIUS_PX)], axis=0)


def _nearest_of_each(nearest: np.ndarray, distance: np.ndarray, radius_px: float) -> np.ndarray:
    """Of stars [N] and their nearest neighbours, indices of those within the radius, one for each neighbour."""
    by_distance = np.argsort(distance, kind="stable")[: np.count_nonzero(distance < radius_px)]
    _, first = np.unique(nearest[by_distance], return_index=True)
    return np.sort(by_distance[first])


def _credible_number(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Matched stars that a mapping needs: a part of those within both images, and more than chance would give."""
    shared = [
        ((one >= other.min(axis=0)) & (one <= other.max(axis=0))).all(axis=1).sum()
        for one, other in ((predicted, actual), (actual, predicted))
    ]
    area = np.prod(np.ptp(np.concatenate([predicted, actual]), axis=0))
    by_chance = len(predicted) * len(actual) * np.pi * MATCH_RADII_PX[-1] ** 2 / max(area, 1)
    # Each pair within the search radius is a shift to try, which others join by chance.
    n_tried = max(by_chance * (SEARCH_RADIUS_PX / MATCH_RADII_PX[-1]) ** 2, 1)
    return max(CREDIBLE_FRACTION * min(shared), poisson.isf(CHANCE / n_tried, by_chance) + 2)


def _clipped_fit(
    x: np.ndarray, y: np.ndarray, wanted: np.ndarray, snr: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """A polynomial through shifts [N, 2] at x, y, weighted by what their stars' noise allows.

    Returns:
        Its coefficients [n_terms, 2], and bool [N]: the stars that were not clipped.
    """
    weights = 1 / np.hypot(1 / snr, 0.02)
    terms = polynomial_terms(x, y, shape, order_for(len(x)))
    keep = np.ones(len(x), dtype=bool)
    for _ in range(4):
        kept, weighted = keep, weights[keep, None]
        coefficients = np.linalg.lstsq(terms[kept] * weighted, wanted[kept] * weighted, rcond=None)[0]
        pull = np.abs(wanted - terms @ coefficients).max(axis=1) * weights
        keep = pull <= 3 * 1.4826 * np.median(pull[kept]) + 1e-9
    return coefficients, kept
