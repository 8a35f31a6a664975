"""Images as tile-compressed FITS files in the artefact store; of a stamp only the tiles under it are read.

Noisy planes are rounded to a fraction of their noise and coded by Rice's method (Pence et al. 2009, PASP 121, 414).
There is no dithering: with steps as small as these it has nothing to mend, and zeros stay zeros. The primary header
says what a file is, from what, by which version and parameters, and no date: equal planes of equal provenance are
equal bytes.
"""

import importlib.metadata
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from astropy.io import fits
from astropy.io.fits.hdu.compressed._compression import CfitsioException  # astropy has no public name for it
from astropy.wcs import WCS

from astrid import storage
from pipeline.imaging.detect import STAR_DTYPE
from pipeline.imaging.forced import PsfGrid
from pipeline.imaging.frame import Frame
from pipeline.imaging.subtract import Difference

TILE_PX = 256
# Steps in a standard deviation of the noise: rounding adds 1/55 of it, in quadrature.
STEPS_PER_SIGMA = 16
# Steps in the variance of the sky, which itself is known to some percent.
STEPS_PER_VARIANCE = 64
# Rice's method codes 32-bit integers.
_MAX_STEPS = 2**30

_FACTS = ("gain_e_per_adu", "saturation_adu", "sky_adu", "noise_adu")
_KEYWORDS = dict(zip(_FACTS, ("GAIN", "SATURATE", "SKYADU", "NOISEADU"), strict=True))
_NOTHING: Mapping[str, object] = MappingProxyType({})


class NoDifferenceError(Exception):
    """Under a key there is no difference image with variance, mask and PSF that could be read; the message says why."""


def keep_frame(frame: Frame, stars: np.ndarray, *, provenance: Mapping[str, object] = _NOTHING) -> str:
    """Store a calibrated frame, its variance, its mask and its stars (`STAR_DTYPE` [N]); returns the artefact's key.

    `provenance` says from what and by which parameters, name → value; see `_primary`.
    """
    facts = {keyword: getattr(frame, fact) for fact, keyword in _KEYWORDS.items()}
    planes = _three_planes("IMAGE", frame.data, frame.variance, frame.mask, wcs=frame.wcs, noise=frame.noise_adu)
    table = fits.BinTableHDU(stars, name="STARS")
    return _keep(_primary("calibrated image", facts | dict(provenance)), *planes, table)


def load_frame(key: str) -> Frame:
    with _opened(key) as planes:
        facts = planes[0].header
        data, variance, mask = (_native(planes[name].data) for name in ("IMAGE", "VARIANCE", "MASK"))
        return Frame(
            data=data,
            variance=variance,
            mask=mask,
            wcs=WCS(planes["IMAGE"].header),
            **{fact: facts.get(keyword) for fact, keyword in _KEYWORDS.items()},
        )


def load_stars(key: str) -> np.ndarray:
    """The stars, `STAR_DTYPE` [N], that were kept with a frame."""
    with _opened(key) as planes:
        table = planes["STARS"].data
        stars = np.zeros(len(table), dtype=STAR_DTYPE)
        for name in STAR_DTYPE.names:
            stars[name] = table[name]
        return stars


def keep_difference(difference: Difference, wcs: WCS, *, provenance: Mapping[str, object] = _NOTHING) -> str:
    """Store a difference image, its variance, its mask, and its PSF at the centres of tiles; returns the key."""
    grid = PsfGrid.of(difference.psf, difference.image.shape)
    psf = fits.ImageHDU(grid.profiles, name="PSF")
    psf.header["TILEY"], psf.header["TILEX"] = grid.tile_shape
    psf.header["FWHMPX"] = difference.fwhm_px
    planes = _three_planes(
        "DIFFERENCE", difference.image, difference.variance, difference.mask, wcs=wcs, noise=difference.noise_level
    )
    return _keep(_primary("difference image", {"NOISEADU": difference.noise_level, **provenance}), *planes, psf)


@dataclass(frozen=True)
class StoredDifference:
    """A difference image in the store, open for reading."""

    planes: fits.HDUList

    @property
    def shape(self) -> tuple[int, int]:
        return self.planes["DIFFERENCE"].shape

    @property
    def wcs(self) -> WCS:
        return WCS(self.planes["DIFFERENCE"].header)

    @property
    def fwhm_px(self) -> float:
        return self.planes["PSF"].header["FWHMPX"]

    @property
    def psf(self) -> PsfGrid:
        psf = self.planes["PSF"]
        return PsfGrid(_native(psf.data), (psf.header["TILEY"], psf.header["TILEX"]))

    def stamps(self, x: np.ndarray, y: np.ndarray, *, size_px: int) -> tuple[np.ndarray, ...]:
        """Image, variance and mask, float32 [N, size_px, size_px] each, as `imaging.stamps.cut` has them."""
        places = list(zip(x, y, strict=True))
        stamps = np.full((3, len(places), size_px, size_px), np.nan, dtype=np.float32)
        for plane, name in zip(stamps, ("DIFFERENCE", "VARIANCE", "MASK"), strict=True):
            for stamp, (xi, yi) in zip(plane, places, strict=True):
                _fill(stamp, self.planes[name], x=xi, y=yi)
        return tuple(stamps)


@contextmanager
def open_difference(key: str) -> Iterator[StoredDifference]:
    """Raises NoDifferenceError where the file is gone, damaged, or not of this kind."""
    try:
        with _opened(key) as planes:
            if missing := [name for name in ("DIFFERENCE", "VARIANCE", "MASK", "PSF") if name not in planes]:
                raise NoDifferenceError(f"{key} has no {', '.join(missing)}")
            yield StoredDifference(planes)
    except OSError as error:
        raise NoDifferenceError(f"{key} cannot be read: {error}") from error


