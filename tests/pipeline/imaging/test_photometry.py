import numpy as np
import pytest

from pipeline.imaging.frame import Flag, NoStarsError
from pipeline.imaging.photometry import match_photometry, psf_photometry
from pipeline.imaging.psf import fit_psf
from tests import sky
from tests.pipeline.imaging import calibrated, frame_of


class KnownPsf:
    """A Moffat of known width."""

    def __init__(self, fwhm_px=3.0):
        self.stamp = sky.moffat((61, 61), [30], [30], [1], fwhm_px=fwhm_px)
        self.stamp /= self.stamp.sum()

    def stamps(self, x, y):
        return np.stack([self.stamp] * len(x))


def measure(frame, x, y, **options):
    return psf_photometry(
        frame.data, frame.variance, frame.mask, psf=KnownPsf(), x=x, y=y, **{"radius_px": 6.0, **options}
    )


def grid_of_sources(flux, *, noise_adu=1.0, seed=0):
    """100 sources of known sub-pixel positions: frame, x, y."""
    rng = np.random.default_rng(seed)
    x, y = (40.0 * g.ravel() + 30 + rng.uniform(-0.5, 0.5, 100) for g in np.meshgrid(range(10), range(10)))
    data = sky.moffat((420, 420), x, y, np.full(100, flux), fwhm_px=3) + rng.normal(0, noise_adu, (420, 420))
    return frame_of(data, noise_adu=noise_adu), x, y


@pytest.mark.parametrize("flux", [300.0, 3000.0, -3000.0])
def test_flux_pulls_are_normal(flux):
    frame, x, y = grid_of_sources(flux)
    result = measure(frame, x, y)
    pulls = (result["flux"] - flux) / result["flux_error"]

    assert pulls.mean() == pytest.approx(0, abs=0.4)
    assert pulls.std() == pytest.approx(1, abs=0.2)
    assert np.median(result["chi2"]) == pytest.approx(1, abs=0.1)


def test_positions_are_found_from_a_pixel_away():
    frame, x, y = grid_of_sources(20_000.0)
    result = measure(frame, x + 0.9, y - 0.9)

    assert np.hypot(result["x"] - x, result["y"] - y).max() < 0.02


def test_flux_is_linear():
    frame, x, y = grid_of_sources(5000.0, noise_adu=1e-3)
    tenfold = frame_of(10 * frame.data, noise_adu=1e-2)

    assert measure(tenfold, x, y)["flux"] == pytest.approx(10 * measure(frame, x, y)["flux"], rel=1e-4)


def test_flawed_pixels_take_no_part():
    frame, x, y = grid_of_sources(5000.0)
    before = measure(frame, x[:1], y[:1])
    row, column = round(y[0]) + 1, round(x[0]) - 1
    frame.data[row, column], frame.mask[row, column] = 1e6, Flag.COSMIC_RAY

    after = measure(frame, x[:1], y[:1])

    assert after["flux"] == pytest.approx(before["flux"], abs=4 * before["flux_error"][0])
    assert after["n_good"] == before["n_good"] - 1
    assert after["flux_error"] > before["flux_error"]


def test_a_source_of_the_wrong_width_has_a_high_chi2():
    frame = frame_of(sky.moffat((64, 64), [32], [32], [5000], fwhm_px=5))

    assert measure(frame, [32], [32])["chi2"][0] > 5


def test_without_a_good_pixel_the_error_is_infinite():
    frame = frame_of(np.zeros((64, 64)))
    frame.mask[:] = Flag.NO_DATA
    result = measure(frame, [32], [32])

    assert result["flux"][0] == 0
    assert np.isinf(result["flux_error"][0])


def test_no_positions_give_an_empty_table():
    assert measure(frame_of(np.zeros((64, 64))), [], []).shape == (0,)


def match(pair):
    science = calibrated(pair.science, pair.science_wcs)
    reference = calibrated(pair.reference, pair.reference_wcs)
    psfs = {"science_psf": fit_psf(science), "reference_psf": fit_psf(reference)}
    return match_photometry(science, reference, **psfs)


def test_the_scale_between_two_images_is_that_of_their_stars():
    pair = sky.make_pair(seed=3, shift_px=(0, 0), rotation_deg=0, reference_scale=0.4)
    result = match(pair)

    assert result.flux_scale == pytest.approx(2.5, rel=0.015)
    assert result.flux_scatter < 0.02
    assert result.offset_rms_px < 0.02
    assert result.n_stars > 10


def test_the_offset_is_where_the_reference_lies():
    result = match(sky.make_pair(seed=3, shift_px=(0.3, -0.2), rotation_deg=0))

    assert result.offset[0] == pytest.approx([0.3, -0.2], abs=0.02)


def test_without_common_stars_there_is_no_scale():
    pair = sky.make_pair(seed=3, shift_px=(0, 0), rotation_deg=0)
    science, reference = calibrated(pair.science, pair.science_wcs), calibrated(pair.reference, pair.science_wcs)
    psf = fit_psf(science)
    reference.mask[:] = Flag.NO_DATA

    with pytest.raises(NoStarsError) as refused:
        match_photometry(science, reference, science_psf=psf, reference_psf=psf)

    assert refused.value.measurements["n_tried"] == psf.n_stars
