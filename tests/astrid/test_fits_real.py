"""Real telescopes' files: each is read, or refused with its reason."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from astrid.fits import FitsRefused, read_facts, read_image
from tests import REALDATA

pytestmark = pytest.mark.skipif(not REALDATA.is_dir(), reason=f"no real telescope files at {REALDATA}")

DECAM = [f"decam/DEC-OBS{night}{exposure}.mini.fits" for night in ("04", "18") for exposure in "abcde"]
RAW = "lco_raw/mef_raw_test_frame.fits"
# file → right ascension, declination, pixel scale, exposure, filter, mid-exposure
READ = {
    **dict.fromkeys(("goto_m88/1.fits", "goto_m88/2.fits"), (188.50, 12.57, 1.238, 360.0, "L", "2018-05-11T23:14:30")),
    **dict.fromkeys(DECAM, (318.108, -66.016, 0.2623, 330.0, "i", "2018-08-04T09:26:16.598174")),
    RAW: (287.325, 59.494, 0.778, 94.975, "w", "2021-10-08T01:56:04.631500"),
    "lco_fpack/diff_pydia_1.fits.fz": (17.395, 15.010, 0.3896, 300.028, "rp", "2020-11-05T12:51:23.730"),
}
REFUSED = {
    **{path.relative_to(REALDATA).as_posix(): "no image" for path in sorted(REALDATA.glob("decam/*MatchKernel.fits"))},
    "lco_fpack/template_1.fits.fz": "no exposure time",
    "eso_1992/image.fits": "no celestial WCS",
}


@pytest.mark.parametrize("name", READ)
def test_a_real_image_is_read(name):
    ra, dec, scale, exposure, band, middle = READ[name]
    facts = read_facts(REALDATA / name)
    assert (facts.ra, facts.dec) == (pytest.approx(ra, abs=0.01), pytest.approx(dec, abs=0.01))
    assert facts.pixel_scale == pytest.approx(scale, abs=1e-3)
    assert (facts.exposure_time, facts.filter_band) == (exposure, band)
    assert facts.observation_time == datetime.fromisoformat(middle).replace(tzinfo=UTC)
    json.dumps(facts.header, allow_nan=False)
    image = read_image(REALDATA / name)
    assert image.data.dtype == np.dtype("=f4")
    assert image.data.shape == (facts.image_height, facts.image_width)


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_file_that_cannot_be_used_is_refused(name):
    with pytest.raises(FitsRefused, match=REFUSED[name]):
        read_facts(REALDATA / name)


def test_every_real_fits_file_is_spoken_for():
    here = {
        path.relative_to(REALDATA).as_posix() for suffix in ("fits", "fz") for path in REALDATA.rglob(f"*.{suffix}")
    }
    assert here == READ.keys() | REFUSED.keys()


def test_ten_exposures_of_one_time_are_ten_observations():
    assert len({read_facts(REALDATA / name).observation_id for name in DECAM}) == 10


def test_decams_dialect_is_understood():
    facts = read_facts(REALDATA / DECAM[0])
    assert facts.seeing == pytest.approx(5.231596 * facts.pixel_scale)
    assert facts.gain_e_per_adu == pytest.approx(3.98405, abs=1e-5)
    assert facts.saturation_adu == pytest.approx(46536.1, abs=0.1)


def test_the_raw_frames_four_amplifiers_become_one_sky():
    facts, data = read_facts(REALDATA / RAW), read_image(REALDATA / RAW).data
    assert (facts.gain_e_per_adu, facts.image_width, facts.image_height) == (1.0, 1024, 1024)
    skies = [np.median(data[y : y + 512, x : x + 512]) for y in (0, 512) for x in (0, 512)]
    assert max(skies) / min(skies) < 1.03
    # A star lies across the seam of the lower amplifiers, one just below that of the right ones.
    for x, y in ((511, 255), (822, 509)):
        star = data[y - 6 : y + 7, x - 6 : x + 7] - np.median(skies)
        dy, dx = np.mgrid[-6:7, -6:7]
        centre_x, centre_y = (star * dx).sum() / star.sum(), (star * dy).sum() / star.sum()
        width = np.sqrt(
            [(star * (dx - centre_x) ** 2).sum() / star.sum(), (star * (dy - centre_y) ** 2).sum() / star.sum()]
        )
        assert width[0] / width[1] == pytest.approx(1, abs=0.15)


def test_the_date_of_1992_is_read_once_there_is_a_wcs(tmp_path):
    path = tmp_path / "image.fits"
    raw = (REALDATA / "eso_1992/image.fits").read_bytes()
    for axis, kind in (("1", "RA---TAN"), ("2", "DEC--TAN")):
        raw = raw.replace(f"CTYPE{axis}  = '        '".encode(), f"CTYPE{axis}  = '{kind}'".encode(), 1)
    path.write_bytes(raw)
    facts = read_facts(path)
    # DATE-OBS = 26/10/92 and TM-START = 11048 s; the log's START EXPO says 03:04:08 too. EXPTIME is 1200 s.
    assert facts.observation_time == datetime(1992, 10, 26, 3, 14, 8, tzinfo=UTC)
    assert facts.airmass == pytest.approx(1.06835, abs=1e-5)
    assert "ESO TEL ID" in facts.header
