"""Calibration exposures: read without a place, by the same choice of image as the sky's."""

from datetime import UTC, datetime

import numpy as np
import pytest

from astrid.fits import FitsRefused, dialects, read_detector_frame, read_image
from tests import REALDATA
from tests.astrid.fits_samples import TAN, cards, noise, write
from tests.astrid.test_fits_amplifiers import electrons, frame

NO_PLACE = dict.fromkeys(TAN)


def test_a_frame_without_a_place_is_read(tmp_path):
    path = write(tmp_path / "dark.fits", NO_PLACE, {"FILTER": "r", "CCDSUM": "2 2", "SATURATE": 50_000.0})
    read = read_detector_frame(path)
    np.testing.assert_array_equal(read.data, noise())
    assert read.taken_at == datetime(2020, 3, 1, 4, 0, 30, tzinfo=UTC)
    assert (read.exposure_s, read.filter_band, read.binning, read.saturation_adu) == (60.0, "r", (2, 2), 50_000.0)
    assert len(read.sha256) == 64


@pytest.mark.parametrize("exposure", [0.0, None])
def test_a_bias_has_no_exposure_time(tmp_path, exposure):
    read = read_detector_frame(write(tmp_path / "bias.fits", NO_PLACE, {"EXPTIME": exposure}))
    assert read.exposure_s == 0.0
    assert read.taken_at == datetime(2020, 3, 1, 4, tzinfo=UTC)


def test_amplifiers_without_a_place_become_one_detector_freed_of_its_overscan(tmp_path):
    read = read_detector_frame(frame(tmp_path, changes={"CTYPE1": None, "CTYPE2": None}))
    np.testing.assert_allclose(read.data, electrons(), rtol=1e-5)
    assert read.corrections == {"overscan"}
    assert read.binning == (2, 2)


def test_the_surveys_keywords_are_asked(tmp_path):
    path = write(tmp_path / "dark.fits", NO_PLACE, {"OPENTIME": 12.0})
    assert read_detector_frame(path, keyword_map={"exposure_time": "OPENTIME"}).exposure_s == 12.0
    with pytest.raises(ValueError, match="not among"):
        read_detector_frame(path, keyword_map={"colour": "FILTER"})


@pytest.mark.parametrize(
    ("changes", "data", "reason"),
    [
        ({"DATE-OBS": None}, None, "no date with a time of day"),
        ({}, np.full((40, 48), np.nan, dtype=np.float32), "every pixel is NaN or blank"),
        ({}, np.zeros((40, 48), dtype=np.float32), "every pixel is 0"),
        ({}, noise(20, 20), "no image of at least 32 × 32 px"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path, changes, data, reason):
    with pytest.raises(FitsRefused, match=rf"^bias\.fits: .*{reason}"):
        read_detector_frame(write(tmp_path / "bias.fits", NO_PLACE, changes, data=data))


def test_no_place_is_still_needed_for_an_image_of_the_sky(tmp_path):
    path = write(tmp_path / "image.fits", NO_PLACE)
    with pytest.raises(FitsRefused, match="no celestial WCS"):
        read_image(path)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"CCDSUM": "2 2"}, (2, 2)),
        ({"CCDSUM": "1,3"}, (1, 3)),
        ({"BINNING": "2x2"}, (2, 2)),
        ({"XBINNING": 2, "YBINNING": 4}, (2, 4)),
        ({"CCDXBIN": 2, "CCDYBIN": 1}, (2, 1)),
        ({"HIERARCH ESO DET WIN1 BINX": 2, "HIERARCH ESO DET WIN1 BINY": 2}, (2, 2)),
        ({"XBINNING": 2}, (1, 1)),
        ({"XBINNING": 0, "YBINNING": 0}, (1, 1)),
        ({"CCDSUM": "two", "BINX": 3.0, "BINY": 3.0}, (3, 3)),
        ({}, (1, 1)),
    ],
)
def test_the_binning_of_every_dialect(values, expected):
    assert dialects.binning(cards(values)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, set()),
        ({"OVERSCAN": "subtracted"}, {"overscan"}),
        ({"OVERSCAN": 50, "FLATCOR": 7.5}, set()),
        ({"ZEROCOR": "Sep 12 12:33 Zero level correction image is Zero", "FLATCOR": "Sep 12 12:34"}, {"bias", "flat"}),
        ({"BIASCORR": "2018-05-11T23:21:20", "DARKCORR": "2018-05-11", "FLATCORR": "x"}, {"bias", "dark", "flat"}),
        ({"BIASCORR": "COMPLETE", "DARKCORR": "OMIT", "FLATCORR": "PERFORM"}, {"bias"}),
        ({"L1STATOV": "1", "L1STATBI": 1, "L1STATDA": 0, "L1STATFL": "1"}, {"overscan", "bias", "flat"}),
        ({"DARKCOR": True, "FLATCOR": False, "ZEROCOR": "F"}, {"dark"}),
    ],
)
def test_what_was_corrected_before_is_known(values, expected):
    assert dialects.corrections(cards(values)) == expected


@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real telescope files at {REALDATA}")
@pytest.mark.parametrize(
    ("name", "binning", "corrections"),
    [
        ("lco_raw/mef_raw_test_frame.fits", (2, 2), {"overscan"}),
        ("goto_m88/1.fits", (1, 1), {"bias", "dark", "flat"}),
        ("decam/DEC-OBS04a.mini.fits", (1, 1), {"bias", "flat"}),
        ("lco_fpack/diff_pydia_1.fits.fz", (1, 1), {"overscan", "bias", "dark", "flat"}),
    ],
)
def test_real_headers_say_how_raw_they_are(name, binning, corrections):
    read = read_detector_frame(REALDATA / name)
    assert (read.binning, read.corrections) == (binning, corrections)


@pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real telescope files at {REALDATA}")
def test_a_raw_frame_is_the_same_read_either_way():
    path = REALDATA / "lco_raw/mef_raw_test_frame.fits"
    np.testing.assert_array_equal(read_detector_frame(path).data, read_image(path).data)
