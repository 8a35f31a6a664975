"""A quick simulated sky with known truth: Moffat stars, noise, transients; for tests of the imaging."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

PIXEL_SCALE_DEG = 0.5 / 3600
GAIN_E_PER_ADU = 2.0
READ_NOISE_E = 8.0
SATURATION_ADU = 60_000.0
SKY_ADU = 200.0
NOISE_ADU = float(np.sqrt(SKY_ADU / GAIN_E_PER_ADU + (READ_NOISE_E / GAIN_E_PER_ADU) ** 2))


def make_wcs(size_px: int, *, shift_px: tuple[float, float] = (0, 0), rotation_deg: float = 0) -> WCS:
    """A TAN projection whose tangent point lies `shift_px` off the image's centre."""
    angle = np.deg2rad(rotation_deg)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.0, 20.0]
    wcs.wcs.crpix = [size_px / 2 + 1 + shift_px[0], size_px / 2 + 1 + shift_px[1]]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wcs.wcs.cd = PIXEL_SCALE_DEG * np.diag([-1, 1]) @ rotation
    wcs.wcs.set()
    return wcs


def moffat(shape, x, y, flux, *, fwhm_px, beta=3.0, ellipticity=0.0, angle_deg=0.0) -> np.ndarray:
    """Sum of Moffat sources of total `flux` each; [ny, nx] float64. `fwhm_px` may be one per source."""
    image = np.zeros(shape)
    radius = int(np.ceil(12 * np.max(fwhm_px, initial=1)))
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    for xi, yi, fi, fwhm in zip(x, y, flux, np.broadcast_to(fwhm_px, np.shape(x)), strict=True):
        y0, y1 = max(int(yi) - radius, 0), min(int(yi) + radius + 1, shape[0])
        x0, x1 = max(int(xi) - radius, 0), min(int(xi) + radius + 1, shape[1])
        if y0 >= y1 or x0 >= x1:
            continue
        dy, dx = np.mgrid[y0:y1, x0:x1] - np.array([yi, xi])[:, None, None]
        alpha = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
        axis_ratio = 1 - ellipticity
        major, minor = dx * cos + dy * sin, -dx * sin + dy * cos
        q = (axis_ratio * major**2 + minor**2 / axis_ratio) / alpha**2
        image[y0:y1, x0:x1] += fi * (beta - 1) / (np.pi * alpha**2) * (1 + q) ** -beta
    return image


def observe(expected_adu: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Raw float32 ADU of what a detector makes of `expected_adu` above the sky."""
    electrons = rng.poisson((np.maximum(expected_adu, 0) + SKY_ADU) * GAIN_E_PER_ADU)
    electrons = electrons + rng.normal(0, READ_NOISE_E, expected_adu.shape)
    return np.minimum(electrons / GAIN_E_PER_ADU, SATURATION_ADU).astype(np.float32)


@dataclass(frozen=True)
class SkyPair:
    """A raw science and reference image, and the transients (x, y in science pixels, flux in ADU) in the science."""

    science: np.ndarray
    reference: np.ndarray
    science_wcs: WCS
    reference_wcs: WCS
    star_x: np.ndarray
    star_y: np.ndarray
    transient_x: np.ndarray
    transient_y: np.ndarray
    transient_flux: np.ndarray
    reference_scale: float


def make_pair(
    *,
    seed: int,
    size_px: int = 384,
    n_stars: int = 120,
    n_transients: int = 12,
    science_fwhm_px: float = 3.4,
    reference_fwhm_px: float = 2.8,
    shift_px: tuple[float, float] = (3.3, -2.6),
    rotation_deg: float = 0.3,
    reference_scale: float = 0.8,
    brightest_adu: float = 1.5e5,
) -> SkyPair:
    """Two images of one sky; the reference is shifted, rotated, sharper, and `reference_scale` as bright."""
    rng = np.random.default_rng(seed)
    shape = (size_px, size_px)
    science_wcs = make_wcs(size_px)
    reference_wcs = make_wcs(size_px, shift_px=shift_px, rotation_deg=rotation_deg)
    margin = 20
    star_x, star_y = rng.uniform(-margin, size_px + margin, (2, n_stars))
    flux = np.minimum(1000 * rng.pareto(0.8, n_stars) + 1000, brightest_adu)
    x, y = rng.uniform(margin, size_px - margin, (2, n_transients))
    transient_flux = rng.uniform(1500, 20000, n_transients)
    reference_x, reference_y = reference_wcs.world_to_pixel(science_wcs.pixel_to_world(star_x, star_y))
    science = moffat(shape, star_x, star_y, flux, fwhm_px=science_fwhm_px)
    science += moffat(shape, x, y, transient_flux, fwhm_px=science_fwhm_px)
    reference = moffat(
        shape, reference_x, reference_y, reference_scale * flux, fwhm_px=reference_fwhm_px, beta=3.5, ellipticity=0.05
    )
    return SkyPair(
        science=observe(science, rng=rng),
        reference=observe(reference, rng=rng),
        science_wcs=science_wcs,
        reference_wcs=reference_wcs,
        star_x=star_x,
        star_y=star_y,
        transient_x=x,
        transient_y=y,
        transient_flux=transient_flux,
        reference_scale=reference_scale,
    )
