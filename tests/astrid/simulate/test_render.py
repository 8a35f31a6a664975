import numpy as np
import pytest

from astrid.simulate.psf import Psf, Telescope
from astrid.simulate.render import add_galaxies, add_stars
from tests.astrid.simulate.test_psf import moments

SHAPE = (300, 320)
PSF = Psf(fwhm_px=2.4, telescope=Telescope(), pixel_scale_arcsec=0.6, shape=SHAPE)


@pytest.mark.parametrize("flux_adu", [50.0, 5e3, 5e5])
def test_a_star_brings_its_flux_whatever_its_brightness(flux_adu):
    image = np.zeros(SHAPE, np.float32)
    add_stars(image, PSF, x=np.array([160.4]), y=np.array([150.7]), flux_adu=np.array([flux_adu]))
    assert image.sum() == pytest.approx(flux_adu, rel=1e-4)
    assert np.unravel_index(image.argmax(), SHAPE) == (151, 160)


def test_stars_add_up():
    together, apart = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    x, y, flux = np.array([10.2, 160.0, 161.5]), np.array([2.2, 100.0, 101.0]), np.array([1e3, 1e5, 1e3])
    add_stars(together, PSF, x=x, y=y, flux_adu=flux)
    for i in range(3):
        add_stars(apart, PSF, x=x[i : i + 1], y=y[i : i + 1], flux_adu=flux[i : i + 1])
    assert together == pytest.approx(apart, rel=1e-4, abs=0.05)


def test_stars_beyond_the_edge_reach_into_the_image_with_their_wings_only():
    image = np.zeros(SHAPE, np.float32)
    flux_adu = np.array([1e6, 1e6])
    add_stars(image, PSF, x=np.array([-6.0, 5000.0]), y=np.array([150.0, 150.0]), flux_adu=flux_adu)
    assert 0 < image.sum() < 1e5
    assert image[:, 0].max() == image.max()


@pytest.mark.parametrize("n", [1.0, 4.0])
def test_a_galaxy_brings_its_flux_and_its_shape(n):
    image = np.zeros(SHAPE, np.float32)
    angle = np.deg2rad(30)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape_px = (rotation @ np.diag([6.0, 2.0]))[None]
    add_galaxies(
        image, PSF, x=np.array([160.0]), y=np.array([150.0]), flux_adu=np.array([1e5]),
        n=np.array([n]), shape_px=shape_px,
    )  # fmt: skip
    assert image.sum() == pytest.approx(1e5, rel=1e-3)
    _, covariance = moments(image[22:278, 32:288], sigma_px=12)
    major = np.linalg.eigh(covariance)[1][:, 1]
    assert np.rad2deg(np.arctan(major[1] / major[0])) == pytest.approx(30, abs=1)


def test_a_point_like_galaxy_is_a_star():
    star, galaxy = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    place = {"x": np.array([160.3]), "y": np.array([150.1]), "flux_adu": np.array([1e4])}
    add_stars(star, PSF, **place)
    add_galaxies(galaxy, PSF, **place, n=np.array([1.0]), shape_px=1e-4 * np.eye(2)[None])
    assert galaxy == pytest.approx(star, abs=0.5)
