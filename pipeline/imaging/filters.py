"""Subtraction by linear filters, tile by tile: what is common to every way of choosing them.

A difference image is d_n ⊗ N − d_r ⊗ R of a science image N and a reference R, and the significance of a point source
in it k_n ⊗ N − k_r ⊗ R over its noise. Algorithms differ in their filters.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import scipy.fft
from scipy.signal import fftconvolve

from .frame import Flag, Frame, filled
from .planes import Inputs, Planes
from .psf import Psf
from .tiles import Tile, Tiling, in_threads

# A tile's sky variance is a median over every n-th pixel each way.
SKY_STEP = 4
# Relative error of the light in a pixel that was filled from its neighbours.
FILL_ERROR = 0.3


@dataclass(frozen=True)
class Filters:
    """Transforms (`rfft2`, centres on pixel [0, 0]) of the filters of a tile: `d_…` make the difference image, white
    and with the flux of a new source kept, `k_…` the sum that is most sensitive to one."""

    d_n: np.ndarray
    d_r: np.ndarray
    k_n: np.ndarray
    k_r: np.ndarray


@dataclass(frozen=True)
class Optics:
    """What filters are made of in one tile: transforms of both PSFs, and the variances of both skies per pixel."""

    p_n: np.ndarray
    p_r: np.ndarray
    v_n: float
    v_r: float


@dataclass(frozen=True)
class TileDifference:
    """A difference image with its significance and variance and the significance of what both images show, each
    [ny, nx], and the kernel [ny, nx], centre on pixel [0, 0], by which the science image went into it."""

    image: np.ndarray
    significance: np.ndarray
    variance: np.ndarray
    static: np.ndarray
    science_kernel: np.ndarray


@dataclass(frozen=True)
class FilteredPsf:
    """The PSF of a difference image: the science image's at each place, through the kernel of the tile around it.

    Attributes:
        science_psf: of the science image.
        kernels: float32 [n_rows, n_columns, size, size], one of each tile.
        tile_shape: (height, width) of the tiles in px.
    """

    science_psf: Psf
    kernels: np.ndarray
    tile_shape: tuple[int, int]

    def at(self, x: float, y: float) -> np.ndarray:
        """float32 [size, size], centred on the middle pixel; the sum over all pixels would be one."""
        return self.stamps(np.array([x]), np.array([y]))[0]

    def stamps(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The same at positions [N]: [N, size, size]."""
        n_rows, n_columns, *_ = self.kernels.shape
        rows = np.clip(y // self.tile_shape[0], 0, n_rows - 1).astype(int)
        columns = np.clip(x // self.tile_shape[1], 0, n_columns - 1).astype(int)
        return fftconvolve(self.kernels[rows, columns], self.science_psf.stamps(x, y), mode="same", axes=(1, 2))


def subtract_by(choose: Callable[[Optics, Tile], Filters], inputs: Inputs) -> Planes:
    """Subtract tile by tile with the filters that `choose` makes for each."""
    science, reference, match = inputs.science, inputs.reference, inputs.match
    tiling = Tiling(science.shape, inputs.border_px)
    good = (science.mask | reference.mask) == 0
    planes = np.empty((4, *science.shape), dtype=np.float32)
    tiles = tiling.tiles()
    centres = np.array([tile.centre for tile in tiles]).T
    psfs = zip(*(psf.stamps(*centres) for psf in (inputs.science_psf, inputs.reference_psf)), strict=True)

    def subtract_tile(tile: Tile, psfs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        images, variances = zip(
            *(
                _planes_of(frame, misfit, tile, tiling, fill_scale_px=inputs.fwhm_px)
                for frame, misfit in zip((science, reference), match.misfit, strict=True)
            ),
            strict=True,
        )
        optics = Optics(
            *(transformed_psf(psf, tiling.padded_shape) for psf in psfs),
            *(_sky_variance(frame, tile, good) for frame in (science, reference)),
        )
        part = filtered(
            *images,
            *variances,
            filters=choose(optics, tile),
            astrometric_noise_px=match.offset_rms_px,
            photometric_noise=match.flux_scatter,
        )
        for plane, values in zip(planes, (part.image, part.variance, part.significance, part.static), strict=True):
            plane[tile.core] = values[tile.inner]
        return _stamp(part.science_kernel, inputs.border_px)

    kernels = np.stack(in_threads(subtract_tile, tiles, psfs))
    psf = FilteredPsf(inputs.science_psf, kernels.reshape(*tiling.grid, *kernels.shape[1:]), tiling.tile_shape)
    return Planes(*planes, psf=psf)


def matched_filter(inputs: Inputs) -> Planes:
    """Filter a difference image that is there already for point sources: it is the science image, minus nothing."""

    def choose(optics: Optics, tile: Tile) -> Filters:
        one, nothing = np.ones_like(optics.p_n), np.zeros_like(optics.p_n)
        return Filters(d_n=one, d_r=nothing, k_n=np.conj(optics.p_n) / np.float32(optics.v_n), k_r=nothing)

    return subtract_by(choose, inputs)


def without_light(frame: Frame) -> Frame:
    """A frame on the same grid that shows nothing, next to noiseless."""
    return replace(
        frame,
        data=np.zeros_like(frame.data),
        variance=np.full_like(frame.variance, 1e-6 * frame.noise_adu**2),
        mask=np.zeros_like(frame.mask),
    )


def _planes_of(
    frame: Frame, misfit: float, tile: Tile, tiling: Tiling, *, fill_scale_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Data and variance of a tile with its surroundings, without flaws.

    The errors of the PSF's pixels, of filled pixels and of those beside them count as noise of the light there.
    """
    # Beyond the image the sky goes on without noise.
    raw, mask = (tiling.cut(plane, tile, border_type=cv2.BORDER_CONSTANT) for plane in (frame.data, frame.mask))
    data = filled(raw, mask, scale_px=fill_scale_px)
    error = np.full(data.shape, misfit, dtype=np.float32)
    flawed = (mask & ~np.uint8(Flag.SATURATED)) != 0
    error[cv2.dilate(flawed.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) != 0] += np.float32(FILL_ERROR)
    return data, tiling.cut(frame.variance, tile) + (error * np.maximum(data, 0)) ** 2


def filtered(
    science: np.ndarray,
    reference: np.ndarray,
    science_variance: np.ndarray,
    reference_variance: np.ndarray,
    *,
    filters: Filters,
    astrometric_noise_px: float,
    photometric_noise: float,
) -> TileDifference:
    """Difference of two images with equal flux scales by filters that are constant over them.

    Args:
        science, reference: float32 [ny, nx], even sizes, background-subtracted, without NaN.
        science_variance, reference_variance: [ny, nx], of background and sources.
        filters: of this tile.
        astrometric_noise_px: standard deviation per axis of the registration.
        photometric_noise: relative error of a static source's flux in one image against the other, as the PSFs' errors
            make it; it counts as noise where both images show light.

    Returns:
        The significance is the S_corr of Zackay, Ofek & Gal-Yam 2016 (ApJ 830, 27), eq. 25, with the source noise of
        eqs. 26–29 and the astrometric noise of eqs. 30–33.
        The images are periodic: their borders, a PSF wide, are to be thrown away.
    """
    shape = science.shape
    n, r = scipy.fft.rfft2(science), scipy.fft.rfft2(reference)
    s_n, s_r = inverse(filters.k_n * n, shape), inverse(filters.k_r * r, shape)
    variances = [scipy.fft.rfft2(_halved(variance)) for variance in (science_variance, reference_variance)]
    d_kernels = [inverse(transform, shape) for transform in (filters.d_n, filters.d_r)]
    d_variance = _carried(variances, d_kernels, shape)
    s_variance = _carried(variances, [inverse(transform, shape) for transform in (filters.k_n, filters.k_r)], shape)
    if astrometric_noise_px > 0:
        # Only one of the two images is displaced against the other: half of the variance goes to each.
        s_variance += np.float32(0.5 * astrometric_noise_px**2) * (_steepness(s_n) + _steepness(s_r))
    static = np.clip(np.minimum(s_n, s_r), 0, None)
    s_variance += (np.float32(photometric_noise) * static) ** 2
    s_error = np.sqrt(s_variance)
    return TileDifference(
        image=inverse(filters.d_n * n - filters.d_r * r, shape),
        significance=(s_n - s_r) / s_error,
        variance=d_variance,
        static=static / s_error,
        science_kernel=d_kernels[0],
    )


def inverse(transform: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The image [ny, nx] of a transform."""
    return scipy.fft.irfft2(transform, s=shape)


def power(transform: np.ndarray) -> np.ndarray:
    """Square of the modulus."""
    return transform.real**2 + transform.imag**2


def transformed_psf(psf: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Transform of a stamp [size, size], odd, whose centre is put on pixel [0, 0]."""
    padded = np.zeros(shape, dtype=np.float32)
    padded[: psf.shape[0], : psf.shape[1]] = psf
    return scipy.fft.rfft2(np.roll(padded, (-(psf.shape[0] // 2), -(psf.shape[1] // 2)), axis=(0, 1)))


def _sky_variance(frame: Frame, tile: Tile, good: np.ndarray) -> float:
    """Median variance of the background in a tile, or in the frame where the tile has no good pixel."""
    sample = tuple(slice(side.start, side.stop, SKY_STEP) for side in tile.core)
    sky = frame.variance[sample] - np.maximum(frame.data[sample], 0) / np.float32(frame.gain_e_per_adu)
    usable = good[sample]
    return float(np.median(sky[usable])) if usable.any() else frame.noise_adu**2


def _carried(variances: list[np.ndarray], kernels: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Variance of the sum of two images, each convolved with its kernel [ny, nx], centre on pixel [0, 0].

    Variances are smooth, and squared kernels broad: half the resolution is enough. `variances` are transforms of the
    halved planes.
    """
    half = shape[0] // 2, shape[1] // 2
    squared = [scipy.fft.rfft2(_halved_kernel(kernel**2)) for kernel in kernels]
    carried = inverse(sum(v * k for v, k in zip(variances, squared, strict=True)), half)
    mean = sum(float(v[0, 0].real * k[0, 0].real) for v, k in zip(variances, squared, strict=True)) / carried.size
    # Rounding in the transforms must not take it near zero.
    np.maximum(carried, np.float32(1e-3 * mean), out=carried)
    return cv2.resize(carried, shape[::-1], interpolation=cv2.INTER_LINEAR)


def _halved(plane: np.ndarray) -> np.ndarray:
    """Means of 2×2 pixels."""
    return cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def _halved_kernel(kernel: np.ndarray) -> np.ndarray:
    """What a periodic kernel does to means of 2×2 pixels and gives as such means."""
    rows = kernel[0::2] + 0.5 * (kernel[1::2] + np.roll(kernel[1::2], 1, axis=0))
    return rows[:, 0::2] + 0.5 * (rows[:, 1::2] + np.roll(rows[:, 1::2], 1, axis=1))


def _steepness(image: np.ndarray) -> np.ndarray:
    """Square of the gradient."""
    along_x = cv2.Sobel(image, -1, 1, 0, ksize=1, scale=0.5)
    along_y = cv2.Sobel(image, -1, 0, 1, ksize=1, scale=0.5)
    return along_x**2 + along_y**2


def _stamp(kernel: np.ndarray, size: int) -> np.ndarray:
    """The middle of a kernel whose centre is on pixel [0, 0]."""
    half = size // 2
    return np.roll(kernel, (half, half), axis=(0, 1))[:size, :size]
