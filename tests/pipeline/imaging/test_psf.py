from dataclasses import replace

import numpy as np
import pytest

from pipeline.imaging.frame import Flag, NoStarsError
from pipeline.imaging.psf import fit_psf
from pipeline.imaging.stamps import cut
from tests import sky
from tests.pipeline.imaging import calibrated


def frame_with_stars(*, n=60, size_px=384, seed=0, fwhm_px=3.5, flux=(3e4, 3e5), **shape):
    """A field of bright stars; `fwhm_px` is a number or a function of x and y."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(15, size_px - 15, (2, n))
    widths = fwhm_px(x, y) if callable(fwhm_px) else fwhm_px
    expected = sky.moffat((size_px, size_px), x, y, rng.uniform(*flux, n), fwhm_px=widths, **shape)
    return calibrated(sky.observe(expected, rng=rng), sky.make_wcs(size_px))


@pytest.mark.parametrize("fwhm_px", [2.2, 3.5, 9.0])
def test_seeing_is_recovered(fwhm_px):
    psf = fit_psf(frame_with_stars(fwhm_px=fwhm_px))

    assert psf.fwhm_px == pytest.approx(fwhm_px, rel=0.02)
    assert psf.ellipticity < 0.02
    assert psf.n_stars >= 10


def test_elongation_is_recovered():
    psf = fit_psf(frame_with_stars(ellipticity=0.4, angle_deg=30))

    assert psf.ellipticity == pytest.approx(0.4, abs=0.02)


def test_the_stamp_is_the_stars_profile():
    psf = fit_psf(frame_with_stars(ellipticity=0.2, angle_deg=70))
    stamp = psf.at(200, 150)
    half = psf.size // 2

    wanted = sky.moffat(stamp.shape, [half], [half], [1], fwhm_px=3.5, ellipticity=0.2, angle_deg=70)

    assert stamp.dtype == np.float32
    assert stamp.sum() == pytest.approx(psf.stamp_sum, abs=1e-5)
    assert 0.98 < psf.stamp_sum <= 1
    assert stamp == pytest.approx(wanted / wanted.sum(), abs=0.01 * float(stamp.max()))


def test_the_psf_varies_as_the_stars_do():
    psf = fit_psf(frame_with_stars(n=90, size_px=512, fwhm_px=lambda x, y: 3 + x / 512 + 0.5 * y / 512))

    for x, y in ((40, 40), (256, 256), (470, 470), (470, 40)):
        width = 3 + x / 512 + 0.5 * y / 512
        wanted = sky.moffat((psf.size, psf.size), [psf.size // 2], [psf.size // 2], [1], fwhm_px=width)
        assert psf.at(x, y).max() == pytest.approx((wanted / wanted.sum()).max(), rel=0.03)


def test_what_is_no_moffat_is_in_the_residual():
    def skewed(shape, x, y, flux):
        image = sky.moffat(shape, x, y, 0.8 * flux, fwhm_px=3)
        return image + sky.moffat(shape, x + 1.5, y, 0.2 * flux, fwhm_px=3)

    def centroid_x(stamp):
        core = stamp[:, middle - 8 : middle + 9].sum(axis=0)
        return np.average(np.arange(-8, 9), weights=core)

    rng = np.random.default_rng(2)
    x, y = rng.uniform(20, 364, (2, 70))
    image = sky.observe(skewed((384, 384), x, y, rng.uniform(3e4, 3e5, 70)), rng=rng)
    psf = fit_psf(calibrated(image, sky.make_wcs(384)))
    stamp, middle = psf.at(192, 192), psf.size // 2
    without = replace(psf, residual=0 * psf.residual).at(192, 192)
    wanted = skewed(stamp.shape, np.array([middle + centroid_x(stamp) - 0.3]), np.array([middle]), np.array([1.0]))
    wanted /= wanted.sum()

    assert np.abs(stamp - wanted).max() < 0.015 * wanted.max()
    assert np.abs(without - wanted).max() > 0.03 * wanted.max()


@pytest.mark.parametrize("n", [1, 3, 8])
def test_few_stars_give_a_constant_psf(n):
    psf = fit_psf(frame_with_stars(n=n, size_px=256, seed=4))

    assert 1 <= psf.n_stars <= n
    assert psf.fwhm_px == pytest.approx(3.5, rel=0.05)
    assert (psf.at(10, 10) == psf.at(240, 240)).all()


def test_galaxies_do_not_widen_the_psf():
    rng = np.random.default_rng(8)
    x, y = rng.uniform(20, 364, (2, 60))
    widths = np.where(np.arange(60) < 25, 8.0, 3.0)
    expected = sky.moffat((384, 384), x, y, rng.uniform(3e4, 2e5, 60), fwhm_px=widths)

    assert fit_psf(calibrated(sky.observe(expected, rng=rng), sky.make_wcs(384))).fwhm_px == pytest.approx(3, rel=0.03)


def test_stars_under_flawed_pixels_take_no_part():
    frame = frame_with_stars(n=30)
    used = fit_psf(frame)
    frame.mask[round(used.star_y[0]), round(used.star_x[0])] = Flag.SATURATED

    again = fit_psf(frame)

    assert np.hypot(again.star_x - used.star_x[0], again.star_y - used.star_y[0]).min() > 2


def test_a_displaced_psf_has_its_centroid_moved():
    psf = fit_psf(frame_with_stars(n=8))
    y, x = np.mgrid[: psf.size, : psf.size]
    still, moved = psf.at(50, 50), psf.displaced(np.array([[0.4, -0.2]])).at(50, 50)

    assert ((moved - still) * x).sum() == pytest.approx(0.4, abs=0.02)
    assert ((moved - still) * y).sum() == pytest.approx(-0.2, abs=0.02)


def test_without_a_usable_star_the_numbers_say_why():
    empty = calibrated(sky.observe(np.zeros((128, 128)), rng=np.random.default_rng(0)), sky.make_wcs(128))

    with pytest.raises(NoStarsError, match="bright enough") as refused:
        fit_psf(empty)

    assert refused.value.measurements == {"n_detected": 0, "n_unflawed": 0, "best_snr": 0.0}


def test_subtracting_the_psf_from_its_stars_leaves_noise():
    frame = frame_with_stars(n=70, flux=(2e4, 6e4))
    psf = fit_psf(frame)
    left = []
    for x, y in zip(psf.star_x, psf.star_y, strict=True):
        stamp = cut(frame.data, x, y, 9)[0]
        scatter = np.sqrt(cut(frame.variance, x, y, 9)[0])
        moved = psf.displaced(np.array([[x - round(x), y - round(y)]])).at(x, y)
        model = moved[psf.size // 2 - 4 : psf.size // 2 + 5, psf.size // 2 - 4 : psf.size // 2 + 5]
        flux = (stamp * model / scatter**2).sum() / (model**2 / scatter**2).sum()
        left.append((stamp - flux * model) / scatter)

    assert np.nanstd(left) == pytest.approx(1, abs=0.1)
