import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.frame import BadImageError, BadParameterError, Flag, ImagingError
from tests import sky
from tests.pipeline.imaging import calibrated

CONSTANTS = {"gain_e_per_adu": 2.0, "read_noise_e": 8.0, "saturation_adu": 60_000.0}


def observed(expected: np.ndarray, seed: int = 0) -> np.ndarray:
    return sky.observe(expected, rng=np.random.default_rng(seed))


def test_sky_and_noise_are_those_of_the_simulation():
    frame = calibrated(observed(np.zeros((256, 256))), sky.make_wcs(256))

    assert frame.sky_adu == pytest.approx(sky.SKY_ADU, abs=0.3)
    assert frame.noise_adu == pytest.approx(sky.NOISE_ADU, rel=0.02)
    assert np.median(frame.data) == pytest.approx(0, abs=0.3)
    assert frame.data.dtype == frame.variance.dtype == np.float32
    assert frame.mask.dtype == np.uint8
    assert frame.data.flags.c_contiguous


def test_the_variance_is_the_scatter_under_bright_sources_too():
    expected = sky.moffat((128, 128), [64], [64], [1e6], fwhm_px=14)
    frames = [calibrated(observed(expected, seed), sky.make_wcs(128)) for seed in range(60)]
    core = np.s_[58:71, 58:71]

    scatter = np.var([frame.data[core] for frame in frames], axis=0)

    assert np.median(scatter / frames[0].variance[core]) == pytest.approx(1, abs=0.1)


def test_saturated_pixels_and_their_neighbours_are_masked():
    expected = np.zeros((128, 128))
    expected[60, 70] = 1e6
    frame = calibrated(observed(expected), sky.make_wcs(128))

    saturated = (frame.mask & Flag.SATURATED) != 0

    assert saturated[59:62, 69:72].all()
    assert saturated.sum() == 9


def test_nothing_is_saturated_when_the_level_is_unknown():
    expected = sky.moffat((128, 128), [64], [64], [5e6], fwhm_px=4)
    frame = calibrate(observed(expected), wcs=sky.make_wcs(128), gain_e_per_adu=2, read_noise_e=8)

    assert not (frame.mask & Flag.SATURATED).any()


def test_missing_pixels_have_no_data_and_finite_planes():
    image = observed(np.zeros((128, 128)))
    image[:, :30] = np.nan
    image[80, 80] = np.inf
    frame = calibrated(image, sky.make_wcs(128))

    assert ((frame.mask & Flag.NO_DATA) != 0).sum() == 128 * 30
    assert frame.mask[80, 80] & Flag.BAD
    assert np.isfinite(frame.data).all()
    assert (frame.variance > 0).all()
    assert frame.sky_adu == pytest.approx(sky.SKY_ADU, abs=0.5)


def test_cosmic_rays_are_flagged_and_stars_are_not():
    pair = sky.make_pair(seed=5, science_fwhm_px=2.5)
    rng = np.random.default_rng(1)
    image, rays = pair.science.copy(), np.zeros(pair.science.shape, dtype=bool)
    for x, y, angle in zip(*rng.uniform(20, 360, (2, 40)), rng.uniform(0, np.pi, 40), strict=True):
        steps = np.arange(0, 6, 0.5)
        rays[np.rint(y + steps * np.sin(angle)).astype(int), np.rint(x + steps * np.cos(angle)).astype(int)] = True
    image[rays] += rng.uniform(300, 3000, rays.sum())

    without, with_rays = ((calibrated(i, pair.science_wcs).mask & Flag.COSMIC_RAY) != 0 for i in (pair.science, image))

    assert with_rays[rays].mean() > 0.95
    assert without.mean() < 2e-4


def test_a_dead_column_is_bad_from_where_it_dies():
    image = observed(np.zeros((256, 256)))
    image[100:, 50] *= 0.3
    bad = (calibrated(image, sky.make_wcs(256)).mask & Flag.BAD) != 0

    assert bad[100:, 50].all()
    assert not bad[:85].any()
    assert not np.delete(bad, 50, axis=1).any()


