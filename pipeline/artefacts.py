"""Images as FITS files in the artefact store. They are not compressed: a stamp is read without the rest."""

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from astrid import storage
from pipeline.imaging.frame import Frame

_FACTS = ("gain_e_per_adu", "saturation_adu", "sky_adu", "noise_adu")
_KEYWORDS = dict(zip(_FACTS, ("GAIN", "SATURATE", "SKYADU", "NOISEADU"), strict=True))


def keep_frame(frame: Frame) -> str:
    """Store a calibrated frame, its variance and its mask; returns the artefact's key."""
    header = frame.wcs.to_header(relax=True)
    for fact, keyword in _KEYWORDS.items():
        if (value := getattr(frame, fact)) is not None:
            header[keyword] = value
    planes = fits.HDUList(
        [
            fits.PrimaryHDU(frame.data, header),
            fits.ImageHDU(frame.variance, name="VARIANCE"),
            fits.ImageHDU(frame.mask, name="MASK"),
        ]
    )
    return storage.keep(lambda path: planes.writeto(path, overwrite=True), suffix=".fits")


def load_frame(key: str) -> Frame:
    with fits.open(storage.path_of(key), memmap=False) as planes:
        header = planes[0].header
        data, variance, mask = (_native(plane.data) for plane in planes)
        return Frame(
            data=data,
            variance=variance,
            mask=mask,
            wcs=WCS(header),
            **{fact: header.get(keyword) for fact, keyword in _KEYWORDS.items()},
        )


def keep_image(data: np.ndarray, wcs: WCS) -> str:
    """Store one plane; returns the artefact's key."""
    image = fits.PrimaryHDU(data, wcs.to_header(relax=True))
    return storage.keep(lambda path: image.writeto(path, overwrite=True), suffix=".fits")


def load_image(key: str) -> np.ndarray:
    return _native(fits.getdata(storage.path_of(key), memmap=False))


def _native(data: np.ndarray) -> np.ndarray:
    """FITS is big-endian; the science code wants this machine's byte order."""
    return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))


def load_stamp(key: str, *, x: float, y: float, size_px: int) -> np.ndarray:
    """A [size_px, size_px] cut round the pixel nearest to (x, y), NaN outside of the image, read alone from disk."""
    stamp = np.full((size_px, size_px), np.nan, dtype=np.float32)
    with fits.open(storage.path_of(key), memmap=True) as planes:
        rows, columns, inside = overlap(x, y, size_px=size_px, shape=planes[0].shape)
        if stamp[inside].size:
            stamp[inside] = planes[0].section[rows, columns]
    return stamp


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


def shape_of(key: str) -> tuple[int, int]:
    with fits.open(storage.path_of(key), memmap=True) as planes:
        return planes[0].shape


def wcs_of(key: str) -> WCS:
    return WCS(fits.getheader(storage.path_of(key)))
