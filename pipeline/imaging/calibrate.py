"""From pixels in ADU to a `Frame`: background, noise, saturated pixels and other flaws."""

import math

import cv2
import numpy as np
import sep
from astropy.wcs import WCS

from .flaws import find_bad_lines, find_cosmic_rays
from .frame import BadImageError, BadParameterError, Flag, Frame

MIN_SIZE_PX = 32
MESH_PX = 64
# Further from zero no detector counts, and the squares of such numbers, summed over an image, overflow 32 bits.
MAX_ADU = 1e15
# A stack of frames is quieter than the read-out of one of them, but not by more than this.
MIN_NOISE_PART = 0.01


def calibrate(
    data: np.ndarray,
    *,
    wcs: WCS,
    gain_e_per_adu: float,
    read_noise_e: float,
    saturation_adu: float | None = None,
    flags: np.ndarray | None = None,
    sensitivity: np.ndarray | None = None,
) -> Frame:
    """Subtract the background of an image and describe its noise and its flaws.

    Args:
        data: [ny, nx] ADU; NaN where there is no data, infinite where a pixel is bad.
        wcs: celestial WCS of the image.
        gain_e_per_adu: electrons per ADU, > 0.
        read_noise_e: electrons per pixel, ≥ 0; no pixel is taken to be quieter than its read-out.
        saturation_adu: level at which pixels saturate, > 0; None masks nothing as saturated.
        flags: uint8 [ny, nx] of `Flag`, flaws known before, as `masters.apply_masters` gives them. With them the
            saturated pixels are those that they name: a flat field has moved the level.
        sensitivity: float32 [ny, nx], > 0, the flat field that `data` was divided by; None when by none.

    Raises:
        BadParameterError: a constant is out of its range, or a plane has another shape than the image.
        BadImageError: not a two-dimensional image, too small, nothing finite, without noise, or in units to which the
            constants do not belong.
    """
    _check_constants(gain_e_per_adu, read_noise_e, saturation_adu)
    _check_planes(data, flags, sensitivity)
    mask = _initial_mask(data, saturation_adu, flags)
    good = mask == 0
    filled = np.where(np.isfinite(data), data, 0).astype(np.float32, order="C")

    background = sep.Background(filled, mask=~good, bw=MESH_PX, bh=MESH_PX)
    sky, rms = background.back(dtype=np.float32), background.rms(dtype=np.float32)
    noise_adu = _median_of_smooth(rms, good)
    _check_noise(noise_adu, read_noise_adu=read_noise_e / gain_e_per_adu)
    sky_adu = _median_of_smooth(sky, good)

    subtracted = np.subtract(filled, sky, out=filled)
    subtracted[(mask & np.uint8(Flag.NO_DATA)) != 0] = 0
    sky_variance = np.maximum(rms, max(read_noise_e / gain_e_per_adu, 0.1 * noise_adu), out=rms)
    np.square(sky_variance, out=sky_variance)
    gain = np.float32(gain_e_per_adu)
    if sensitivity is not None:
        # The mesh knows the mean noise around a pixel; the fewer of its photons a pixel counts, the noisier it is.
        sky_variance /= sensitivity * cv2.blur(1 / sensitivity, (MESH_PX, MESH_PX))
        gain = gain * sensitivity

    mask[find_bad_lines(subtracted, sky_variance, gain_e_per_adu=gain)] |= np.uint8(Flag.BAD)
    cosmic_rays = find_cosmic_rays(subtracted, sky_variance, gain_e_per_adu=gain, ignore=mask != 0)
    mask[cosmic_rays] |= np.uint8(Flag.COSMIC_RAY)
    return Frame(
        data=subtracted,
        variance=sky_variance + np.maximum(subtracted, 0) / gain,
        mask=mask,
        wcs=wcs,
        gain_e_per_adu=gain_e_per_adu,
        saturation_adu=saturation_adu,
        sky_adu=sky_adu,
        noise_adu=noise_adu,
    )


def _check_constants(gain_e_per_adu: float, read_noise_e: float, saturation_adu: float | None) -> None:
    if not (math.isfinite(gain_e_per_adu) and gain_e_per_adu > 0):
        raise BadParameterError(f"gain must be positive, is {gain_e_per_adu} e/ADU", gain_e_per_adu=gain_e_per_adu)
    if not (math.isfinite(read_noise_e) and read_noise_e >= 0):
        raise BadParameterError(f"read noise must not be negative, is {read_noise_e} e", read_noise_e=read_noise_e)
    if saturation_adu is not None and not saturation_adu > 0:
        raise BadParameterError(f"saturation must be positive, is {saturation_adu} ADU", saturation_adu=saturation_adu)


def _check_noise(noise_adu: float, *, read_noise_adu: float) -> None:
    if not noise_adu > 0:
        raise BadImageError("the background has no noise", noise_adu=noise_adu)
    if noise_adu < MIN_NOISE_PART * read_noise_adu:
        raise BadImageError(
            f"the background's noise of {noise_adu:.3g} ADU is far below the read-out's {read_noise_adu:.3g} ADU: "
            "units, gain or read noise are wrong",
            noise_adu=noise_adu,
            read_noise_adu=read_noise_adu,
        )


def _check_planes(data: np.ndarray, flags: np.ndarray | None, sensitivity: np.ndarray | None) -> None:
    for name, plane in (("flags", flags), ("sensitivity", sensitivity)):
        if plane is not None and plane.shape != data.shape:
            raise BadParameterError(
                f"{name} of shape {plane.shape} do not fit an image of shape {data.shape}", shape=plane.shape
            )
    if sensitivity is not None and not (sensitivity > 0).all():
        raise BadParameterError("the sensitivity must be positive", lowest=float(sensitivity.min()))


def _initial_mask(data: np.ndarray, saturation_adu: float | None, flags: np.ndarray | None) -> np.ndarray:
    if data.ndim != 2 or min(data.shape) < MIN_SIZE_PX:
        raise BadImageError(
            f"an image needs two dimensions of at least {MIN_SIZE_PX} px, this has {data.shape}", shape=data.shape
        )
    finite = np.isfinite(data)
    if not finite.any():
        raise BadImageError("no pixel is finite", n_pixels=data.size)
    known = data if finite.all() else data[finite]
    low, high = float(known.min()), float(known.max())
    if low == high:
        raise BadImageError(f"every pixel is {low:g} ADU", value_adu=low)
    if max(-low, high) > MAX_ADU:
        raise BadImageError(f"pixels run from {low:.3g} to {high:.3g} ADU", lowest_adu=low, highest_adu=high)

    mask = np.zeros(data.shape, dtype=np.uint8) if flags is None else flags.astype(np.uint8, order="C")
    mask[np.isnan(data)] |= np.uint8(Flag.NO_DATA)
    mask[np.isinf(data)] |= np.uint8(Flag.BAD)
    if flags is None and saturation_adu is not None:
        mask[finite & (data >= saturation_adu)] |= np.uint8(Flag.SATURATED)
    # Charge spills into the neighbours before they reach the limit themselves.
    mask |= cv2.dilate(mask & np.uint8(Flag.SATURATED), np.ones((3, 3), dtype=np.uint8))
    if (mask != 0).all():
        raise BadImageError(
            f"no pixel is good: all are missing, bad, or at the saturation level of {saturation_adu} ADU",
            n_missing=int((~finite).sum()),
            median_adu=float(np.median(known)),
        )
    return mask


def _median_of_smooth(plane: np.ndarray, good: np.ndarray) -> float:
    """Median of a map that hardly changes within 16 pixels, so that every 16th of the good ones is enough."""
    return float(np.median(plane[good][::16]))
