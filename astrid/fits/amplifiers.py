"""A detector read out through several amplifiers, one extension each, put together as one image."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
from astropy.io import fits

from astrid.fits import dialects
from astrid.fits.cards import Cards
from astrid.fits.refusal import Unusable

_SECTION = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]")
_SECTION_KEYWORDS = ("DETSEC", "DATASEC", "BIASSEC")
_SPARSEST = 4  # times the pixels of all amplifiers: half a detector read out in each direction
# What the raw primary header says about single amplifiers' ADU does not hold for the mosaic in electrons.
_RAW_KEYWORDS = (
    *_SECTION_KEYWORDS, "TRIMSEC", "CCDSEC", "BZERO", "BSCALE", "BLANK", "MAXLIN",
    *dialects.GAIN, *dialects.SATURATION, *dialects.ZERO_POINT,
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A FITS image section, `[first:last,first:last]`: 1-based, inclusive, and reversed where first > last."""

    x_first: int
    x_last: int
    y_first: int
    y_last: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `[1025:2048,3072:2049]`.

        Raises:
            ValueError: not a section, or a pixel below 1.
        """
        match = _SECTION.fullmatch(text.strip())
        if match is None or min(bounds := [int(bound) for bound in match.groups()]) < 1:
            raise ValueError(f"{text!r} is not a section [x1:x2,y1:y2]")
        return cls(*bounds)

    @property
    def origin(self) -> tuple[int, int]:
        """Lowest x and y, 1-based."""
        return min(self.x_first, self.x_last), min(self.y_first, self.y_last)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return abs(self.x_last - self.x_first) + 1, abs(self.y_last - self.y_first) + 1

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """This section of an array [ny, nx], in the section's own direction."""
        (x, y), (width, height) = self.origin, self.size
        if x + width - 1 > pixels.shape[1] or y + height - 1 > pixels.shape[0]:
            raise Unusable(f"section {self} lies outside the amplifier's {pixels.shape[1]} × {pixels.shape[0]} pixels")
        cut = pixels[y - 1 : y - 1 + height, x - 1 : x - 1 + width]
        return cut[:: 1 if self.y_first <= self.y_last else -1, :: 1 if self.x_first <= self.x_last else -1]

    def __str__(self) -> str:
        return f"[{self.x_first}:{self.x_last},{self.y_first}:{self.y_last}]"


def is_amplifier(header: fits.Header) -> bool:
    """Whether an extension says where on the detector its pixels, and where its overscan, are."""
    try:
        _sections(Cards.of(header))
    except ValueError:
        return False
    return True


def assemble(amplifiers: list[tuple[fits.Header, np.ndarray]], primary: fits.Header) -> tuple[np.ndarray, fits.Header]:
    """Amplifiers on the detector's grid, in electrons.

    Of each amplifier's DATASEC the median of its BIASSEC is subtracted, the rest multiplied by its gain, and laid
    where DETSEC says, turned round where DETSEC runs backwards. DETSEC counts unbinned pixels.
    The lowest DETSEC corner is pixel (1, 1) of the mosaic. Crosstalk is not corrected.

    Args:
        amplifiers: header and raw pixels [ny, nx] of each.
        primary: its WCS holds for the mosaic.

    Returns:
        Electrons, float32 [ny, nx], NaN where no amplifier lies; and the primary header as it holds for them: GAIN 1,
        SATURATE the level in electrons at which the first amplifier saturates, OVERSCAN subtracted.

    Raises:
        Unusable: sections contradict each other or the pixels, a gain is missing, or CRPIX lies off the mosaic, so
            that the WCS was not made for it.
    """
    pieces = [_electrons(header, pixels, primary) for header, pixels in amplifiers]
    corners = np.array([corner for corner, _, _ in pieces])
    corners -= corners.min(axis=0)
    width, height = (corners + [block.shape[::-1] for _, block, _ in pieces]).max(axis=0)
    if width * height > _SPARSEST * sum(block.size for _, block, _ in pieces):
        raise Unusable(f"amplifiers lie scattered over {width} × {height} px (DETSEC)")
    mosaic = np.full((height, width), np.nan, dtype=np.float32)
    for (x, y), (_, block, _) in zip(corners, pieces, strict=True):
        place = mosaic[y : y + block.shape[0], x : x + block.shape[1]]
        if not np.isnan(place).all():
            raise Unusable("amplifiers overlap on the detector (DETSEC)")
        place[:] = block
    header = _mosaic_header(primary, mosaic.shape, [level for _, _, level in pieces])
    header["CCDSUM"] = "{} {}".format(*dialects.binning(Cards.of(amplifiers[0][0], primary)))
    return mosaic, header


def _electrons(
    header: fits.Header, pixels: np.ndarray, primary: fits.Header
) -> tuple[tuple[int, int], np.ndarray, float | None]:
    """Lowest binned detector pixel, electrons in the detector's direction, and the saturation level in electrons."""
    cards = Cards.of(header, primary)
    detector, data, overscan = _sections(cards)
    binning = dialects.binning(cards)
    block = data.of(pixels)
    if detector.size != tuple(n * b for n, b in zip(data.size, binning, strict=True)):
        raise Unusable(f"DETSEC {detector} is not DATASEC {data} times the binning {binning[0]} × {binning[1]}")
    gain = dialects.gain_e_per_adu(cards)
    if gain is None:
        raise Unusable(f"no gain for the amplifier at DETSEC {detector}")
    bias = float(np.nanmedian(overscan.of(pixels)))
    saturation = dialects.saturation_adu(cards)
    x_step = 1 if detector.x_first <= detector.x_last else -1
    y_step = 1 if detector.y_first <= detector.y_last else -1
    corner = tuple((low - 1) // b for low, b in zip(detector.origin, binning, strict=True))
    # The raw saturation level counts from zero, bias included.
    return corner, (block[::y_step, ::x_step] - bias) * gain, saturation and (saturation - bias) * gain


def _sections(cards: Cards) -> list[Section]:
    return [Section.parse(cards.text(keyword) or "") for keyword in _SECTION_KEYWORDS]


def _mosaic_header(primary: fits.Header, shape: tuple[int, int], saturations: list[float | None]) -> fits.Header:
    height, width = shape
    header = primary.copy()
    for keyword in _RAW_KEYWORDS:
        header.remove(keyword, ignore_missing=True)
    header["NAXIS1"], header["NAXIS2"] = width, height
    header["BUNIT"] = "electron"
    header["OVERSCAN"] = ("subtracted", "of each amplifier the median")
    header["GAIN"] = (1.0, "amplifier gains applied")
    if all(saturations):
        header["SATURATE"] = (min(saturations), "[electron] first amplifier to saturate")
    cards = Cards.of(header)
    for axis, size in (("CRPIX1", width), ("CRPIX2", height)):
        reference = cards.number(axis)
        if reference is not None and not 0.5 <= reference <= size + 0.5:
            raise Unusable(f"WCS is not of the assembled {width} × {height} mosaic: {axis} = {reference:g} lies off it")
    return header
