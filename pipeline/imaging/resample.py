"""An image interpolated where another image's pixels lie on it.

The interpolant is the quintic spline through the pixels (Unser 1999, IEEE Signal Processing Magazine 16(6), 22): a
filter turns them into the spline's coefficients, and 6 × 6 of those make each new pixel.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from .frame import Flag, Frame, RegistrationError

# From pixels x, y of one image, float64 [N] each, to those of another.
Mapping = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

N_TAPS = 6
# Positions are rounded to this part of a pixel; the weights of all such positions are tabulated.
PHASE_BITS = 14
N_PHASES = 1 << PHASE_BITS
# Within this of a pixel's middle the neighbours have a tenth of the weight at most, and count as untouched.
NEGLIGIBLE_PHASE = N_PHASES // 10
# Room round the image for the taps of positions up to EDGE_PX outside of it.
PAD_PX = 6
EDGE_PX = 3
# Nodes along a side at which the mapping is computed; between them it is a cubic spline.
N_NODES = 33
# So many pixels at a time stay in a processor's cache.
BLOCK_PX = 1 << 14


def resample(source: Frame, mapping: Mapping, *, onto: Frame) -> tuple[Frame, float]:
    """Interpolate a frame at another frame's pixels, conserving flux.

    A pixel is flagged when one of those next to its place is flawed. The variance is interpolated linearly.

    Args:
        source: calibrated image.
        mapping: from pixels of `onto` to pixels of `source`.
        onto: image whose grid and WCS are taken.

    Returns:
        The frame on the grid of `onto`, `Flag.NO_DATA` outside of the source; and the fraction inside, 0 to 1.

    Raises:
        RegistrationError: the mapping has no value somewhere on the grid.
    """
    data, variance = np.empty((2, *onto.shape), dtype=np.float32)
    mask = np.empty(onto.shape, dtype=np.uint8)
    nodes = _nodes(mapping, onto.shape)
    height = min(max(BLOCK_PX // onto.shape[1], 1), onto.shape[0])
    spline = _Spline(source.filled(), height * onto.shape[1])
    flags = _flags_next_to(source.mask)
    for rows, x, y, area in _blocks(nodes, source.shape, onto.shape, height):
        data[rows] = spline.at(x, y) * area
        mask[rows] = _touched(flags, x, y)
        position = (at.astype(np.float32) / np.float32(N_PHASES) - np.float32(PAD_PX) for at in (x, y))
        variance[rows] = cv2.remap(source.variance, *position, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        variance[rows] *= area**2
    uncovered = (mask & np.uint8(Flag.NO_DATA)) != 0
    data[uncovered] = 0
    scale = float(np.median(nodes[2]))
    frame = replace(
        source,
        data=data,
        variance=variance,
        mask=mask,
        wcs=onto.wcs,
        sky_adu=source.sky_adu * scale,
        noise_adu=source.noise_adu * scale,
    )
    return frame, float(1 - uncovered.mean())


def _nodes(mapping: Mapping, shape: tuple[int, int]) -> np.ndarray:
    """Position x, y in phases from the padded source's first pixel, and area in source pixels: [3, nodes, nodes]."""
    node_y, node_x = (np.linspace(0, side - 1, N_NODES) for side in shape)
    grid_x, grid_y = np.meshgrid(node_x, node_y)
    x, y = (np.asarray(at).reshape(grid_x.shape) for at in mapping(grid_x.ravel(), grid_y.ravel()))
    undefined = ~(np.isfinite(x) & np.isfinite(y))
    if undefined.any():
        raise RegistrationError(
            f"{undefined.mean():.0%} of the science image lies where the reference's WCS has no pixel",
            undefined_fraction=float(undefined.mean()),
        )
    slope_y, slope_x = (_cardinal(side).derivative()(node) for side, node in zip(shape, (node_y, node_x), strict=True))
    area = np.abs((x @ slope_x.T) * (slope_y @ y) - (slope_y @ x) * (y @ slope_x.T))
    return np.stack([(x + PAD_PX) * N_PHASES + 0.5, (y + PAD_PX) * N_PHASES + 0.5, area])


def _cardinal(side_px: int) -> BSpline:
    """Cubic splines [.., n_nodes], each one at its own node along a side and zero at the others."""
    return make_interp_spline(np.linspace(0, side_px - 1, N_NODES), np.eye(N_NODES))


