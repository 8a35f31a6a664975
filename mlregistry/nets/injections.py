"""Stars of a difference turned into what training needs more of than the sky gives: dipoles and variables."""

import numpy as np
from scipy import ndimage

from pipeline.imaging.chain import DifferenceResult
from pipeline.imaging.frame import Frame
from pipeline.imaging.stamps import cut, shifted

from .stamps import STAMP_PX

BRIGHT_SIGMA = 20.0
LOBE_REACH_PX = 4
SNR_RANGE = (6.0, 100.0)
# A star may fade or brighten by at most this part of its flux.
MAX_AMPLITUDE = 0.6


def planes_of(result: DifferenceResult, science: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Science, reference at the science image's scale, and difference, each [ny, nx]."""
    return science.data, result.scaled_reference, result.difference.image


def stamps_at(planes: tuple[np.ndarray, ...], x: np.ndarray, y: np.ndarray, *, size_px: int = STAMP_PX) -> np.ndarray:
    """[N, 3, size_px, size_px] round places in `planes_of`."""
    return np.stack([cut(plane, x, y, size_px) for plane in planes], axis=1)


def bright_stars(result: DifferenceResult, science: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Pixels x, y of the peaks of bright sources in the reference, those beside flaws left out."""
    _, reference, _ = planes_of(result, science)
    is_peak = reference == ndimage.maximum_filter(reference, 15)
    is_bright = reference > BRIGHT_SIGMA * result.difference.noise_level
    y, x = np.nonzero(is_peak & is_bright & (result.difference.mask == 0))
    return x, y


def displaced(
    result: DifferenceResult, science: Frame, x: np.ndarray, y: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Stars at pixels x, y as a reference badly registered there, by part of a pixel, would leave them.

    Returns:
        Stamps [N, 3, 64, 64] centred on the stronger lobe of each dipole, and the lobes' x, y and signed
        significance of their highest pixel, [3, N].
    """
    wide = np.nan_to_num(stamps_at(planes_of(result, science), x, y, size_px=2 * STAMP_PX))
    angle, length_px = rng.uniform(0, 2 * np.pi, len(x)), rng.uniform(0.15, 0.8, len(x))
    moved = shifted(wide[:, 1], length_px * np.cos(angle), length_px * np.sin(angle))
    wide[:, 2] += wide[:, 1] - moved
    wide[:, 1] = moved
    around = STAMP_PX + np.arange(-LOBE_REACH_PX, LOBE_REACH_PX + 1)
    near = wide[:, 2][:, around[:, None], around].reshape(len(x), len(around) ** 2)
    lobe = np.abs(near).argmax(axis=1)
    dy, dx = (offset - LOBE_REACH_PX for offset in np.divmod(lobe, len(around)))
    rows, columns = (offset[:, None] + np.arange(STAMP_PX) + STAMP_PX // 2 for offset in (dy, dx))
    star = np.arange(len(x))[:, None, None, None]
    stamps = wide[star, np.arange(3)[:, None, None], rows[:, None, :, None], columns[:, None, None, :]]
    strength = near[np.arange(len(x)), lobe] / result.difference.noise_level
    return stamps, np.stack([x + dx, y + dy, strength])


def varied(
    result: DifferenceResult, science: Frame, x: np.ndarray, y: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Stars at pixels x, y made brighter or fainter in the science image, as their fitted PSFs would be.

    Returns:
        Stamps [N, 3, 64, 64], and the stars' x, y and the signed signal-to-noise ratio of their change, [3, N].
    """
    planes = planes_of(result, science)
    stamps = np.nan_to_num(stamps_at(planes, x, y))
    variances = np.nan_to_num(cut(result.difference.variance, x, y, STAMP_PX), nan=np.inf)
    dx, dy = _centroid_offsets(planes[1], x, y)
    signed_snr = np.exp(rng.uniform(*np.log(SNR_RANGE), len(x))) * rng.choice([-1, 1], len(x))
    for n in range(len(x)):
        science_psf = _placed(result.science_psf.at(x[n], y[n]), dx[n], dy[n])
        difference_psf = _placed(result.difference.psf.at(x[n], y[n]), dx[n], dy[n])
        flux_error = (difference_psf**2 / variances[n]).sum() ** -0.5
        most = MAX_AMPLITUDE * stamps[n, 0, STAMP_PX // 2, STAMP_PX // 2] / science_psf.max() / flux_error
        signed_snr[n] = np.clip(signed_snr[n], -most, most)
        stamps[n, 0] += signed_snr[n] * flux_error * science_psf
        stamps[n, 2] += signed_snr[n] * flux_error * difference_psf
    return stamps, np.stack([x + dx, y + dy, signed_snr])


def _centroid_offsets(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By how much the light's centre within 5×5 px lies off pixels x, y."""
    light = np.maximum(np.nan_to_num(cut(image, x, y, 5)), 0)
    total = light.sum(axis=(1, 2))
    steps = np.arange(-2, 3)
    return (light.sum(axis=1) * steps).sum(axis=1) / total, (light.sum(axis=2) * steps).sum(axis=1) / total


def _placed(psf: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """A PSF [size, size] in the middle of a stamp, moved by dx, dy px."""
    stamp = np.zeros((1, STAMP_PX, STAMP_PX))
    size = min(len(psf), STAMP_PX - 1)
    trim, start = (len(psf) - size) // 2, STAMP_PX // 2 - size // 2
    stamp[0, start : start + size, start : start + size] = psf[trim : trim + size, trim : trim + size]
    return shifted(stamp, np.array([dx]), np.array([dy]))[0]
