"""Header dialects: what each instrument calls a thing, and in which unit."""

import math

import pytest

from astrid.fits import dialects
from astrid.fits.refusal import Unusable
from tests.astrid.fits_samples import cards

SCALE_ARCSEC = 0.25
ABSENT = [{}, *({"K": value} for value in ("UNKNOWN", "N/A", "nan", "", "-1.0", 0, 0.0, -3.0, True))]


@pytest.mark.parametrize("keyword", ["EXPTIME", "EXPOSURE", "EXP_TIME", "ITIME", "TELAPSE", "XPOSURE"])
def test_every_name_of_the_exposure_time_is_read(keyword):
    assert dialects.exposure_time(cards({keyword: 30.0})) == 30.0


@pytest.mark.parametrize(
    ("value", "comment", "seconds"),
    [(30.0, "[s] exposure", 30.0), ("53.9", "", 53.9), (0.5, "[d] time on source", 43_200.0), (250, "[ms]", 0.25)],
)
def test_the_exposure_times_unit_stands_in_the_comment(value, comment, seconds):
    assert dialects.exposure_time(cards({"EXPOSURE": (value, comment)})) == pytest.approx(seconds)


def test_a_usable_exposure_time_is_preferred_to_an_unusable_one():
    assert dialects.exposure_time(cards({"EXPTIME": 0.0, "EXPOSURE": 12.0})) == 12.0


@pytest.mark.parametrize("values", ABSENT, ids=str)
def test_no_exposure_time_is_unusable_and_what_was_seen_is_named(values):
    with pytest.raises(Unusable, match="no exposure time \\(K = " if values else "none of K"):
        dialects.exposure_time(cards(values), keyword="K")


@pytest.mark.parametrize(
    ("values", "band"),
    [
        ({"FILTER": "r"}, "r"),
        ({"FILTER": "i DECam SDSS c0003 7835.0 1470.0"}, "i"),
        ({"FILTERID": "g.00000"}, "g"),
        ({"FILTER": "r_57", "BAND": "r"}, "r"),
        ({"FILTNAM": "V  Bessell"}, "V Bessell"),
        ({"INSFLNAM": "Ks"}, "Ks"),
        ({"FILTER1": "air", "FILTER2": "w", "FILTER3": "air"}, "w"),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "F814W"),
        ({"FILTER1": "F550M", "FILTER2": "F775W"}, "F550M+F775W"),
        ({"FILTER": "OPEN", "FILTER1": "B"}, "B"),
        ({"FILTER1": "air", "FILTER2": "Clear"}, "clear"),
        ({"FILTER": "UNKNOWN"}, "unknown"),
        ({}, "unknown"),
    ],
    ids=str,
)
def test_the_filter_of_every_dialect(values, band):
    assert dialects.filter_band(cards(values)) == band


@pytest.mark.parametrize(
    ("values", "gain"),
    [
        ({"GAIN": 1.5}, 1.5),
        ({"GAIN": 120, "EGAIN": 0.24}, 0.24),
        ({"CCDGAIN": 2.0}, 2.0),
        ({"GAINA": 4.0, "GAINB": 4.2}, 4.1),
        ({"GAIN": 0.0}, None),
        ({"GAIN": 0.0, "GAINA": 4.0}, 4.0),
        ({"GAIN": "UNKNOWN"}, None),
    ],
    ids=str,
)
def test_a_gain_of_zero_is_absent_and_amplifiers_are_averaged(values, gain):
    assert dialects.gain_e_per_adu(cards(values)) == (None if gain is None else pytest.approx(gain))


@pytest.mark.parametrize("keyword", ["RDNOISE", "READNOI", "RON", "READNOIS", "ENOISE"])
def test_every_name_of_the_read_noise_is_read(keyword):
    assert dialects.read_noise_e(cards({keyword: 7.0})) == 7.0


@pytest.mark.parametrize("keyword", ["SATURATE", "SATLEVEL", "MAXLIN", "SATURATI"])
def test_every_name_of_the_saturation_is_read(keyword):
    assert dialects.saturation_adu(cards({keyword: 40_000})) == 40_000


