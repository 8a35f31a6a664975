import numpy as np
import pytest

from astrid.simulate.camera import Camera
from astrid.simulate.exposure import Exposed, View, draw_conditions, draw_view
from astrid.simulate.scene import draw_scene
from tests.astrid.simulate.test_psf import moments

CAMERA = Camera(shape=(512, 512))
RA, DEC = 150.1, 32.2


def view_of(seed: int) -> View:
    rng = np.random.default_rng(seed)
    conditions = draw_conditions(rng=rng, is_reference=False)
    return draw_view(rng=rng, camera=CAMERA, ra=RA, dec=DEC, conditions=conditions)


@pytest.fixture(scope="module")
def views():
    return [view_of(seed) for seed in range(10)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_stars_are_where_the_true_wcs_says(views, seed):
    view = views[seed]
    ra, dec = view.true_wcs.all_pix2world([150.3, 380.8], [370.6, 140.1], 0)
    image = Exposed(view, np.zeros(CAMERA.shape, np.float32)).with_points(ra, dec, np.array([14.0, 14.0]))
    for x, y in ((150.3, 370.6), (380.8, 140.1)):
        row, column = round(y), round(x)
        stamp = image.expected_adu[row - 100 : row + 100, column - 100 : column + 100].astype(float)
        centroid, _ = moments(stamp, sigma_px=25)
        assert centroid == pytest.approx([x - column, y - row], abs=0.02)


def test_header_wcs_is_wrong_by_a_small_fraction_of_a_pixel(views):
    corners = np.array([[0.0, 511, 0, 511, 256], [0.0, 0, 511, 511, 256]])
    errors = []
    for view in views:
        x, y = view.header_wcs.all_world2pix(*view.true_wcs.all_pix2world(*corners, 0), 0)
        errors.append(np.hypot(x - corners[0], y - corners[1]).max())
    assert 0.02 < np.median(errors) < 0.2
    assert max(errors) < 0.35


def test_exposures_of_one_place_are_dithered_and_rotated(views):
    shifts, angles = [], []
    for view in views:
        cd = view.true_wcs.wcs.cd
        shifts.append(view.to_pixels(RA, DEC))
        angles.append(np.rad2deg(np.arctan2(cd[1, 0], cd[1, 1])))
        assert np.sqrt(abs(np.linalg.det(cd))) * 3600 == pytest.approx(0.6)
    assert np.ptp(shifts, axis=0).min() > 2
    assert 0.1 < np.ptp(angles) <= 0.6


def test_seeing_stays_within_range_and_references_are_mostly_better_and_deeper():
    rng = np.random.default_rng(7)
    science, reference = ([draw_conditions(rng=rng, is_reference=flag) for _ in range(300)] for flag in (False, True))
    for conditions in (*science, *reference):
        assert 1.05 <= conditions.seeing_arcsec <= 2.1
    better = [r.seeing_arcsec < s.seeing_arcsec for r, s in zip(reference, science, strict=True)]
    assert 0.6 < np.mean(better) < 0.95
    assert np.mean([c.zero_point_mag for c in reference]) > np.mean([c.zero_point_mag for c in science]) + 0.5


def test_flux_follows_the_zero_point(views):
    view = views[1]
    zero_point = view.conditions.zero_point_mag
    assert view.flux_adu([zero_point, zero_point - 5]) == pytest.approx([1, 100])


def test_position_angle_runs_from_north_through_east(views):
    rng = np.random.default_rng(3)
    scene = draw_scene(rng=rng, ra=RA, dec=DEC, width_arcmin=5)
    scene.stars["mag"] = 30
    galaxies = scene.galaxies[:1]
    galaxies["ra"], galaxies["dec"], galaxies["mag"] = RA, DEC, 16
    galaxies["r_e_arcsec"], galaxies["axis_ratio"], galaxies["n"] = 4, 0.3, 1
    galaxies["position_angle_deg"] = 30
    scene.galaxies["mag"][1:] = 30
    view = views[3]
    image = view.expose(scene, star_mag=scene.stars["mag"]).expected_adu - view.sky_adu
    x, y = (round(float(value)) for value in view.to_pixels(RA, DEC))
    _, covariance = moments(image[y - 64 : y + 64, x - 64 : x + 64].astype(float), sigma_px=12)
    major = view.true_wcs.wcs.cd @ np.linalg.eigh(covariance)[1][:, 1]
    assert np.rad2deg(np.arctan(major[0] / major[1])) == pytest.approx(30, abs=2)
