import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrid import storage
from pipeline import artefacts
from pipeline.artefacts import NoDifferenceError
from pipeline.imaging.detect import STAR_DTYPE
from pipeline.imaging.forced import PsfGrid
from pipeline.imaging.frame import Flag, Frame
from pipeline.imaging.stamps import cut
from pipeline.imaging.subtract import Difference
from tests import sky
from tests.pipeline.imaging import NO_STARS

NOISE_ADU = 4.0
SHAPE = (300, 400)
WCS = sky.make_wcs(400)
PROVENANCE = {
    "SCIENCE": f"ab/{'c' * 62}.fits",
    "ALGORITH": "zogy",
    "parameters": {"threshold_sigma": 5.0, "inputs": ["één", 2]},
}


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.ARTEFACTS = tmp_path


@pytest.fixture
def frame() -> Frame:
    """Noise with bright, flawed and missing pixels."""
    rng = np.random.default_rng(1)
    data = rng.normal(0, NOISE_ADU, SHAPE).astype(np.float32)
    data[10, 20:40] = 60_000
    data[:20] = np.nan
    variance = (NOISE_ADU**2 * rng.uniform(0.5, 2, SHAPE)).astype(np.float32)
    variance[200, 200] = 1e-6
    mask = rng.choice([0, *(int(flag) for flag in Flag)], SHAPE).astype(np.uint8)
    return Frame(data, variance, mask, WCS, 1.7, None, 210.0, NOISE_ADU)


@pytest.fixture
def difference(frame) -> Difference:
    psf = PsfGrid(np.random.default_rng(2).uniform(size=(2, 2, 21, 21)).astype(np.float32), (150, 200))
    return Difference(
        image=frame.data, significance=frame.data / 4, variance=frame.variance, mask=frame.mask, psf=psf,
        science_psf=None, reference_psf=None,
        flux_scale=1.0, noise_level=NOISE_ADU, significance_scale=1.0, match=None, fwhm_px=3.1, algorithm="zogy",
    )  # fmt: skip


def image() -> np.ndarray:
    return np.random.default_rng(3).normal(0, NOISE_ADU, SHAPE).astype(np.float32)


@pytest.fixture
def kept_image() -> str:
    return artefacts.keep_image(image(), WCS)


@pytest.mark.parametrize(
    "data",
    [
        image(),
        np.full(SHAPE, np.nan, np.float32),
        np.full(SHAPE, 1e30, np.float32),
        np.where(image() > 9, np.inf, image()).astype(np.float32),
        np.arange(300 * 400, dtype=np.int32).reshape(SHAPE),
        np.arange(300 * 400).reshape(SHAPE).astype(np.uint8),
    ],
    ids=["noise", "NaN", "huge", "infinite", "integers", "bytes"],
)
def test_an_image_comes_back_as_it_was(data):
    key = artefacts.keep_image(data, WCS)
    back = artefacts.load_image(key)
    np.testing.assert_array_equal(back, data)
    assert (back.dtype, back.dtype.isnative, artefacts.shape_of(key)) == (data.dtype, True, SHAPE)


def test_rounding_to_a_part_of_the_noise_adds_next_to_none():
    data = image()
    left = artefacts.load_image(artefacts.keep_image(data, WCS, noise=NOISE_ADU)) - data
    assert np.abs(left).max() <= NOISE_ADU / 32 * 1.001
    assert left.std() < NOISE_ADU / 50
    assert abs(left.mean()) < 1e-3 * NOISE_ADU


@pytest.mark.parametrize("odd", [np.nan, 0.0, 1e30, -np.inf])
def test_what_is_no_noise_survives_the_rounding(odd):
    data = image()
    data[100:180, 200:380] = odd
    data[7, 9] = odd
    back = artefacts.load_image(artefacts.keep_image(data, WCS, noise=NOISE_ADU))
    np.testing.assert_array_equal(back[100:180, 200:380], data[100:180, 200:380])
    np.testing.assert_array_equal(back[7, 9], data[7, 9])
    assert np.array_equal(np.isnan(back), np.isnan(data))


def test_a_noisy_image_takes_a_quarter_of_its_room():
    key = artefacts.keep_image(image(), WCS, noise=NOISE_ADU)
    assert storage.path_of(key).stat().st_size < 0.27 * image().nbytes


def test_a_frame_comes_back_with_its_noise_hardly_changed(frame):
    back = artefacts.load_frame(artefacts.keep_frame(frame, NO_STARS))
    assert np.nanmax(np.abs(back.data - frame.data)) <= NOISE_ADU / 32 * 1.001
    assert np.array_equal(np.isnan(back.data), np.isnan(frame.data))
    assert np.abs(back.variance - frame.variance).max() <= NOISE_ADU**2 / 64
    assert back.variance.min() > 0
    np.testing.assert_array_equal(back.mask, frame.mask)
    for name in ("gain_e_per_adu", "saturation_adu", "sky_adu", "noise_adu"):
        assert getattr(back, name) == getattr(frame, name)
    np.testing.assert_allclose(back.wcs.wcs_pix2world([[399, 299]], 0), WCS.wcs_pix2world([[399, 299]], 0), atol=1e-10)
    for plane in (back.data, back.variance, back.mask):
        assert plane.flags.c_contiguous
        assert plane.dtype.isnative


def test_a_frame_kept_again_does_not_change_again(frame):
    once = artefacts.load_frame(artefacts.keep_frame(frame, NO_STARS))
    twice = artefacts.load_frame(artefacts.keep_frame(once, NO_STARS))
    for plane in ("data", "variance", "mask"):
        np.testing.assert_array_equal(getattr(once, plane), getattr(twice, plane))


