"""Candidates in a difference image."""

import cv2
import numpy as np
from astropy.wcs import WCS
from scipy.spatial import cKDTree

from .frame import Flag, Frame, dilated
from .photometry import psf_photometry
from .stamps import cut
from .subtract import Difference
from .trails import label_trails

CANDIDATE_DTYPE = np.dtype(
    [
        ("x", "f8"),
        ("y", "f8"),
        ("flux", "f8"),
        ("flux_error", "f8"),
        ("significance", "f8"),
        ("snr", "f8"),
        ("fwhm_px", "f8"),
        ("ellipticity", "f8"),
        ("position_angle_deg", "f8"),
        ("is_saturated", "?"),
        ("is_blended", "?"),
        ("is_edge", "?"),
        ("is_negative", "?"),
        ("is_dipole", "?"),
        ("is_trail", "?"),
    ]
)

# Relative error of the difference PSF's pixels that the shape test forgives.
PSF_ERROR = 0.1
MAX_CHI2 = 2.5
# Part of a static source's flux that imperfect PSFs may leave behind.
PSF_RESIDUAL = 0.06
# The same for its wings, within some FWHM of it.
WING_RESIDUAL = 0.002
WING_RADIUS_FWHM = 4.5
# Within the wings of a source this much brighter than a change, a change much broader than the PSF is their misfit.
WING_PART = 0.02
MAX_BROADENING = 1.45
# A change this many times what stood there before must look like a star in the image that shows it.
ALONE_PART = 3.0
MAX_CHI2_ALONE, MAX_MISFIT_ALONE = 3.0, 0.4
# A single pixel more significant than the whole source is sharper than the optics.
MAX_SHARPNESS = 0.9
# Parts of the threshold and of the significance that the photometry of good pixels alone has to reach.
MIN_SNR = 0.92
CONFIRMATION = 0.35
# A peak this much weaker than its neighbour is the neighbour's ripple.
RIPPLE = 0.15


def extract_candidates(
    difference: Difference, *, science: Frame, reference: Frame, threshold_sigma: float = 5.0
) -> np.ndarray:
    """Find point-like changes and trails of either sign in a difference image.

    Args:
        difference: of `science` and `reference`.
        science, reference: the calibrated frames that it was made of, on one grid.
        threshold_sigma: of the significance map.

    Returns:
        `CANDIDATE_DTYPE` [N], most significant first. Position and FWHM in px, flux and error in ADU of the science
        image (negative for a fading source), significance and snr positive, ellipticity 0 to 1, position
        angle from north through east in [0, 180). A trail is one candidate at its strongest place, with the flux that
        a point source there would have.
    """
    x, y, significance = _peaks(difference, _searchable(difference, reference), threshold_sigma)
    fitted = _photometry(difference, x, y)
    moved_px = np.hypot(fitted["x"] - x, fitted["y"] - y)
    # Once more from where the first fit led, so that the pixels that take part lie round the source itself.
    fitted = _photometry(difference, fitted["x"], fitted["y"])
    saturated = (dilated(science.mask & np.uint8(Flag.SATURATED), difference.fwhm_px) != 0)[y, x]

    ny, nx = difference.image.shape
    column, row = np.rint(fitted["x"]), np.rint(fitted["y"])
    inside = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
    real = inside & (moved_px < 0.5 * difference.fwhm_px + 0.5) & (np.sign(fitted["flux"]) == np.sign(significance))
    # What filled pixels made significant is not there in the good ones.
    needed_snr = np.maximum(MIN_SNR * threshold_sigma, CONFIRMATION * np.abs(significance))
    real &= np.abs(fitted["flux"]) > needed_snr * fitted["flux_error"]
    part = _part_of_static_light(difference, fitted, reference)
    shaped = _is_unsharp(difference, x, y, significance)
    # The smaller a part a change is of the light that stood there, the more it has to look like the PSF.
    alone = part > ALONE_PART
    like_psf = fitted["chi2"] < MAX_CHI2 * np.minimum(1, part / PSF_RESIDUAL)
    point_like = like_psf | (alone & (fitted["misfit"] < MAX_MISFIT_ALONE))
    point_like &= ~alone | _is_a_star(difference, fitted, science, reference)
    trail = np.full(len(x), -1)
    trail[real] = label_trails(difference, fitted[real], science=science, reference=reference)
    shaped &= point_like | (alone & (trail >= 0) & (fitted["flux"] > 0))
    of_light = np.abs(fitted["flux"]) / np.maximum(_light_around(difference, reference)[y, x], 1e-6)
    shaped &= of_light > WING_RESIDUAL
    # A saturated source has lost its shape, but outshines whatever was there.
    real &= shaped | (saturated & (part > 1))
    candidates = _described(fitted[real], significance[real], saturated[real], difference, science.wcs)
    candidates["is_trail"] = trail[real] >= 0
    is_misfit = (of_light[real] < WING_PART) & (candidates["fwhm_px"] > MAX_BROADENING * difference.fwhm_px)
    candidates = candidates[~is_misfit][_leads(trail[real][~is_misfit])]
    _set_flags(candidates, difference)
    return candidates


