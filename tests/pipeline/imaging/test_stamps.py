import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.imaging.stamps import cut, shifted
from tests import sky


def test_a_stamp_is_centred_on_the_nearest_pixel():
    image = np.arange(100.0).reshape(10, 10)

    stamps = cut(image, np.array([4.4, 6.0]), np.array([5.6, 2.0]), 3)

    assert stamps.shape == (2, 3, 3)
    assert stamps.dtype == np.float32
    assert stamps[:, 1, 1].tolist() == [image[6, 4], image[2, 6]]


def test_an_even_stamp_has_its_centre_right_of_the_middle():
    image = np.arange(10_000.0).reshape(100, 100)

    assert cut(image, 50, 40, 64)[0, 32, 32] == image[40, 50]


def test_outside_of_the_image_is_nan():
    stamp = cut(np.ones((10, 10)), 0, 9, 5)[0]

    assert np.isnan(stamp[:, :2]).all()
    assert np.isnan(stamp[3:]).all()
    assert (stamp[:3, 2:] == 1).all()


def test_no_positions_give_no_stamps():
    assert cut(np.ones((10, 10)), np.array([]), np.array([]), 5).shape == (0, 5, 5)


@given(st.floats(-60, 160), st.floats(-60, 160))
def test_a_stamp_holds_the_image_wherever_the_two_meet(x, y):
    image = np.arange(10_000.0).reshape(100, 100)
    stamp = cut(image, x, y, 7)[0]

    rows, columns = np.nonzero(np.isfinite(stamp))
    assert (stamp[rows, columns] == image[rows + round(y) - 3, columns + round(x) - 3]).all()


def test_shifting_moves_the_content_by_a_fraction_of_a_pixel():
    stamp = sky.moffat((41, 41), [20], [20], [1], fwhm_px=4)
    wanted = sky.moffat((41, 41), [20.3], [19.6], [1], fwhm_px=4)

    assert shifted(stamp[None], 0.3, -0.4)[0] == pytest.approx(wanted, abs=2e-3 * wanted.max())
