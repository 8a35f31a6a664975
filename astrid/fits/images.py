"""Which image of a file is meant, and its pixels and WCS."""

import math
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

from astrid.fits import amplifiers
from astrid.fits.cards import Cards
from astrid.fits.files import DAMAGE, opened
from astrid.fits.refusal import Unusable

SMALLEST_SIDE_PX = 32

_SKY_LONGITUDES = ("RA", "GLON", "ELON")  # not those of the Sun's or a planet's surface

# Planes that go with an image and are none: weights, masks, errors, PSFs, backgrounds.
_COMPANION = re.compile(
    r"(wht|weight|wtmap|mask|msk|bpm|dq|flag|err|sigma|var|ivar|invvar|uncert|ctx|con$|samp|time|exp|psf|bkg|background)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Image:
    """An image as the science code wants it.

    Attributes:
        data: float32 [ny, nx], native byte order, C-contiguous, ADU (electrons, with GAIN 1 in the header, for
            amplifiers put together); NaN where there is no data.
        header: the image's own header; for amplifiers put together the primary one, as it holds for the mosaic.
        wcs: celestial, for 0-based pixels of `data`.
    """

    data: np.ndarray
    header: fits.Header
    wcs: WCS


def read_image(path: Path) -> Image:
    """Read the pixels of a FITS file; the same image that `read_facts` describes.

    Raises:
        FitsRefused: the file holds no image of the sky, or it is damaged.
    """
    with opened(path) as hdul:
        return load(hdul)[0]


def load(hdul: fits.HDUList) -> tuple[Image, Cards]:
    """The image of an open file, and its header merged with the primary one.

    Several extensions with DETSEC, DATASEC and BIASSEC and no WCS of their own are one detector, and put together.
    Otherwise the image is the first 2-D one of at least 32 × 32 px that is no weight, mask or the like and has a
    celestial WCS, its own or the primary header's. Of a camera that keeps one such extension per detector, that is
    the first detector alone.

    Raises:
        Unusable: there is no such image, or its pixels are damaged, all missing or all equal.
    """
    data, header, cards, wcs = find(hdul)
    if wcs is None:
        raise Unusable("no celestial WCS (CTYPE, CRVAL, CRPIX, CD or PC)")
    require_signal(data)
    wcs.array_shape = data.shape
    return Image(data, header, wcs), cards


def find(hdul: fits.HDUList) -> tuple[np.ndarray, fits.Header, Cards, WCS | None]:
    """Pixels, header, merged cards and celestial WCS of the image as `load` chooses it; the first if none has a WCS.

    Raises:
        Unusable: there is no image, or it is damaged.
    """
    try:
        images = [hdu for hdu in hdul if _is_image(hdu)]
    except DAMAGE as error:
        raise Unusable(f"damaged header: {error}") from error
    if not images:
        found = ", ".join(f"{hdu.name} {' × '.join(map(str, hdu.shape))}" for hdu in hdul if hdu.is_image and hdu.shape)
        raise Unusable(f"no image of at least {SMALLEST_SIDE_PX} × {SMALLEST_SIDE_PX} px (found {found or 'none'})")
    primary = hdul[0].header
    pieces = [hdu for hdu in images if amplifiers.is_amplifier(hdu.header) and _celestial(hdu.header, hdul) is None]
    if len(pieces) > 1:
        data, header = amplifiers.assemble([(hdu.header, _pixels(hdu)) for hdu in pieces], primary)
        wcs, cards = _celestial(header, hdul), Cards.of(header)
    else:
        hdu, wcs = _first_celestial(images, hdul)
        data, header = _pixels(hdu), hdu.header.copy()
        cards = Cards.of(hdu.header) if hdu is hdul[0] else Cards.of(hdu.header, primary)
    return data, header, cards, wcs


def _is_image(hdu: fits.hdu.base._BaseHDU) -> bool:
    if not hdu.is_image or len(hdu.shape) < 2 or _COMPANION.match(hdu.name):
        return False
    return min(hdu.shape[-2:]) >= SMALLEST_SIDE_PX and math.prod(hdu.shape[:-2]) == 1


def _first_celestial(images: Iterable[fits.ImageHDU], hdul: fits.HDUList) -> tuple[fits.ImageHDU, WCS | None]:
    for hdu in images:
        wcs = _celestial(hdu.header, hdul)
        if wcs is not None:
            return hdu, wcs
    return images[0], _celestial(hdul[0].header, hdul)


def _celestial(header: fits.Header, hdul: fits.HDUList) -> WCS | None:
    """The header's celestial WCS, distortions included; None if its axes are not on the sky."""
    try:
        with warnings.catch_warnings():
            # wcslib reports each old form of a keyword that it brought up to date.
            warnings.filterwarnings("ignore", category=FITSFixedWarning)
            wcs = WCS(header, fobj=hdul)
    except (ValueError, TypeError, KeyError) as error:
        raise Unusable(f"unusable WCS: {error}") from error
    if not wcs.has_celestial or wcs.wcs.lngtyp not in _SKY_LONGITUDES:
        return None
    _require_matrix(Cards.of(header))
    return wcs.celestial


def _require_matrix(cards: Cards) -> None:
    """Refuse what wcslib would mend with a scale of 1 degree per pixel: no matrix, or an empty row in CD."""
    cd = [[cards.number(f"CD{i}_{j}") for j in (1, 2)] for i in (1, 2)]
    if any(element is not None for element in cd[0] + cd[1]):
        if np.linalg.det([[element or 0.0 for element in row] for row in cd]) == 0:
            raise Unusable("unusable WCS: the CD matrix is singular")
    elif not {"CDELT1", "CDELT2", "PC1_1", "PC2_2"} & cards.values.keys():
        raise Unusable("unusable WCS: there is no CD, PC or CDELT")


def _pixels(hdu: fits.ImageHDU | fits.CompImageHDU) -> np.ndarray:
    if isinstance(hdu, fits.CompImageHDU):
        _require_sound_tiles(hdu)
    with np.errstate(divide="ignore", over="ignore"):
        try:
            raw = hdu.data
        except DAMAGE as error:
            raise Unusable(f"damaged image data in {hdu.name}: {error}") from error
        data = np.array(raw, dtype=np.float32, order="C").reshape(raw.shape[-2:])
    data[~np.isfinite(data)] = np.nan
    return data


def _require_sound_tiles(hdu: fits.CompImageHDU) -> None:
    """Refuse Rice parameters that astropy hands to C unchecked, where they end the process."""
    table = Cards.of(hdu._bintable.header).values
    settings = {table.get(f"ZNAME{n}"): table.get(f"ZVAL{n}") for n in range(1, 10)}
    for name, allowed in (("BYTEPIX", (1, 2, 4, 8)), ("BLOCKSIZE", (16, 32))):
        if settings.get(name, allowed[-1]) not in allowed:
            raise Unusable(f"damaged image data in {hdu.name}: tile compression with {name} = {settings[name]!r}")


def require_signal(data: np.ndarray) -> None:
    """Raises Unusable for pixels that are all missing or all equal."""
    if np.isnan(data).all():
        raise Unusable("no data: every pixel is NaN or blank")
    lowest = np.nanmin(data)
    if lowest == np.nanmax(data):
        raise Unusable(f"no data: every pixel is {lowest:g}")
