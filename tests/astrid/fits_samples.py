"""Small FITS files with known content, as a telescope would write them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits

from astrid.fits.cards import Cards

HEIGHT, WIDTH = 40, 48
TAN = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CUNIT1": "deg",
    "CUNIT2": "deg",
    "CRVAL1": 150.0,
    "CRVAL2": 2.0,
    "CRPIX1": (WIDTH + 1) / 2,
    "CRPIX2": (HEIGHT + 1) / 2,
    "CD1_1": -1 / 3600,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 1 / 3600,
    "RADESYS": "ICRS",
}
WHEN = {"DATE-OBS": "2020-03-01T04:00:00", "EXPTIME": 60.0}


def noise(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Sky of 100 ± 5 ADU, float32, the same each time."""
    return np.random.default_rng(1).normal(100, 5, (height, width)).astype(np.float32)


def header(*parts: Mapping[str, object]) -> fits.Header:
    """The parts' cards, later ones winning; a value of None takes a card away, a tuple is (value, comment)."""
    cards = {keyword: value for part in parts for keyword, value in part.items()}
    return fits.Header([(k, *v) if isinstance(v, tuple) else (k, v) for k, v in cards.items() if v is not None])


def write(path: Path, *changes: Mapping[str, object], data: np.ndarray | None = None) -> Path:
    """A usable single-image file: TAN WCS, time, exposure; `changes` as in `header`."""
    fits.PrimaryHDU(noise() if data is None else data, header(TAN, WHEN, *changes)).writeto(path)
    return path


def write_extensions(path: Path, primary: fits.Header, *extensions: fits.ImageHDU | fits.CompImageHDU) -> Path:
    """A file with an empty primary HDU and extensions."""
    fits.HDUList([fits.PrimaryHDU(header=primary), *extensions]).writeto(path)
    return path


def cards(values: Mapping[str, object]) -> Cards:
    """Header cards without a file; a tuple is (value, comment)."""
    return Cards.of(header(values))
