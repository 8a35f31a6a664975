"""Tables of every format as named columns and chunks of rows."""

import csv
import gzip
import io
import itertools
import warnings
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple
from xml.parsers.expat import ExpatError

import numpy as np
from astropy.io import fits, votable
from astropy.utils.exceptions import AstropyWarning

from astrid.fits import FitsRefused
from astrid.fits.files import DAMAGE, opened
from astrid.fits.refusal import Unusable

from .refusal import CatalogueRefused, Refusals

_GZIP_MAGIC = b"\x1f\x8b"
_START_BYTES = 2048
_DELIMITERS = ",\t|;"


@dataclass(frozen=True)
class Column:
    """A column as its file declares it; unit and UCD (the IVOA's word for what it means) may be empty."""

    name: str
    unit: str = ""
    ucd: str = ""


class Chunk(NamedTuple):
    """Rows: their numbers (lines of a text, else from 1), and column name → values [N].

    Values are numbers or texts; a missing one is masked, NaN, None or an empty text.
    """

    numbers: Sequence[int]
    values: dict[str, Sequence]


@dataclass(frozen=True)
class Table:
    """Columns, and what reads those that are named, so many rows at a time."""

    columns: tuple[Column, ...]
    chunks: Callable[[Collection[str], int], Iterator[Chunk]]


@contextmanager
def opened_tables(path: Path, *, refusals: Refusals) -> Iterator[list[Table]]:
    """The tables of a file, whose format its first bytes tell; each may be gzipped.

    Args:
        refusals: collects the rows of a text with more or fewer fields than its header.

    Raises:
        CatalogueRefused: the file cannot be read or is damaged; also within the `with`.
    """
    try:
        with _bytes(path) as file:
            start = file.read(_START_BYTES)
        if start.startswith(b"SIMPLE  ="):
            yield _fits_tables(path)
        elif start.startswith(b"PAR1"):
            with _parquet(path) as table:
                yield [table]
        elif b"<VOTABLE" in start:
            yield _votable_tables(path)
        else:
            with _bytes(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as lines:
                yield [_text_table(lines, refusals)]
    except FitsRefused as refused:
        raise CatalogueRefused(path, refused.reason) from refused
    except UnicodeDecodeError as other:
        raise CatalogueRefused(path, f"text that is not {other.encoding}: {other.reason}") from other
    except (OSError, EOFError, zlib.error, csv.Error) as unreadable:
        cause = getattr(unreadable, "strerror", None) or unreadable
        raise CatalogueRefused(path, f"not readable: {cause}") from unreadable


def _bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return gzip.open(path) if is_gzipped else path.open("rb")


def _text_table(lines: Iterator[str], refusals: Refusals) -> Table:
    """A delimited text with a header of names, as most programs and VizieR's `asu-tsv` write it."""
    header_line, header = next(
        ((number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")), (0, "")
    )
    delimiter = max(_DELIMITERS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    reader = csv.reader(lines, delimiter=delimiter)
    rows = ((header_line + reader.line_num, row) for row in reader)
    head = list(itertools.islice(rows, 2))
    units = [""] * len(names)
    # VizieR puts a row of units and a row of dashes below the names.
    if len(head) == 2 and _is_rule(head[1][1]) and len(head[0][1]) == len(names):
        units, head = head[0][1], []
    rows = itertools.chain(head, rows)

    def chunks(wanted: Collection[str], size: int) -> Iterator[Chunk]:
        places = {name: names.index(name) for name in wanted}
        whole = _whole_rows(rows, len(names), refusals)
        while chunk := list(itertools.islice(whole, size)):
            numbers, fields = zip(*chunk, strict=True)
            columns = list(zip(*fields, strict=True))
            yield Chunk(numbers, {name: columns[place] for name, place in places.items()})

    return Table(tuple(Column(name, unit.strip(' "')) for name, unit in zip(names, units, strict=True)), chunks)


def _is_rule(row: list[str]) -> bool:
    return bool(row) and all(set(field.strip()) == {"-"} for field in row)


def _whole_rows(
    rows: Iterator[tuple[int, list[str]]], n_fields: int, refusals: Refusals
) -> Iterator[tuple[int, list[str]]]:
    for number, row in rows:
        if len(row) == n_fields:
            yield number, row
        elif row and not row[0].startswith("#"):
            refusals.add(number, f"{len(row)} fields, the header has {n_fields}")


def _fits_tables(path: Path) -> list[Table]:
    with opened(path) as hdul:
        try:
            return [_fits_table(hdu) for hdu in hdul if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        except DAMAGE as damage:
            raise Unusable(f"damaged table: {damage}") from damage


def _fits_table(hdu: fits.BinTableHDU | fits.TableHDU) -> Table:
    rows = hdu.data
    columns = tuple(
        Column(column.name, column.unit or "", str(hdu.header.get(f"TUCD{number}", "")))
        for number, column in enumerate(hdu.columns, 1)
        if rows.dtype[column.name].shape == ()
    )
    return Table(columns, _slices(len(rows), rows.__getitem__))


def _votable_tables(path: Path) -> list[Table]:
    with _bytes(path) as file, warnings.catch_warnings():
        # Few archives keep to the standard so closely that astropy has nothing to remark.
        warnings.filterwarnings("ignore", category=AstropyWarning)
        try:
            tables = list(votable.parse(file, verify="ignore", invalid="mask").iter_tables())
        except (*DAMAGE, ExpatError) as damage:
            raise CatalogueRefused(path, f"damaged VOTable: {damage}") from damage
    return [_votable_table(table) for table in tables]


def _votable_table(table: votable.tree.TableElement) -> Table:
    columns = tuple(Column(field.name, str(field.unit or ""), field.ucd or "") for field in table.fields)
    identifier = {field.name: field.ID for field in reversed(table.fields)}
    return Table(columns, _slices(len(table.array), lambda name: table.array[identifier[name]]))


def _slices(n_rows: int, values_of: Callable[[str], np.ndarray]) -> Callable[[Collection[str], int], Iterator[Chunk]]:
    def chunks(wanted: Collection[str], size: int) -> Iterator[Chunk]:
        for start in range(0, n_rows, size):
            stop = min(start + size, n_rows)
            yield Chunk(range(start + 1, stop + 1), {name: values_of(name)[start:stop] for name in wanted})

    return chunks


@contextmanager
def _parquet(path: Path) -> Iterator[Table]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as absent:
        raise CatalogueRefused(path, "Parquet needs pyarrow: pip install 'astrid-transients[parquet]'") from absent

    def chunks(wanted: Collection[str], size: int) -> Iterator[Chunk]:
        start = 1
        for batch in file.iter_batches(batch_size=size, columns=list(wanted)):
            yield Chunk(range(start, start + len(batch)), {name: _numpy(batch.column(name)) for name in wanted})
            start += len(batch)

    def _numpy(column: arrow.Array) -> np.ndarray:
        # As text, integers with gaps keep all their digits.
        if not arrow.types.is_floating(column.type):
            column = column.cast(arrow.string())
        return column.to_numpy(zero_copy_only=False)

    try:
        with parquet.ParquetFile(path) as file:
            yield Table(tuple(Column(name) for name in file.schema_arrow.names), chunks)
    except arrow.ArrowException as damage:
        raise CatalogueRefused(path, f"damaged Parquet: {damage}") from damage
