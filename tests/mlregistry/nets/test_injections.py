import numpy as np
import pytest

from astrid.simulate import simulate_pair
from mlregistry.nets import injections
from mlregistry.nets.stamps import STAMP_PX
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import difference

CENTRE = STAMP_PX // 2


@pytest.fixture(scope="module")
def differenced():
    """A difference, its science frame, and pixels x, y of bright stars away from the edges."""
    pair = simulate_pair(seed=31, size_px=320, star_density=2.0, transients=0)
    constants = {name: getattr(pair, name) for name in ("gain_e_per_adu", "read_noise_e", "saturation_adu")}
    science, reference = (
        calibrate(data, wcs=wcs, **constants)
        for data, wcs in ((pair.science, pair.science_wcs), (pair.reference, pair.reference_wcs))
    )
    result = difference(science, reference)
    x, y = injections.bright_stars(result, science)
    inner = (np.minimum(x, y) > STAMP_PX) & (np.maximum(x, y) < 320 - STAMP_PX)
    return result, science, x[inner][:20], y[inner][:20]


def test_the_planes_are_on_one_flux_scale(differenced):
    result, science, x, y = differenced
    science_data, reference, image = injections.planes_of(result, science)
    assert np.median(science_data[y, x] / reference[y, x]) == pytest.approx(1, abs=0.5)
    assert np.median(np.abs(image[y, x]) / science_data[y, x]) < 0.1


def test_bright_stars_are_peaks_of_sound_pixels(differenced):
    result, science, x, y = differenced
    _, reference, _ = injections.planes_of(result, science)
    assert len(x) >= 5
    assert (result.difference.mask[y, x] == 0).all()
    for column, row in zip(x, y, strict=True):
        assert reference[row, column] == reference[row - 5 : row + 6, column - 5 : column + 6].max()


def test_a_displaced_star_is_a_dipole_in_the_difference_and_itself_in_the_science_image(differenced):
    result, science, x, y = differenced
    stamps, (lobe_x, lobe_y, strength) = injections.displaced(result, science, x, y, rng=np.random.default_rng(1))
    assert stamps.shape == (len(x), 3, STAMP_PX, STAMP_PX)
    core = stamps[:, 2, CENTRE - 6 : CENTRE + 7, CENTRE - 6 : CENTRE + 7]
    assert (core.max(axis=(1, 2)) > 0).all()
    assert (core.min(axis=(1, 2)) < 0).all()
    assert np.allclose(np.abs(stamps[:, 2, CENTRE, CENTRE]), np.abs(strength) * result.difference.noise_level)
    rows, columns = lobe_y.astype(int), lobe_x.astype(int)
    assert np.allclose(stamps[:, 0, CENTRE, CENTRE], science.data[rows, columns])
    assert (np.hypot(lobe_x - x, lobe_y - y) <= np.hypot(4, 4)).all()


def test_a_varied_star_changes_by_the_flux_of_its_snr_and_its_reference_not_at_all(differenced):
    result, science, x, y = differenced
    stamps, (star_x, star_y, snr) = injections.varied(result, science, x, y, rng=np.random.default_rng(2))
    before = np.nan_to_num(injections.stamps_at(injections.planes_of(result, science), x, y))
    assert np.array_equal(stamps[:, 1], before[:, 1])
    added = (stamps - before)[:, [0, 2]].sum(axis=(2, 3))
    assert added[:, 0] == pytest.approx(added[:, 1], rel=0.05)
    assert (np.sign(added[:, 0]) == np.sign(snr)).all()
    assert {-1, 1} == set(np.sign(snr))
    assert (np.abs(snr) <= injections.SNR_RANGE[1]).all()
    assert (np.hypot(star_x - x, star_y - y) < 1).all()


def test_no_stars_give_no_stamps(differenced):
    result, science, *_ = differenced
    none = np.zeros(0, dtype=int)
    for make in (injections.displaced, injections.varied):
        stamps, places = make(result, science, none, none, rng=np.random.default_rng(3))
        assert stamps.shape == (0, 3, STAMP_PX, STAMP_PX)
        assert places.shape == (3, 0)
