"""The reference image brought onto the science image's pixel grid."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import astroalign
import cv2
import numpy as np
from astropy.wcs import WCS
from scipy import ndimage
from scipy.interpolate import RectBivariateSpline
from scipy.spatial import cKDTree

from .detect import detect_stars
from .frame import Flag, Frame, NoOverlapError, RegistrationError
from .polynomial import evaluate, order_for, polynomial_terms

Mapping = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

NODE_STEP_PX = 32
# How far the headers' WCS may be off before the stars' pattern has to decide.
SEARCH_RADIUS_PX = 30.0
MATCH_RADII_PX = (3.0, 2.0, 1.5, 1.0)
# Fewer stars than this in either image show no pattern.
SPARSE = 10
MAX_STARS = 300
MIN_SNR = 10


@dataclass(frozen=True)
class Registered:
    """The reference on the science grid.

    Attributes:
        frame: the reference, resampled; `Flag.NO_DATA` outside of it.
        rms_px: scatter per axis of the brighter matched stars round the fit; NaN when none was matched.
        n_matched: stars that the fit rests on.
        method: "wcs+stars", "wcs+shift" (too few stars for more), "pattern+stars" or "wcs".
        overlap: fraction of the science image that the reference covers, 0 to 1.
    """

    frame: Frame
    rms_px: float
    n_matched: int
    method: str
    overlap: float


@dataclass(frozen=True)
class _Match:
    """A mapping corrected by stars; `is_credible` when more of them agree than would by chance."""

    mapping: Mapping
    rms_px: float
    n_matched: int
    is_credible: bool


def register(reference: Frame, *, onto: Frame) -> Registered:
    """Resample a reference onto the grid of a science image, conserving flux.

    Where both headers' WCS say a pixel lies is corrected by a low-order polynomial through matched stars. Where the WCS
    disagree with the stars their pattern decides (astroalign, Beroiz et al. 2020). In a field too sparse for that
    the WCS stands, moved by the few stars that agree; `method` tells.

    Raises:
        NoOverlapError: by their WCS the images share no pixel.
        RegistrationError: there are stars enough, but no mapping fits them.
    """
    by_wcs = wcs_mapping(onto.wcs, reference.wcs)
    _require_overlap(by_wcs, reference, onto)
    stars, reference_stars = _alignment_stars(onto), _alignment_stars(reference)
    match = _match(by_wcs, stars, reference_stars, onto.shape)
    if match.is_credible:
        method = "wcs+stars" if order_for(match.n_matched) else "wcs+shift"
    elif min(len(stars), len(reference_stars)) < SPARSE:
        method = "wcs"
        match = _Match(by_wcs, rms_px=float("nan"), n_matched=0, is_credible=False)
    else:
        method = "pattern+stars"
        match = _match_by_pattern(stars, reference_stars, onto.shape, n_by_wcs=match.n_matched)
    frame, overlap = resample(reference, match.mapping, onto=onto)
    if overlap == 0:
        raise NoOverlapError("the reference does not cover the science image", overlap=0.0, method=method)
    return Registered(frame, match.rms_px, match.n_matched, method, overlap)


def wcs_mapping(science_wcs: WCS, reference_wcs: WCS) -> Mapping:
    """The mapping from science pixels to reference pixels that two WCS give; NaN where the sky has no pixel."""

    def mapping(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ra, dec = science_wcs.celestial.all_pix2world(x, y, 0)
        return reference_wcs.celestial.all_world2pix(ra, dec, 0, quiet=True)

    return mapping


def resample(reference: Frame, mapping: Mapping, *, onto: Frame) -> tuple[Frame, float]:
    """Interpolate a reference at the science image's pixels.

    Returns:
        The reference on the grid of `onto`, and the fraction of that grid which it covers.
    """
    x, y = _dense(mapping, onto.shape)
    area = np.gradient(x, axis=1) * np.gradient(y, axis=0) - np.gradient(x, axis=0) * np.gradient(y, axis=1)
    area = np.abs(area).astype(np.float32)
    # OpenCV's Lanczos takes positions to 1/32 px only and is off by 2e-3 on a Gaussian; a quintic spline by 2e-5.
    data = ndimage.map_coordinates(reference.filled(), (y, x), order=5, mode="mirror")
    variance = cv2.remap(reference.variance, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.remap(reference.mask, x, y, cv2.INTER_NEAREST, borderValue=int(Flag.NO_DATA))
    uncovered = (mask & np.uint8(Flag.NO_DATA)) != 0
    scale = float(np.median(area))
    frame = replace(
        reference,
        data=np.where(uncovered, 0, data * area).astype(np.float32),
        variance=variance * area**2,
        mask=mask,
        wcs=onto.wcs,
        sky_adu=reference.sky_adu * scale,
        noise_adu=reference.noise_adu * scale,
    )
    return frame, float(1 - uncovered.mean())


def _dense(mapping: Mapping, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The mapping at every pixel, from a cubic spline through coarse nodes: two float32 [ny, nx]."""
    ny, nx = shape
    node_y = np.linspace(0, ny - 1, max(ny // NODE_STEP_PX, 4) + 1)
    node_x = np.linspace(0, nx - 1, max(nx // NODE_STEP_PX, 4) + 1)
    grid_y, grid_x = np.meshgrid(node_y, node_x, indexing="ij")
    mapped_x, mapped_y = mapping(grid_x.ravel(), grid_y.ravel())

    def everywhere(nodes: np.ndarray) -> np.ndarray:
        spline = RectBivariateSpline(node_y, node_x, nodes.reshape(grid_x.shape))
        return spline(np.arange(ny), np.arange(nx)).astype(np.float32)

    return everywhere(mapped_x), everywhere(mapped_y)


def _require_overlap(mapping: Mapping, reference: Frame, onto: Frame) -> None:
    (ny, nx), (reference_ny, reference_nx) = onto.shape, reference.shape
    grid_x, grid_y = np.meshgrid(np.linspace(0, nx - 1, 17), np.linspace(0, ny - 1, 17))
    x, y = mapping(grid_x.ravel(), grid_y.ravel())
    margin = SEARCH_RADIUS_PX
    inside = (x > -margin) & (x < reference_nx + margin) & (y > -margin) & (y < reference_ny + margin)
    if not inside.any():
        centre = onto.wcs.celestial.pixel_to_world(nx / 2, ny / 2)
        other = reference.wcs.celestial.pixel_to_world(reference_nx / 2, reference_ny / 2)
        separation_deg = float(centre.separation(other).deg)
        raise NoOverlapError(
            f"the reference does not cover the science image: the centres lie {separation_deg:.3f}° apart",
            separation_deg=separation_deg,
            overlap=0.0,
        )


def _alignment_stars(frame: Frame) -> np.ndarray:
    """The brightest unflawed stars, brightest first."""
    stars = detect_stars(frame)
    stars = stars[~stars["is_flawed"] & (stars["snr"] > MIN_SNR)]
    return np.sort(stars, order="flux")[::-1][:MAX_STARS]


def _match_by_pattern(
    stars: np.ndarray, reference_stars: np.ndarray, shape: tuple[int, int], *, n_by_wcs: int
) -> _Match:
    numbers = {"n_science_stars": len(stars), "n_reference_stars": len(reference_stars), "n_matched_by_wcs": n_by_wcs}
    try:
        transform, _ = astroalign.find_transform(_positions(stars), _positions(reference_stars))
    except (astroalign.MaxIterError, TypeError, ValueError) as error:
        raise RegistrationError(f"the stars' patterns do not match: {error}", **numbers) from error

    def mapping(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(transform(np.column_stack([x, y])).T)

    match = _match(mapping, stars, reference_stars, shape)
    if not match.is_credible:
        raise RegistrationError(
            f"only {match.n_matched} stars agree with the pattern", n_matched=match.n_matched, **numbers
        )
    return match


def _match(mapping: Mapping, stars: np.ndarray, reference_stars: np.ndarray, shape: tuple[int, int]) -> _Match:
    """Correct a mapping by stars: a vote for the shift, then a clipped polynomial through nearest neighbours."""
    if not (len(stars) and len(reference_stars)):
        return _Match(mapping, rms_px=float("nan"), n_matched=0, is_credible=False)
    x, y, actual = stars["x"], stars["y"], _positions(reference_stars)
    predicted = np.column_stack(mapping(x, y))
    coefficients = _voted_shift(predicted, actual)[None]
    for radius_px in MATCH_RADII_PX:
        distance, nearest = cKDTree(actual).query(predicted + evaluate(coefficients, x, y, shape))
        matched = np.flatnonzero(distance < radius_px)
        if not len(matched):
            return _Match(mapping, rms_px=float("nan"), n_matched=0, is_credible=False)
        wanted = actual[nearest[matched]] - predicted[matched]
        snr = np.minimum(stars["snr"][matched], reference_stars["snr"][nearest[matched]])
        coefficients = _clipped_fit(x[matched], y[matched], wanted, snr, shape)
    residual = wanted - evaluate(coefficients, x[matched], y[matched], shape)

    def corrected(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mapped_x, mapped_y = mapping(x, y)
        correction_x, correction_y = evaluate(coefficients, x, y, shape).T
        return mapped_x + correction_x, mapped_y + correction_y

    # Stars come brightest first; the fainter half shows its own noise more than the registration's.
    rms_px = float(np.sqrt((residual[: (len(matched) + 1) // 2] ** 2).mean()))
    by_chance = len(stars) * len(reference_stars) * np.pi * MATCH_RADII_PX[-1] ** 2 / (shape[0] * shape[1])
    in_common = ((predicted > actual.min(axis=0)) & (predicted < actual.max(axis=0))).all(axis=1).sum()
    needed = max(0.3 * min(in_common, len(actual)), 3 * by_chance + 1)
    return _Match(corrected, rms_px, len(matched), is_credible=bool(len(matched) >= needed))


def _positions(stars: np.ndarray) -> np.ndarray:
    return np.column_stack([stars["x"], stars["y"]])


def _voted_shift(predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """The shift that most pairs of stars within the search radius agree on, in px."""
    pairs = cKDTree(predicted).query_ball_tree(cKDTree(actual), SEARCH_RADIUS_PX)
    shifts = np.array([actual[j] - predicted[i] for i, near in enumerate(pairs) for j in near]).reshape(-1, 2)
    if not len(shifts):
        return np.zeros(2)
    agreeing = cKDTree(shifts).query_ball_point(shifts, 2.0)
    # Of equally supported shifts the smallest is the likeliest.
    votes = np.array([len(others) for others in agreeing]) - 1e-3 * np.hypot(*shifts.T)
    return np.median(shifts[agreeing[int(np.argmax(votes))]], axis=0)


def _clipped_fit(
    x: np.ndarray, y: np.ndarray, wanted: np.ndarray, snr: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Polynomial [n_terms, 2] through shifts [N, 2] at x, y, weighted by what their stars' noise allows."""
    weights = 1 / np.hypot(1 / snr, 0.02)
    terms = polynomial_terms(x, y, shape, order_for(len(x)))
    keep = np.ones(len(x), dtype=bool)
    for _ in range(4):
        weighted = weights[keep, None]
        coefficients = np.linalg.lstsq(terms[keep] * weighted, wanted[keep] * weighted, rcond=None)[0]
        pull = np.abs(wanted - terms @ coefficients).max(axis=1) * weights
        keep = pull <= 3 * 1.4826 * np.median(pull[keep]) + 1e-9
    return coefficients
