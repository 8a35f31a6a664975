"""Catalogues of known sources, whatever their format and the names of their columns."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from astropy import units as u

from .columns import ROLES, recognised
from .kinds import KINDS, kind_of
from .refusal import CatalogueRefused, Refusals
from .tables import Chunk, Column, Table, opened_tables
from .values import degrees, numbers, texts

SOURCE_DTYPE = np.dtype(
    [("name", "O"), ("ra", "f8"), ("dec", "f8"), ("source_type", "O"), ("kind", "U8"), ("mag", "f8")]
)


def read_catalogue(
    path: Path,
    *,
    refusals: Refusals,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    rows_per_chunk: int = 50_000,
) -> Iterator[np.ndarray]:
    """The sources of a catalogue, chunk by chunk.

    CSV (also with tabs, bars or semicolons, and as VizieR writes it), VOTable, FITS and Parquet, plain or gzipped
    (Parquet plain), told by their content. Text and Parquet are read as they come, memory stays flat; FITS and
    VOTable are held whole. Of several tables in a file the first with positions counts.

    Columns are recognised by the names that VSX, GCVS, Gaia, SIMBAD, VizieR and common sense use, and by UCD. Numbers
    are degrees unless the file gives another unit; `12 34 56.7` is hours in RA, degrees in Dec. Positions are taken
    as ICRS (J2000 is within 0.03″ of it) at the catalogue's own epoch: proper motion is not applied.

    Args:
        refusals: collects the rows without a position on the sky, by line of a text or number of the row from 1.
        columns: role (`name`, `ra`, `dec`, `source_type`, `mag`) → column, for what is not recognised or not wanted so.
        kind: of all sources in the file; None tells it from each source's type, as `kind_of` does.

    Yields:
        `SOURCE_DTYPE` [N]: name and type as in the catalogue, empty when missing; 0 <= ra < 360 and dec in degrees;
        kind, one of `KINDS`; mag as in the catalogue, NaN when missing or no number.

    Raises:
        CatalogueRefused: the file cannot be read, or has no columns of positions.
        ValueError: `columns` has an unknown role, or `kind` is none of `KINDS`.
    """
    named = dict(columns or {})
    if unknown := set(named) - set(ROLES):
        raise ValueError(f"{', '.join(sorted(unknown))}: no role of a column, which are {', '.join(ROLES)}")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"{kind}: no kind of source, which are {', '.join(KINDS)}")
    with opened_tables(path, refusals=refusals) as tables:
        table, roles = _with_positions(path, tables, named)
        for chunk in table.chunks({column.name for column in roles.values()}, rows_per_chunk):
            try:
                sources = _sources(chunk, roles, kind, refusals)
            except ValueError as no_angle:
                raise CatalogueRefused(path, str(no_angle)) from no_angle
            if len(sources):
                yield sources


def _with_positions(path: Path, tables: list[Table], named: dict[str, str]) -> tuple[Table, dict[str, Column]]:
    for table in tables:
        if set(named.values()) <= {column.name for column in table.columns}:
            roles = recognised(table.columns, named)
            if {"ra", "dec"} <= set(roles):
                return table, roles
    wanted = f"columns {', '.join(named.values())} with a position" if named else "columns of a position"
    there = "; ".join(", ".join(column.name for column in table.columns) for table in tables)
    raise CatalogueRefused(path, f"no {wanted}: {f'there are {there}' if there else 'no table in it'}")


def _sources(chunk: Chunk, roles: dict[str, Column], kind: str | None, refusals: Refusals) -> np.ndarray:
    values = {role: chunk.values[column.name] for role, column in roles.items()}
    ra = degrees(values["ra"], roles["ra"], sexagesimal_unit=u.hourangle)
    dec = degrees(values["dec"], roles["dec"], sexagesimal_unit=u.deg)
    on_sky = (ra >= 0) & (ra <= 360) & (dec >= -90) & (dec <= 90)
    for index in np.flatnonzero(~on_sky):
        refusals.add(
            chunk.numbers[index],
            _off_sky("RA", ra[index], values["ra"][index], 0, 360)
            or _off_sky("Dec", dec[index], values["dec"][index], -90, 90),
        )
    sources = np.zeros(len(ra), dtype=SOURCE_DTYPE)
    sources["ra"], sources["dec"] = np.where(ra == 360, 0, ra), dec
    sources["name"] = texts(values["name"]) if "name" in values else ""
    sources["source_type"] = texts(values["source_type"]) if "source_type" in values else ""
    sources["kind"] = kind or [kind_of(source_type) for source_type in sources["source_type"]]
    sources["mag"] = numbers(values["mag"]) if "mag" in values else np.nan
    return sources[on_sky]


def _off_sky(name: str, angle: float, value: object, low: float, high: float) -> str:
    (text,) = texts([value])
    if not text:
        return f"no {name}"
    if np.isnan(angle):
        return f"{name} {text!r} is no angle"
    return "" if low <= angle <= high else f"{name} {text} is {angle:.6g}°, not within {low}° to {high}°"
