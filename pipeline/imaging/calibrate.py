"""From raw pixels to a `Frame`: background, noise, saturated pixels, cosmic rays."""

import math

import cv2
import numpy as np
import sep
from astropy.wcs import WCS

from .frame import BadImageError, BadParameterError, Flag, Frame

MIN_SIZE_PX = 32
MESH_PX = 64
COLUMN_STRETCH_PX = 41
# Mean contrast, in standard deviations, along the stretch; on sky it scatters by 0.16.
COLUMN_CONTRAST = 1.2


def calibrate(
    data: np.ndarray,
    *,
    wcs: WCS,
    gain_e_per_adu: float,
    read_noise_e: float,
    saturation_adu: float | None = None,
) -> Frame:
    """Subtract the background of an image and describe its noise and its flaws.

    Args:
        data: [ny, nx] ADU; NaN where there is no data, infinite where a pixel is bad.
        wcs: celestial WCS of the image.
        gain_e_per_adu: electrons per ADU, > 0.
        read_noise_e: electrons per pixel, ≥ 0; no pixel is taken to be quieter than its read-out.
        saturation_adu: level at which pixels saturate, > 0; None masks nothing as saturated.

    Raises:
        BadParameterError: a constant is out of its range.
        BadImageError: not a two-dimensional image, too small, nothing finite, or without noise.
    """
    _check_constants(gain_e_per_adu, read_noise_e, saturation_adu)
    mask = _initial_mask(data, saturation_adu)
    unusable = mask != 0
    filled = np.where(np.isfinite(data), data, 0).astype(np.float32)

    background = sep.Background(filled, mask=unusable, bw=MESH_PX, bh=MESH_PX)
    sky, rms = background.back(dtype=np.float32), background.rms(dtype=np.float32)
    noise_adu = float(np.median(rms[~unusable]))
    if not noise_adu > 0:
        raise BadImageError("the background has no noise", noise_adu=noise_adu, sky_adu=background.globalback)

    subtracted = np.where(np.isfinite(data), filled - sky, 0).astype(np.float32)
    sky_variance = np.maximum(rms, max(read_noise_e / gain_e_per_adu, 0.1 * noise_adu)) ** 2
    mask[find_bad_columns(subtracted, sky_variance, gain_e_per_adu=gain_e_per_adu)] |= np.uint8(Flag.BAD)
    cosmic_rays = find_cosmic_rays(subtracted, sky_variance, gain_e_per_adu=gain_e_per_adu, ignore=mask != 0)
    mask[cosmic_rays] |= np.uint8(Flag.COSMIC_RAY)
    return Frame(
        data=np.ascontiguousarray(subtracted),
        variance=sky_variance + np.maximum(subtracted, 0) / np.float32(gain_e_per_adu),
        mask=mask,
        wcs=wcs,
        gain_e_per_adu=gain_e_per_adu,
        saturation_adu=saturation_adu,
        sky_adu=float(np.median(sky[~unusable])),
        noise_adu=noise_adu,
    )


def find_bad_columns(data: np.ndarray, sky_variance: np.ndarray, *, gain_e_per_adu: float) -> np.ndarray:
    """Find stretches of columns that are darker or brighter than their neighbours all along: defects, bled charge.

    Args:
        data: float32 [ny, nx] ADU above the background.
        sky_variance: float32 [ny, nx] ADU² of the background alone.
        gain_e_per_adu: electrons per ADU.

    Returns:
        bool [ny, nx].
    """
    around = cv2.medianBlur(data, 5)
    light = np.maximum(around, 0)
    # A star is no defect: its own sharpness counts as noise.
    noise = np.sqrt(sky_variance + light / np.float32(gain_e_per_adu) + (0.3 * light) ** 2)
    contrast = np.clip((data - around) / noise, -3, 3)
    along = cv2.blur(contrast, (1, COLUMN_STRETCH_PX), borderType=cv2.BORDER_REFLECT_101)
    return np.abs(along) > COLUMN_CONTRAST


