"""Orbits of minor planets from files in the Minor Planet Center's format: MPCORB.DAT, NEA.txt and the like."""

import gzip
import itertools
import math
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from .designations import unpacked_date, unpacked_designation
from .refusal import CatalogueRefused, Refusals

ORBIT_DTYPE = np.dtype(
    [
        ("designation", "U28"),
        ("absolute_mag", "f8"),
        ("slope", "f8"),
        ("epoch_jd", "f8"),
        ("mean_anomaly_deg", "f8"),
        ("perihelion_argument_deg", "f8"),
        ("node_deg", "f8"),
        ("inclination_deg", "f8"),
        ("eccentricity", "f8"),
        ("semimajor_axis_au", "f8"),
    ]
)
DEFAULT_SLOPE = 0.15

_HEADER_LINES_AT_MOST = 100
_JD_OF_ORDINAL_0 = 1_721_424.5
_GZIP_MAGIC = b"\x1f\x8b"


def read_orbits(path: Path, *, refusals: Refusals, rows_per_chunk: int = 50_000) -> Iterator[np.ndarray]:
    """The orbits of a file in MPC format, plain or gzipped, chunk by chunk: memory does not grow with the file.

    A header is skipped to its line of dashes, blank lines anywhere; both need not be there. Columns after the
    semimajor axis are read for the readable designation alone and may be missing.

    Args:
        refusals: collects the lines that are no elliptic orbit, by their number in the file.

    Yields:
        `ORBIT_DTYPE` [N]: H in V magnitudes (NaN where the file has none) and slope G (0.15 where it has none, as
        the MPC assumes); epoch as Julian date TT; heliocentric elements of the J2000 ecliptic in degrees and au.
        The designation is the readable one (`(1) Ceres`, `2007 TA418`).

    Raises:
        CatalogueRefused: the file cannot be read, or no line of it is an orbit.

    Reference:
        https://www.minorplanetcenter.net/iau/info/MPOrbitFormat.html
    """
    found = 0
    try:
        with _opened(path) as lines:
            numbered = _after_header(lines)
            while chunk := list(itertools.islice(numbered, rows_per_chunk)):
                orbits = _orbits(chunk, refusals)
                found += len(orbits)
                if len(orbits):
                    yield orbits
    except (OSError, EOFError, zlib.error) as unreadable:
        raise CatalogueRefused(path, f"not readable: {unreadable}") from unreadable
    if not found:
        seen = f" ({refusals.first[0]})" if refusals.first else ""
        raise CatalogueRefused(path, f"no orbit in the format of the Minor Planet Center{seen}")


def _opened(path: Path):
    with path.open("rb") as file:
        is_gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    # Every byte is a character of Latin-1: a line of rubbish is refused by its number, not the file by its encoding.
    return gzip.open(path, "rt", encoding="latin-1") if is_gzipped else path.open(encoding="latin-1")


def _after_header(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    numbered = enumerate(lines, 1)
    head = list(itertools.islice(numbered, _HEADER_LINES_AT_MOST))
    rule = next((index for index, (_, line) in enumerate(head) if line.startswith("-----")), -1)
    return itertools.chain(head[rule + 1 :], numbered)


def _orbits(lines: list[tuple[int, str]], refusals: Refusals) -> np.ndarray:
    rows = []
    for number, line in lines:
        if not line.isspace():
            try:
                rows.append(_orbit(line.rstrip("\r\n")))
            except ValueError as reason:
                refusals.add(number, str(reason))
    return np.array(rows, dtype=ORBIT_DTYPE)


def _orbit(line: str) -> tuple:
    if len(line) < 103:
        raise ValueError(f"{len(line)} columns, an orbit has at least 103")
    eccentricity, axis_au = _number(line, "eccentricity", 70, 79), _number(line, "semimajor axis", 92, 103)
    if not (0 <= eccentricity < 1 and axis_au > 0):
        raise ValueError(f"no ellipse: eccentricity {eccentricity}, semimajor axis {axis_au} au")
    return (
        line[166:194].strip() or unpacked_designation(line[:7]),
        _number(line, "H", 8, 13) if line[8:13].strip() else math.nan,
        _number(line, "G", 14, 19) if line[14:19].strip() else DEFAULT_SLOPE,
        _epoch_jd(line[20:25]),
        _number(line, "mean anomaly", 26, 35),
        _number(line, "argument of perihelion", 37, 46),
        _number(line, "node", 48, 57),
        _number(line, "inclination", 59, 68),
        eccentricity,
        axis_au,
    )


def _number(line: str, name: str, start: int, stop: int) -> float:
    text = line[start:stop]
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} {text.strip()!r} is no number")
    return number


@lru_cache(maxsize=1024)
def _epoch_jd(packed: str) -> float:
    return unpacked_date(packed).toordinal() + _JD_OF_ORDINAL_0
