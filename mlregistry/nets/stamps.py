"""What the networks look at: stamps of science, reference and difference round a candidate."""

import numpy as np

STAMP_PX = 64
# Gaussian standard deviation over median absolute deviation.
MAD_TO_SIGMA = 1.4826


def as_positive(stamps: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Turn stamps of fading sources into those of brightening ones.

    Science and reference change places and the difference its sign: what was subtracted from what is a
    convention, so that one network serves both signs.

    Args:
        stamps: [N, 3, size, size]: science, reference, difference.
        negative: bool [N], which of them hold a negative source.

    Returns:
        float32 [N, 3, size, size], a new array.
    """
    turned = np.array(stamps, dtype=np.float32)
    turned[negative] = turned[negative][:, [1, 0, 2]]
    turned[negative, 2] *= -1
    return turned


def normalised(stamps: np.ndarray) -> np.ndarray:
    """Bring stamps to the scale of their noise: asinh of pixel over σ, 0 where there is no data.

    The three planes of a stamp share one σ, the robust scatter of its difference (of whatever plane has one,
    where the difference is constant), so that they still subtract. Each plane's own median is its zero. The
    result does not change when a stamp is multiplied by a positive number or a plane's level moves.

    Args:
        stamps: [N, 3, size, size] in any linear unit, NaN or infinite where there is no data.

    Returns:
        float32 [N, 3, size, size]; near 0 pixels are in units of σ, a source of 1000 σ is at 7.6.
    """
    stamps = np.asarray(stamps)
    if not len(stamps):
        return np.zeros(stamps.shape, dtype=np.float32)
    pixels = stamps.reshape(*stamps.shape[:2], -1).astype(np.float64)
    is_data = np.isfinite(pixels)
    pixels -= _median(pixels, is_data)
    scatter = MAD_TO_SIGMA * _median(np.abs(pixels), is_data)
    sigma = np.where(scatter[:, 2] > 0, scatter[:, 2], scatter.max(axis=1))[:, None]
    scaled = np.arcsinh(np.where(is_data, pixels, 0) / np.where(sigma > 0, sigma, np.inf))
    return scaled.reshape(stamps.shape).astype(np.float32)


def _median(pixels: np.ndarray, is_data: np.ndarray) -> np.ndarray:
    """Median along the last axis, kept, of the pixels that are data; 0 where none is."""
    n = is_data.sum(axis=-1, keepdims=True)
    ordered = np.sort(np.where(is_data, pixels, np.inf), axis=-1)
    middle = [np.take_along_axis(ordered, rank, axis=-1) for rank in (np.maximum(n - 1, 0) // 2, n // 2)]
    return np.where(n > 0, sum(middle) / 2, 0)
