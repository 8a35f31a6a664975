"""Designations and dates as the Minor Planet Center packs them.

See https://www.minorplanetcenter.net/iau/info/PackedDes.html and PackedDates.html, and for numbers from 620000 and
more than 15500 discoveries in a half-month the extensions of the LSST era.
"""

import re
import string
from datetime import date

_BASE_62 = {digit: value for value, digit in enumerate(string.digits + string.ascii_uppercase + string.ascii_lowercase)}
_ORDER_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_HALF_MONTH = "[A-HJ-Y]"

_NUMBER = re.compile(r"([0-9A-Za-z])(\d{4})")
_LARGE_NUMBER = re.compile(r"~([0-9A-Za-z]{4})")
_PROVISIONAL = re.compile(rf"([IJK])(\d\d)({_HALF_MONTH})([0-9A-Za-z])(\d)([A-HJ-Z])")
_CROWDED_PROVISIONAL = re.compile(rf"_([0-9A-Za-z])({_HALF_MONTH})([0-9A-Za-z]{{4}})")
_SURVEY = re.compile(r"(PL|T1|T2|T3)S(\d{4})")
_DATE = re.compile(r"([IJK])(\d\d)([1-9A-C])([1-9A-V])")

_FIRST_LARGE_NUMBER = 620_000
_FIRST_CROWDED_CYCLE = 620


def unpacked_designation(packed: str) -> str:
    """A minor planet's designation as people write it: `K07Tf8A` → `2007 TA418`, `00433` → `(433)`.

    Raises:
        ValueError: it is no packed designation of a minor planet.
    """
    packed = packed.strip()
    if match := _NUMBER.fullmatch(packed):
        return f"({10_000 * _BASE_62[match[1]] + int(match[2])})"
    if match := _LARGE_NUMBER.fullmatch(packed):
        return f"({_FIRST_LARGE_NUMBER + _base_62(match[1])})"
    if match := _PROVISIONAL.fullmatch(packed):
        century, year, half_month, tens, ones, letter = match.groups()
        return f"{_BASE_62[century]}{year} {half_month}{letter}{10 * _BASE_62[tens] + int(ones) or ''}"
    if match := _CROWDED_PROVISIONAL.fullmatch(packed):
        cycles, letter = divmod(_base_62(match[3]), len(_ORDER_LETTERS))
        cycle = _FIRST_CROWDED_CYCLE + cycles
        return f"{2000 + _BASE_62[match[1]]} {match[2]}{_ORDER_LETTERS[letter]}{cycle}"
    if match := _SURVEY.fullmatch(packed):
        return f"{match[2]} {match[1][0]}-{match[1][1]}"
    raise ValueError(f"{packed!r} is no packed designation")


def unpacked_date(packed: str) -> date:
    """A day: `K239D` → 2023 September 13.

    Raises:
        ValueError: it is no packed date, or the day does not exist.
    """
    match = _DATE.fullmatch(packed)
    if match is None:
        raise ValueError(f"{packed!r} is no packed date")
    century, year, month, day = match.groups()
    return date(100 * _BASE_62[century] + int(year), _BASE_62[month], _BASE_62[day])


def _base_62(digits: str) -> int:
    value = 0
    for digit in digits:
        value = 62 * value + _BASE_62[digit]
    return value