def _leads(trail: np.ndarray) -> np.ndarray:
    """False for pieces [N] of a trail that come after its first; −1 is no trail."""
    leads = trail < 0
    leads[np.unique(trail, return_index=True)[1]] = True
    return leads


def _described(
    fitted: np.ndarray, significance: np.ndarray, saturated: np.ndarray, difference: Difference, wcs: WCS
) -> np.ndarray:
    candidates = np.zeros(len(fitted), dtype=CANDIDATE_DTYPE)
    for name in ("x", "y", "flux", "flux_error"):
        candidates[name] = fitted[name]
    candidates["significance"] = np.abs(significance)
    candidates["snr"] = np.abs(fitted["flux"]) / fitted["flux_error"]
    candidates["is_negative"] = fitted["flux"] < 0
    candidates["is_saturated"] = saturated
    _measure_shapes(candidates, difference, wcs)
    return candidates


def _searchable(difference: Difference, reference: Frame) -> np.ndarray:
    """Where a change can be told from a flaw: a new source may saturate, a star in the reference must not."""
    was_saturated = dilated(reference.mask & np.uint8(Flag.SATURATED), 2 * difference.fwhm_px) != 0
    flawed = (difference.mask & np.uint8(Flag.COSMIC_RAY | Flag.NO_DATA)) != 0
    return ~(was_saturated | flawed)


