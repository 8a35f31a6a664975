import numpy as np
import pytest

from pipeline.imaging.frame import Flag, ImagingError, NoOverlapError, dilated
from tests.pipeline.imaging import frame_of


def test_an_error_carries_its_measurements():
    error = NoOverlapError("too far", separation_deg=1.8)

    assert isinstance(error, ImagingError)
    assert isinstance(error, ValueError)
    assert error.measurements == {"separation_deg": 1.8}


def test_flawed_pixels_are_filled_from_their_neighbours_and_good_ones_stay():
    frame = frame_of(np.full((64, 64), 7.0))
    frame.mask[30:33, 40] = Flag.COSMIC_RAY
    frame.data[30:33, 40] = 9999

    filled = frame.filled()

    assert filled[30:33, 40] == pytest.approx(7, rel=1e-5)
    assert (filled[frame.mask == 0] == 7).all()


def test_a_large_gap_is_filled_with_empty_sky():
    frame = frame_of(np.full((64, 64), 7.0))
    frame.mask[:, :40] = Flag.NO_DATA

    assert frame.filled()[30, 10] == 0


def test_a_dilated_mask_is_a_disc_that_keeps_its_bits():
    mask = np.zeros((31, 31), dtype=np.uint8)
    mask[15, 15] = Flag.SATURATED | Flag.BAD

    grown = dilated(mask, 4)

    y, x = np.mgrid[-15:16, -15:16]
    assert ((grown != 0) == (np.hypot(x, y) <= 4)).all()
    assert set(np.unique(grown)) == {0, Flag.SATURATED | Flag.BAD}
