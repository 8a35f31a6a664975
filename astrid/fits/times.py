"""The time of an observation, from the keywords of every dialect, as UTC at mid-exposure."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from astropy.time import Time, TimeDelta
from erfa import ErfaWarning

from astrid.fits.cards import Cards
from astrid.fits.refusal import Unusable

# Keyword → how many exposure times after it the middle of the exposure lies. In order of trust; DATE-MID comes after
# the starts because coadds (GOTO) keep it from their first frame.
MOMENTS = {
    "DATE-AVG": 0.0,
    "MJD-AVG": 0.0,
    "MJD-MID": 0.0,
    "DATE-OBS": 0.5,
    "DATE-BEG": 0.5,
    "OBS-DATE": 0.5,
    "UTC-OBS": 0.5,
    "SHUTOPEN": 0.5,
    "MJD-OBS": 0.5,
    "MJD-BEG": 0.5,
    "EXPSTART": 0.5,
    "MJD": 0.5,
    "JD": 0.5,
    "DATE-MID": 0.0,
    "DATE-END": -0.5,
    "MJD-END": -0.5,
}
TIMES_OF_DAY = ("TIME-OBS", "UTC-OBS", "UTSTART", "UT-START", "UTSHUT", "UT-OBS", "UTC", "UT", "TAIHMS", "TM-START")
# ESO writes these two as seconds since midnight; a bare number elsewhere means something else (GOTO: UT = telescope 2).
SECONDS_OF_DAY = ("UTC", "TM-START")

_SCALES = {"UTC": "utc", "UT": "utc", "GMT": "utc", "TAI": "tai", "IAT": "tai", "TT": "tt", "TDT": "tt", "ET": "tt"}
_SCALES |= {"TDB": "tdb", "TCB": "tcb", "TCG": "tcg"}
_ISO = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ]\s*(.+))?")
_BEFORE_2000 = re.compile(r"(\d\d?)/(\d\d?)/(\d\d)")
_CLOCK = re.compile(r"(\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d*))?)?")
_UTC_MARK = re.compile(r"(Z|\+00:?00)$")
_MJD_RANGE = (15_020.0, 88_069.0)  # the years 1900 to 2100
_JD_OF_MJD_0 = 2_400_000.5


def observation_time(cards: Cards, *, exposure_time: float, keyword: str | None = None) -> datetime:
    """The middle of the exposure, UTC.

    Args:
        exposure_time: seconds; half of it lies between a start keyword and the middle.
        keyword: read this keyword alone (a start, unless it is a known middle or end).

    Raises:
        Unusable: no keyword gives a date with a time of day, or TIMESYS is unknown.
    """
    scale = _scale(cards)
    candidates = MOMENTS if keyword is None else {keyword: MOMENTS.get(keyword, 0.5)}
    for name, exposures_to_middle in candidates.items():
        moment = _moment(cards, name, scale)
        if moment is not None:
            return _to_utc(moment, later_by_s=exposures_to_middle * exposure_time)
    seen = [f"{name} = {text!r}" for name in candidates if (text := cards.text(name)) is not None]
    raise Unusable(f"no date with a time of day ({', '.join(seen) or 'none of ' + ', '.join(candidates)})")


def parse_date(text: str) -> tuple[str, str]:
    """Split a FITS date into ISO day and what follows it: `2018-05-11T23:11:30` → (`2018-05-11`, `23:11:30`).

    `26/10/92` is the form before 2000, day first and the year counted from 1900 (FITS 4.0, section 4.4.2.1).

    Raises:
        ValueError: any other form, or a day that does not exist.
    """
    if old := _BEFORE_2000.fullmatch(text):
        day, month, year = (int(group) for group in old.groups())
        return datetime(1900 + year, month, day).date().isoformat(), ""
    if iso := _ISO.fullmatch(text):
        year, month, day = (int(group) for group in iso.groups()[:3])
        return datetime(year, month, day).date().isoformat(), iso[4] or ""
    raise ValueError(f"{text!r} is neither YYYY-MM-DDThh:mm:ss nor DD/MM/YY")


def _scale(cards: Cards) -> str:
    name = cards.text("TIMESYS") or "UTC"
    try:
        return _SCALES[name.upper()]
    except KeyError:
        raise Unusable(f"time system TIMESYS = {name!r} is not known") from None


def _moment(cards: Cards, keyword: str, scale: str) -> Time | None:
    number = cards.number(keyword)
    if number is not None:
        mjd = number - _JD_OF_MJD_0 if number > _JD_OF_MJD_0 else number
        return _time(mjd, "mjd", scale) if _MJD_RANGE[0] <= mjd <= _MJD_RANGE[1] else None
    text = cards.text(keyword)
    if text is None:
        return None
    try:
        day, clock = parse_date(text)
    except ValueError:
        return None
    if clock:
        return _at(day, clock, scale)
    return _at_time_of_day(cards, day, scale)


def _at_time_of_day(cards: Cards, day: str, scale: str) -> Time | None:
    for keyword in TIMES_OF_DAY:
        seconds = cards.number(keyword)
        if seconds is not None and keyword in SECONDS_OF_DAY and 0 <= seconds < 86_400:
            with _inexact_leap_seconds():
                return Time(f"{day}T00:00:00", format="isot", scale=scale) + TimeDelta(seconds, format="sec")
        moment = _at(day, cards.text(keyword) or "", scale)
        if moment is not None:
            return moment
    return None


def _at(day: str, clock: str, scale: str) -> Time | None:
    unmarked = _UTC_MARK.sub("", clock).strip()
    match = _CLOCK.fullmatch(unmarked)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups(default="0")
    time = f"{hours:0>2}:{minutes:0>2}:{seconds:0>2}.{fraction or 0}"
    try:
        return _time(f"{day}T{time}", "isot", scale if unmarked == clock else "utc")
    except ValueError:
        return None


def _time(value: float | str, form: str, scale: str) -> Time:
    with _inexact_leap_seconds():
        return Time(value, format=form, scale=scale)


def _to_utc(moment: Time, *, later_by_s: float) -> datetime:
    try:
        with _inexact_leap_seconds():
            return (moment + TimeDelta(later_by_s, format="sec")).utc.to_datetime(timezone=UTC)
    except ValueError as error:
        raise Unusable(f"time of observation: {error}") from error


@contextmanager
def _inexact_leap_seconds() -> Iterator[None]:
    """Before 1960 and some years ahead leap seconds are not known; the time is good to seconds all the same.

    The same holds for clocks that count a 60th second when there was none.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ErfaWarning)
        yield
