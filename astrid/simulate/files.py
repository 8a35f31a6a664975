"""The FITS file of a simulated exposure, with the header of an ordinary telescope."""

from datetime import datetime
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.time import Time

from astrid.simulate.exposure import Exposed, View

ZERO_POINT_ERROR_MAG = 0.02


def write_exposure(path: Path, exposed: Exposed, *, field: str, start: datetime, rng: np.random.Generator) -> None:
    """Photograph `exposed` into a file, whole or not at all. `start` is the start of the exposure, UTC."""
    header = _header(exposed.view, field=field, start=start, rng=rng)
    partial = path.with_name(f".{path.name}.partial")
    fits.PrimaryHDU(exposed.photograph(rng=rng), header).writeto(partial, overwrite=True)
    partial.replace(path)


def _header(view: View, *, field: str, start: datetime, rng: np.random.Generator) -> fits.Header:
    camera, conditions = view.camera, view.conditions
    zero_point_mag = conditions.zero_point_mag + rng.normal(0, ZERO_POINT_ERROR_MAG)
    wcs = view.header_wcs.wcs
    header = fits.Header()
    for axis in (1, 2):
        header[f"CTYPE{axis}"] = wcs.ctype[axis - 1]
        header[f"CUNIT{axis}"] = "deg"
        header[f"CRPIX{axis}"] = wcs.crpix[axis - 1]
        header[f"CRVAL{axis}"] = wcs.crval[axis - 1]
        header[f"CD{axis}_1"], header[f"CD{axis}_2"] = wcs.cd[axis - 1]
    header.update(
        {
            "RADESYS": ("ICRS", "reference system"),
            "EQUINOX": (2000.0, "[yr] equinox"),
            "OBJECT": (field, "name of the field"),
            "IMAGETYP": ("object", "type of exposure"),
            "TELESCOP": ("Simulated 1.0m", "telescope"),
            "INSTRUME": ("Simulated CCD", "instrument"),
            "FILTER": ("r", "filter"),
            "DATE-OBS": (f"{start:%Y-%m-%dT%H:%M:%S}", "start of exposure, UTC"),
            "MJD-OBS": (round(Time(start).mjd, 8), "[d] start of exposure"),
            "TIMESYS": ("UTC", "time scale"),
            "EXPTIME": (conditions.exposure_s, "[s] exposure time"),
            "AIRMASS": (conditions.airmass, "airmass"),
            "SEEING": (round(view.delivered_seeing_arcsec, 2), "[arcsec] FWHM of stars"),
            "MAGZPT": (round(zero_point_mag, 3), "[mag] magnitude of 1 ADU"),
            "GAIN": (camera.gain_e_per_adu, "[e-/ADU] gain"),
            "RDNOISE": (camera.read_noise_e, "[e-] read noise"),
            "SATURATE": (camera.saturation_adu, "[ADU] saturation level"),
            "BUNIT": ("adu", "unit of the pixel values"),
        }
    )
    return header
