"""Minor planets of the database at the time of an exposure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from pipeline.catalogues import ORBIT_DTYPE, positions_at
from pipeline.models import Catalogue, MinorPlanet

# Without the planets' pull, elements lead 16″ astray after this time, about the radius of a match.
ORBITS_HOLD = timedelta(days=200)
# The Sun's parallax: how far a body at 1 au is displaced between the Earth's centre and its surface.
PARALLAX_ARCSEC_AU = 8.8
# Four times the Moon's distance: what comes nearer is a few bodies a year.
_NEAREST_AU = 0.01

_JD_OF_UNIX_0 = 2_440_587.5
ELEMENTS = tuple(name for name in ORBIT_DTYPE.names if name != "designation")
# PostgreSQL's binary COPY: after a header, rows of a count of fields, and of each its size and its bytes.
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
_ROW = np.dtype(
    [("fields", ">i2"), ("id_size", ">i4"), ("id", "V16")]
    + [column for name in ELEMENTS for column in ((f"{name}_size", ">i4"), (name, ">f8"))]
)
_DTYPE = np.dtype([("id", "V16"), *((name, "f8") for name in ELEMENTS)])
_READ = f"""
    COPY (SELECT id, {", ".join(f"coalesce({name}, 'NaN')" for name in ELEMENTS)} FROM minor_planets)
    TO STDOUT (FORMAT binary)
"""


@dataclass(frozen=True)
class Prediction:
    """Where a minor planet should be: degrees, V magnitude (None without H), and how far from it it may be seen."""

    planet: MinorPlanet
    ra: float
    dec: float
    mag: float | None
    parallax_arcsec: float


def predictions(*, time: datetime, ra: float, dec: float, radius_arcsec: float) -> list[Prediction]:
    """The minor planets that may be seen within a circle, by the orbits that hold at the time.

    Args:
        time: middle of the exposure, with its time zone.
        ra, dec, radius_arcsec: the circle, degrees and arcsec.
    """
    orbits = _orbits(frozenset(orbit_catalogues().values_list("pk", "file_sha256", "updated_at")))
    farthest_arcsec = radius_arcsec + PARALLAX_ARCSEC_AU / _NEAREST_AU
    found = positions_at(orbits, time=time, ra=ra, dec=dec, radius_arcsec=farthest_arcsec)
    age_days = abs(orbits["epoch_jd"][found["index"]] - julian_date(time))
    found = found[age_days <= ORBITS_HOLD.days]
    keys = [UUID(bytes=key.tobytes()) for key in orbits["id"][found["index"]]]
    planets = MinorPlanet.objects.in_bulk(keys)
    return [
        Prediction(
            planet=planets[key],
            ra=row["ra"].item(),
            dec=row["dec"].item(),
            mag=row["mag"].item() if np.isfinite(row["mag"]) else None,
            parallax_arcsec=PARALLAX_ARCSEC_AU / row["distance_au"].item(),
        )
        for key, row in zip(keys, found, strict=True)
    ]


def orbit_catalogues() -> QuerySet[Catalogue]:
    """Catalogues that hold orbits, with the `epoch_jd` of their first one.

    The files of the Minor Planet Center share one epoch, but for bodies that have been lost for long.
    """
    planets = MinorPlanet.objects.filter(catalogue=OuterRef("pk"))
    first = planets.order_by("designation").values("epoch_jd")[:1]
    return Catalogue.objects.filter(Exists(planets)).annotate(epoch_jd=Subquery(first))


def julian_date(time: datetime) -> float:
    return _JD_OF_UNIX_0 + time.timestamp() / 86_400


def moment(jd: float) -> datetime:
    return datetime.fromtimestamp((jd - _JD_OF_UNIX_0) * 86_400, tz=UTC)


# A worker needs all orbits for every image: it reads them once, and again when something else was loaded.
@lru_cache(maxsize=1)
def _orbits(catalogues: frozenset[tuple[UUID, str, datetime]]) -> np.ndarray:
    if not catalogues:
        return np.empty(0, dtype=_DTYPE)
    with connection.cursor() as cursor, cursor.copy(_READ) as copy:
        content = bytearray()
        for part in copy:
            content += part
    rows = np.frombuffer(memoryview(content)[_HEADER_BYTES:-_TRAILER_BYTES], dtype=_ROW)
    return rows[["id", *ELEMENTS]].astype(_DTYPE)