def _blocks(
    nodes: np.ndarray, source_shape: tuple[int, int], shape: tuple[int, int], height: int
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of the target, `height` at a time, and of their pixels x and y in whole phases and area.

    The last rows may come twice.
    """
    ny, nx = shape
    across = nodes @ _cardinal(nx)(np.arange(nx)).T
    down = _cardinal(ny)(np.arange(ny))
    low = (PAD_PX - EDGE_PX) * N_PHASES
    high_y, high_x = ((side - 1 + PAD_PX + EDGE_PX) * N_PHASES for side in source_shape)
    block = np.empty((3, height, nx))
    for start in range(0, ny, height):
        top = min(start, ny - height)
        rows = slice(top, top + height)
        x, y, area = np.matmul(down[rows], across, out=block)
        x, y = (np.clip(at, low, high, out=at).astype(np.int32) for at, high in ((x, high_x), (y, high_y)))
        yield rows, x, y, area.astype(np.float32)


def _tabulated_weights() -> np.ndarray:
    """float32 [N_TAPS, N_PHASES], of the coefficients from the second pixel before a position's own on."""
    bump = BSpline.basis_element(np.arange(N_TAPS + 1))
    phase = np.arange(N_PHASES) / N_PHASES
    return np.stack([bump(N_TAPS - 1 - i + phase) for i in range(N_TAPS)]).astype(np.float32)


def _prefilter() -> np.ndarray:
    """float64 [odd]: the filter that turns a spline's values into its coefficients."""
    half = 20  # Beyond, the filter has fallen to 1e-7.
    bump = BSpline.basis_element(np.arange(N_TAPS + 1))
    values = np.zeros(8 * half)
    for i in range(-2, 3):
        values[i] = bump(N_TAPS / 2 + i)
    return np.roll(np.fft.ifft(1 / np.fft.fft(values)).real, half)[: 2 * half + 1]


WEIGHTS = _tabulated_weights()
PREFILTER = _prefilter()


class _Spline:
    """The spline through an image and its mirror images beyond the border.

    Its buffers are kept: fresh memory for every block would take longer than the sums.
    """

    def __init__(self, data: np.ndarray, block_px: int) -> None:
        coefficients = cv2.sepFilter2D(data, cv2.CV_32F, PREFILTER, PREFILTER, borderType=cv2.BORDER_REFLECT_101)
        padded = cv2.copyMakeBorder(coefficients, *[PAD_PX] * 4, cv2.BORDER_REFLECT_101)
        self.stride, self.coefficients = padded.shape[1], padded.ravel()
        self.weights_x, self.weights_y, self.taps, self.sums = np.empty((4, N_TAPS, block_px), dtype=np.float32)

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Values at positions in phases, intp [block_px] in any shape."""
        first = (((y >> PHASE_BITS) - 2) * self.stride + (x >> PHASE_BITS) - 2).ravel().astype(np.intp)
        # mode="clip" spares a check and a copy; no index is out of range.
        for at, weights in ((x, self.weights_x), (y, self.weights_y)):
            WEIGHTS.take((at & (N_PHASES - 1)).ravel(), axis=1, out=weights, mode="clip")
        for j in range(N_TAPS):
            for i in range(N_TAPS):
                self.coefficients[j * self.stride + i :].take(first, out=self.taps[i], mode="clip")
            np.einsum("in,in->n", self.taps, self.weights_x, out=self.sums[j])
        return np.einsum("jn,jn->n", self.sums, self.weights_y).reshape(x.shape)


def _flags_next_to(mask: np.ndarray) -> np.ndarray:
    """Flags of each pixel of the padded mask alone, with the next one right, below, and both: [4, ny, nx]."""
    flags = cv2.copyMakeBorder(mask, *[PAD_PX] * 4, cv2.BORDER_CONSTANT, value=int(Flag.NO_DATA))
    right, below = flags.copy(), flags.copy()
    right[:, :-1] |= flags[:, 1:]
    below[:-1] |= flags[1:]
    both = right.copy()
    both[:-1] |= right[1:]
    return np.stack([flags, right, below, both])


def _touched(flags: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Flags of all pixels next to positions in phases, out of `_flags_next_to`."""
    _, ny, nx = flags.shape
    x, y = x + NEGLIGIBLE_PHASE, y + NEGLIGIBLE_PHASE
    to_right, to_below = ((at & (N_PHASES - 1)) > 2 * NEGLIGIBLE_PHASE for at in (x, y))
    return flags.ravel().take(
        ((to_right + 2 * to_below) * ny + (y >> PHASE_BITS)) * nx + (x >> PHASE_BITS), mode="clip"
    )
