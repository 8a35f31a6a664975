"""Simulated pairs as the benchmarks want them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from astrid.simulate import Pair, simulate_pair
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.frame import Frame

TRANSIENTS_PER_2048 = 60


def pair_of(seed: int, *, size_px: int = 2048, **options) -> Pair:
    transients = max(round(TRANSIENTS_PER_2048 * (size_px / 2048) ** 2), 3)
    return simulate_pair(seed=seed, size_px=size_px, **{"transients": transients, **options})


def frames_of(pair: Pair) -> tuple[Frame, Frame]:
    """Science and reference, calibrated."""
    constants = {name: getattr(pair, name) for name in ("gain_e_per_adu", "read_noise_e", "saturation_adu")}
    return (
        calibrate(pair.science, wcs=pair.science_wcs, **constants),
        calibrate(pair.reference, wcs=pair.reference_wcs, **constants),
    )


def with_overlap(pair: Pair, fraction: float) -> Pair:
    """The pair with no more of its reference than the right-hand part."""
    left = round((1 - fraction) * pair.reference.shape[1])
    wcs = pair.reference_wcs.deepcopy()
    wcs.wcs.crpix[0] -= left
    wcs.wcs.set()
    return replace(pair, reference=np.ascontiguousarray(pair.reference[:, left:]), reference_wcs=wcs)


def write_pair(pair: Pair, directory: Path) -> tuple[Path, Path]:
    """Science and reference as two FITS files with the headers of an ordinary telescope."""
    return (
        _write(directory / "science.fits", pair.science, pair.science_wcs, pair.science_zero_point_mag, pair),
        _write(directory / "reference.fits", pair.reference, pair.reference_wcs, pair.reference_zero_point_mag, pair),
    )


def _write(path: Path, counts: np.ndarray, wcs: WCS, zero_point_mag: float, pair: Pair) -> Path:
    header = wcs.to_header()
    header.update(
        {
            "DATE-OBS": "2026-10-12T03:00:00",
            "EXPTIME": 90.0,
            "FILTER": "r",
            "GAIN": pair.gain_e_per_adu,
            "RDNOISE": pair.read_noise_e,
            "SATURATE": pair.saturation_adu,
            "MAGZPT": zero_point_mag,
        }
    )
    fits.writeto(path, counts.astype(np.uint16), header, overwrite=True)
    return path
