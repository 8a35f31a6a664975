"""The imaging on images that telescopes took."""

import numpy as np
import pytest

from astrid.fits import read_image
from pipeline.imaging import chain
from pipeline.imaging.calibrate import calibrate
from tests import REALDATA

pytestmark = pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real images at {REALDATA}")


def frame(name, **constants):
    image = read_image(REALDATA / name)
    return calibrate(image.data, wcs=image.wcs, **constants)


def test_the_stars_copied_into_the_goto_image_are_found():
    constants = {"gain_e_per_adu": 1.5, "read_noise_e": 10, "saturation_adu": 55_000}
    science, reference = (frame(f"goto_m88/{n}.fits", **constants) for n in (2, 1))
    result = chain.difference(science, reference)
    bright = result.candidates[result.candidates["significance"] > 10]
    good = result.difference.mask == 0

    assert result.registered.rms_px < 0.1
    assert 50 <= (~bright["is_negative"]).sum() <= 70
    assert bright["is_negative"].sum() <= 3
    assert len(result.candidates) <= 120
    assert np.percentile(result.difference.significance[good], [16, 84]) == pytest.approx([-1, 1], abs=0.1)


@pytest.mark.parametrize("exposure", "abcde")
def test_the_fading_source_in_the_decam_galaxy_is_found_with_a_handful_of_stars(exposure):
    constants = {"gain_e_per_adu": 4.0, "read_noise_e": 11.8, "saturation_adu": 46_000}
    science = frame(f"decam/DEC-OBS18{exposure}.mini.fits", **constants)
    result = chain.difference(science, frame(f"decam/DEC-OBS04{exposure}.mini.fits", **constants))
    strongest = result.candidates[0]

    assert result.science_psf.n_stars < 10
    assert result.registered.method == "wcs+shift"
    assert np.hypot(strongest["x"] - 128, strongest["y"] - 128) < 2
    assert strongest["is_negative"]
    assert len(result.candidates) <= 8
