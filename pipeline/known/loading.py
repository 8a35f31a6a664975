"""Catalogues from files into the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.db import connection
from psycopg.errors import UniqueViolation

from astrid.actors import service
from astrid.storage import digest_of
from pipeline.catalogues import CatalogueRefused, Refusals, read_catalogue, read_orbits
from pipeline.known.matching import match_orbits, match_sources
from pipeline.known.minor_planets import ELEMENTS
from pipeline.models import Catalogue, CatalogueSource

# One load at a time: two of one name must not both find it new.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('catalogues'))"
# Foreign keys are checked with each chunk: left to the commit, every row waits for it in the server's memory.
_CHECK_AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"

_SOURCES = "catalogue_sources (catalogue_id, name, source_type, kind, ra, dec, mag)"
_ORBITS = f"minor_planets (catalogue_id, designation, {', '.join(ELEMENTS)})"
_TEXT_LENGTH = CatalogueSource._meta.get_field("name").max_length


@dataclass(frozen=True)
class Loaded:
    """A catalogue, and what came of loading it; it is not new when the same file was loaded before."""

    catalogue: Catalogue
    is_new: bool = False
    refusals: Refusals = field(default_factory=Refusals)
    match_count: int = 0


@service
def load_catalogue(
    path: Path,
    *,
    name: str,
    actor,
    has_orbits: bool = False,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    replace: bool = False,
    on_rows: Callable[[int], None] = lambda count: None,
    **settings,
) -> Loaded:
    """Load a file as the catalogue of this name, and match the candidates that are there already.

    Args:
        has_orbits: the file is of minor planets' orbits in MPC format, not of sources.
        kind, columns: as for `read_catalogue`.
        replace: put the file in place of the one that was loaded under this name.
        on_rows: told the number of rows loaded so far.
        settings: `match_radius_arcsec`, `covers_whole_sky`; what is not given stays as it was.

    Raises:
        CatalogueRefused: the file gives no catalogue, or another one is loaded under the name.
        ValidationError: the name or a setting is not allowed.
        OSError: the file cannot be opened.
    """
    sha256 = digest_of(path)
    _execute(_LOCK)
    _execute(_CHECK_AT_ONCE)
    catalogue = Catalogue.objects.filter(name=name).first() or Catalogue(name=name)
    is_known = not catalogue._state.adding
    if is_known and not replace:
        if catalogue.file_sha256 == sha256:
            return Loaded(catalogue)
        raise CatalogueRefused(path, f"{name} is loaded from another file, {catalogue.file_name}; --replace swaps them")
    for field_name, value in {"file_name": path.name, "file_sha256": sha256, "entry_count": 0, **settings}.items():
        setattr(catalogue, field_name, value)
    catalogue.full_clean()
    catalogue.save()
    catalogue.sources.all().delete()
    catalogue.minor_planets.all().delete()
    refusals = Refusals()
    if has_orbits:
        _fill(catalogue, _ORBITS, map(_orbit_rows, read_orbits(path, refusals=refusals)), path, on_rows)
    else:
        sources = read_catalogue(path, refusals=refusals, columns=columns, kind=kind)
        _fill(catalogue, _SOURCES, map(_source_rows, sources), path, on_rows)
    if not catalogue.entry_count:
        first = refusals.first[0] if refusals.first else "there is none"
        raise CatalogueRefused(path, f"no row can be used: {first}")
    catalogue.refused_count = refusals.count
    catalogue.save(update_fields=["entry_count", "refused_count"])
    match = match_orbits if has_orbits else match_sources
    return Loaded(catalogue, True, refusals, match(catalogue))


def _fill(
    catalogue: Catalogue, table: str, chunks: Iterable[Iterable[tuple]], path: Path, on_rows: Callable[[int], None]
) -> None:
    try:
        for rows in chunks:
            catalogue.entry_count += _copy(table, catalogue, rows)
            on_rows(catalogue.entry_count)
    except UniqueViolation as twice:
        raise CatalogueRefused(path, f"an orbit is in it twice: {twice.diag.message_detail}") from twice


def _copy(table: str, catalogue: Catalogue, rows: Iterable[tuple]) -> int:
    """Append rows of a catalogue. The audit knows who does it from the statements before it in the transaction."""
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row((catalogue.pk, *row))
        return cursor.rowcount


def _source_rows(sources: np.ndarray) -> Iterable[tuple]:
    names, types = (map(_cut, sources[column]) for column in ("name", "source_type"))
    numbers = (_known(sources[column]) for column in ("ra", "dec", "mag"))
    return zip(names, types, sources["kind"].tolist(), *numbers, strict=True)


def _orbit_rows(orbits: np.ndarray) -> Iterable[tuple]:
    numbers = (_known(orbits[column]) for column in ELEMENTS)
    return zip(orbits["designation"].tolist(), *numbers, strict=True)


def _known(numbers: np.ndarray) -> list[float | None]:
    return np.where(np.isfinite(numbers), numbers, None).tolist()


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_LENGTH else f"{text[: _TEXT_LENGTH - 1]}…"


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
