"""Master bias, dark and flat frames: made from stacks of exposures, and applied to images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from .frame import BadImageError, BadParameterError, Flag
from .stack import clipped_mean

# With fewer no frame can be outvoted.
MIN_FRAMES = 3
# In units of a single exposure's noise: from here on the charge's own shot noise adds to it noticeably.
HOT_SIGMA = 5.0
# In units of the scatter of the sound pixels' sensitivity round that of their neighbours.
INSENSITIVE_SIGMA = 8.0
# A pixel that counts fewer of its photons than this, compared with the middle one, shows mostly its own noise.
MIN_SENSITIVITY = 0.1
# Noisier flats would make images worse.
MAX_FLAT_NOISE = 0.1


class MasterKind(StrEnum):
    BIAS = "bias"
    DARK = "dark"
    FLAT = "flat"


@dataclass(frozen=True)
class Master:
    """What a detector adds to an image, or takes away.

    Attributes:
        kind: what was stacked.
        data: float32 [ny, nx]; ADU of a bias and of a dark in `exposure_s`, relative sensitivity of median 1 of a flat.
        mask: uint8 [ny, nx] of `Flag`, BAD where a pixel is hot, dead or was never seen.
        n_frames: exposures in the stack.
        level_adu: median of the stack; of a flat before it was scaled to 1.
        noise_adu: standard error of a pixel of the stack; of a flat at its level.
        exposure_s: of a dark.
    """

    kind: MasterKind
    data: np.ndarray
    mask: np.ndarray
    n_frames: int
    level_adu: float
    noise_adu: float
    exposure_s: float | None = None

    @property
    def n_bad_pixels(self) -> int:
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Detrended:
    """An image freed of what the detector did to it; what `calibrate` takes.

    Attributes:
        data: float32 [ny, nx] ADU.
        flags: uint8 [ny, nx] of `Flag`: SATURATED by the raw level, BAD by the masters.
        sensitivity: float32 [ny, nx] > 0, what `data` was divided by; None without a flat.
    """

    data: np.ndarray
    flags: np.ndarray
    sensitivity: np.ndarray | None


def master_bias(frames: Sequence[np.ndarray]) -> Master:
    """Average exposures of no time, clipping outliers.

    Args:
        frames: at least three, [ny, nx] ADU; NaN takes no part.

    Raises:
        BadParameterError: too few frames.
        BadImageError: frames of different shapes, or without a finite pixel.
    """
    shape = _common_shape(frames)
    data, noise_adu = clipped_mean(lambda i, rows: _less(frames[i], rows), np.ones(len(frames)), shape)
    return _master(MasterKind.BIAS, data, n_frames=len(frames), noise_adu=noise_adu)


def master_dark(frames: Sequence[np.ndarray], *, exposure_s: float, bias: Master | None = None) -> Master:
    """Average exposures of one length with the shutter closed, and mark the hot pixels.

    Args:
        frames: at least three, [ny, nx] ADU; NaN takes no part.
        exposure_s: of each, > 0.
        bias: to subtract; None when the frames have none, as after an overscan correction.

    Raises:
        BadParameterError: too few frames, no exposure time, or a bias that does not fit.
        BadImageError: frames of different shapes, or without a finite pixel.
    """
    shape = _common_shape(frames)
    _check_exposure(exposure_s)
    _check_fits(bias, MasterKind.BIAS, shape)

    def prepared(i: int, rows: slice) -> np.ndarray:
        return _less(frames[i], rows, bias=bias)

    data, noise_adu = clipped_mean(prepared, np.ones(len(frames)), shape)
    excess, _ = _against_neighbours(data)
    hot = np.abs(excess) > HOT_SIGMA * noise_adu * math.sqrt(len(frames))
    return _master(MasterKind.DARK, data, bad=hot, n_frames=len(frames), noise_adu=noise_adu, exposure_s=exposure_s)


def master_flat(
    frames: Sequence[np.ndarray],
    *,
    bias: Master | None = None,
    dark: Master | None = None,
    exposures_s: Sequence[float] | None = None,
    saturation_adu: float | None = None,
) -> Master:
    """Average exposures of an evenly lit field, each scaled by its median, and mark the dead and insensitive pixels.

    Each weighs as much as it has light. Stars, which stand elsewhere in each twilight flat, are clipped.

    Args:
        frames: at least three, [ny, nx] ADU; NaN takes no part.
        bias: to subtract; None when the frames have none.
        dark: to subtract, scaled by the exposure time; None leaves the dark current in.
        exposures_s: of each frame, > 0; needed with `dark`.
        saturation_adu: raw level at which pixels saturate; these take no part.

    Raises:
        BadParameterError: too few frames, exposure times that are missing, or a bias or dark that does not fit.
        BadImageError: frames of different shapes; or one without a finite pixel, without light, or saturated; or all
            together so faint that they show noise.
    """
    shape = _common_shape(frames)
    _check_fits(bias, MasterKind.BIAS, shape)
    _check_fits(dark, MasterKind.DARK, shape)
    if dark is None:
        exposures_s = [None] * len(frames)
    elif exposures_s is None or len(exposures_s) != len(frames):
        raise BadParameterError("a dark can be subtracted only with every flat's exposure time", n_frames=len(frames))

    def lit(i: int, rows: slice) -> np.ndarray:
        light = _less(frames[i], rows, bias=bias, dark=dark, exposure_s=exposures_s[i])
        if saturation_adu is not None:
            light[frames[i][rows] >= saturation_adu] = np.nan
        return light

    levels = np.array(
        [
            _level(lit(i, slice(None)), frame, number=i + 1, saturation_adu=saturation_adu)
            for i, frame in enumerate(frames)
        ]
    )
    level_adu = float(levels.mean())
    data, noise_adu = clipped_mean(
        lambda i, rows: lit(i, rows) * np.float32(level_adu / levels[i]), levels / level_adu, shape
    )
    if noise_adu > MAX_FLAT_NOISE * level_adu:
        raise BadImageError(
            f"the flats are empty: at a median level of {level_adu:.3g} ADU their mean has a noise of "
            f"{noise_adu:.3g} ADU a pixel",
            level_adu=level_adu,
            noise_adu=noise_adu,
        )
    data /= np.float32(np.nanmedian(data))
    contrast, around = _against_neighbours(data)
    contrast /= np.maximum(around, MIN_SENSITIVITY)
    scatter = 1.4826 * float(np.median(np.abs(contrast)))
    bad = (np.abs(contrast) > INSENSITIVE_SIGMA * scatter) | (data < MIN_SENSITIVITY)
    return _master(MasterKind.FLAT, data, bad=bad, n_frames=len(frames), noise_adu=noise_adu, level_adu=level_adu)


def apply_masters(
    raw: np.ndarray,
    *,
    bias: Master | None = None,
    dark: Master | None = None,
    flat: Master | None = None,
    exposure_s: float | None = None,
    saturation_adu: float | None = None,
) -> Detrended:
    """Subtract bias and dark from a raw image, and divide it by the flat.

    Args:
        raw: [ny, nx] ADU; NaN and infinity stay what they are.
        bias, dark, flat: what there is of them.
        exposure_s: of the image, > 0; needed with `dark`, which is scaled to it.
        saturation_adu: raw level at which pixels saturate; None marks none.

    Raises:
        BadParameterError: a master of the wrong kind or of another shape, or no exposure time.
    """
    for master, kind in ((bias, MasterKind.BIAS), (dark, MasterKind.DARK), (flat, MasterKind.FLAT)):
        _check_fits(master, kind, raw.shape)
    data = _less(raw, slice(None), bias=bias, dark=dark, exposure_s=exposure_s)
    flags = np.zeros(raw.shape, dtype=np.uint8)
    for master in (bias, dark, flat):
        if master is not None:
            flags |= master.mask
    if saturation_adu is not None:
        flags[raw >= saturation_adu] |= np.uint8(Flag.SATURATED)
    if flat is None:
        return Detrended(data, flags, None)
    sensitivity = np.where(flat.data < MIN_SENSITIVITY, np.float32(1), flat.data)
    data /= sensitivity
    return Detrended(data, flags, sensitivity)


def _less(
    raw: np.ndarray,
    rows: slice,
    *,
    bias: Master | None = None,
    dark: Master | None = None,
    exposure_s: float | None = None,
) -> np.ndarray:
    """Rows of an image less bias and dark."""
    data = raw[rows].astype(np.float32)
    if bias is not None:
        data -= bias.data[rows]
    if dark is not None:
        _check_exposure(exposure_s)
        data -= dark.data[rows] * np.float32(exposure_s / dark.exposure_s)
    return data


def _against_neighbours(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel is from the median of the 5 × 5 round it, and that median."""
    around = cv2.medianBlur(np.where(np.isfinite(data), data, np.nanmedian(data)), 5)
    return np.where(np.isfinite(data), data - around, 0), around


