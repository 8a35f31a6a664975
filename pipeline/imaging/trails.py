"""Trails: what moved while the shutter was open, a satellite or a fast asteroid."""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .frame import Flag, Frame
from .stamps import cut
from .subtract import Difference

ANGLES = np.deg2rad(np.arange(0, 180, 5))
STEPS_FWHM = np.arange(-5, 6)
# The median step along a faint trail is so much of where noise makes it most significant.
MIN_ALONG = 0.35
# What is as bright across is no line.
MAX_ACROSS = 0.5
# The length of line that tells how wide it is, and where across its middle may lie.
CORE_FWHM = 4.0
CORE_OFFSETS_PX = (-1.0, -0.5, 0.0, 0.5, 1.0)
# Of a faint trail's direction.
ANGLE_ERROR = np.deg2rad(10)
# Pieces farther apart are linked by those between them.
LINK_FWHM = 40.0


def label_trails(difference: Difference, changes: np.ndarray, *, science: Frame, reference: Frame) -> np.ndarray:
    """Tell which changes are pieces of trails, and of which.

    Along a trail the significance goes on to both sides or one. In the image that shows it, a line as wide as the PSF
    fits better than one a pixel wide, the track of a cosmic ray.

    Args:
        difference: of `science` and `reference`.
        changes: `PHOTOMETRY_DTYPE` [N], fits of point sources in the difference image.
        science, reference: the frames that it was made of.

    Returns:
        int [N], one number for all pieces of a trail, −1 for what is none.
    """
    x, y, flux, fwhm_px = changes["x"], changes["y"], changes["flux"], difference.fwhm_px
    steps = _steps(difference.significance, x, y, fwhm_px) * np.sign(flux)[:, None, None]
    goes_on = np.median(steps, axis=2)
    along, direction = goes_on.max(axis=1), goes_on.argmax(axis=1)
    across = goes_on[np.arange(len(x)), direction - len(ANGLES) // 2]
    middle = steps[:, 0, len(STEPS_FWHM) // 2]
    is_piece = (along > MIN_ALONG * middle) & (across < MAX_ACROSS * along)
    for frame, psf, shows in (
        (science, difference.science_psf, is_piece & (flux > 0)),
        (reference, difference.reference_psf, is_piece & (flux < 0)),
    ):
        is_piece[shows] = _is_blurred(frame, psf.fwhm_px, x[shows], y[shows], direction[shows])
    labels = np.full(len(x), -1)
    labels[is_piece] = _linked(x[is_piece], y[is_piece], ANGLES[direction[is_piece]], fwhm_px)
    return labels


def _steps(significance: np.ndarray, x: np.ndarray, y: np.ndarray, fwhm_px: float) -> np.ndarray:
    """The significance in steps of a FWHM along lines through places: [N, n_angles, n_steps], 0 outside the image."""
    dx, dy = (np.multiply.outer(part, fwhm_px * STEPS_FWHM) for part in (np.cos(ANGLES), np.sin(ANGLES)))
    places = y[:, None, None] + dy, x[:, None, None] + dx
    return map_coordinates(significance, places, order=1, mode="constant")


def _is_blurred(frame: Frame, fwhm_px: float, x: np.ndarray, y: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """True where a line in this direction fits better with the width of the PSF than with that of a pixel."""
    half = int(np.ceil(CORE_FWHM * fwhm_px / 2))
    pixels = _clipped_snr(frame, x, y, 2 * half + 1)
    dy, dx = np.mgrid[-half : half + 1, -half : half + 1]
    cos, sin = np.cos(ANGLES[direction])[:, None, None], np.sin(ANGLES[direction])[:, None, None]
    across, is_near = dy * cos - dx * sin, np.hypot(dx, dy) <= half

    def fit(width_px: float) -> np.ndarray:
        fits = []
        for offset_px in CORE_OFFSETS_PX:
            line = np.exp(-0.5 * (2.3548 * (across - offset_px) / width_px) ** 2) * is_near
            fits.append((line * pixels).sum(axis=(1, 2)) / np.sqrt((line**2).sum(axis=(1, 2))))
        return np.max(fits, axis=0)

    return fit(fwhm_px) > fit(1.0)


def _clipped_snr(frame: Frame, x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """Signal-to-noise of pixels, none above the middle's, so that brighter neighbours count little: [N, size, size]."""
    snr = cut(frame.data, x, y, size) / np.sqrt(cut(frame.variance, x, y, size))
    snr[cut(frame.mask & ~np.uint8(Flag.SATURATED), x, y, size) != 0] = 0
    core = slice(size // 2 - 1, size // 2 + 2)
    return np.minimum(snr, snr[:, core, core].max(axis=(1, 2), keepdims=True))


def _linked(x: np.ndarray, y: np.ndarray, angle: np.ndarray, fwhm_px: float) -> np.ndarray:
    """int [N]: the same number for pieces that lie on each other's lines, directly or through others."""
    i, j = cKDTree(np.column_stack([x, y])).query_pairs(LINK_FWHM * fwhm_px, output_type="ndarray").T
    dx, dy = x[j] - x[i], y[j] - y[i]
    off_line = np.maximum(*(np.abs(dy * np.cos(angle[k]) - dx * np.sin(angle[k])) for k in (i, j)))
    on_line = off_line < fwhm_px + np.hypot(dx, dy) * np.tan(ANGLE_ERROR)
    links = coo_array((np.ones(on_line.sum()), (i[on_line], j[on_line])), shape=(len(x), len(x)))
    return connected_components(links, directed=False)[1]
