"""What the imaging tests share."""

import numpy as np
from astropy.wcs import WCS

from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.detect import STAR_DTYPE
from pipeline.imaging.frame import Frame
from pipeline.imaging.photometry import match_photometry
from pipeline.imaging.planes import Inputs
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.register import register
from pipeline.imaging.subtract import scaled
from tests import sky

NO_STARS = np.zeros(0, dtype=STAR_DTYPE)


def calibrated(image: np.ndarray, wcs: WCS) -> Frame:
    """A raw image of the simulated sky, calibrated with the simulated camera's constants."""
    return calibrate(
        image,
        wcs=wcs,
        gain_e_per_adu=sky.GAIN_E_PER_ADU,
        read_noise_e=sky.READ_NOISE_E,
        saturation_adu=0.99 * sky.SATURATION_ADU,
    )


def frame_of(data: np.ndarray, *, noise_adu: float = 1.0, wcs: WCS | None = None) -> Frame:
    """A frame of given pixels and constant noise."""
    return Frame(
        data=np.ascontiguousarray(data, dtype=np.float32),
        variance=np.full(data.shape, noise_adu**2, dtype=np.float32),
        mask=np.zeros(data.shape, dtype=np.uint8),
        wcs=sky.make_wcs(data.shape[1]) if wcs is None else wcs,
        gain_e_per_adu=1e9,
        saturation_adu=None,
        sky_adu=0.0,
        noise_adu=noise_adu,
    )


def inputs_of(**options) -> Inputs:
    """A simulated pair registered and measured, as the algorithms of subtraction take it."""
    pair = sky.make_pair(**{"seed": 6, "size_px": 512, "n_stars": 150} | options)
    science = calibrated(pair.science, pair.science_wcs)
    reference = register(calibrated(pair.reference, pair.reference_wcs), onto=science).frame
    psfs = {"science_psf": fit_psf(science), "reference_psf": fit_psf(reference)}
    match = match_photometry(science, reference, **psfs)
    return Inputs(science=science, reference=scaled(reference, match.flux_scale), match=match, **psfs)
