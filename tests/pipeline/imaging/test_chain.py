import numpy as np
import pytest

from pipeline.imaging import chain
from pipeline.imaging.detect import detect_stars
from pipeline.imaging.frame import NoOverlapError, NoStarsError
from tests import sky
from tests.pipeline.imaging import calibrated


def test_quality_is_that_of_the_simulation():
    pair = sky.make_pair(seed=9, science_fwhm_px=3.4)
    frame = calibrated(pair.science, pair.science_wcs)
    quality = chain.measure(frame, detect_stars(frame))

    assert quality.seeing_fwhm_px == pytest.approx(3.4, rel=0.02)
    assert quality.ellipticity < 0.03
    assert quality.n_stars >= 10
    assert quality.sky_adu == pytest.approx(sky.SKY_ADU, abs=1)
    assert quality.noise_adu == pytest.approx(sky.NOISE_ADU, rel=0.05)


def test_depth_is_the_flux_of_a_five_sigma_source():
    pair = sky.make_pair(seed=9)
    profile = sky.moffat((81, 81), [40], [40], [1], fwhm_px=3.4)
    ideal = 5 * sky.NOISE_ADU / np.sqrt((profile**2).sum())

    frame = calibrated(pair.science, pair.science_wcs)

    assert chain.measure(frame, detect_stars(frame)).depth_5sigma_adu == pytest.approx(ideal, rel=0.06)


def test_the_result_holds_every_step():
    pair = sky.make_pair(seed=9)
    science = calibrated(pair.science, pair.science_wcs)
    result = chain.difference(science, calibrated(pair.reference, pair.reference_wcs))

    assert result.registered.frame.shape == result.difference.image.shape == science.shape
    assert result.science_psf.fwhm_px == pytest.approx(3.4, rel=0.02)
    assert result.reference_psf.fwhm_px == pytest.approx(2.8, rel=0.03)
    assert result.difference.flux_scale == pytest.approx(1 / 0.8, rel=0.01)
    assert len(result.candidates) >= 10


def test_the_same_frames_give_the_same_result():
    pair = sky.make_pair(seed=9)
    science = calibrated(pair.science, pair.science_wcs)
    reference = calibrated(pair.reference, pair.reference_wcs)
    one, other = chain.difference(science, reference), chain.difference(science, reference)

    assert (one.difference.image == other.difference.image).all()
    assert (one.candidates == other.candidates).all()


def test_an_empty_sky_has_no_quality():
    frame = calibrated(sky.observe(np.zeros((128, 128)), rng=np.random.default_rng(0)), sky.make_wcs(128))

    with pytest.raises(NoStarsError):
        chain.measure(frame, detect_stars(frame))


def test_a_reference_of_another_place_is_told_so():
    pair = sky.make_pair(seed=9)
    elsewhere = pair.reference_wcs.deepcopy()
    elsewhere.wcs.crval = [10.0, -40.0]

    with pytest.raises(NoOverlapError):
        chain.difference(calibrated(pair.science, pair.science_wcs), calibrated(pair.reference, elsewhere))