def find_cosmic_rays(
    data: np.ndarray,
    sky_variance: np.ndarray,
    *,
    gain_e_per_adu: float,
    ignore: np.ndarray,
    threshold_sigma: float = 4.5,
    contrast: float = 4.0,
    iterations: int = 3,
) -> np.ndarray:
    """Find cosmic rays by their sharp edges: L.A.Cosmic, van Dokkum 2001 (PASP 113, 1420).

    The Laplacian of the image subsampled twice, clipped at zero and averaged back (his eqs. 5–8), is taken
    at the original sampling: each of a pixel's four quarters sees two neighbours of its own.

    Args:
        data: float32 [ny, nx] ADU above the background.
        sky_variance: float32 [ny, nx] ADU² of the background alone.
        gain_e_per_adu: electrons per ADU.
        ignore: bool [ny, nx], pixels that are flawed already.
        threshold_sigma: Laplacian over noise that makes a pixel suspicious.
        contrast: Laplacian over fine structure (what a star's own sharpness gives) that condemns it.
        iterations: how often the cleaned image is searched again, for rays of several pixels.

    Returns:
        bool [ny, nx].
    """
    found = np.zeros(data.shape, dtype=bool)
    neighbours = np.ones((3, 3), dtype=np.uint8)
    clean = np.where(ignore, cv2.medianBlur(data, 5), data)
    for _ in range(iterations):
        median5 = cv2.medianBlur(clean, 5)
        noise = np.sqrt(sky_variance + np.maximum(median5, 0) / np.float32(gain_e_per_adu))
        laplacian = _clipped_laplacian(clean)
        # The Laplacian of a lone bright pixel is twice its value.
        excess = laplacian / (2 * noise)
        excess -= cv2.medianBlur(excess, 5)
        median3 = cv2.medianBlur(clean, 3)
        # A 5×5 median applied twice stands for van Dokkum's 7×7, which OpenCV lacks for floats.
        fine = median3 - cv2.medianBlur(cv2.medianBlur(median3, 5), 5)
        fine = np.maximum(fine / noise, 0.01)
        sharp = (excess > threshold_sigma) & (excess > contrast * fine)
        grown = cv2.dilate(sharp.astype(np.uint8), neighbours).astype(bool) & (excess > threshold_sigma)
        grown = cv2.dilate(grown.astype(np.uint8), neighbours).astype(bool) & (excess > 0.3 * threshold_sigma)
        new = (sharp | grown) & ~found & ~ignore
        if not new.any():
            break
        found |= new
        clean = np.where(found, median5, clean)
    return found


def _clipped_laplacian(data: np.ndarray) -> np.ndarray:
    padded = cv2.copyMakeBorder(data, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    left, right = padded[1:-1, :-2], padded[1:-1, 2:]
    up, down = padded[:-2, 1:-1], padded[2:, 1:-1]
    twice = 2 * data
    quarters = [np.maximum(twice - h - v, 0) for h in (left, right) for v in (up, down)]
    return sum(quarters) / 4


def _check_constants(gain_e_per_adu: float, read_noise_e: float, saturation_adu: float | None) -> None:
    if not (math.isfinite(gain_e_per_adu) and gain_e_per_adu > 0):
        raise BadParameterError(f"gain must be positive, is {gain_e_per_adu} e/ADU", gain_e_per_adu=gain_e_per_adu)
    if not (math.isfinite(read_noise_e) and read_noise_e >= 0):
        raise BadParameterError(f"read noise must not be negative, is {read_noise_e} e", read_noise_e=read_noise_e)
    if saturation_adu is not None and not saturation_adu > 0:
        raise BadParameterError(f"saturation must be positive, is {saturation_adu} ADU", saturation_adu=saturation_adu)


def _initial_mask(data: np.ndarray, saturation_adu: float | None) -> np.ndarray:
    if data.ndim != 2 or min(data.shape) < MIN_SIZE_PX:
        raise BadImageError(
            f"an image needs two dimensions of at least {MIN_SIZE_PX} px, this has {data.shape}", shape=data.shape
        )
    finite = np.isfinite(data)
    if not finite.any():
        raise BadImageError("no pixel is finite", n_pixels=data.size)
    low, high = float(data[finite].min()), float(data[finite].max())
    if low == high:
        raise BadImageError(f"every pixel is {low:g} ADU", value_adu=low)

    mask = np.zeros(data.shape, dtype=np.uint8)
    mask[np.isnan(data)] = Flag.NO_DATA
    mask[np.isinf(data)] = Flag.BAD
    if saturation_adu is not None:
        saturated = (finite & (data >= saturation_adu)).astype(np.uint8)
        # Charge spills into the neighbours before they reach the limit themselves.
        spilled = cv2.dilate(saturated, np.ones((3, 3), dtype=np.uint8)).astype(bool)
        mask[spilled] |= np.uint8(Flag.SATURATED)
    if (mask != 0).all():
        raise BadImageError(
            f"no pixel is good: all are missing, infinite, or at the saturation level of {saturation_adu} ADU",
            n_missing=int((~finite).sum()),
            median_adu=float(np.median(data[finite])),
        )
    return mask
