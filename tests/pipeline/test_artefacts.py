import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import artefacts
from pipeline.imaging.stamps import cut

IMAGE = np.arange(40 * 50, dtype=np.float32).reshape(40, 50)


@pytest.fixture
def key(artefacts_store):
    return artefacts.keep_image(IMAGE, WCS(naxis=2))


@pytest.fixture
def artefacts_store(settings, tmp_path):
    settings.ARTEFACTS = tmp_path


def test_an_image_comes_back_as_it_was(key):
    np.testing.assert_array_equal(artefacts.load_image(key), IMAGE)
    assert artefacts.load_image(key).dtype == np.float32
    assert artefacts.shape_of(key) == IMAGE.shape


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.floats(-40, 90), y=st.floats(-40, 90), size_px=st.integers(1, 70))
def test_a_stamp_from_disk_is_the_stamp_from_memory(key, x, y, size_px):
    from_disk = artefacts.load_stamp(key, x=x, y=y, size_px=size_px)
    np.testing.assert_array_equal(from_disk, cut(IMAGE, np.array([x]), np.array([y]), size_px)[0])


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-40, 90), y=st.floats(-40, 90), size_px=st.integers(1, 70))
def test_a_stamp_goes_back_to_where_it_was_cut(x, y, size_px):
    rows, columns, inside = artefacts.overlap(x, y, size_px=size_px, shape=IMAGE.shape)
    stamp = cut(IMAGE, np.array([x]), np.array([y]), size_px)[0]
    np.testing.assert_array_equal(IMAGE[rows, columns], stamp[inside])
