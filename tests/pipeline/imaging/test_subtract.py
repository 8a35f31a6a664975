import numpy as np
import pytest

from pipeline.imaging.frame import BadParameterError, Flag, NoOverlapError
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.register import register
from pipeline.imaging.subtract import subtract
from tests import sky
from tests.pipeline.imaging import calibrated


def registered_frames(**options):
    pair = sky.make_pair(**{"seed": 6} | options)
    science = calibrated(pair.science, pair.science_wcs)
    return pair, science, register(calibrated(pair.reference, pair.reference_wcs), onto=science).frame


def subtracted(science, reference, **options):
    return subtract(science, reference, science_psf=fit_psf(science), reference_psf=fit_psf(reference), **options)


def empty_sky(difference, pair, *, radius_px=20):
    """Good pixels away from all sources."""
    away = difference.mask == 0
    y, x = np.mgrid[: away.shape[0], : away.shape[1]]
    for xs, ys in ((pair.star_x, pair.star_y), (pair.transient_x, pair.transient_y)):
        for xi, yi in zip(xs, ys, strict=True):
            away &= (x - xi) ** 2 + (y - yi) ** 2 > radius_px**2
    return away


@pytest.mark.parametrize(
    "fwhm_px", [(3.4, 2.8), (2.4, 4.0), (9.0, 2.3)], ids=["alike", "science sharper", "science four times broader"]
)
def test_significance_on_empty_sky_is_of_unit_width(fwhm_px):
    pair, science, reference = registered_frames(
        science_fwhm_px=fwhm_px[0], reference_fwhm_px=fwhm_px[1], size_px=512, n_stars=150
    )
    difference = subtracted(science, reference)
    sky_significance = difference.significance[empty_sky(difference, pair)]

    assert sky_significance.std() == pytest.approx(1, abs=0.05)
    assert np.median(sky_significance) == pytest.approx(0, abs=0.06)
    assert difference.significance_scale == pytest.approx(1, abs=0.1)


def test_the_noise_of_the_difference_is_that_of_both_images():
    pair, science, reference = registered_frames(shift_px=(0, 0), rotation_deg=0)
    difference = subtracted(science, reference)
    expected = np.hypot(science.noise_adu, difference.flux_scale * reference.noise_adu)

    assert difference.image[empty_sky(difference, pair)].std() == pytest.approx(expected, rel=0.04)
    assert difference.noise_level == pytest.approx(expected, rel=0.04)


def test_the_flux_scale_is_that_of_the_stars():
    assert subtracted(*registered_frames(reference_scale=0.5)[1:]).flux_scale == pytest.approx(2, rel=0.01)


def test_a_new_source_keeps_its_flux_and_stars_are_gone():
    pair, science, reference = registered_frames()
    difference = subtracted(science, reference)
    x, y = np.rint(pair.transient_x).astype(int), np.rint(pair.transient_y).astype(int)
    peak = np.array([difference.psf.at(xi, yi).max() for xi, yi in zip(x, y, strict=True)])
    open_sky = difference.mask[y, x] == 0
    star_x, star_y = np.rint(pair.star_x).astype(int), np.rint(pair.star_y).astype(int)
    inside = (star_x > 20) & (star_x < 364) & (star_y > 20) & (star_y < 364)
    near = np.hypot(star_x[:, None] - x, star_y[:, None] - y).min(axis=1) < 20
    at_stars = np.s_[star_y[inside & ~near], star_x[inside & ~near]]

    # The peak of a source between pixels is lower than that of the PSF: by at most a third.
    ratio = difference.image[y, x][open_sky] / (peak * pair.transient_flux)[open_sky]
    assert np.median(ratio) == pytest.approx(0.9, abs=0.12)
    assert np.abs(difference.significance[at_stars][difference.mask[at_stars] == 0]).max() < 5


def test_swapping_science_and_reference_flips_the_sign():
    _, science, reference = registered_frames(shift_px=(0, 0), rotation_deg=0, reference_scale=1.0)
    psfs = fit_psf(science), fit_psf(reference)
    one = subtract(science, reference, science_psf=psfs[0], reference_psf=psfs[1])
    other = subtract(reference, science, science_psf=psfs[1], reference_psf=psfs[0])
    good = one.mask == 0

    # Not exactly: the flux scale and the offset of the PSFs are measured, once each way.
    assert (one.significance + other.significance)[good].std() < 0.02
    assert np.corrcoef(one.significance[good], other.significance[good])[0, 1] < -0.999
    assert other.flux_scale == pytest.approx(1 / one.flux_scale, rel=0.002)


def test_flawed_pixels_stay_out_of_their_surroundings():
    pair, science, reference = registered_frames()
    science.data[150:152, 200:230] = 50_000
    science.mask[150:152, 200:230] = Flag.COSMIC_RAY
    difference = subtracted(science, reference)
    near = np.zeros(science.shape, dtype=bool)
    near[135:167, 185:245] = True

    assert (difference.mask[150:152, 200:230] & Flag.COSMIC_RAY).all()
    assert np.abs(difference.significance[near & empty_sky(difference, pair, radius_px=12)]).max() < 5


def test_a_partial_overlap_is_subtracted_where_there_are_both():
    pair, science, reference = registered_frames(shift_px=(230, 0), rotation_deg=0, n_stars=250)
    difference = subtracted(science, reference)
    good = empty_sky(difference, pair, radius_px=14)

    assert good.sum() > 1000
    assert difference.significance[good].std() == pytest.approx(1, abs=0.1)
    assert (difference.mask[:, 200:] & Flag.NO_DATA).all()


def test_nothing_good_in_both_is_no_overlap():
    _, science, reference = registered_frames()
    psf = fit_psf(science)
    reference.mask[:] = Flag.NO_DATA

    with pytest.raises(NoOverlapError):
        subtract(science, reference, science_psf=psf, reference_psf=psf)


def test_an_unknown_algorithm_is_refused_with_those_there_are():
    _, science, reference = registered_frames()

    with pytest.raises(BadParameterError, match="there are zogy, alard_lupton, hotpants"):
        subtracted(science, reference, algorithm="guess")
