"""The reference image brought onto the science image's pixel grid."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

from .detect import detect_stars
from .frame import Frame, NoOverlapError, RegistrationError
from .match import SEARCH_RADIUS_PX, Match, alignment_stars, match_by_pattern, match_stars, unmatched
from .polynomial import order_for
from .resample import Mapping, resample

# Fewer stars than this in either image show no pattern.
SPARSE = 10
# Pixels of the two images may differ by this factor: beyond, a star of one is less than a pixel of the other.
MAX_SCALE_RATIO = 20.0


@dataclass(frozen=True)
class Registered:
    """The reference on the science grid.

    Attributes:
        frame: the reference, resampled; `Flag.NO_DATA` outside of it.
        stars: `STAR_DTYPE` [N], the reference's, at their places on the science grid.
        rms_px: scatter per axis of the brighter matched stars round the fit; NaN when none was matched.
        n_matched: stars that the fit rests on.
        method: "wcs+stars", "wcs+shift" (too few stars for more), "pattern+stars" or "wcs".
        overlap: fraction of the science image that the reference covers, 0 to 1.
    """

    frame: Frame
    stars: np.ndarray
    rms_px: float
    n_matched: int
    method: str
    overlap: float


def register(
    reference: Frame, *, onto: Frame, reference_stars: np.ndarray | None = None, stars: np.ndarray | None = None
) -> Registered:
    """Resample a reference onto the grid of a science image, conserving flux.

    Where both headers' WCS say a pixel lies is corrected by a low-order polynomial through matched stars. Where the WCS
    disagree with the stars their pattern decides, mirrored or not. In a field too sparse for that the WCS stands,
    moved by the few stars that agree; `method` tells.

    Args:
        reference: calibrated image.
        onto: calibrated science image.
        reference_stars, stars: `STAR_DTYPE` [N] of `detect_stars` of the two images; detected here when None.

    Raises:
        NoOverlapError: by their WCS, or by their stars, the images share no pixel.
        RegistrationError: there are stars enough, but no mapping fits them; or the pixels are of too unlike sizes.
    """
    by_wcs = wcs_mapping(onto.wcs, reference.wcs)
    _require_overlap(by_wcs, reference, onto)
    stars = detect_stars(onto) if stars is None else stars
    reference_stars = detect_stars(reference) if reference_stars is None else reference_stars
    match, method = _match(by_wcs, stars, reference_stars, onto.shape)
    frame, overlap = resample(reference, match.mapping, onto=onto)
    if overlap == 0:
        raise NoOverlapError("the reference does not cover the science image", overlap=0.0, method=method)
    moved = _on_science_grid(reference_stars, match.mapping, onto.shape)
    return Registered(frame, moved, match.rms_px, match.n_matched, method, overlap)


def wcs_mapping(science_wcs: WCS, reference_wcs: WCS) -> Mapping:
    """The mapping from science pixels to reference pixels that two WCS give; NaN where the sky has no pixel."""
    science_wcs, reference_wcs = science_wcs.celestial, reference_wcs.celestial

    def mapping(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ra, dec = science_wcs.all_pix2world(x, y, 0)
        return reference_wcs.all_world2pix(ra, dec, 0, quiet=True)

    return mapping


def _match(
    by_wcs: Mapping, stars: np.ndarray, reference_stars: np.ndarray, shape: tuple[int, int]
) -> tuple[Match, str]:
    """The mapping that the stars allow, and the method that gave it."""
    bright, bright_in_reference = alignment_stars(stars), alignment_stars(reference_stars)
    match = match_stars(by_wcs, bright, bright_in_reference, shape)
    if match.is_credible:
        return match, "wcs+stars" if order_for(match.n_matched) else "wcs+shift"
    if min(len(bright), len(bright_in_reference)) < SPARSE:
        return unmatched(by_wcs), "wcs"
    return match_by_pattern(by_wcs, stars, reference_stars, shape), "pattern+stars"


def _on_science_grid(stars: np.ndarray, mapping: Mapping, shape: tuple[int, int]) -> np.ndarray:
    """Stars of the reference where the science image shows them; flawed where that is outside of it."""
    ny, nx = shape
    nodes = np.stack(np.meshgrid(np.linspace(0, nx - 1, 9), np.linspace(0, ny - 1, 9)), axis=-1).reshape(-1, 2)
    terms = np.column_stack([nodes, np.ones(len(nodes))])
    *matrix, origin = np.linalg.lstsq(terms, np.column_stack(mapping(*nodes.T)), rcond=None)[0]
    ratio = np.sqrt(abs(np.linalg.det(matrix)))
    if not 1 / MAX_SCALE_RATIO < ratio < MAX_SCALE_RATIO:
        raise RegistrationError(
            f"a pixel of the science image is {ratio:.3g} pixels of the reference wide", scale_ratio=float(ratio)
        )
    inverse = np.linalg.inv(matrix)
    target = np.column_stack([stars["x"], stars["y"]])
    place = (target - origin) @ inverse
    # The mapping is affine but for its distortion: a few corrections by the affine inverse suffice.
    for _ in range(3):
        place += np.nan_to_num(target - np.column_stack(mapping(*place.T))) @ inverse
    moved = stars.copy()
    moved["x"], moved["y"] = place.T
    moved["fwhm_px"] /= ratio
    moved["peak"] *= ratio**2
    moved["is_flawed"] |= ~((place > -0.5) & (place < (nx - 0.5, ny - 0.5))).all(axis=1)
    return moved


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
