import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astrid.simulate.scene import draw_scene

SCENE = draw_scene(rng=np.random.default_rng(1), ra=359.99, dec=60.0, width_arcmin=24)


@pytest.mark.parametrize(("kind", "slope"), [("stars", 0.3), ("galaxies", 0.4)])
def test_number_counts_rise_with_the_slope(kind, slope):
    mag = getattr(SCENE, kind)["mag"]
    bright, faint = ((mag > limit - 1).sum() - (mag > limit).sum() for limit in (20.5, 22.5))
    assert np.log10(faint / bright) / 2 == pytest.approx(slope, abs=0.04)


def test_sources_fill_a_square_on_the_sky_across_the_zero_meridian():
    centre = SkyCoord(359.99, 60.0, unit="deg")
    for table in (SCENE.stars, SCENE.galaxies):
        assert table["ra"].min() >= 0
        assert table["ra"].max() < 360
        east, north = centre.spherical_offsets_to(SkyCoord(table["ra"], table["dec"], unit="deg"))
        for offset in (east.arcmin, north.arcmin):
            assert np.abs(offset).max() == pytest.approx(12, abs=0.2)
            assert np.mean(offset) == pytest.approx(0, abs=0.6)


def test_few_stars_vary_and_they_change_by_their_amplitude_at_most():
    varies = SCENE.stars["amplitude_mag"] > 0
    assert 0 < varies.mean() < 0.02
    change = np.abs(SCENE.star_mag_later(rng=np.random.default_rng(2)) - SCENE.stars["mag"])
    assert (change[~varies] == 0).all()
    assert (change[varies] >= 0.04).all()
    assert (change <= SCENE.stars["amplitude_mag"] + 1e-12).all()


def test_galaxies_keep_their_area_whatever_their_axis_ratio():
    area = np.linalg.det(SCENE.galaxy_shapes_arcsec())
    assert np.abs(area) == pytest.approx(SCENE.galaxies["r_e_arcsec"] ** 2)
