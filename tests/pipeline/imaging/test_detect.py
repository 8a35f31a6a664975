import numpy as np
import pytest
from scipy.spatial import cKDTree

from pipeline.imaging.detect import STAR_DTYPE, detect_stars
from pipeline.imaging.frame import Flag
from tests import sky
from tests.pipeline.imaging import calibrated


def field(*, fwhm_px=4.0, flux=20_000.0, n=36, size_px=256, **shape):
    """Equal stars on a loose grid: calibrated frame, x, y."""
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.linspace(25, size_px - 26, 6), np.linspace(25, size_px - 26, 6))
    x, y = x.ravel()[:n] + rng.uniform(-1, 1, n), y.ravel()[:n] + rng.uniform(-1, 1, n)
    image = sky.observe(sky.moffat((size_px, size_px), x, y, np.full(n, flux), fwhm_px=fwhm_px, **shape), rng=rng)
    return calibrated(image, sky.make_wcs(size_px)), x, y


def test_stars_are_found_where_they_are():
    frame, x, y = field()

    stars = detect_stars(frame)

    distance, _ = cKDTree(np.column_stack([stars["x"], stars["y"]])).query(np.column_stack([x, y]))
    assert len(stars) == 36
    assert np.sqrt((distance**2).mean()) < 0.05


def test_size_and_shape_are_those_of_the_stars():
    stars = detect_stars(field(fwhm_px=5.0, ellipticity=0.3)[0])

    assert np.median(stars["fwhm_px"]) == pytest.approx(5, rel=0.2)
    assert np.median(stars["ellipticity"]) == pytest.approx(0.3, abs=0.05)
    assert not stars["is_flawed"].any()


def test_a_flawed_pixel_flaws_the_star_that_it_touches_alone():
    frame, x, y = field()
    frame.mask[round(y[7]) + 3, round(x[7])] = Flag.BAD

    stars = detect_stars(frame)

    flawed = stars[stars["is_flawed"]]
    assert len(flawed) == 1
    assert np.hypot(flawed["x"] - x[7], flawed["y"] - y[7]) < 0.5


def test_an_empty_sky_has_no_stars_and_the_same_columns():
    stars = detect_stars(calibrated(sky.observe(np.zeros((128, 128)), rng=np.random.default_rng(0)), sky.make_wcs(128)))

    assert stars.dtype == STAR_DTYPE
    assert stars.shape == (0,)
