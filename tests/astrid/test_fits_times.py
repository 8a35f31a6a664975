"""Times of observation: every dialect's keywords name the same instant, in UTC, at mid-exposure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid.fits.refusal import Unusable
from astrid.fits.times import observation_time, parse_date
from tests.astrid.fits_samples import cards

EXPOSURE_S = 60.0
START = datetime(2018, 5, 11, 23, 11, 30, tzinfo=UTC)
MIDDLE = START + timedelta(seconds=EXPOSURE_S / 2)
START_MJD = Time(START).mjd
DAY = {"DATE-OBS": "2018-05-11"}


def when(values, **options):
    return observation_time(cards(values), exposure_time=EXPOSURE_S, **options)


@pytest.mark.parametrize(
    "values",
    [
        {"DATE-OBS": "2018-05-11T23:11:30"},
        {"DATE-OBS": "2018-05-11T23:11:30.000Z"},
        {"DATE-OBS": "2018-05-11 23:11:30.0"},
        {"DATE-OBS": "2018/05/11T23:11:30"},
        {"DATE-BEG": "2018-05-11T23:11:30"},
        {"UTC-OBS": "2018-05-11T23:11:30"},
        {"SHUTOPEN": "2018-05-11T23:11:30"},
        {"DATE-END": "2018-05-11T23:12:30"},
        *(DAY | {keyword: "23:11:30.00"} for keyword in ("UT", "UTC", "TIME-OBS", "UTSTART", "UTC-OBS", "UT-START")),
        DAY | {"UTC": 83490.0},
        DAY | {"TM-START": 83490.0},
        {"MJD-OBS": START_MJD},
        {"MJD-OBS": str(START_MJD)},
        {"MJD-BEG": START_MJD},
        {"EXPSTART": START_MJD},
        {"JD": START_MJD + 2_400_000.5},
        {"DATE-OBS": "UNKNOWN", "MJD-OBS": START_MJD},
        {"DATE-OBS": "last night", "MJD-OBS": START_MJD},
        DAY | {"MJD-OBS": START_MJD},
        {"MJD-OBS": 0.0, "JD": START_MJD + 2_400_000.5},
    ],
    ids=str,
)
def test_half_the_exposure_is_added_to_a_start_and_taken_from_an_end(values):
    assert abs(when(values) - MIDDLE) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "values",
    [
        {"DATE-AVG": "2018-05-11T23:12:00"},
        {"MJD-AVG": Time(MIDDLE).mjd},
        {"MJD-MID": Time(MIDDLE).mjd},
        {"DATE-MID": "2018-05-11T23:12:00"},
        {"MJD-MID": Time(MIDDLE).mjd, "DATE-OBS": "2018-05-11T20:00:00"},
    ],
    ids=str,
)
def test_a_middle_is_taken_as_it_is(values):
    assert abs(when(values) - MIDDLE) < timedelta(milliseconds=1)


def test_the_middle_of_a_coadds_first_frame_yields_to_its_start():
    assert when({"DATE-OBS": "2018-05-11T23:11:30", "DATE-MID": "2018-05-11T23:11:40"}) == MIDDLE


@pytest.mark.parametrize(("scale", "ahead_of_utc_s"), [("TAI", 37.0), ("TT", 69.184), ("TDB", 69.184), ("utc", 0.0)])
def test_other_time_systems_become_utc(scale, ahead_of_utc_s):
    for values in ({"DATE-OBS": "2018-05-11T23:11:30"}, {"MJD-OBS": START_MJD}):
        moment = when(values | {"TIMESYS": scale})
        assert (MIDDLE - moment).total_seconds() == pytest.approx(ahead_of_utc_s, abs=0.003)


def test_a_date_marked_as_utc_stays_utc():
    assert when({"DATE-OBS": "2018-05-11T23:11:30Z", "TIMESYS": "TDB"}) == MIDDLE


def test_an_exposure_across_a_leap_second_counts_it():
    values = {"DATE-OBS": "2016-12-31T23:59:50"}
    assert when(values) == datetime(2017, 1, 1, 0, 0, 19, tzinfo=UTC)


def test_the_old_date_form_takes_its_time_of_day_from_another_keyword():
    assert when({"DATE-OBS": "26/10/92", "UT": "03:04:08"}) == datetime(1992, 10, 26, 3, 4, 38, tzinfo=UTC)


def test_a_named_keyword_is_read_alone():
    values = {"DATE-OBS": "2001-01-01T00:00:00", "MYSTART": "2018-05-11T23:11:30"}
    assert when(values, keyword="MYSTART") == MIDDLE
    with pytest.raises(Unusable, match="none of OTHER"):
        when(values, keyword="OTHER")


@pytest.mark.parametrize("year", [1955, 2040])
@pytest.mark.parametrize("clock", [{"UT": "00:01:00"}, {"UTC": 60.0}, {"UT": "00:00:60"}])
def test_a_year_whose_leap_seconds_are_not_known_is_read_without_a_warning(year, clock):
    moment = when({"DATE-OBS": f"{year}-06-01"} | clock)
    assert abs(moment - datetime(year, 6, 1, 0, 1, 30, tzinfo=UTC)) < timedelta(seconds=2)


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ({}, "none of DATE-AVG"),
        (DAY, "DATE-OBS = '2018-05-11'"),
        (DAY | {"UT": 2}, "DATE-OBS = '2018-05-11'"),
        ({"DATE-OBS": "yesterday"}, "DATE-OBS = 'yesterday'"),
        ({"DATE-OBS": "2018-02-30T01:02:03"}, "DATE-OBS = '2018-02-30T01:02:03'"),
        ({"DATE-OBS": "2018-05-11T25:00:00"}, "DATE-OBS = '2018-05-11T25:00:00'"),
        ({"MJD-OBS": 1.5}, "MJD-OBS = '1.5'"),
        ({"DATE-OBS": "2018-05-11T23:11:30", "TIMESYS": "MARS"}, "TIMESYS = 'MARS'"),
    ],
    ids=str,
)
def test_without_a_date_and_a_time_of_day_what_was_seen_is_named(values, seen):
    with pytest.raises(Unusable, match=seen):
        when(values)


def test_an_exposure_beyond_all_dates_is_unusable():
    with pytest.raises(Unusable, match="time of observation"):
        observation_time(cards({"DATE-OBS": "2018-05-11T23:11:30"}), exposure_time=1e30)


@settings(deadline=None)
@given(st.datetimes(datetime(1972, 1, 1), datetime(2025, 1, 1)))
def test_a_date_and_the_mjd_of_the_same_instant_agree(instant):
    """Since UTC leaps by whole seconds; astropy stretches the days before, 1971-12-31 by a tenth of a second."""
    iso = observation_time(cards({"DATE-OBS": instant.isoformat()}), exposure_time=0.0)
    mjd = observation_time(cards({"MJD-OBS": Time(instant).mjd}), exposure_time=0.0)
    assert iso == instant.replace(tzinfo=UTC)
    assert abs(mjd - iso) < timedelta(milliseconds=1)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)))
def test_dd_mm_yy_is_day_first_and_of_the_twentieth_century(day):
    assert parse_date(day.strftime("%d/%m/%y")) == (day.isoformat(), "")


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.times())
def test_an_iso_date_keeps_its_time_of_day(day, clock):
    assert parse_date(f"{day.isoformat()}T{clock.isoformat()}") == (day.isoformat(), clock.isoformat())


@given(st.text(alphabet="0123456789/-T:. Zabc", max_size=24))
def test_whatever_stands_in_date_obs_is_a_date_or_a_value_error(text):
    try:
        day, _ = parse_date(text)
    except ValueError:
        return
    assert date.fromisoformat(day)
