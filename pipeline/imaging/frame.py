"""The calibrated image that every imaging step takes and gives, and the errors they raise."""

import math
from dataclasses import dataclass
from enum import IntFlag

import cv2
import numpy as np
from astropy.wcs import WCS


class Flag(IntFlag):
    """Bits of a mask plane; 0 is a good pixel."""

    SATURATED = 1
    COSMIC_RAY = 2
    BAD = 4
    NO_DATA = 8


class ImagingError(ValueError):
    """An image that a step cannot use; `measurements` holds the numbers behind the message."""

    def __init__(self, message: str, **measurements: object) -> None:
        super().__init__(message)
        self.measurements = measurements


class BadImageError(ImagingError):
    """The pixels are no image of the sky: wrong shape, nothing finite, no noise."""


class BadParameterError(ImagingError):
    """An instrument constant or an option that cannot be true, such as a negative gain."""


class NoStarsError(ImagingError):
    """Too few usable stars to measure a PSF or a photometric scale."""


class NoOverlapError(ImagingError):
    """The reference does not cover the science image."""


class RegistrationError(ImagingError):
    """The two images cannot be brought onto one grid."""


@dataclass(frozen=True)
class Frame:
    """A background-subtracted image with its noise and its flaws.

    All planes are C-contiguous [ny, nx]; pixel (x, y) is 0-based with integers at pixel centres and lies
    at index [y, x].

    Attributes:
        data: float32, ADU above the background.
        variance: float32, ADU², of background and sources together; positive everywhere.
        mask: uint8 of `Flag`.
        wcs: celestial WCS of this grid.
        gain_e_per_adu: electrons per ADU.
        saturation_adu: level of the raw image at which pixels saturate; None when unknown.
        sky_adu: median background that was subtracted.
        noise_adu: median standard deviation of the background per pixel.
    """

    data: np.ndarray
    variance: np.ndarray
    mask: np.ndarray
    wcs: WCS
    gain_e_per_adu: float
    saturation_adu: float | None
    sky_adu: float
    noise_adu: float

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx) in pixels."""
        return self.data.shape

    def filled(self, scale_px: float = 2.0) -> np.ndarray:
        """The data with its flawed pixels filled."""
        return filled(self.data, self.mask, scale_px=scale_px)


def filled(data: np.ndarray, mask: np.ndarray, *, scale_px: float) -> np.ndarray:
    """Data [ny, nx] with flawed pixels replaced by the weighted mean of the good ones within a few `scale_px`.

    Saturated pixels stay: too low as they are, they resemble the star more than its surroundings do.
    """
    flawed = (mask & ~np.uint8(Flag.SATURATED)) != 0
    if not flawed.any():
        return data
    good = (~flawed).astype(np.float32)
    size = (2 * math.ceil(3 * scale_px) + 1,) * 2
    light = cv2.GaussianBlur(data * good, size, scale_px, borderType=cv2.BORDER_CONSTANT)
    weight = cv2.GaussianBlur(good, size, scale_px, borderType=cv2.BORDER_CONSTANT)
    whole = data.copy()
    # Far from any good pixel nothing is known, and the background-subtracted sky is zero.
    whole[flawed] = light[flawed] / np.maximum(weight[flawed], 0.01)
    return whole


def dilated(flags: np.ndarray, radius_px: float) -> np.ndarray:
    """A mask plane of bits whose every set pixel has grown to a disc."""
    radius = math.ceil(radius_px)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = (x**2 + y**2 <= radius_px**2).astype(np.uint8)
    grown = np.zeros_like(flags)
    for flag in Flag:
        bit = flags & np.uint8(flag)
        if bit.any():
            grown |= cv2.dilate(bit, disc)
    return grown
