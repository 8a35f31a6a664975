"""Opening a FITS file so that damage is noticed and nothing but `FitsRefused` comes out."""

import gzip
import hashlib
import io
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.io.fits.hdu.compressed._compression import CfitsioException  # astropy has no public name for it
from astropy.utils.exceptions import AstropyUserWarning

from astrid.fits.refusal import FitsRefused, Unusable

# What astropy raises on damaged headers and pixels: it has no exception of its own for that.
DAMAGE = (
    OSError, EOFError, zlib.error, CfitsioException, fits.VerifyError,
    AttributeError, IndexError, KeyError, MemoryError, OverflowError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
_GZIP_MAGIC = b"\x1f\x8b"
_FITS_START = b"SIMPLE  ="
_LOST_DATA = r"File may have been truncated|Error validating header for HDU"
_TRUNCATED = re.compile(r"actual file length \((\d+)\) is smaller than the expected size \((\d+)\)")
_BROKEN_HEADER = re.compile(r"header for HDU #(\d+)")


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[fits.HDUList]:
    """The file's HDUs, all headers read and every HDU known to be complete.

    Integers stay signed with their BZERO (`uint=False`), because only then does astropy turn BLANK into NaN.

    Raises:
        FitsRefused: the file cannot be read, is no FITS or damaged, or the code within the `with` raised `Unusable`.
    """
    try:
        if path.exists() and not path.is_file():
            raise FitsRefused(path, "not a regular file")
        with warnings.catch_warnings():
            # astropy reads on through every deviation from the standard that it warns of; two of them mean lost data.
            warnings.filterwarnings("ignore", category=AstropyUserWarning)
            warnings.filterwarnings("error", _LOST_DATA, category=AstropyUserWarning)
            with _stream(path) as stream, _hdus(stream) as hdul:
                yield hdul
    except Unusable as unusable:
        raise FitsRefused(path, str(unusable)) from unusable
    except (OSError, EOFError, zlib.error) as unreadable:
        cause = getattr(unreadable, "strerror", None) or unreadable
        raise FitsRefused(path, f"not readable: {cause}") from unreadable


def _stream(path: Path) -> io.IOBase:
    """The FITS bytes. Gzip is undone here: astropy takes the end of a cut gzip stream for the end of the file."""
    stream = path.open("rb")
    if stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC:
        stream.close()
        with gzip.open(path) as compressed:
            return io.BytesIO(compressed.read())
    stream.seek(0)
    return stream


def _hdus(stream: io.IOBase) -> fits.HDUList:
    start = stream.read(len(_FITS_START))
    if start != _FITS_START:
        raise Unusable("not a FITS file (it does not start with a SIMPLE card)" if start else "the file is empty")
    stream.seek(0)
    try:
        return fits.open(stream, uint=False, memmap=False, lazy_load_hdus=False)
    except AstropyUserWarning as lost:
        raise Unusable(_loss(str(lost))) from lost
    except DAMAGE as damage:
        raise Unusable(f"damaged header: {damage}") from damage


def _loss(warning: str) -> str:
    if truncated := _TRUNCATED.search(warning):
        return f"truncated: {truncated[1]} of {truncated[2]} bytes are there"
    broken = _BROKEN_HEADER.search(warning)
    return f"truncated or damaged: the header of HDU {broken[1] if broken else '?'} does not parse"
