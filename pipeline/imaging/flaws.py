"""Pixels that show no sky: bad columns and rows, cosmic rays."""

from collections.abc import Iterator

import cv2
import numpy as np

from .tiles import in_threads

LINE_STRETCH_PX = 41
# Mean contrast, in standard deviations, along the stretch; on sky it scatters by 0.16.
LINE_CONTRAST = 1.2
# How far a pixel's Laplacian, its fine structure and the growth of rays look.
COSMIC_RAY_REACH_PX = 7
# Planes this small stay in the processor's cache from one operation to the next.
STRIP_PX = 128
CELL_PX = 64

Window = tuple[slice, slice]


def find_bad_lines(data: np.ndarray, sky_variance: np.ndarray, *, gain_e_per_adu: float | np.ndarray) -> np.ndarray:
    """Find stretches of columns and rows that are darker or brighter than their neighbours all along.

    They are defects, bled charge, and lines lost in the read-out.

    Args:
        data: float32 [ny, nx] ADU above the background.
        sky_variance: float32 [ny, nx] ADU² of the background alone.
        gain_e_per_adu: electrons per ADU, one number or [ny, nx].

    Returns:
        bool [ny, nx].
    """
    gain = np.broadcast_to(np.float32(gain_e_per_adu), data.shape)
    contrast = np.empty_like(data)

    def compare(window: Window) -> None:
        padded, core = _with_border(window, data.shape, border=2)
        around = cv2.medianBlur(data[padded], 5)[core]
        light = np.maximum(around, 0)
        # A star is no defect: its own sharpness counts as noise.
        noise = np.sqrt(sky_variance[window] + light / gain[window] + (np.float32(0.3) * light) ** 2)
        np.clip((data[window] - around) / noise, -3, 3, out=contrast[window])

    in_threads(compare, _strips(data.shape, STRIP_PX))
    found = np.zeros(data.shape, dtype=bool)
    for size in ((1, LINE_STRETCH_PX), (LINE_STRETCH_PX, 1)):
        # Beyond the border there is no contrast: mirrored there, chance would count twice.
        along = cv2.blur(contrast, size, borderType=cv2.BORDER_CONSTANT)
        found |= np.abs(along, out=along) > LINE_CONTRAST
    return found


def find_cosmic_rays(
    data: np.ndarray,
    sky_variance: np.ndarray,
    *,
    gain_e_per_adu: float | np.ndarray,
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
        gain_e_per_adu: electrons per ADU, one number or [ny, nx].
        ignore: bool [ny, nx], pixels that are flawed already.
        threshold_sigma: Laplacian over noise that makes a pixel suspicious.
        contrast: Laplacian over fine structure (what a star's own sharpness gives) that condemns it.
        iterations: how often the image, cleaned of the rays found, is searched again for rays of several pixels.

    Returns:
        bool [ny, nx].
    """
    gain = np.broadcast_to(np.float32(gain_e_per_adu), data.shape)
    found = np.zeros(data.shape, dtype=bool)
    clean = data.copy()
    if ignore.any():
        clean[ignore] = cv2.medianBlur(data, 5)[ignore]

    def search(window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        padded, core = _with_border(window, data.shape, border=COSMIC_RAY_REACH_PX)
        rays, smooth = _sharp_pixels(clean[padded], sky_variance[padded], gain[padded], threshold_sigma, contrast)
        y, x = np.nonzero((rays[core] & ~ignore[window]) | found[window])
        return y + window[0].start, x + window[1].start, smooth[core][y, x]

    windows = _strips(data.shape, STRIP_PX)
    for _ in range(iterations):
        searched = in_threads(search, windows)
        fresh = np.zeros(data.shape, dtype=np.uint8)
        for y, x, smooth in searched:
            fresh[y, x] = ~found[y, x]
            found[y, x] = True
            clean[y, x] = smooth
        # Elsewhere a second look would see what the first one saw.
        windows = _cells_near(fresh, reach_px=COSMIC_RAY_REACH_PX)
    return found


def _sharp_pixels(
    clean: np.ndarray, sky_variance: np.ndarray, gain: np.ndarray, threshold_sigma: float, contrast: float
) -> tuple[np.ndarray, np.ndarray]:
    """One round of L.A.Cosmic: bool [ny, nx] of the rays' pixels, and the median that can replace them."""
    median5 = cv2.medianBlur(clean, 5)
    noise = np.sqrt(sky_variance + np.maximum(median5, 0) / gain)
    # The Laplacian of a lone bright pixel is twice its value.
    excess = _clipped_laplacian(clean) / (2 * noise)
    excess -= cv2.medianBlur(excess, 5)
    suspicious = excess > threshold_sigma
    if not suspicious.any():
        return suspicious, median5
    median3 = cv2.medianBlur(clean, 3)
    # A 5×5 median applied twice stands for van Dokkum's 7×7, which OpenCV lacks for floats.
    fine = median3 - cv2.medianBlur(cv2.medianBlur(median3, 5), 5)
    fine = np.maximum(fine / noise, 0.01)
    sharp = suspicious & (excess > contrast * fine)
    grown = _with_neighbours(sharp) & suspicious
    grown = _with_neighbours(grown) & (excess > 0.3 * threshold_sigma)
    return sharp | grown, median5


def _with_neighbours(pixels: np.ndarray) -> np.ndarray:
    return cv2.dilate(pixels.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)).astype(bool)


def _clipped_laplacian(data: np.ndarray) -> np.ndarray:
    padded = cv2.copyMakeBorder(data, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    total, quarter = np.zeros_like(data), np.empty_like(data)
    for across in (padded[1:-1, :-2], padded[1:-1, 2:]):
        for along in (padded[:-2, 1:-1], padded[2:, 1:-1]):
            np.subtract(2 * data - across, along, out=quarter)
            total += np.maximum(quarter, 0, out=quarter)
    return total / 4


def _strips(shape: tuple[int, int], height: int) -> Iterator[Window]:
    ny, nx = shape
    for top in range(0, ny, height):
        yield slice(top, min(top + height, ny)), slice(0, nx)


def _cells_near(pixels: np.ndarray, *, reach_px: int) -> Iterator[Window]:
    """The square cells of an image that lie within a distance of a set pixel."""
    nx = pixels.shape[1]
    near = cv2.dilate(pixels, np.ones((2 * reach_px + 1,) * 2, dtype=np.uint8))
    for rows, _ in _strips(pixels.shape, CELL_PX):
        for left in range(0, nx, CELL_PX):
            cell = rows, slice(left, min(left + CELL_PX, nx))
            if near[cell].any():
                yield cell


def _with_border(window: Window, shape: tuple[int, int], *, border: int) -> tuple[Window, Window]:
    """A window grown by a border as far as the image goes, and where in it the window lies."""
    padded = tuple(
        slice(max(side.start - border, 0), min(side.stop + border, length))
        for side, length in zip(window, shape, strict=True)
    )
    core = tuple(
        slice(side.start - grown.start, side.stop - grown.start) for side, grown in zip(window, padded, strict=True)
    )
    return padded, core
