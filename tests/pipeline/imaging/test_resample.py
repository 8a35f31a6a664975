import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline.imaging.frame import Flag, RegistrationError
from pipeline.imaging.resample import resample
from tests.pipeline.imaging import frame_of

MIDDLE = 31.5


def moved(*, dx=0.0, dy=0.0, rotation_deg=0.0, scale=1.0, is_mirrored=False):
    """A mapping about the middle of a 64 × 64 image."""
    cos, sin = scale * np.cos(np.deg2rad(rotation_deg)), scale * np.sin(np.deg2rad(rotation_deg))

    def mapping(x, y):
        u, v = (MIDDLE - x if is_mirrored else x - MIDDLE), y - MIDDLE
        return cos * u - sin * v + MIDDLE + dx, sin * u + cos * v + MIDDLE + dy

    return mapping


def gaussian(x, y, *, fwhm_px):
    return np.exp(-4 * np.log(2) * ((x - MIDDLE - 0.3) ** 2 + (y - MIDDLE + 0.4) ** 2) / fwhm_px**2)


def grid(size=64):
    return np.meshgrid(np.arange(size, dtype=float), np.arange(size, dtype=float))


def worst_error(mapping, *, fwhm_px, scale=1.0):
    source = frame_of(gaussian(*grid(), fwhm_px=fwhm_px))
    interpolated = resample(source, mapping, onto=source)[0].data
    return np.abs(interpolated - scale**2 * gaussian(*mapping(*grid()), fwhm_px=fwhm_px))[12:-12, 12:-12].max()


@settings(max_examples=25, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-180, 180), st.booleans())
def test_a_star_is_where_the_mapping_says_shifted_turned_and_mirrored(dx, dy, rotation_deg, is_mirrored):
    mapping = moved(dx=dx, dy=dy, rotation_deg=rotation_deg, is_mirrored=is_mirrored)

    assert worst_error(mapping, fwhm_px=5.0) < 1e-4
    # What a Gaussian of 3 px loses to sampling is a tenth of this.
    assert worst_error(mapping, fwhm_px=3.0) < 4e-3


def test_flux_is_conserved_when_the_pixels_differ_in_size():
    assert worst_error(moved(scale=0.8, dx=0.37), fwhm_px=5.0, scale=0.8) < 1e-4


def test_it_is_the_quintic_spline():
    pixels = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    mapping = moved(dx=0.4, dy=-0.7, rotation_deg=1.5)
    x, y = mapping(*grid())
    expected = ndimage.map_coordinates(pixels, (y, x), order=5, mode="mirror")
    registered, _ = resample(frame_of(pixels), mapping, onto=frame_of(pixels))
    inside = registered.mask == 0

    assert inside.mean() > 0.9
    assert registered.data[inside] == pytest.approx(expected[inside], abs=1e-3)


def test_the_same_grid_gives_the_same_pixels():
    source = frame_of(np.random.default_rng(1).normal(size=(50, 70)))
    source.mask[20, 30] = Flag.SATURATED
    same, overlap = resample(source, lambda x, y: (x + 1e-9, y - 1e-9), onto=source)

    assert same.data == pytest.approx(source.data, abs=1e-5)
    assert (same.mask == source.mask).all()
    assert overlap == 1


@pytest.mark.parametrize("shape", [(33, 200), (200, 33), (32, 20_000)])
def test_grids_of_any_shape_are_filled(shape):
    source = frame_of(np.tile(np.arange(shape[1], dtype=float), (shape[0], 1)))
    shifted, overlap = resample(source, lambda x, y: (x + 10.25, y), onto=source)

    assert shifted.data[5:-5, 5:-20] == pytest.approx(source.data[5:-5, 5:-20] + 10.25, abs=1e-2 + 1e-6 * shape[1])
    assert overlap == pytest.approx(1 - 10 / shape[1], abs=1.5 / shape[1])


def test_a_flaw_marks_every_pixel_it_has_weight_in():
    source = frame_of(np.zeros((64, 64)))
    source.mask[20, 30] = Flag.COSMIC_RAY
    between, _ = resample(source, lambda x, y: (x + 0.5, y + 0.5), onto=source)
    beside, _ = resample(source, lambda x, y: (x + 0.5, y + 0.02), onto=source)

    assert np.argwhere(between.mask & Flag.COSMIC_RAY).tolist() == [[19, 29], [19, 30], [20, 29], [20, 30]]
    assert np.argwhere(beside.mask & Flag.COSMIC_RAY).tolist() == [[20, 29], [20, 30]]


def test_a_flawed_pixel_leaks_little_beyond_its_mark():
    source = frame_of(gaussian(*grid(), fwhm_px=4.0))
    mapping = moved(dx=0.5, dy=0.5)
    clean = resample(source, mapping, onto=source)[0].data
    source.data[31, 32] = 1e6
    source.mask[31, 32] = Flag.COSMIC_RAY
    hit, _ = resample(source, mapping, onto=source)
    unmarked = (hit.mask & Flag.COSMIC_RAY) == 0

    # The pixel is the star's brightest, where nothing can be filled in well.
    assert np.abs(hit.data - clean)[~unmarked].max() > 0.1
    assert np.abs(hit.data - clean)[unmarked].max() < 0.1


def test_the_edge_of_the_data_is_marked_to_the_pixel():
    source = frame_of(np.ones((64, 64)))
    shifted, overlap = resample(source, lambda x, y: (x + 20.5, y - 7.0), onto=source)
    missing = (shifted.mask & Flag.NO_DATA) != 0
    expected = np.ones((64, 64), dtype=bool)
    expected[7:, :43] = False

    assert (missing == expected).all()
    assert overlap == pytest.approx(57 * 43 / 64**2)
    assert (shifted.data[missing] == 0).all()
    assert shifted.data[~missing] == pytest.approx(1, abs=1e-5)


def test_the_variance_goes_with_the_square_of_the_flux():
    source = frame_of(np.ones((64, 64)), noise_adu=3.0)
    finer, _ = resample(source, moved(scale=0.5), onto=source)

    assert finer.variance == pytest.approx(9 * 0.5**4)
    assert finer.noise_adu == pytest.approx(3 * 0.25)


def test_a_mapping_without_a_value_everywhere_is_refused_with_how_much_of_it():
    source = frame_of(np.ones((64, 64)))

    with pytest.raises(RegistrationError, match="no pixel") as refused:
        resample(source, lambda x, y: (np.where(x > 32, np.nan, x), y), onto=source)

    assert refused.value.measurements["undefined_fraction"] == pytest.approx(0.5, abs=0.05)
