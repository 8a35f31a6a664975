import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.footprints import overlap_fraction
from tests.pipeline.test_references import corners

anywhere = {"ra": st.floats(0, 359.99), "dec": st.floats(-90, 90), "turned_deg": st.floats(0, 90)}


@given(**anywhere, side_deg=st.floats(0.01, 20))
def test_an_image_covers_itself(ra, dec, side_deg, turned_deg):
    footprint = corners(ra, dec, side_deg=side_deg, turned_deg=turned_deg)
    assert overlap_fraction(footprint, footprint) == pytest.approx(1)
    assert overlap_fraction(footprint, footprint[::-1]) == pytest.approx(1)


@given(**anywhere, larger=st.floats(1, 5))
def test_a_part_of_an_image_is_covered_by_the_ratio_of_the_areas(ra, dec, turned_deg, larger):
    inner = corners(ra, dec, side_deg=0.5, turned_deg=turned_deg)
    outer = corners(ra, dec, side_deg=0.5 * larger, turned_deg=turned_deg)
    assert overlap_fraction(inner, outer) == pytest.approx(1)
    assert overlap_fraction(outer, inner) == pytest.approx(larger**-2, rel=1e-6)


def test_a_square_turned_by_45_degrees_covers_an_octagon():
    octagon = 2 * (np.sqrt(2) - 1)
    overlap = overlap_fraction(corners(10, 0, side_deg=0.1), corners(10, 0, side_deg=0.1, turned_deg=45))
    assert overlap == pytest.approx(octagon, rel=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.7])
def test_an_image_shifted_along_the_equator_covers_the_rest(fraction):
    square = [[10.0, -0.05], [10.1, -0.05], [10.1, 0.05], [10.0, 0.05]]
    moved = [[ra + 0.1 * (1 - fraction), dec] for ra, dec in square]
    assert overlap_fraction(square, moved) == pytest.approx(fraction, abs=1e-5)


@pytest.mark.parametrize("place", [(190, 0), (10, 80), (100, 0)])
def test_an_image_elsewhere_covers_nothing(place):
    assert overlap_fraction(corners(10, 0), corners(*place)) == 0
