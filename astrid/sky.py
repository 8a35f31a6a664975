"""Positions on the sky: degrees, ICRS, 0 <= ra < 360, -90 <= dec <= 90.

The geometry is in two SQL functions (migration 0001): `sky_within` finds rows by the index on `point(ra, dec)`,
right across RA 0 and at the poles; `sky_separation_arcsec` is the great circle (haversine: exact for small angles).
"""

import math

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, FloatField, Func, Q, Value

ARCSEC_PER_DEGREE = 3600.0


class Separation(Func):
    function = "sky_separation_arcsec"
    output_field = FloatField()


class Within(Func):
    function = "sky_within"
    output_field = models.BooleanField()


class Point(Func):
    function = "point"
    output_field = models.Field()


def position_index(name: str) -> GistIndex:
    return GistIndex(Point(F("ra"), F("dec")), name=name)


def position_constraints(table: str) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(condition=Q(ra__gte=0, ra__lt=360), name=f"{table}_ra_0_to_360"),
        models.CheckConstraint(condition=Q(dec__gte=-90, dec__lte=90), name=f"{table}_dec_90s_to_90n"),
    ]


class SkyQuerySet(models.QuerySet):
    def within(self, *, ra: float, dec: float, radius_arcsec: float):
        """Rows in the cone, with their `separation_arcsec`, nearest first.

        Raises ValueError for a position or radius that is not on the sky.
        """
        check_position(ra, dec)
        if not 0 < radius_arcsec <= 180 * ARCSEC_PER_DEGREE:
            raise ValueError(f"radius_arcsec {radius_arcsec} is not above 0 and up to 648000")
        # PostgreSQL refuses numbers that underflow, such as the square of 1e-200.
        here = (F("ra"), F("dec"), Value(round(float(ra), 12)), Value(round(float(dec), 12)))
        return (
            self.filter(Within(*here, Value(float(radius_arcsec))))
            .annotate(separation_arcsec=Separation(*here))
            .order_by("separation_arcsec", "pk")
        )


def check_position(ra: float, dec: float) -> None:
    if not (math.isfinite(ra) and 0 <= ra < 360):
        raise ValueError(f"ra {ra} is not in 0 <= ra < 360 degrees")
    if not (math.isfinite(dec) and -90 <= dec <= 90):
        raise ValueError(f"dec {dec} is not in -90 to 90 degrees")


def separation_arcsec(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """The great circle between two positions (haversine)."""
    ra1, dec1, ra2, dec2 = map(math.radians, (ra1, dec1, ra2, dec2))
    half_chord = math.hypot(
        math.sin((dec2 - dec1) / 2),
        math.sqrt(math.cos(dec1) * math.cos(dec2)) * math.sin((ra2 - ra1) / 2),
    )
    return math.degrees(2 * math.asin(min(1.0, half_chord))) * ARCSEC_PER_DEGREE
