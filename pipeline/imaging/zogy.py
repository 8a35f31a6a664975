"""Proper image subtraction: Zackay, Ofek & Gal-Yam 2016 (ApJ 830, 27), "ZOGY"."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

WORKERS = 2
# Where both PSFs vanish in Fourier space they are given this transform: the difference becomes the plain one of the
# two images there, and its noise stays white.
PSF_FLOOR = 3e-4


@dataclass(frozen=True)
class Tile:
    """A difference image with its significance and variance and the significance of what both images show, each
    [ny, nx], and the kernel [size, size] by which the science image went into it."""

    image: np.ndarray
    significance: np.ndarray
    variance: np.ndarray
    static: np.ndarray
    science_kernel: np.ndarray


def zogy_tile(
    science: np.ndarray,
    reference: np.ndarray,
    science_variance: np.ndarray,
    reference_variance: np.ndarray,
    *,
    science_psf: np.ndarray,
    reference_psf: np.ndarray,
    science_sky_variance: float,
    reference_sky_variance: float,
    astrometric_noise_px: float,
    photometric_noise: float,
) -> Tile:
    """Difference of two images with equal flux scales and PSFs that are constant over them.

    Args:
        science, reference: float32 [ny, nx], background-subtracted, without NaN.
        science_variance, reference_variance: [ny, nx], of background and sources.
        science_psf, reference_psf: [size, size] stamps of unit sum, odd sizes.
        science_sky_variance, reference_sky_variance: of the background, per pixel.
        astrometric_noise_px: standard deviation per axis of the registration.
        photometric_noise: relative error of a static source's flux in one image against the other, as the PSFs' errors
            make it; it counts as noise where both images show light.

    Returns:
        The proper difference D of eq. 13 in units of the images (divided by F_D, eq. 15), S_corr of eq. 25 with the
        source noise of eqs. 26–29 and the astrometric noise of eqs. 30–33, D's variance, and the kernel that makes
        the PSF P_D of eq. 14 from the science image's.
        The images are periodic: their borders, a PSF wide, are to be thrown away.
    """
    shape = science.shape
    p_n, p_r = (_transformed_psf(psf, shape) for psf in (science_psf, reference_psf))
    floor = PSF_FLOOR * np.exp(-(np.abs(p_n) ** 2 + np.abs(p_r) ** 2) / (10 * PSF_FLOOR) ** 2)
    p_n, p_r = p_n + floor, p_r + floor
    power_n, power_r = np.abs(p_n) ** 2, np.abs(p_r) ** 2
    weight = science_sky_variance * power_r + reference_sky_variance * power_n
    whitening = np.sqrt((science_sky_variance + reference_sky_variance) / weight)
    n, r = _fft(science), _fft(reference)

    d_n, d_r = p_r * whitening, p_n * whitening
    k_n, k_r = np.conj(p_n) * power_r / weight, np.conj(p_r) * power_n / weight
    s_n, s_r = _inverse(k_n * n, shape), _inverse(k_r * r, shape)
    v_n, v_r = _fft(science_variance), _fft(reference_variance)
    s_variance = _inverse(_squared(k_n, shape) * v_n + _squared(k_r, shape) * v_r, shape)
    # Rounding in the transforms must not take it below zero.
    s_variance = np.maximum(s_variance, 1e-3 * np.median(s_variance))
    if astrometric_noise_px > 0:
        slopes = sum(slope**2 for s in (s_n, s_r) for slope in np.gradient(s))
        # Only one of the two images is displaced against the other: half of the variance goes to each.
        s_variance += 0.5 * astrometric_noise_px**2 * slopes
    static = np.clip(np.minimum(s_n, s_r), 0, None)
    s_variance += (photometric_noise * static) ** 2
    d_variance = _inverse(_squared(d_n, shape) * v_n + _squared(d_r, shape) * v_r, shape)
    sky_variance = science_sky_variance + reference_sky_variance
    size = max(len(science_psf), len(reference_psf))
    s_error = np.sqrt(s_variance)
    return Tile(
        image=_inverse(d_n * n - d_r * r, shape),
        significance=(s_n - s_r) / s_error,
        variance=np.maximum(d_variance, 0.1 * sky_variance),
        static=static / s_error,
        science_kernel=_stamp(_inverse(d_n, shape), size),
    )


def _fft(image: np.ndarray) -> np.ndarray:
    return scipy.fft.rfft2(image, workers=WORKERS)


def _inverse(transform: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return scipy.fft.irfft2(transform, s=shape, workers=WORKERS)


def _transformed_psf(psf: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Transform of a PSF stamp whose centre is put on pixel [0, 0]."""
    padded = np.zeros(shape, dtype=np.float32)
    padded[: psf.shape[0], : psf.shape[1]] = psf
    return _fft(np.roll(padded, (-(psf.shape[0] // 2), -(psf.shape[1] // 2)), axis=(0, 1)))


def _squared(transform: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Transform of the square of a kernel: how it carries variances."""
    return _fft(_inverse(transform, shape) ** 2)


def _stamp(kernel: np.ndarray, size: int) -> np.ndarray:
    """The middle of a kernel whose centre is on pixel [0, 0]."""
    half = size // 2
    return np.roll(kernel, (half, half), axis=(0, 1))[:size, :size]
