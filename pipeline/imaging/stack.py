"""Many images of one grid, pixel by pixel, a strip of rows at a time."""

import math
from collections.abc import Callable, Iterator

import numpy as np

CLIP_SIGMA = 5.0
# What a strip may hold at once, whatever the number of images.
STRIP_VALUES = 1 << 21


def strips(shape: tuple[int, int], n_images: int) -> Iterator[slice]:
    """Rows of an image of `shape`, so few at a time that `n_images` of them fit in memory."""
    ny, nx = shape
    height = max(STRIP_VALUES // (n_images * nx), 1)
    for top in range(0, ny, height):
        yield slice(top, min(top + height, ny))


def lower_median(images: np.ndarray) -> np.ndarray:
    """Median [ny, nx] of images [n, ny, nx] without their NaN; NaN where there is nothing else.

    Of an even number it is the lower of the two in the middle: it is one of the values, and of two that disagree the
    one without the cosmic ray or the satellite.
    """
    middle = (np.isfinite(images).sum(axis=0) - 1) // 2
    # Sorting moves NaN to the end.
    ordered = np.sort(images, axis=0)
    return np.take_along_axis(ordered, np.maximum(middle, 0)[None], axis=0)[0]


def clipped_mean(
    rows_of: Callable[[int, slice], np.ndarray], weights: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, float]:
    """Weighted mean of exposures of one thing without their outliers, and the standard error of its pixels.

    Args:
        rows_of: gives rows of an exposure by its index, float32 ADU; what is not finite takes no part.
        weights: [n], inverse variances of the exposures relative to each other.
        shape: (ny, nx) of an exposure.

    Returns:
        float32 [ny, nx], NaN where no exposure has a value; and ADU.
    """
    mean = np.empty(shape, dtype=np.float32)
    weight = weights.astype(np.float32)[:, None, None]
    squares, degrees_of_freedom = 0.0, 0
    for rows in strips(shape, len(weights)):
        stack = np.stack([rows_of(i, rows) for i in range(len(weights))])
        stack[~np.isfinite(stack)] = np.nan
        deviation = np.abs(stack - lower_median(stack)) * np.sqrt(weight)
        stack[deviation > CLIP_SIGMA * _noise(stack, weight)] = np.nan
        kept = np.isfinite(stack)
        with np.errstate(invalid="ignore"):
            mean[rows] = np.where(kept, weight * stack, 0).sum(axis=0) / (weight * kept).sum(axis=0)
        squares += float(np.nansum(weight * (stack - mean[rows]) ** 2, dtype=float))
        degrees_of_freedom += int(np.maximum(kept.sum(axis=0) - 1, 0).sum())
    return mean, math.sqrt(squares / max(degrees_of_freedom, 1) / weights.sum())


def _noise(stack: np.ndarray, weight: np.ndarray) -> float:
    """Standard deviation of an exposure of unit weight, ADU: in the difference of two all that is fixed cancels."""
    difference = np.abs(np.diff(stack, axis=0)) / np.sqrt(1 / weight[1:] + 1 / weight[:-1])
    seen = difference[np.isfinite(difference)]
    # Counts are whole numbers: two may be equal although there is noise.
    return max(1.4826 * float(np.median(seen)), 0.5) if seen.size else 0.5
