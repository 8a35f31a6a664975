import numpy as np
import pytest

from pipeline.imaging.finished import RoundPsf, find_in_difference
from pipeline.imaging.frame import BadParameterError
from tests import sky
from tests.pipeline.imaging import frame_of

SHAPE = (300, 300)


def difference_image(*, noise_adu=5.0):
    """Two new sources and a faded one, in noise."""
    x, y, flux = [80.3, 200.0, 150.6], [90.0, 210.4, 40.0], [3000.0, 1500.0, -2500.0]
    noise = np.random.default_rng(1).normal(0, noise_adu, SHAPE)
    return frame_of(sky.moffat(SHAPE, x, y, flux, fwhm_px=3.0) + noise, noise_adu=noise_adu), x, y, flux


def test_what_changed_is_found_with_its_sign_and_flux():
    frame, x, y, flux = difference_image()
    _, candidates = find_in_difference(frame, fwhm_px=3.0)

    assert len(candidates) == 3
    for place in zip(x, y, flux, strict=True):
        (found,) = candidates[np.hypot(candidates["x"] - place[0], candidates["y"] - place[1]) < 1]
        assert found["flux"] == pytest.approx(place[2], rel=0.1)
        assert found["is_negative"] == (place[2] < 0)


def test_its_significance_is_of_unit_width():
    difference, _ = find_in_difference(difference_image()[0], fwhm_px=3.0)

    assert np.percentile(difference.significance, [15.87, 84.13]) == pytest.approx([-1, 1], abs=0.05)


def test_the_psf_has_the_width_asked_for():
    stamp = RoundPsf(4.0).at(0, 0)
    middle = len(stamp) // 2

    assert stamp.sum() == pytest.approx(1)
    assert stamp[middle, middle + 2] == pytest.approx(stamp[middle, middle] / 2, rel=0.01)


@pytest.mark.parametrize("fwhm_px", [0.0, -2.0, float("nan")])
def test_a_seeing_that_cannot_be_is_refused(fwhm_px):
    with pytest.raises(BadParameterError, match="seeing must be positive"):
        find_in_difference(difference_image()[0], fwhm_px=fwhm_px)