def _master(
    kind: MasterKind,
    data: np.ndarray,
    *,
    n_frames: int,
    noise_adu: float,
    bad: np.ndarray | None = None,
    level_adu: float | None = None,
    exposure_s: float | None = None,
) -> Master:
    unseen = np.isnan(data)
    median = float(np.nanmedian(data))
    mask = np.where(unseen if bad is None else unseen | bad, np.uint8(Flag.BAD), np.uint8(0))
    return Master(
        kind=kind,
        data=np.where(unseen, np.float32(median), data),
        mask=mask,
        n_frames=n_frames,
        level_adu=median if level_adu is None else level_adu,
        noise_adu=noise_adu,
        exposure_s=exposure_s,
    )


def _level(light: np.ndarray, raw: np.ndarray, *, number: int, saturation_adu: float | None) -> float:
    """Median of a flat's light, ADU."""
    counts = raw[np.isfinite(raw)]
    raw_level, highest = float(np.median(counts)), float(counts.max())
    # Half of the pixels at the very same highest value are saturated, whether that level is known or not.
    if raw_level >= (highest if saturation_adu is None else min(highest, saturation_adu)) > 0:
        raise BadImageError(
            f"flat {number} is saturated: its median level is {raw_level:g} ADU", number=number, level_adu=raw_level
        )
    level = float(np.nanmedian(light))
    if not level > 0:
        raise BadImageError(
            f"flat {number} is empty: its median level is {level:g} ADU above bias and dark",
            number=number,
            level_adu=level,
        )
    return level


