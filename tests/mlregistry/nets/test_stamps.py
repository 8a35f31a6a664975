import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlregistry.nets.stamps import STAMP_PX, as_positive, normalised


@pytest.fixture
def stamps() -> np.ndarray:
    """Four stamps of unit noise on different levels, with a point source of 200 in science and difference."""
    rng = np.random.default_rng(1)
    stamps = rng.normal(0, 1, (4, 3, STAMP_PX, STAMP_PX)) + np.array([50.0, -20.0, 0.0])[:, None, None]
    y, x = np.mgrid[:STAMP_PX, :STAMP_PX] - STAMP_PX // 2
    stamps[:, [0, 2]] += 200 * np.exp(-(x**2 + y**2) / 4)
    return stamps.astype(np.float32)


def test_a_fading_source_becomes_a_brightening_one_and_others_stay(stamps):
    turned = as_positive(stamps, np.array([True, False, True, False]))
    for n in (0, 2):
        assert np.array_equal(turned[n], np.stack([stamps[n, 1], stamps[n, 0], -stamps[n, 2]]))
    for n in (1, 3):
        assert np.array_equal(turned[n], stamps[n])


def test_turning_twice_gives_the_stamps_back_and_leaves_the_given_ones_alone(stamps):
    before, all_of_them = stamps.copy(), np.ones(len(stamps), dtype=bool)
    assert np.array_equal(as_positive(as_positive(stamps, all_of_them), all_of_them), before)
    assert np.array_equal(stamps, before)


def test_pixels_are_in_units_of_the_noise_compressed(stamps):
    scaled = normalised(stamps)
    assert scaled.dtype == np.float32
    pixels = np.sinh(scaled)
    assert np.median(pixels, axis=(2, 3)) == pytest.approx(0, abs=0.01)
    assert pixels[:, 1].std() == pytest.approx(1, rel=0.05)
    assert pixels[:, 2].max(axis=(1, 2)) == pytest.approx(200, rel=0.05)


def test_the_planes_still_subtract(stamps):
    stamps[:, 2] = stamps[:, 0] - stamps[:, 1]
    science, reference, difference = np.moveaxis(np.sinh(normalised(stamps).astype(float)), 1, 0)
    left = science - reference - difference
    assert left.std(axis=(1, 2)) == pytest.approx(0, abs=1e-4)


@settings(deadline=None, max_examples=30)
@given(scale=st.floats(1e-3, 1e3), level=st.floats(-100, 100))
def test_the_unit_of_flux_and_the_level_of_the_sky_do_not_matter(scale, level):
    rng = np.random.default_rng(7)
    stamps = rng.normal(0, 3, (2, 3, STAMP_PX, STAMP_PX))
    stamps[:, :, 30:34, 30:34] += 100
    moved = stamps.copy()
    moved[:, 0] += level
    assert np.allclose(normalised(scale * moved), normalised(stamps), atol=1e-4)


def test_missing_pixels_become_zero_and_do_not_disturb_the_others(stamps):
    holed = stamps.copy()
    holed[:, :, :, :20] = np.nan
    holed[:, 0, 0, 40] = np.inf
    scaled = normalised(holed)
    assert np.isfinite(scaled).all()
    assert (scaled[:, :, :, :20] == 0).all()
    assert scaled[0, 0, 0, 40] == 0
    assert scaled[:, 2, 32, 32] == pytest.approx(normalised(stamps)[:, 2, 32, 32], abs=0.1)


@pytest.mark.parametrize("value", [np.nan, 0.0, 12.5])
def test_a_stamp_without_any_structure_is_zero(value):
    assert (normalised(np.full((1, 3, STAMP_PX, STAMP_PX), value, dtype=np.float32)) == 0).all()


def test_a_constant_difference_leaves_the_scale_to_the_other_planes(stamps):
    stamps[:, 2] = 0
    assert np.sinh(normalised(stamps))[:, 1].std() == pytest.approx(1, rel=0.1)


def test_no_stamps_give_no_stamps():
    assert normalised(np.zeros((0, 3, STAMP_PX, STAMP_PX))).shape == (0, 3, STAMP_PX, STAMP_PX)
    assert as_positive(np.zeros((0, 3, 64, 64)), np.zeros(0, dtype=bool)).shape == (0, 3, STAMP_PX, STAMP_PX)
