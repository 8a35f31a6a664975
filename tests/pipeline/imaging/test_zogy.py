import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.filters import Optics, filtered, transformed_psf
from pipeline.imaging.zogy import zogy_filters
from tests import sky

SHAPE = (256, 256)


def psf(fwhm_px):
    stamp = sky.moffat((121, 121), [60], [60], [1], fwhm_px=fwhm_px)
    return (stamp / stamp.sum()).astype(np.float32)


def subtract(science, reference, *, science_fwhm_px=3.0, reference_fwhm_px=3.0, noise=(1.0, 1.0), **options):
    psfs = [transformed_psf(psf(fwhm_px), SHAPE) for fwhm_px in (science_fwhm_px, reference_fwhm_px)]
    return filtered(
        science.astype(np.float32),
        reference.astype(np.float32),
        *(np.full(SHAPE, sigma**2, dtype=np.float32) for sigma in noise),
        filters=zogy_filters(Optics(*psfs, *np.square(noise))),
        **{"astrometric_noise_px": 0.0, "photometric_noise": 0.0, **options},
    )


def noise_images(noise, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(0, sigma, SHAPE) for sigma in noise]


def test_the_difference_of_two_noise_images_has_root_two_of_their_noise():
    tile = subtract(*noise_images((1, 1)))

    assert tile.image.std() == pytest.approx(np.sqrt(2), rel=0.02)
    assert np.median(tile.variance) == pytest.approx(2, rel=0.01)


@settings(max_examples=15, deadline=None)
@given(st.floats(2, 9), st.floats(2, 9), st.floats(0.2, 5), st.floats(0.2, 5))
def test_noise_is_known_for_any_pair_of_seeings_and_depths(
    science_fwhm_px, reference_fwhm_px, science_noise, reference_noise
):
    noise = (science_noise, reference_noise)
    tile = subtract(
        *noise_images(noise), science_fwhm_px=science_fwhm_px, reference_fwhm_px=reference_fwhm_px, noise=noise
    )

    assert tile.image.std() == pytest.approx(np.hypot(*noise), rel=0.03)
    assert tile.variance.mean() == pytest.approx(noise[0] ** 2 + noise[1] ** 2, rel=0.03)
    assert tile.significance.std() == pytest.approx(1, abs=0.12)


def test_the_difference_is_white():
    images = [subtract(*noise_images((1, 2), s), noise=(1, 2), science_fwhm_px=6).image for s in range(4)]
    neighbours = np.mean([(i[:, 1:] * i[:, :-1]).mean() / i.var() for i in images])

    assert neighbours == pytest.approx(0, abs=0.01)


def test_swapping_science_and_reference_flips_the_sign():
    science, reference = noise_images((1, 2))
    science[100, 80] += 50
    one = subtract(science, reference, science_fwhm_px=4, noise=(1, 2))
    other = subtract(reference, science, reference_fwhm_px=4, noise=(2, 1))

    assert other.image == pytest.approx(-one.image, abs=1e-4)
    assert other.significance == pytest.approx(-one.significance, abs=1e-4)


@pytest.mark.parametrize(("science_fwhm_px", "reference_fwhm_px"), [(3, 3), (8, 2), (2.5, 5)])
def test_a_static_star_disappears_and_a_new_one_keeps_its_flux(science_fwhm_px, reference_fwhm_px):
    star = ([80.0], [90.0], [50_000.0])
    science = sky.moffat(SHAPE, *star, fwhm_px=science_fwhm_px)
    science += sky.moffat(SHAPE, [170.0], [150.0], [2000.0], fwhm_px=science_fwhm_px)
    reference = sky.moffat(SHAPE, *star, fwhm_px=reference_fwhm_px)
    tile = subtract(science, reference, science_fwhm_px=science_fwhm_px, reference_fwhm_px=reference_fwhm_px)
    transform = scipy.fft.rfft2(tile.science_kernel) * transformed_psf(psf(science_fwhm_px), SHAPE)
    profile = np.roll(scipy.fft.irfft2(transform), (40, 40), axis=(0, 1))[:81, :81]
    around = tile.image[110:191, 130:211]

    assert (around * profile).sum() / (profile**2).sum() == pytest.approx(2000, rel=0.02)
    assert np.unravel_index(np.argmax(tile.significance), SHAPE) == (150, 170)
    assert np.abs(tile.image[60:120, 50:110]).max() < 0.01 * min(science[90, 80], reference[90, 80])


def test_significance_is_the_ideal_signal_to_noise():
    science = sky.moffat(SHAPE, [128.0], [128.0], [100.0], fwhm_px=3)
    ideal = 100 * np.sqrt((psf(3).astype(float) ** 2).sum() / 2)

    assert subtract(science, np.zeros(SHAPE)).significance[128, 128] == pytest.approx(ideal, rel=0.03)


def test_source_noise_lowers_the_significance_of_a_bright_place():
    science, reference = noise_images((1, 1))
    variance = np.ones(SHAPE, dtype=np.float32)
    variance[:, :128] = 25
    p = transformed_psf(psf(3), SHAPE)
    tile = filtered(
        science.astype(np.float32) * np.sqrt(variance), reference.astype(np.float32) * np.sqrt(variance),
        variance, variance, filters=zogy_filters(Optics(p, p, 1.0, 1.0)),
        astrometric_noise_px=0.0, photometric_noise=0.0,
    )  # fmt: skip

    assert tile.significance[:, 20:110].std() == pytest.approx(1, abs=0.05)
    assert tile.significance[:, 150:240].std() == pytest.approx(1, abs=0.05)


def test_astrometric_noise_pays_for_a_misplaced_star():
    science = sky.moffat(SHAPE, [128.0], [128.0], [50_000.0], fwhm_px=3)
    reference = sky.moffat(SHAPE, [128.05], [128.0], [50_000.0], fwhm_px=3)

    assert np.abs(subtract(science, reference).significance).max() > 20
    assert np.abs(subtract(science, reference, astrometric_noise_px=0.05).significance).max() < 3


def test_photometric_noise_pays_for_an_imperfect_psf_and_not_for_a_new_source():
    star = sky.moffat(SHAPE, [128.0], [128.0], [50_000.0], fwhm_px=3)
    new = sky.moffat(SHAPE, [60.0], [60.0], [5000.0], fwhm_px=3)
    without = subtract(star + new, 0.98 * star)
    tile = subtract(star + new, 0.98 * star, photometric_noise=0.02)

    assert without.significance[128, 128] > 30
    assert tile.significance[128, 128] < 2
    assert tile.significance[60, 60] == pytest.approx(without.significance[60, 60], rel=1e-3)