def _peaks(
    difference: Difference, searchable: np.ndarray, threshold_sigma: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Extrema of the significance beyond the threshold that are no ripple of a stronger one: x, y, significance."""
    significance = difference.significance
    strength = np.abs(significance)
    radius = max(2, round(0.75 * difference.fwhm_px))
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # Flawed places take part in the comparison, so that what they spoil beside them is no peak.
    is_peak = searchable & (strength >= threshold_sigma) & (strength >= cv2.dilate(strength, window))
    y, x = np.nonzero(is_peak)
    strongest_first = np.argsort(-strength[y, x], kind="stable")
    x, y = x[strongest_first], y[strongest_first]
    peak, positions = strength[y, x], np.column_stack([x, y])
    neighbours = cKDTree(positions).query_ball_point(positions, 3 * difference.fwhm_px)
    keep = np.array([p >= RIPPLE * peak[near].max() for p, near in zip(peak, neighbours, strict=True)], dtype=bool)
    return x[keep], y[keep], significance[y, x][keep]


def _photometry(difference: Difference, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return psf_photometry(
        difference.image,
        difference.variance,
        difference.mask & ~np.uint8(Flag.SATURATED),
        psf=difference.psf,
        x=x,
        y=y,
        radius_px=difference.fwhm_px,
        model_error=PSF_ERROR,
    )


def _is_unsharp(difference: Difference, x: np.ndarray, y: np.ndarray, significance: np.ndarray) -> np.ndarray:
    """True where no single pixel says nearly as much as the whole source: optics are never that sharp."""
    pixels = cut(difference.image, x, y, 3) / np.sqrt(cut(difference.variance, x, y, 3))
    sharpest = np.nanmax(pixels * np.sign(significance)[:, None, None], axis=(1, 2), initial=0)
    return sharpest < MAX_SHARPNESS * np.abs(significance)


def _is_a_star(difference: Difference, fitted: np.ndarray, science: Frame, reference: Frame) -> np.ndarray:
    """True where the image that is brighter shows the PSF; a cosmic ray smoothed by the filters does not."""
    looks = np.zeros(len(fitted), dtype=bool)
    brighter = fitted["flux"] > 0
    for chosen, frame, psf in (
        (brighter, science, difference.science_psf),
        (~brighter, reference, difference.reference_psf),
    ):
        alone = psf_photometry(
            frame.data,
            frame.variance,
            frame.mask & ~np.uint8(Flag.SATURATED),
            psf=psf,
            x=fitted["x"][chosen],
            y=fitted["y"][chosen],
            radius_px=psf.fwhm_px,
            model_error=PSF_ERROR,
        )
        looks[chosen] = (alone["chi2"] < MAX_CHI2_ALONE) | (alone["misfit"] < MAX_MISFIT_ALONE)
    return looks


def _light_around(difference: Difference, reference: Frame) -> np.ndarray:
    """Flux of the brightest static source within reach of each pixel: [ny, nx] ADU of the science image."""
    core, reach = 2 * round(difference.fwhm_px) + 1, 2 * round(WING_RADIUS_FWHM * difference.fwhm_px) + 1
    light = difference.flux_scale * cv2.boxFilter(reference.data, -1, (core, core), normalize=False)
    return cv2.dilate(light, np.ones((reach, reach), dtype=np.uint8))


def _part_of_static_light(difference: Difference, fitted: np.ndarray, reference: Frame) -> np.ndarray:
    """How the changes compare with the light that stood within a FWHM of them."""
    size = 2 * round(difference.fwhm_px) + 1
    before = difference.flux_scale * np.nansum(cut(reference.data, fitted["x"], fitted["y"], size), axis=(1, 2))
    return np.abs(fitted["flux"]) / np.maximum(before, 1e-6)


def _measure_shapes(candidates: np.ndarray, difference: Difference, wcs: WCS) -> None:
    """Adaptive Gaussian moments (Bernstein & Jarvis 2002, AJ 123, 583) of the difference image's sources."""
    size = 2 * int(np.ceil(1.5 * difference.fwhm_px)) + 1
    x, y = candidates["x"], candidates["y"]
    sign = np.where(candidates["is_negative"], -1, 1)[:, None, None]
    pixels = np.nan_to_num(cut(difference.image, x, y, size)) * sign
    grid_y, grid_x = np.mgrid[:size, :size] - size // 2
    dx, dy = grid_x - (x - np.rint(x))[:, None, None], grid_y - (y - np.rint(y))[:, None, None]
    start = (difference.fwhm_px / 2.3548) ** 2
    xx, xy, yy = np.full(len(x), start), np.zeros(len(x)), np.full(len(x), start)
    for _ in range(6):
        determinant = np.maximum(xx * yy - xy**2, 1e-6)[:, None, None]
        q = (yy[:, None, None] * dx**2 - 2 * xy[:, None, None] * dx * dy + xx[:, None, None] * dy**2) / determinant
        weight = np.exp(-0.5 * q) * pixels
        total = np.maximum(weight.sum(axis=(1, 2)), 1e-6)
        # A Gaussian seen through a Gaussian of its own size appears with half its moments.
        xx, xy, yy = (2 * (weight * m).sum(axis=(1, 2)) / total for m in (dx**2, dx * dy, dy**2))
        xx, yy = np.clip(xx, 0.1 * start, 9 * start), np.clip(yy, 0.1 * start, 9 * start)
        limit = 0.95 * np.sqrt(xx * yy)
        xy = np.clip(xy, -limit, limit)
    half_sum, half_difference = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(half_sum + half_difference), np.sqrt(np.maximum(half_sum - half_difference, 1e-6))
    candidates["fwhm_px"] = 2.3548 * np.sqrt(major * minor)
    candidates["ellipticity"] = 1 - minor / major
    candidates["position_angle_deg"] = _position_angle(x, y, 0.5 * np.arctan2(2 * xy, xx - yy), wcs)


def _position_angle(x: np.ndarray, y: np.ndarray, angle: np.ndarray, wcs: WCS) -> np.ndarray:
    """Position angle from north through east, degrees in [0, 180), of a direction `angle` (radians from +x to +y)."""
    here = wcs.celestial.pixel_to_world(x, y)
    there = wcs.celestial.pixel_to_world(x + np.cos(angle), y + np.sin(angle))
    return here.position_angle(there).deg % 180


def _set_flags(candidates: np.ndarray, difference: Difference) -> None:
    ny, nx = difference.image.shape
    x, y = candidates["x"], candidates["y"]
    margin = 2 * difference.fwhm_px
    at_border = (x < margin) | (y < margin) | (x > nx - 1 - margin) | (y > ny - 1 - margin)
    beside_gap = dilated(difference.mask & np.uint8(Flag.NO_DATA), difference.fwhm_px) != 0
    rows, columns = np.rint(y).astype(int).clip(0, ny - 1), np.rint(x).astype(int).clip(0, nx - 1)
    candidates["is_edge"] = at_border | beside_gap[rows, columns]
    tree = cKDTree(np.column_stack([candidates["x"], candidates["y"]]))
    for i, j in tree.query_pairs(2.5 * difference.fwhm_px):
        pair = [i, j]
        if candidates["is_negative"][i] == candidates["is_negative"][j]:
            candidates["is_blended"][pair] = True
        elif candidates["significance"][pair].min() > 0.3 * candidates["significance"][pair].max():
            candidates["is_dipole"][pair] = True
