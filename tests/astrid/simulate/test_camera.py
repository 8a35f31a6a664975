import numpy as np
import pytest
from scipy.ndimage import label
from scipy.stats import median_abs_deviation

from astrid.simulate.camera import Camera, add_cosmic_rays, bleed

CAMERA = Camera(shape=(512, 512), gain_e_per_adu=1.6, read_noise_e=6.0)


def clean(image: np.ndarray) -> np.ndarray:
    """Pixels without defects and cosmic rays."""
    values = image.astype(float)
    return values[np.abs(values - np.median(values)) < 6 * median_abs_deviation(values, axis=None, scale="normal")]


@pytest.mark.parametrize("sky_adu", [20.0, 200.0, 2000.0])
def test_noise_is_photons_and_read_noise(sky_adu):
    image = CAMERA.expose(np.full(CAMERA.shape, sky_adu), rng=np.random.default_rng(1))
    pixels = clean(image)
    rounding = 1 / 12
    assert pixels.mean() == pytest.approx(sky_adu, abs=0.2)
    assert pixels.var() == pytest.approx(sky_adu / 1.6 + (6 / 1.6) ** 2 + rounding, rel=0.02)
    assert CAMERA.variance(np.array(sky_adu)) == pytest.approx(pixels.var() - rounding, rel=0.02)


def test_saturated_pixels_all_read_the_saturation_level_and_bleed_along_columns():
    expected = np.full(CAMERA.shape, 100.0)
    expected[250:260, 300] = 3 * CAMERA.saturation_adu
    image = CAMERA.expose(expected, rng=np.random.default_rng(2))
    assert image.dtype == np.uint16
    saturated = image == CAMERA.saturation_adu
    assert image.max() == CAMERA.saturation_adu
    assert 25 <= saturated[:, 300].sum() <= 31
    assert saturated[240:270, 298:303].sum(axis=0).tolist()[:2] == [0, 0]


def test_bleeding_keeps_the_charge_and_empties_no_pixel():
    rng = np.random.default_rng(3)
    electrons = rng.uniform(0, 50, (200, 5))
    electrons[100:103, 2] = 900
    before = electrons.copy()
    bleed(electrons, full_well_e=100.0)
    assert electrons.max() <= 100 + 1e-9
    assert electrons.sum() == pytest.approx(before.sum())
    assert (electrons >= np.minimum(before, 100)).all()


def test_charge_that_reaches_the_end_of_a_column_leaves_the_detector():
    electrons = np.full((10, 3), 10.0)
    electrons[5, 1] = 1e6
    bleed(electrons, full_well_e=100.0)
    assert electrons[:, 1].tolist() == [100.0] * 10
    assert (electrons[:, [0, 2]] == 10).all()


def test_cosmic_rays_are_few_sharp_and_of_the_expected_number():
    electrons = np.zeros((1024, 1024))
    add_cosmic_rays(electrons, rng=np.random.default_rng(4))
    hit = electrons > 0
    _, tracks = label(hit, structure=np.ones((3, 3)))
    assert 8 <= tracks <= 35
    assert hit.sum() < 1000
    assert np.median(electrons[hit]) > 200


def test_defects_are_the_cameras_own():
    sky = np.full(CAMERA.shape, 1000.0)
    first, second = (CAMERA.expose(sky, rng=np.random.default_rng(seed)) for seed in (5, 6))
    other = Camera(shape=CAMERA.shape, defects_seed=9).expose(sky, rng=np.random.default_rng(5))

    def hot(image):
        return {tuple(place) for place in np.argwhere(image > 1300)}

    assert len(hot(first) & hot(second)) >= 3
    assert len(hot(first) & hot(other)) <= 1
