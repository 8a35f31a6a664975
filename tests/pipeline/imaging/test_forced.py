import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.imaging.chain import difference
from pipeline.imaging.forced import FORCED_DTYPE, PsfGrid, fit_stamps, forced_photometry, stamp_size_px
from pipeline.imaging.frame import Flag
from pipeline.imaging.photometry import psf_photometry
from pipeline.imaging.stamps import cut
from tests import sky
from tests.pipeline.imaging import calibrated, frame_of

RADIUS_PX = 4.5
PLACES = 100


class KnownPsf:
    """A Moffat of known width, wider to the right where it varies."""

    def __init__(self, fwhm_px=3.0, *, per_px=0.0, size=61):
        self.fwhm_px, self.per_px, self.size = fwhm_px, per_px, size

    def stamps(self, x, y):
        middle = [self.size // 2]
        shape = (self.size, self.size)
        return np.array([sky.moffat(shape, middle, middle, [1], fwhm_px=self.fwhm_px + self.per_px * xi) for xi in x])


def measure(frame, x, y, **options):
    options = {"psf": KnownPsf(), "radius_px": RADIUS_PX} | options
    return forced_photometry(frame.data, frame.variance, frame.mask, x=x, y=y, **options)


def places_of(*, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(40.0 * g.ravel() + 30 + rng.uniform(-0.5, 0.5, PLACES) for g in np.meshgrid(range(10), range(10)))


def frame_with(flux, *, noise_adu=1.0, seed=0):
    """A frame with 100 sources at known sub-pixel places: frame, x, y."""
    x, y = places_of(seed=seed)
    data = sky.moffat((420, 420), x, y, np.full(PLACES, flux), fwhm_px=3)
    data += np.random.default_rng(seed + 1).normal(0, noise_adu, data.shape)
    return frame_of(data, noise_adu=noise_adu), x, y


@pytest.mark.parametrize("flux", [0.0, 30.0, 3000.0, -300.0])
def test_pulls_are_normal_also_where_nothing_is(flux):
    results = [(measure(*frame_with(flux, seed=seed)), flux) for seed in range(0, 20, 2)]
    pulls = np.concatenate([(table["flux"] - truth) / table["flux_error"] for table, truth in results])
    # Of 1000 pulls the mean scatters by 0.03 and the width by 0.02.
    assert pulls.mean() == pytest.approx(0, abs=0.1)
    assert pulls.std() == pytest.approx(1, abs=0.08)


def test_without_noise_the_flux_is_exact_at_any_sub_pixel_place():
    frame, x, y = frame_with(5000.0, noise_adu=1e-3)
    np.testing.assert_allclose(measure(frame, x, y)["flux"], 5000, rtol=2e-3)


def test_the_place_is_not_moved():
    """The free fit follows a source a pixel away, the forced one measures where it is told to."""
    frame, x, y = frame_with(20_000.0)
    free = psf_photometry(frame.data, frame.variance, frame.mask, psf=KnownPsf(), x=x + 1, y=y, radius_px=RADIUS_PX)
    assert free["flux"] == pytest.approx(20_000, rel=0.02)
    assert measure(frame, x + 1, y)["flux"].max() < 18_000


def test_on_empty_sky_the_free_fit_finds_flux_and_the_forced_one_does_not():
    frame, x, y = frame_with(0.0)
    free = psf_photometry(frame.data, frame.variance, frame.mask, psf=KnownPsf(), x=x, y=y, radius_px=RADIUS_PX)
    assert np.mean((free["flux"] / free["flux_error"]) ** 2) > 1.5
    forced = measure(frame, x, y)
    assert np.mean((forced["flux"] / forced["flux_error"]) ** 2) == pytest.approx(1, abs=0.45)


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(1e-3, 1e6), sign=st.sampled_from([-1, 1]))
def test_flux_and_error_scale_with_the_image(factor, sign):
    frame, x, y = frame_with(500.0)
    scaled = frame_of(frame.data.astype(float) * factor * sign, noise_adu=factor)
    one, other = measure(frame, x[:5], y[:5]), measure(scaled, x[:5], y[:5])
    np.testing.assert_allclose(other["flux"], factor * sign * one["flux"], rtol=1e-4)
    np.testing.assert_allclose(other["flux_error"], factor * one["flux_error"], rtol=1e-4)


def test_the_error_is_that_of_an_optimal_filter():
    frame, x, y = frame_with(0.0, noise_adu=2.0)
    profile = KnownPsf().stamps([0], [0])[0]
    expected = 2 / np.sqrt((profile**2).sum())
    assert measure(frame, x, y, radius_px=9.0)["flux_error"] == pytest.approx(expected, rel=0.01)


def test_flawed_pixels_take_no_part_and_the_error_grows():
    frame, x, y = frame_with(5000.0)
    before = measure(frame, x[:1], y[:1])
    row, column = round(y[0]) + 1, round(x[0]) - 1
    frame.data[row, column], frame.mask[row, column] = np.nan, Flag.COSMIC_RAY
    after = measure(frame, x[:1], y[:1])
    assert after["flux"] == pytest.approx(before["flux"], abs=4 * before["flux_error"][0])
    assert after["n_good"] == before["n_good"] - 1
    assert after["flux_error"] > before["flux_error"]


def test_where_most_of_the_psf_is_flawed_there_is_no_measurement():
    frame, x, y = frame_with(5000.0)
    frame.mask[round(y[0]) - 1 : round(y[0]) + 2, round(x[0]) - 1 : round(x[0]) + 2] = Flag.SATURATED
    table = measure(frame, x[:2], y[:2])
    assert np.isnan(table["flux"]).tolist() == np.isnan(table["flux_error"]).tolist() == [True, False]
    assert table["n_good"][0] > 0


@pytest.mark.parametrize(
    ("x", "is_measured"), [(0.3, True), (-2.0, False), (-300.0, False), (99.4, True), (1e6, False)]
)
def test_at_the_border_what_is_left_has_to_carry_half_of_the_weight(x, is_measured):
    table = measure(frame_of(np.ones((80, 100))), np.array([x]), np.array([40.0]))
    assert np.isfinite(table["flux"]).item() == is_measured


@pytest.mark.parametrize(("data", "variance"), [(np.nan, 1.0), (0.0, np.nan), (0.0, 0.0), (0.0, -1.0)])
def test_pixels_without_a_value_or_a_variance_are_no_measurement(data, variance):
    frame = frame_of(np.full((60, 60), data))
    frame.variance[:] = variance
    table = measure(frame, np.array([30.0]), np.array([30.0]))
    assert np.isnan(table["flux"][0])
    assert table["n_good"][0] == 0


def test_no_places_are_an_empty_table():
    table = measure(frame_of(np.zeros((60, 60))), np.array([]), np.array([]))
    assert (table.shape, table.dtype) == ((0,), FORCED_DTYPE)


def test_stamps_give_what_the_image_gives():
    frame, x, y = frame_with(300.0)
    size_px = stamp_size_px(RADIUS_PX)
    stamps = (cut(plane, x, y, size_px) for plane in (frame.data, frame.variance, frame.mask))
    np.testing.assert_array_equal(
        fit_stamps(*stamps, psf=KnownPsf(), x=x, y=y, radius_px=RADIUS_PX), measure(frame, x, y)
    )


@pytest.mark.parametrize("size", [9, 25, 61])
def test_the_psfs_stamp_may_be_smaller_or_larger_than_the_pixels_that_take_part(size):
    frame, x, y = frame_with(5000.0)
    table = measure(frame, x, y, psf=KnownPsf(size=size), radius_px=3.0)
    assert np.median(table["flux"]) == pytest.approx(5000, rel=1e-3)


def test_a_grid_has_the_psf_of_each_tiles_centre():
    psf = KnownPsf(per_px=0.002, size=25)
    grid = PsfGrid.of(psf, (300, 1000))
    assert grid.profiles.shape == (2, 4, 25, 25)
    assert grid.tile_shape == (150, 250)
    x, y = np.array([10.0, 240.0, 260.0, 999.0, -5.0, 2000.0]), np.array([0.0, 149.0, 151.0, 299.0, -5.0, 400.0])
    centres = np.array([124.5, 124.5, 374.5, 874.5, 124.5, 874.5])
    np.testing.assert_allclose(grid.stamps(x, y), psf.stamps(centres, y), atol=1e-7)
    np.testing.assert_array_equal(grid.at(260.0, 151.0), grid.stamps(x, y)[2])


@pytest.fixture(scope="module")
def pair():
    """A simulated pair with faint transients, and its difference."""
    pair = sky.make_pair(seed=8, size_px=512, n_transients=25)
    science, reference = calibrated(pair.science, pair.science_wcs), calibrated(pair.reference, pair.reference_wcs)
    return pair, difference(science, reference).difference


def measure_in(made, x, y):
    grid = PsfGrid.of(made.psf, made.image.shape)
    return forced_photometry(made.image, made.variance, made.mask, psf=grid, x=x, y=y, radius_px=made.fwhm_px)


def test_in_a_difference_image_transients_have_their_flux(pair):
    truth, made = pair
    table = measure_in(made, truth.transient_x, truth.transient_y)
    pulls = (table["flux"] - truth.transient_flux) / np.hypot(table["flux_error"], 0.02 * truth.transient_flux)
    pulls = pulls[np.isfinite(pulls)]
    assert len(pulls) > 20
    assert abs(np.median(pulls)) < 0.6
    assert 1.4826 * np.median(np.abs(pulls)) < 1.6


def test_in_a_difference_image_empty_places_have_pulls_of_width_1(pair):
    truth, made = pair
    x, y = np.random.default_rng(1).uniform(20, 490, (2, 3000))
    distance = [
        np.min(np.hypot(x[:, None] - place_x, y[:, None] - place_y), axis=1)
        for place_x, place_y in ((truth.star_x, truth.star_y), (truth.transient_x, truth.transient_y))
    ]
    table = measure_in(made, x, y)
    pulls = (table["flux"] / table["flux_error"])[np.min(distance, axis=0) > 20]
    pulls = pulls[np.isfinite(pulls)]
    assert len(pulls) > 500
    assert pulls.mean() == pytest.approx(0, abs=0.15)
    assert pulls.std() == pytest.approx(1, abs=0.1)