def keep_image(
    data: np.ndarray, wcs: WCS, *, noise: float | None = None, provenance: Mapping[str, object] = _NOTHING
) -> str:
    """Store one plane; returns the artefact's key. Without its `noise`, a standard deviation, it is kept exactly."""
    return _keep(_primary("image", provenance), _packed(data, "IMAGE", wcs, step=noise and noise / STEPS_PER_SIGMA))


def load_image(key: str) -> np.ndarray:
    with _opened(key) as planes:
        return _native(_image(planes).data)


def load_stamp(key: str, *, x: float, y: float, size_px: int) -> np.ndarray:
    """A [size_px, size_px] cut round the pixel nearest to (x, y), NaN outside of the image, read alone from disk."""
    stamp = np.full((size_px, size_px), np.nan, dtype=np.float32)
    with _opened(key) as planes:
        _fill(stamp, _image(planes), x=x, y=y)
    return stamp


def shape_of(key: str) -> tuple[int, int]:
    with _opened(key) as planes:
        return _image(planes).shape


def wcs_of(key: str) -> WCS:
    with _opened(key) as planes:
        return WCS(_image(planes).header)


def overlap(x: float, y: float, *, size_px: int, shape: tuple[int, int]) -> tuple[slice, slice, tuple[slice, slice]]:
    """Rows and columns of an image that a stamp round (x, y) covers, and where in the stamp they lie.

    The stamp's middle is pixel [size_px // 2, size_px // 2], as `imaging.stamps.cut` has it.
    """
    image, stamp = [], []
    for centre, limit in zip((y, x), shape, strict=True):
        start = int(np.rint(centre)) - size_px // 2
        first, last = min(max(start, 0), limit), max(min(start + size_px, limit), 0)
        image.append(slice(first, max(first, last)))
        stamp.append(slice(first - start, max(first, last) - start))
    return image[0], image[1], tuple(stamp)


@contextmanager
def _opened(key: str) -> Iterator[fits.HDUList]:
    """The planes of an artefact. Raises OSError where it is gone or damaged."""
    try:
        with fits.open(storage.path_of(key), memmap=True) as planes:
            yield planes
    except (CfitsioException, zlib.error) as error:
        raise OSError(f"{key} is damaged: {error}") from error


def _fill(stamp: np.ndarray, plane: fits.CompImageHDU, *, x: float, y: float) -> None:
    rows, columns, inside = overlap(x, y, size_px=len(stamp), shape=plane.shape)
    if stamp[inside].size:
        stamp[inside] = plane.section[rows, columns]


def _image(planes: fits.HDUList) -> fits.CompImageHDU:
    """The first plane, which the file is named for."""
    return next(plane for plane in planes if plane.header["NAXIS"])


def _native(data: np.ndarray) -> np.ndarray:
    """FITS is big-endian; the science code wants this machine's byte order."""
    return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))


def _primary(what: str, facts: Mapping[str, object]) -> fits.PrimaryHDU:
    """The header of a file: numbers and texts under names of up to 8 characters as cards, all else as HISTORY."""
    header = fits.Header({"PROGRAM": f"AstrID {importlib.metadata.version('astrid-transients')}", "CONTENT": what})
    for name, value in facts.items():
        if isinstance(value, str | int | float) and len(name) <= 8:
            # FITS is ASCII: other characters are written as in JSON.
            header[name] = json.dumps(value)[1:-1] if isinstance(value, str) else value
        elif value is not None:
            header.add_history(f"{name} = {json.dumps(value, sort_keys=True)}")
    return fits.PrimaryHDU(header=header)


def _three_planes(
    name: str, data: np.ndarray, variance: np.ndarray, mask: np.ndarray, *, wcs: WCS, noise: float
) -> tuple[fits.CompImageHDU, ...]:
    variance_step = np.float32(noise**2 / STEPS_PER_VARIANCE)
    return (
        _packed(data, name, wcs, step=noise / STEPS_PER_SIGMA),
        # A variance below the first step is not to become zero.
        _packed(np.maximum(variance, variance_step), "VARIANCE", wcs, step=variance_step),
        _packed(mask, "MASK", wcs),
    )


def _packed(data: np.ndarray, name: str, wcs: WCS, *, step: float | None = None) -> fits.CompImageHDU | fits.ImageHDU:
    """A compressed plane, rounded to multiples of `step`; exact without one, as whole numbers always are."""
    header, method = wcs.to_header(relax=True), {}
    if np.issubdtype(data.dtype, np.floating):
        farthest = np.fmax.reduce(np.abs(data), axis=None, initial=0)
        if not step or farthest >= step * _MAX_STEPS:
            # What is too far from zero to be counted in steps is kept as it is. It is not compressed: noise hardly can
            # be without loss, and gzip writes the time of day into what it makes.
            return fits.ImageHDU(data, header, name=name)
        # astropy takes a negative level for the step itself.
        method = {"quantize_level": -float(step), "quantize_method": fits.hdu.compressed.NO_DITHER}
    return fits.CompImageHDU(
        data, header, name=name, compression_type="RICE_1", tile_shape=(TILE_PX, TILE_PX), **method
    )


def _keep(*planes: fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU) -> str:
    return storage.keep(lambda path: fits.HDUList(list(planes)).writeto(path, overwrite=True), suffix=".fits")
