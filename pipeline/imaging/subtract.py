"""The difference of two registered images."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from scipy.signal import fftconvolve

from .frame import BadParameterError, Flag, Frame, NoOverlapError, dilated
from .photometry import PhotometricMatch, match_photometry
from .psf import Psf
from .zogy import Tile, zogy_tile

ALGORITHMS: dict[str, Callable[..., Tile]] = {"zogy": zogy_tile}

TILE_PX = 256
# Flaws narrow enough for their filled pixels to spoil little beyond themselves.
NARROW_FLAWS = np.uint8(Flag.COSMIC_RAY | Flag.BAD)
# Where both images show less than this there is no static source.
EMPTY_SIGMA = 2.0


@dataclass(frozen=True)
class DifferencePsf:
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
        n_rows, n_columns, *_ = self.kernels.shape
        row = int(np.clip(y // self.tile_shape[0], 0, n_rows - 1))
        column = int(np.clip(x // self.tile_shape[1], 0, n_columns - 1))
        return fftconvolve(self.kernels[row, column], self.science_psf.at(x, y), mode="same")


@dataclass(frozen=True)
class Difference:
    """Science minus reference.

    Attributes:
        image: float32 [ny, nx], ADU of the science image; a new source keeps its flux.
        significance: float32 [ny, nx], of a point source at each pixel, in standard deviations.
        variance: float32 [ny, nx], ADU², of `image`.
        mask: uint8 of `Flag`, flaws of both images with the surroundings that they spoil.
        psf: of a point source in `image`.
        flux_scale: what the reference was multiplied with.
        noise_level: median standard deviation of `image` in ADU.
        significance_scale: what the significance was divided by to have unit width on empty sky.
        match: the stars' comparison behind `flux_scale` and the astrometric noise.
        fwhm_px: of the broader of the two images.
        algorithm: name in `ALGORITHMS`.
    """

    image: np.ndarray
    significance: np.ndarray
    variance: np.ndarray
    mask: np.ndarray
    psf: DifferencePsf
    flux_scale: float
    noise_level: float
    significance_scale: float
    match: PhotometricMatch
    fwhm_px: float
    algorithm: str


def subtract(
    science: Frame, reference: Frame, *, science_psf: Psf, reference_psf: Psf, algorithm: str = "zogy"
) -> Difference:
    """Subtract a registered reference from a science image, tile by tile with the PSFs of each tile's centre.

    Args:
        science: calibrated image.
        reference: on the grid of `science`, in its own flux units.
        science_psf, reference_psf: of these two frames.
        algorithm: a key of `ALGORITHMS`.

    Raises:
        BadParameterError: unknown algorithm, or frames on different grids.
        NoOverlapError: no pixel is good in both.
        NoStarsError: no star gives the photometric scale.
    """
    if algorithm not in ALGORITHMS:
        raise BadParameterError(f"no algorithm {algorithm!r}; there are {', '.join(ALGORITHMS)}", algorithm=algorithm)
    if science.shape != reference.shape:
        raise BadParameterError(
            f"the reference's grid {reference.shape} is not the science image's {science.shape}", shape=reference.shape
        )
    flags = science.mask | reference.mask
    good = flags == 0
    if not good.any():
        raise NoOverlapError("no pixel is good in both images", overlap=0.0)

    match = match_photometry(science, reference, science_psf=science_psf, reference_psf=reference_psf)
    reference = _scaled(reference, match.flux_scale)
    reference_psf = reference_psf.displaced(match.offset)
    fwhm_px = max(science_psf.fwhm_px, reference_psf.fwhm_px)

    planes = np.empty((4, *science.shape), dtype=np.float32)
    tiles = _Tiles(science, reference, border=max(science_psf.size, reference_psf.size), fwhm_px=fwhm_px)
    kernels = []
    for core in tiles.cores():
        x, y = (core[1].start + core[1].stop - 1) / 2, (core[0].start + core[0].stop - 1) / 2
        tile = ALGORITHMS[algorithm](
            *tiles.padded(core),
            science_psf=science_psf.at(x, y),
            reference_psf=reference_psf.at(x, y),
            science_sky_variance=_sky_variance(science, core, good[core]),
            reference_sky_variance=_sky_variance(reference, core, good[core]),
            astrometric_noise_px=match.offset_rms_px,
            photometric_noise=match.flux_scatter,
        )
        inner = tiles.inner(core)
        planes[:, *core] = tile.image[inner], tile.variance[inner], tile.significance[inner], tile.static[inner]
        kernels.append(tile.science_kernel)
    image, variance, significance, static = planes
    scale, zero = _empty_sky(significance[good & (static < EMPTY_SIGMA)])
    return Difference(
        image=image,
        significance=(significance - zero) / np.float32(scale),
        variance=variance,
        mask=dilated(flags & NARROW_FLAWS, 1.0) | dilated(flags & ~NARROW_FLAWS, fwhm_px),
        psf=DifferencePsf(science_psf, np.stack(kernels).reshape(*tiles.grid, *kernels[0].shape), tiles.shape),
        flux_scale=match.flux_scale,
        noise_level=float(np.sqrt(np.median(variance[good]))),
        significance_scale=scale,
        match=match,
        fwhm_px=fwhm_px,
        algorithm=algorithm,
    )


class _Tiles:
    """Two frames cut into nearly equal tiles that overlap by a border."""

    def __init__(self, science: Frame, reference: Frame, *, border: int, fwhm_px: float) -> None:
        self.planes = np.stack(
            [science.filled(fwhm_px), reference.filled(fwhm_px), science.variance, reference.variance]
        )
        self.border = border
        self.grid = tuple(-(-length // TILE_PX) for length in science.shape)
        self.shape = tuple(-(-length // n) for length, n in zip(science.shape, self.grid, strict=True))
        self.padded_shape = tuple(scipy.fft.next_fast_len(side + 2 * border, real=True) for side in self.shape)

    def cores(self) -> list[tuple[slice, slice]]:
        """Rows and columns of each tile without its border, row by row."""
        ny, nx = self.planes.shape[1:]
        height, width = self.shape
        return [
            (slice(top, min(top + height, ny)), slice(left, min(left + width, nx)))
            for top in range(0, ny, height)
            for left in range(0, nx, width)
        ]

    def padded(self, core: tuple[slice, slice]) -> np.ndarray:
        """The planes of a tile with its surroundings; beyond the image the sky goes on without noise."""
        ny, nx = self.planes.shape[1:]
        rows, columns = (
            np.arange(side.start - self.border, side.start - self.border + length)
            for side, length in zip(core, self.padded_shape, strict=True)
        )
        tile = self.planes[:, rows.clip(0, ny - 1)[:, None], columns.clip(0, nx - 1)]
        outside = ((rows < 0) | (rows >= ny))[:, None] | ((columns < 0) | (columns >= nx))
        tile[:2, outside] = 0
        return tile

    def inner(self, core: tuple[slice, slice]) -> tuple[slice, slice]:
        """Where a tile's core lies in its padded planes."""
        return tuple(slice(self.border, self.border + side.stop - side.start) for side in core)


def _scaled(frame: Frame, factor: float) -> Frame:
    return replace(
        frame,
        data=frame.data * np.float32(factor),
        variance=frame.variance * np.float32(factor**2),
        gain_e_per_adu=frame.gain_e_per_adu / factor,
        sky_adu=frame.sky_adu * factor,
        noise_adu=frame.noise_adu * factor,
    )


def _sky_variance(frame: Frame, core: tuple[slice, slice], good: np.ndarray) -> float:
    """Median variance of the background in a tile, or in the frame where the tile has no good pixel."""
    sky = frame.variance[core] - np.maximum(frame.data[core], 0) / np.float32(frame.gain_e_per_adu)
    return float(np.median(sky[good])) if good.any() else frame.noise_adu**2


def _empty_sky(significance: np.ndarray) -> tuple[float, float]:
    """Width and middle of the significance of empty pixels [N], from quartiles.

    Few pixels keep the width of theory, and so does an image subtracted from itself, which has none.
    """
    if significance.size < 1000:
        return 1.0, 0.0
    low, middle, high = np.percentile(significance, [25, 50, 75])
    # A Gaussian's quartiles lie 1.349 standard deviations apart.
    return float((high - low) / 1.349) or 1.0, float(middle)