def test_a_lost_row_is_bad():
    image = observed(np.zeros((256, 256)))
    image[77] = sky.SKY_ADU - 100
    bad = (calibrated(image, sky.make_wcs(256)).mask & Flag.BAD) != 0

    assert bad[77].all()
    assert bad.sum() == 256


def test_flaws_known_before_stay_and_replace_the_saturation_level():
    image, flags = observed(np.zeros((128, 128))), np.zeros((128, 128), dtype=np.uint8)
    flags[10, 10], flags[60, 70] = Flag.BAD, Flag.SATURATED
    image[90, 90] = sky.SATURATION_ADU
    frame = calibrate(image, wcs=sky.make_wcs(128), **CONSTANTS, flags=flags)

    assert frame.mask[10, 10] & Flag.BAD
    assert ((frame.mask & Flag.SATURATED) != 0).sum() == 9
    assert frame.mask[60, 70] & Flag.SATURATED
    assert np.count_nonzero(flags) == 2


@pytest.mark.parametrize("plane", ["flags", "sensitivity"])
def test_a_plane_of_another_shape_is_refused_by_name(plane):
    with pytest.raises(BadParameterError, match=plane):
        calibrate(observed(np.zeros((64, 64))), wcs=sky.make_wcs(64), **CONSTANTS, **{plane: np.ones((64, 65))})


@pytest.mark.parametrize("value", [0.0, -0.1, float("nan")])
def test_a_sensitivity_that_is_not_positive_is_refused(value):
    sensitivity = np.ones((64, 64), dtype=np.float32)
    sensitivity[3, 3] = value

    with pytest.raises(BadParameterError, match="sensitivity must be positive"):
        calibrate(observed(np.zeros((64, 64))), wcs=sky.make_wcs(64), **CONSTANTS, sensitivity=sensitivity)


@pytest.mark.parametrize("constant", ["gain_e_per_adu", "saturation_adu"])
@pytest.mark.parametrize("value", [0.0, -1.5, float("nan")])
def test_a_constant_that_must_be_positive_is_refused_with_its_value(constant, value):
    with pytest.raises(BadParameterError, match="positive") as refused:
        calibrate(observed(np.zeros((64, 64))), wcs=sky.make_wcs(64), **CONSTANTS | {constant: value})

    assert list(refused.value.measurements) == [constant]


def test_a_negative_read_noise_is_refused():
    with pytest.raises(BadParameterError, match="read noise"):
        calibrate(observed(np.zeros((64, 64))), wcs=sky.make_wcs(64), gain_e_per_adu=1, read_noise_e=-1)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((64, 64), np.nan), "no pixel is finite"),
        (np.zeros((64, 64)), "every pixel is 0 ADU"),
        (np.full((64, 64), 5e4), "every pixel is 50000 ADU"),
        (np.zeros((3, 64, 64)), "two dimensions"),
        (np.zeros((64, 10)), "at least 32 px"),
        (np.linspace(7e4, 8e4, 64 * 64).reshape(64, 64), "saturation"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(image, reason):
    with pytest.raises(BadImageError, match=reason) as refused:
        calibrate(image, wcs=sky.make_wcs(64), **CONSTANTS)

    assert refused.value.measurements


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(30, 40), st.integers(30, 40)),
        elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf, -np.inf]),
    )
)
def test_any_array_gives_a_sound_frame_or_a_typed_error(image):
    try:
        frame = calibrate(image, wcs=sky.make_wcs(48), **CONSTANTS)
    except ImagingError as error:
        frame, measurements = None, error.measurements

    if frame is None:
        assert measurements
        return
    assert frame.data.shape == frame.variance.shape == frame.mask.shape == image.shape
    assert np.isfinite(frame.data).all()
    assert (frame.variance > 0).all()
    assert np.isfinite(frame.variance).all()
