import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.stats import median_abs_deviation

from astrid.simulate import read_truth, simulate_night

REQUEST = {"seed": 4, "fields": 1, "epochs": 2, "size_px": 320}


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    return simulate_night(tmp_path_factory.mktemp("night"), **REQUEST)


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_night_is_a_reference_and_its_epochs_and_the_truth(night):
    directory = night.exposures[0].path.parent
    assert sorted(files(directory)) == [
        "field1-epoch0.fits", "field1-epoch1.fits", "field1-epoch2.fits", "truth.json",
    ]  # fmt: skip
    assert [exposure.kind for exposure in night.exposures] == ["reference", "science", "science"]
    assert night.exposures[0].transients == ()
    for exposure in night.exposures[1:]:
        assert 8 <= len(exposure.transients) <= 12
        assert {transient.epoch for transient in exposure.transients} == {exposure.epoch}


def test_truth_reads_back_as_it_was(night):
    assert read_truth(night.exposures[0].path.parent) == night


def test_no_truth_without_a_finished_night(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_truth(tmp_path)


def test_the_same_request_gives_the_same_bytes(night, tmp_path):
    simulate_night(tmp_path, **REQUEST)
    assert files(tmp_path) == files(night.exposures[0].path.parent)


def test_a_second_run_writes_nothing_and_an_unfinished_night_is_made_again(tmp_path):
    taken = []
    request = REQUEST | {"epochs": 1, "size_px": 256}
    first = simulate_night(tmp_path, **request, progress=lambda: taken.append(1))
    assert len(taken) == 2
    before, times = files(tmp_path), {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert simulate_night(tmp_path, **request, progress=lambda: taken.append(1)) == first
    assert len(taken) == 2
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    first.exposures[1].path.unlink()
    assert simulate_night(tmp_path, **request) == first
    assert files(tmp_path) == before


def test_another_nights_directory_is_left_alone(night):
    directory = night.exposures[0].path.parent
    before = files(directory)
    with pytest.raises(FileExistsError, match="seed 4"):
        simulate_night(directory, **REQUEST | {"seed": 5})
    assert files(directory) == before


def test_files_are_ordinary_telescope_images(night):
    for exposure in night.exposures:
        with fits.open(exposure.path) as hdus:
            hdus.verify("exception")
            header, data = hdus[0].header, hdus[0].data
        assert data.shape == (320, 320)
        assert data.dtype == np.uint16
        assert header["SEEING"] == pytest.approx(exposure.seeing_arcsec, abs=0.01)
        assert data.max() <= header["SATURATE"]
        assert {"EXPTIME", "FILTER", "GAIN", "RDNOISE", "AIRMASS", "MAGZPT", "CD1_1"} <= set(header)
        assert exposure.observation_time.strftime("%Y-%m-%d") == header["DATE-OBS"][:10]


def test_transients_lie_where_the_header_says_within_its_error(night):
    for exposure in night.exposures[1:]:
        wcs = WCS(fits.getheader(exposure.path))
        for transient in exposure.transients:
            x, y = wcs.all_world2pix(transient.ra, transient.dec, 0)
            assert np.hypot(x - transient.x, y - transient.y) < 0.35


def test_bright_transients_stand_out_at_their_places(night):
    bright = [t for exposure in night.exposures[1:] for t in exposure.transients if t.snr > 40]
    assert bright
    for transient in bright:
        data = fits.getdata(night.exposures[transient.epoch].path).astype(float)
        row, column = round(transient.y), round(transient.x)
        near = data[row - 1 : row + 2, column - 1 : column + 2].mean()
        around = data[row - 12 : row + 13, column - 12 : column + 13]
        assert near > np.median(around) + 3 * median_abs_deviation(around, axis=None, scale="normal")