def test_a_difference_comes_back_with_all_that_photometry_needs(difference):
    with artefacts.open_difference(artefacts.keep_difference(difference, WCS)) as stored:
        assert (stored.shape, stored.fwhm_px) == (SHAPE, 3.1)
        np.testing.assert_allclose(stored.wcs.wcs_pix2world([[7, 9]], 0), WCS.wcs_pix2world([[7, 9]], 0), atol=1e-10)
        np.testing.assert_array_equal(stored.psf.profiles, difference.psf.profiles)
        assert stored.psf.tile_shape == (150, 200)
        x, y = np.array([100.4, 3.0, 500.0]), np.array([120.6, 299.0, 150.0])
        planes = (difference.image, difference.variance, difference.mask)
        for stamps, plane, within in zip(
            stored.stamps(x, y, size_px=17), planes, (NOISE_ADU / 30, NOISE_ADU**2 / 60, 0), strict=True
        ):
            np.testing.assert_allclose(stamps, cut(plane, x, y, 17), rtol=0, atol=within)


def test_a_differences_stamp_shows_its_first_plane(difference):
    key = artefacts.keep_difference(difference, WCS)
    stamp = artefacts.load_stamp(key, x=100, y=120, size_px=63)
    np.testing.assert_allclose(stamp, cut(difference.image, [100], [120], 63)[0], atol=NOISE_ADU / 30)
    assert artefacts.shape_of(key) == SHAPE
    assert artefacts.wcs_of(key).wcs.crval.tolist() == [150.0, 20.0]


def test_a_difference_that_is_gone_says_so(difference):
    key = artefacts.keep_difference(difference, WCS)
    storage.path_of(key).unlink()
    with pytest.raises(NoDifferenceError, match="cannot be read"), artefacts.open_difference(key):
        pass


def test_an_image_that_is_no_difference_says_what_it_lacks():
    key = artefacts.keep_image(image(), WCS)
    with (
        pytest.raises(NoDifferenceError, match="has no DIFFERENCE, VARIANCE, MASK, PSF"),
        artefacts.open_difference(key),
    ):
        pass


def test_the_header_says_what_it_is_and_from_what(difference):
    with fits.open(storage.path_of(artefacts.keep_difference(difference, WCS, provenance=PROVENANCE))) as planes:
        header = planes[0].header
        assert header["PROGRAM"].startswith("AstrID 0.")
        assert (header["CONTENT"], header["SCIENCE"], header["ALGORITH"]) == (
            "difference image", PROVENANCE["SCIENCE"], "zogy",
        )  # fmt: skip
        name, _, value = "".join(header["HISTORY"]).partition(" = ")
        assert (name, json.loads(value)) == ("parameters", PROVENANCE["parameters"])
        assert [plane.name for plane in planes] == ["PRIMARY", "DIFFERENCE", "VARIANCE", "MASK", "PSF"]
        assert not any("DATE" in keyword for plane in planes for keyword in plane.header)


def test_equal_planes_of_equal_provenance_are_one_artefact(frame, difference):
    copy = replace(frame, data=frame.data.copy())
    key = artefacts.keep_frame(frame, NO_STARS, provenance=PROVENANCE)
    assert key == artefacts.keep_frame(copy, NO_STARS, provenance=PROVENANCE)
    assert artefacts.keep_difference(difference, WCS) == artefacts.keep_difference(difference, WCS)
    others = PROVENANCE | {"parameters": {"threshold_sigma": 4.0}}
    assert key != artefacts.keep_frame(frame, NO_STARS, provenance=others)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.floats(-40, 450), y=st.floats(-40, 350), size_px=st.integers(1, 150))
def test_a_stamp_from_disk_is_the_stamp_from_memory(kept_image, x, y, size_px):
    from_disk = artefacts.load_stamp(kept_image, x=x, y=y, size_px=size_px)
    np.testing.assert_array_equal(from_disk, cut(image(), np.array([x]), np.array([y]), size_px)[0])


def test_of_a_stamp_only_the_tiles_under_it_are_read():
    """A file whose other tiles are overwritten gives the same stamp."""
    key = artefacts.keep_image(image(), WCS, noise=NOISE_ADU)
    before = artefacts.load_stamp(key, x=60, y=60, size_px=21)
    path = storage.path_of(key)
    with fits.open(path, disable_image_compression=True) as planes:
        table = planes[1]
        first, *others = (len(row["COMPRESSED_DATA"]) for row in table.data)
        start = table.fileinfo()["datLoc"] + table.header["NAXIS1"] * table.header["NAXIS2"]
    with path.open("r+b") as file:
        file.seek(start + first)
        file.write(b"\xff" * sum(others))
    np.testing.assert_array_equal(artefacts.load_stamp(key, x=60, y=60, size_px=21), before)
    with pytest.raises(OSError, match="is damaged"):
        artefacts.load_stamp(key, x=300, y=200, size_px=21)


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-40, 450), y=st.floats(-40, 350), size_px=st.integers(1, 70))
def test_a_stamp_goes_back_to_where_it_was_cut(x, y, size_px):
    data = image()
    rows, columns, inside = artefacts.overlap(x, y, size_px=size_px, shape=SHAPE)
    np.testing.assert_array_equal(data[rows, columns], cut(data, np.array([x]), np.array([y]), size_px)[0][inside])


def test_stars_come_back_as_they_were(frame):
    stars = np.zeros(3, dtype=STAR_DTYPE)
    stars["x"], stars["flux"], stars["is_flawed"] = [1.25, 200.5, 7.0], [10.0, 1e5, 3.3], [True, False, True]

    assert (artefacts.load_stars(artefacts.keep_frame(frame, stars)) == stars).all()
