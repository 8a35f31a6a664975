"""Values of columns: texts, numbers, angles in whatever unit."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogues.tables import Column
from pipeline.catalogues.values import degrees, numbers, texts


def test_texts_are_stripped_and_missing_ones_empty():
    masked = np.ma.array(["a", "b"], mask=[False, True])
    assert texts([" RR Lyr ", b"V1  ", None, "null", "NaN", "--", "a\0b", 5853498713190525696]) == [
        "RR Lyr", "V1", "", "", "", "", "ab", "5853498713190525696",
    ]  # fmt: skip
    assert texts(masked) == ["a", ""]
    assert texts(np.array([np.nan, 1.5])) == ["", "1.5"]


def test_numbers_are_nan_where_there_is_none():
    np.testing.assert_array_equal(numbers(["1.5", "", "<12.1", None, "-2e1"]), [1.5, np.nan, np.nan, np.nan, -20])
    np.testing.assert_array_equal(numbers(np.ma.array([1, 2], mask=[False, True])), [1, np.nan])
    np.testing.assert_array_equal(numbers(np.array([1.5], dtype=">f4")), [1.5])


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("", 30.0),
        ("deg", 30.0),
        ("degrees", 30.0),
        ("rad", np.pi / 6),
        ("hourangle", 2.0),
        ("h", 2.0),
        ("arcsec", 108e3),
    ],
)
def test_numbers_are_in_the_unit_of_their_column(unit, value):
    for values in ([str(value)], np.array([value])):
        assert degrees(values, Column("ra", unit), sexagesimal_unit=u.hourangle) == pytest.approx([30.0])


def test_a_unit_of_something_else_is_refused():
    for unit in ("mag", "furlong"):
        with pytest.raises(ValueError, match=f"column ra is in '{unit}', which is no unit of an angle"):
            degrees([1.0], Column("ra", unit), sexagesimal_unit=u.deg)


@pytest.mark.parametrize("text", ["12 34 56.7", "12:34:56.7", "12h34m56.7s", " +12 34 56.70 "])
@pytest.mark.parametrize("unit", ["", '"h:m:s"'])
def test_sexagesimal_texts_are_recognised(text, unit):
    angle = degrees([text], Column("ra", unit), sexagesimal_unit=u.hourangle)
    assert angle == pytest.approx([15 * (12 + 34 / 60 + 56.7 / 3600)])


def test_each_value_is_read_for_itself():
    values = ["00 00 60.0", "-00 30 00", "12.5", "", "north", "12 75 00", None]
    angles = degrees(values, Column("dec"), sexagesimal_unit=u.deg)
    np.testing.assert_allclose(angles, [1 / 60, -0.5, 12.5, np.nan, np.nan, np.nan, np.nan])


@given(st.floats(-89.99, 89.99))
def test_a_declination_survives_being_written_out(dec):
    seconds = round(abs(dec) * 3600, 3)
    text = f"{'-' if dec < 0 else '+'}{seconds // 3600:02.0f} {seconds % 3600 // 60:02.0f} {seconds % 60:06.3f}"
    assert degrees([text], Column("dec"), sexagesimal_unit=u.deg) == pytest.approx([dec], abs=1e-6)
