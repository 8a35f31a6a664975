"""Several frames of one field averaged into a deeper one."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from .frame import BadParameterError, Flag, Frame, NoOverlapError
from .photometry import match_photometry
from .psf import Psf, fit_psf
from .register import register
from .stack import lower_median, strips
from .subtract import scaled

CLIP_SIGMA = 4.0
# Of the light at a pixel and next to it: a star 1.6 times as sharp is 2.5 times as bright in its middle.
SEEING_TOLERANCE = 1.5


@dataclass(frozen=True)
class Coadd:
    """A co-added frame and what made it.

    Attributes:
        frame: on the grid and in the ADU of its inputs; its gain is that of a pixel that all of them show.
        inverse_variance: float32 [ny, nx], ADU⁻², of `frame`; 0 where no input shows the pixel.
        coverage: uint16 [ny, nx], how many inputs each pixel is the mean of.
        n_frames: inputs.
        clipped_fraction: of the inputs' good pixels, 0 to 1.
    """

    frame: Frame
    inverse_variance: np.ndarray
    coverage: np.ndarray
    n_frames: int
    clipped_fraction: float


def align(frame: Frame, *, onto: Frame, onto_psf: Psf) -> Frame:
    """Bring a frame onto the grid and the flux scale of another.

    Raises:
        NoOverlapError, RegistrationError: they do not show the same field.
        NoStarsError: no star tells the flux scale.
    """
    registered = register(frame, onto=onto).frame
    match = match_photometry(onto, registered, science_psf=onto_psf, reference_psf=fit_psf(registered))
    return scaled(registered, match.flux_scale)


def coadd(frames: Iterable[Frame]) -> Coadd:
    """Average frames without their outliers, each weighted by the inverse variance of its sky.

    A pixel is left out where it differs from the median of the frames by more than its noise and the frames' different
    seeing explain (after Gruen et al. 2014, PASP 126, 158). Flawed pixels take no part, but for saturated ones, which
    stay flagged; where a frame has only flawed ones the co-add is BAD.

    Frames are taken one at a time and kept on disk meanwhile, 8 bytes a pixel: memory does not grow with their number.

    Args:
        frames: at least two on one grid and one flux scale, as `align` gives them; the first one's WCS and saturation
            level are kept. Resampled frames have correlated noise: their co-add is a little quieter from pixel to pixel
            than its variance, and not from star to star.

    Raises:
        BadParameterError: fewer than two frames, or on different grids.
        NoOverlapError: no pixel is good in any frame.
    """
    with TemporaryDirectory(prefix="coadd-") as folder:
        inputs = _Inputs(frames, Path(folder))
        mean, sky_variance, variance, coverage = _clipped_mean(inputs)
    covered = coverage > 0
    if not covered.any():
        raise NoOverlapError("no pixel is good in any frame", n_frames=inputs.n)
    noise_adu = float(np.sqrt(np.median(sky_variance[covered])))
    shares = np.array(inputs.weight) / sum(inputs.weight)
    frame = Frame(
        data=mean,
        variance=np.where(covered, variance, np.float32(noise_adu**2)),
        mask=np.where(covered, inputs.saturated, np.where(inputs.missing, Flag.NO_DATA, Flag.BAD)).astype(np.uint8),
        wcs=inputs.first.wcs,
        gain_e_per_adu=float(1 / (shares**2 / inputs.gain).sum()),
        saturation_adu=inputs.first.saturation_adu,
        sky_adu=float((shares * inputs.sky_adu).sum()),
        noise_adu=noise_adu,
    )
    return Coadd(
        frame=frame,
        inverse_variance=np.where(covered, 1 / frame.variance, np.float32(0)),
        coverage=coverage,
        n_frames=inputs.n,
        clipped_fraction=1 - int(coverage.sum(dtype=np.int64)) / inputs.n_good,
    )


class _Inputs:
    """Frames put on disk: of each its data, NaN where it is flawed, and the variance of its sky."""

    def __init__(self, frames: Iterable[Frame], folder: Path) -> None:
        self.folder = folder
        self.weight, self.gain, self.sky_adu, self.n_good = [], [], [], 0
        for number, frame in enumerate(frames, start=1):
            if number == 1:
                self.first = frame
                self.saturated, self.missing = np.zeros_like(frame.mask), np.full_like(frame.mask, Flag.NO_DATA)
            elif frame.shape != self.first.shape:
                raise BadParameterError(
                    f"frame {number} has the grid {frame.shape}, the first has {self.first.shape}",
                    number=number,
                    shape=frame.shape,
                )
            planes = self._planes(frame)
            planes.tofile(self._path(number - 1))
            self.n_good += int(np.isfinite(planes[0]).sum())
            self.saturated |= frame.mask & np.uint8(Flag.SATURATED)
            self.missing &= frame.mask
            self.weight.append(1 / frame.noise_adu**2)
            self.gain.append(frame.gain_e_per_adu)
            self.sky_adu.append(frame.sky_adu)
        if self.n < 2:
            raise BadParameterError(f"a co-add needs at least 2 frames, there are {self.n}", n_frames=self.n)

    @property
    def n(self) -> int:
        return len(self.weight)

    def strips(self) -> Iterable[slice]:
        return strips(self.first.shape, 2 * self.n)

    def read(self, rows: slice) -> np.ndarray:
        """Data and sky variance of some rows of all frames, float32 [2, n, rows, nx]."""
        ny, nx = self.first.shape
        some = np.empty((2, self.n, rows.stop - rows.start, nx), dtype=np.float32)
        for i in range(self.n):
            for plane in range(2):
                start = (plane * ny + rows.start) * nx * some.itemsize
                part = np.fromfile(self._path(i), dtype=np.float32, count=some[plane, i].size, offset=start)
                some[plane, i] = part.reshape(-1, nx)
        return some

    def _path(self, i: int) -> Path:
        return self.folder / str(i)

    @staticmethod
    def _planes(frame: Frame) -> np.ndarray:
        planes = np.empty((2, *frame.shape), dtype=np.float32)
        data, sky = planes
        data[:] = frame.data
        data[(frame.mask & ~np.uint8(Flag.SATURATED)) != 0] = np.nan
        np.subtract(frame.variance, np.maximum(frame.data, 0) / np.float32(frame.gain_e_per_adu), out=sky)
        # Under a resampled star the difference of two large numbers is uncertain.
        np.maximum(sky, np.float32(0.25 * frame.noise_adu**2), out=sky)
        return planes


def _clipped_mean(inputs: _Inputs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean, its variance without and with the sources' photons, and the number of frames that make it: all [ny, nx]."""
    # One weight a frame, by its sky alone: if a source's own photons lowered a pixel's weight, bright stars would have
    # another PSF than faint ones.
    relative = np.array(inputs.weight) / max(inputs.weight)
    weight, gain = (np.array(of_each, dtype=np.float32)[:, None, None] for of_each in (relative, inputs.gain))
    median = np.empty(inputs.first.shape, dtype=np.float32)
    for rows in inputs.strips():
        median[rows] = lower_median(inputs.read(rows)[0])
    light = np.nan_to_num(np.maximum(median, 0))
    tolerance = SEEING_TOLERANCE * cv2.dilate(light, np.ones((3, 3), dtype=np.uint8))

    mean, sky_variance, variance = (np.empty_like(median) for _ in range(3))
    coverage = np.empty(median.shape, dtype=np.uint16)
    for rows in inputs.strips():
        data, sky = inputs.read(rows)
        good = np.isfinite(data)
        noise2 = sky + light[rows] / gain
        # Of two frames the median is one, and their difference is judged; of more its noise is less.
        median_noise2 = np.where(data == median[rows], noise2, 0).max(axis=0) * 2 / np.maximum(good.sum(axis=0), 2)
        limit2 = CLIP_SIGMA**2 * (noise2 + median_noise2) + tolerance[rows] ** 2
        good &= (data - median[rows]) ** 2 <= limit2
        shares = weight * good
        shares /= np.maximum(shares.sum(axis=0), np.finfo(np.float32).tiny)
        mean[rows] = (shares * np.where(good, data, 0)).sum(axis=0)
        sky_variance[rows] = (shares**2 * sky).sum(axis=0)
        variance[rows] = sky_variance[rows] + np.maximum(mean[rows], 0) * (shares**2 / gain).sum(axis=0)
        coverage[rows] = good.sum(axis=0)
    return mean, sky_variance, variance, coverage
