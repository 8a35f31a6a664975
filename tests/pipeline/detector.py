"""A simulated raw detector with known bias, dark current and sensitivity, and the files that it writes."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from astropy.io import fits

from tests import sky
from tests.astrid.fits_samples import header

SIZE_PX = 256
HOT = (40, 200)
DEAD = (100, 30)
DARK_E_PER_S = 0.2
STARTED = datetime(2026, 10, 1, 20)

_y, _x = np.mgrid[:SIZE_PX, :SIZE_PX]
BIAS_ADU = 300 + 4.0 * (_x % 2) + _y / 64
SENSITIVITY = 1 - 0.25 * ((_x - 128) ** 2 + (_y - 128) ** 2) / 2 / 128**2
SENSITIVITY *= np.random.default_rng(7).normal(1, 0.02, SENSITIVITY.shape)
SENSITIVITY /= np.median(SENSITIVITY)
SENSITIVITY[DEAD[1], DEAD[0]] = 0.02


def current_adu_per_s() -> np.ndarray:
    current = np.full(BIAS_ADU.shape, DARK_E_PER_S / sky.GAIN_E_PER_ADU)
    current[HOT[1], HOT[0]] = 50.0
    return current


def exposed(light_adu: float | np.ndarray, *, exposure_s: float, seed: int) -> np.ndarray:
    """Raw ADU of light that falls on the detector."""
    rng = np.random.default_rng(seed)
    expected = light_adu * SENSITIVITY + current_adu_per_s() * exposure_s
    electrons = rng.poisson(expected * sky.GAIN_E_PER_ADU) + rng.normal(0, sky.READ_NOISE_E, BIAS_ADU.shape)
    return np.minimum(BIAS_ADU + electrons / sky.GAIN_E_PER_ADU, sky.SATURATION_ADU).astype(np.float32)


def write(
    path: Path, light_adu: float | np.ndarray = 0, *, exposure_s: float = 0.0, seed: int, minutes: float = 0, **cards
) -> Path:
    """A raw file; `minutes` after the start of the night, a time that may lie far off it."""
    start = STARTED + timedelta(minutes=minutes)
    values = {"DATE-OBS": f"{start:%Y-%m-%dT%H:%M:%S}", "EXPTIME": exposure_s, "FILTER": "r"}
    values |= {"XBINNING": 1, "YBINNING": 1} | cards
    data = exposed(light_adu, exposure_s=exposure_s, seed=seed)
    fits.PrimaryHDU(data, header(values)).writeto(path)
    return path


def biases(folder: Path, n: int = 5, **options) -> list[Path]:
    return [write(folder / f"bias-{i}.fits", seed=100 + i, minutes=i, **options) for i in range(n)]


def darks(folder: Path, n: int = 5, exposure_s: float = 300.0, **options) -> list[Path]:
    name = f"dark-{exposure_s:g}"
    return [
        write(folder / f"{name}-{i}.fits", exposure_s=exposure_s, seed=200 + i, minutes=10 * i, **options)
        for i in range(n)
    ]


def flats(folder: Path, n: int = 5, **options) -> list[Path]:
    return [
        write(folder / f"flat-{i}.fits", 20_000 + 1000 * i, exposure_s=2.0 + i, seed=300 + i, minutes=i, **options)
        for i in range(n)
    ]


def star_field(folder: Path, *, minutes: float = 60, exposure_s: float = 120.0, **cards) -> Path:
    """An exposure of 60 stars on a bright sky."""
    rng = np.random.default_rng(11)
    x, y = rng.uniform(10, SIZE_PX - 10, (2, 60))
    flux = np.minimum(5000 * rng.pareto(1.2, 60) + 5000, 150_000)
    light = sky.moffat((SIZE_PX, SIZE_PX), x, y, flux, fwhm_px=3.2) + 1000.0
    place = dict(sky.make_wcs(SIZE_PX).to_header())
    camera = {"GAIN": sky.GAIN_E_PER_ADU, "RDNOISE": sky.READ_NOISE_E, "SATURATE": 0.99 * sky.SATURATION_ADU}
    return write(
        folder / "field.fits", light, exposure_s=exposure_s, seed=400, minutes=minutes, **place, **camera, **cards
    )