def test_of_two_amplifiers_the_noisier_and_the_sooner_saturated_count():
    both = cards({"RDNOISEA": 6.0, "RDNOISEB": 7.0, "SATURATA": 46_000.0, "SATURATB": 42_000.0})
    assert (dialects.read_noise_e(both), dialects.saturation_adu(both)) == (7.0, 42_000.0)


@pytest.mark.parametrize(("value", "airmass"), [(1.2, 1.2), (1.0, 1.0), (0.0, None), (0.7, None), ("N/A", None)])
def test_an_airmass_below_one_is_absent(value, airmass):
    assert dialects.airmass(cards({"AIRMASS": value})) == airmass


@pytest.mark.parametrize(
    ("values", "seeing"),
    [
        ({"SEEING": 1.2}, 1.2),
        ({"SEEING": (4.0, "[pixels] frame seeing")}, 1.0),
        ({"L1FWHM": (2.1, "[arcsec] Frame FWHM in arcsec")}, 2.1),
        ({"PSF_FWHM": 0.8}, 0.8),
        ({"FWHM": (5.2, "Median FWHM in pixels")}, 1.3),
        ({"FWHM": (1.4, "[arcsec]")}, 1.4),
        ({"FWHM": 5.2}, None),
        ({"SEEING": "UNKNOWN"}, None),
        ({"SEEING": -1.0, "PSF_FWHM": 0.8}, 0.8),
    ],
    ids=str,
)
def test_seeing_is_in_arcsec_and_without_a_clear_unit_fwhm_is_not_used(values, seeing):
    found = dialects.seeing_arcsec(cards(values), pixel_scale_arcsec=SCALE_ARCSEC)
    assert found == (None if seeing is None else pytest.approx(seeing))


@pytest.mark.parametrize("keyword", ["MAGZPT", "MAGZP", "MAGZERO", "ZP", "PHOTZP", "ZEROPT"])
def test_a_zero_point_holds_for_the_image_as_it_is(keyword):
    assert dialects.zero_point_mag(cards({keyword: (27.1, "zero point")}), exposure_time=100.0) == 27.1


@pytest.mark.parametrize(
    "comment", ["[mag] for 1 ADU/s", "mag of 1 count per second", "zero point for 1s", "for default extinction"]
)
def test_a_zero_point_per_second_is_brought_to_the_whole_exposure(comment):
    star_adu_per_s, exposure_s = 50.0, 100.0
    per_second = cards({"MAGZPT": (25.0, comment)})
    magnitude = 25.0 - 2.5 * math.log10(star_adu_per_s)
    zero_point = dialects.zero_point_mag(per_second, exposure_time=exposure_s)
    assert zero_point - 2.5 * math.log10(star_adu_per_s * exposure_s) == pytest.approx(magnitude)


def test_a_zero_point_per_second_fits_pixels_per_second():
    rate = cards({"MAGZPT": (25.0, "for 1 ADU/s"), "BUNIT": "adu/s"})
    assert dialects.zero_point_mag(rate, exposure_time=100.0) == 25.0


OPTIONAL = {
    "gain": dialects.gain_e_per_adu,
    "read noise": dialects.read_noise_e,
    "saturation": dialects.saturation_adu,
    "airmass": dialects.airmass,
    "seeing": lambda found, keyword: dialects.seeing_arcsec(found, pixel_scale_arcsec=1.0, keyword=keyword),
    "zero point": lambda found, keyword: dialects.zero_point_mag(found, exposure_time=1.0, keyword=keyword),
}


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("values", ABSENT, ids=str)
def test_a_value_that_cannot_be_one_is_absent(name, values):
    assert OPTIONAL[name](cards(values), keyword="K") is None


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_named_keyword_is_read_alone(name):
    every_dialect = cards(
        {"MINE": 3.0, "GAIN": 1.0, "RON": 1.0, "SATURATE": 1.0, "AIRMASS": 1.0, "SEEING": 1.0, "ZP": 1.0}
    )
    assert OPTIONAL[name](every_dialect, keyword="MINE") == 3.0
    assert OPTIONAL[name](every_dialect, keyword="THEIRS") is None