def _common_shape(frames: Sequence[np.ndarray]) -> tuple[int, int]:
    if len(frames) < MIN_FRAMES:
        raise BadParameterError(
            f"a master frame needs at least {MIN_FRAMES} frames, there are {len(frames)}", n_frames=len(frames)
        )
    shape = frames[0].shape
    for number, frame in enumerate(frames, start=1):
        if frame.ndim != 2 or frame.shape != shape:
            raise BadImageError(
                f"frame {number} has the shape {frame.shape}, the first has {shape}", number=number, shape=frame.shape
            )
        if not np.isfinite(frame).any():
            raise BadImageError(f"no pixel of frame {number} is finite", number=number)
    return shape


def _check_exposure(exposure_s: float | None) -> None:
    if exposure_s is None or not (math.isfinite(exposure_s) and exposure_s > 0):
        raise BadParameterError(f"a dark needs an exposure time, it is {exposure_s} s", exposure_s=exposure_s)


def _check_fits(master: Master | None, kind: MasterKind, shape: tuple[int, int]) -> None:
    if master is None:
        return
    if master.kind != kind:
        raise BadParameterError(f"a {master.kind} was given as {kind}", kind=str(master.kind))
    if master.data.shape != shape:
        raise BadParameterError(
            f"the {kind} has the shape {master.data.shape}, the image {shape}", shape=master.data.shape
        )
