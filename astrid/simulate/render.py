"""Noiseless images: sources drawn into pixels through the field's PSF, in Fourier space."""

import numpy as np

from astrid.simulate.psf import LARGEST_STAMP_PX, Psf, frequencies, to_pixels
from astrid.simulate.sersic import sersic_profile, sersic_transform

STAMP_SIZES_PX = (16, 32, 64, 128, LARGEST_STAMP_PX)
FAINTEST_EDGE_ADU = 0.1
SAMPLES_AT_ONCE = 1 << 20


def add_stars(image: np.ndarray, psf: Psf, *, x: np.ndarray, y: np.ndarray, flux_adu: np.ndarray) -> None:
    """Add point sources of total flux `flux_adu` at pixels (x, y) to `image` [ny, nx], in place."""
    edges = flux_adu[:, None] * _edge_brightness(psf)
    _draw(image, psf, x, y, flux_adu, edges)


def add_galaxies(
    image: np.ndarray, psf: Psf, *, x: np.ndarray, y: np.ndarray, flux_adu: np.ndarray, n: np.ndarray,
    shape_px: np.ndarray,
) -> None:  # fmt: skip
    """Add Sérsic galaxies of index `n` to `image`, in place.

    `shape_px` [k, 2, 2] takes the unit circle to the half-light ellipse in pixels (columns x, y).
    """
    for index in np.unique(n):
        chosen = n == index
        shapes = shape_px[chosen]
        area = np.abs(np.linalg.det(shapes))
        major = np.linalg.norm(shapes, ord=2, axis=(1, 2))
        edge_px = np.array(STAMP_SIZES_PX) / 2
        own = sersic_profile(edge_px / major[:, None], index) / area[:, None]
        edges = flux_adu[chosen, None] * (own + _edge_brightness(psf))
        _draw(image, psf, x[chosen], y[chosen], flux_adu[chosen], edges, n=index, shapes=shapes)


def _edge_brightness(psf: Psf) -> np.ndarray:
    return np.array([psf.wing[size // 2 - 1] for size in STAMP_SIZES_PX])


def _draw(image, psf, x, y, flux_adu, edges, *, n=None, shapes=None) -> None:
    faint_enough = edges < FAINTEST_EDGE_ADU
    faint_enough[:, -1] = True
    size_class = faint_enough.argmax(axis=1)
    for i, size in enumerate(STAMP_SIZES_PX):
        members = np.flatnonzero(size_class == i)
        at_once = max(1, SAMPLES_AT_ONCE // (4 * size**2))
        for start in range(0, members.size, at_once):
            chunk = members[start : start + at_once]
            spectra = psf.spectra(x[chunk], y[chunk], size)
            spectra *= flux_adu[chunk, None, None].astype(np.float32)
            if shapes is not None:
                spectra *= _galaxy_spectra(shapes[chunk], n, size)
            _paste(image, to_pixels(spectra), x[chunk], y[chunk])


def _galaxy_spectra(shapes: np.ndarray, n: float, size: int) -> np.ndarray:
    # A profile stretched by A has the transform F(Aᵀ f).
    fy, fx = frequencies(size)
    along_x = shapes[:, 0, 0, None, None] * fx + shapes[:, 1, 0, None, None] * fy
    along_y = shapes[:, 0, 1, None, None] * fx + shapes[:, 1, 1, None, None] * fy
    return sersic_transform(np.hypot(along_x, along_y), n).astype(np.float32)


def _paste(image: np.ndarray, stamps: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    ny, nx = image.shape
    size = stamps.shape[-1]
    lefts = np.rint(x).astype(int) - size // 2
    bottoms = np.rint(y).astype(int) - size // 2
    for stamp, left, bottom in zip(stamps, lefts.tolist(), bottoms.tolist(), strict=True):
        x0, x1 = max(left, 0), min(left + size, nx)
        y0, y1 = max(bottom, 0), min(bottom + size, ny)
        if x0 < x1 and y0 < y1:
            image[y0:y1, x0:x1] += stamp[y0 - bottom : y1 - bottom, x0 - left : x1 - left]
