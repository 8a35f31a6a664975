"""The values of a column as texts, numbers and angles."""

import warnings
from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle
from astropy.utils.exceptions import AstropyWarning

from .tables import Column

_MISSING = {"", "-", "--", "nan", "null", "none", "n/a", r"\n"}
_SEXAGESIMAL_UNITS = {"h:m:s", "d:m:s", "hms", "dms", "sexagesimal"}
_UNIT_OF = {"": u.deg, "degrees": u.deg, "radians": u.rad, "h": u.hourangle, "hour": u.hourangle, "hours": u.hourangle}


def texts(values: Sequence) -> list[str]:
    """Each value as a text without surrounding blanks; empty where it is missing."""
    plain = np.ma.asarray(values).tolist() if isinstance(values, np.ndarray) else values
    return ["" if (text := _text(value)).lower() in _MISSING else text for value in plain]


def _text(value: object) -> str:
    if value is None:
        return ""
    # PostgreSQL keeps no NUL in a text.
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).replace("\0", "").strip()


def numbers(values: Sequence) -> np.ndarray:
    """float64 [N]; NaN where a value is missing or no number."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    plain = texts(values)
    try:
        return np.array([text or "nan" for text in plain], dtype=float)
    except ValueError:
        return np.array([_number(text) for text in plain])


def degrees(values: Sequence, column: Column, *, sexagesimal_unit: u.Unit) -> np.ndarray:
    """float64 [N] in degrees; NaN where a value is missing or no angle.

    Numbers are in the column's unit (degrees where it has none), texts such as `12 34 56.7` in `sexagesimal_unit`.

    Raises:
        ValueError: the column's unit is none of an angle.
    """
    angles = numbers(values) * _degrees_per_unit(column)
    unread = np.flatnonzero(np.isnan(angles))
    plain = texts([values[index] for index in unread])
    sexagesimal = [(index, text) for index, text in zip(unread, plain, strict=True) if text]
    if sexagesimal:
        indices, angle_texts = zip(*sexagesimal, strict=True)
        angles[list(indices)] = _sexagesimal(angle_texts, sexagesimal_unit)
    return angles


def _degrees_per_unit(column: Column) -> float:
    text = column.unit.strip(' "').lower()
    if text in _SEXAGESIMAL_UNITS:
        return 1.0
    try:
        return (_UNIT_OF.get(text) or u.Unit(text)).to(u.deg)
    except ValueError:
        raise ValueError(f"column {column.name} is in {column.unit!r}, which is no unit of an angle") from None


def _sexagesimal(angle_texts: Sequence[str], unit: u.Unit) -> np.ndarray:
    with warnings.catch_warnings():
        # 60 seconds, which rounding makes, are worth a warning to astropy.
        warnings.filterwarnings("ignore", category=AstropyWarning)
        try:
            return Angle(list(angle_texts), unit=unit).to_value(u.deg)
        except ValueError:
            return np.array([_angle(text, unit) for text in angle_texts])


def _angle(text: str, unit: u.Unit) -> float:
    try:
        return Angle(text, unit=unit).to_value(u.deg)
    except ValueError:
        return np.nan


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
