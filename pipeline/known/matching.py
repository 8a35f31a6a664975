"""Which known things are at the places of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from astrid.models import SystemConfig
from pipeline.known.minor_planets import ORBITS_HOLD, moment, orbit_catalogues, predictions
from pipeline.models import Candidate, Catalogue, DifferenceRun, KnownKind, KnownMatch

REFERENCE_RADIUS_ARCSEC = 10.0

# Runs share the lock, who loads a catalogue holds it alone: neither misses the rows that the other has not committed.
_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtext('known_matches'))"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('known_matches'))"

_MATCH = """
    INSERT INTO known_matches (candidate_id, catalogue_id, name, kind, source_type, separation_arcsec, mag)
    SELECT candidate.id, catalogue.id, source.name, source.kind, source.source_type, source.separation_arcsec,
           source.mag
    FROM candidates AS candidate CROSS JOIN catalogues AS catalogue CROSS JOIN LATERAL (
        SELECT *, sky_separation_arcsec(ra, dec, candidate.ra, candidate.dec) AS separation_arcsec
        FROM catalogue_sources
        WHERE catalogue_id = catalogue.id
            AND sky_within(ra, dec, candidate.ra, candidate.dec, catalogue.match_radius_arcsec)
        ORDER BY separation_arcsec, id
        LIMIT 1
    ) AS source
    WHERE {which}
"""


@dataclass(frozen=True)
class Places:
    """Candidates [N] and where they are."""

    keys: Sequence
    sky: SkyCoord

    @classmethod
    def of(cls, run: DifferenceRun) -> "Places":
        rows = run.candidates.order_by("pk").values_list("pk", "ra", "dec")
        keys, ra, dec = ([row[column] for row in rows] for column in range(3))
        return cls(keys, SkyCoord(ra, dec, unit="deg"))


def match_run(run: DifferenceRun, *, reference_sources: np.ndarray) -> int:
    """Write what is known near each candidate of a run, in place of what was written before; how many matches.

    Of each catalogue that is the nearest source within its radius, of minor planets the nearest within
    `pipeline.minor_planet_radius_arcsec` and the parallax, of the reference image the nearest source within 10″. It
    must run in the transaction that writes the candidates.

    Args:
        reference_sources: [M, 3], RA and Dec in degrees and magnitude (NaN where unknown) of the reference's sources.
    """
    _execute(_LOCK_SHARED)
    KnownMatch.objects.filter(candidate__difference_run=run).delete()
    count = _execute(_MATCH.format(which="candidate.difference_run_id = %s"), run.pk)
    places = Places.of(run)
    found = [*_minor_planets(run, places), *_reference_sources(places, reference_sources)]
    KnownMatch.objects.bulk_create(found)
    return count + len(found)


def match_sources(catalogue: Catalogue) -> int:
    """Match the sources of a catalogue with all candidates, in place of its former matches; how many matches."""
    _execute(_LOCK)
    KnownMatch.objects.filter(catalogue=catalogue).delete()
    # The planner knows nothing yet of rows that this transaction wrote.
    _execute("ANALYZE catalogue_sources")
    return _execute(_MATCH.format(which="catalogue.id = %s"), catalogue.pk)


def match_orbits(catalogue: Catalogue) -> int:
    """Match minor planets with the candidates of the time of a catalogue's new orbits; how many matches.

    Older candidates keep the matches that the orbits of their own time gave them.
    """
    runs = list(_runs_in_time())
    count = sum(map(_match_planets_again, runs))
    # That may have taken minutes, for which no worker had to wait. The runs that came meanwhile are few.
    _execute(_LOCK)
    KnownMatch.objects.filter(catalogue=catalogue).exclude(kind=KnownKind.MINOR_PLANET).delete()
    late = _runs_in_time().exclude(pk__in=[run.pk for run in runs])
    return count + sum(map(_match_planets_again, late))


def _match_planets_again(run: DifferenceRun) -> int:
    KnownMatch.objects.filter(candidate__difference_run=run, kind=KnownKind.MINOR_PLANET).delete()
    return len(KnownMatch.objects.bulk_create(_minor_planets(run, Places.of(run))))


def _runs_in_time() -> QuerySet[DifferenceRun]:
    """Runs with candidates whose exposures are within reach of a file of orbits."""
    in_reach = Q()
    for epoch_jd in orbit_catalogues().values_list("epoch_jd", flat=True):
        epoch = moment(epoch_jd)
        in_reach |= Q(observation__observation_time__range=(epoch - ORBITS_HOLD, epoch + ORBITS_HOLD))
    has_candidates = Exists(Candidate.objects.filter(difference_run=OuterRef("pk")))
    return DifferenceRun.objects.filter(in_reach, has_candidates).select_related("observation")


def _minor_planets(run: DifferenceRun, places: Places) -> list[KnownMatch]:
    if not places.keys:
        return []
    observation = run.observation
    radius_arcsec = SystemConfig.objects.in_force("pipeline.minor_planet_radius_arcsec")
    centre = SkyCoord(observation.ra, observation.dec, unit="deg")
    reach_arcsec = places.sky.separation(centre).arcsec.max() + radius_arcsec
    found = predictions(
        time=observation.observation_time, ra=observation.ra, dec=observation.dec, radius_arcsec=reach_arcsec
    )
    things = SkyCoord([planet.ra for planet in found], [planet.dec for planet in found], unit="deg")
    radii_arcsec = radius_arcsec + np.array([planet.parallax_arcsec for planet in found])
    return [
        KnownMatch(
            candidate_id=key,
            catalogue_id=found[index].planet.catalogue_id,
            name=found[index].planet.designation,
            kind=KnownKind.MINOR_PLANET,
            separation_arcsec=separation_arcsec,
            mag=found[index].mag,
        )
        for key, index, separation_arcsec in _nearest(places, things, radii_arcsec)
    ]


def _reference_sources(places: Places, sources: np.ndarray) -> list[KnownMatch]:
    ra, dec, mags = np.reshape(sources, (-1, 3)).T
    things = SkyCoord(ra, dec, unit="deg")
    return [
        KnownMatch(
            candidate_id=key,
            kind=KnownKind.REFERENCE_SOURCE,
            separation_arcsec=separation_arcsec,
            mag=mags[index].item() if np.isfinite(mags[index]) else None,
        )
        for key, index, separation_arcsec in _nearest(places, things, np.full(len(mags), REFERENCE_RADIUS_ARCSEC))
    ]


def _nearest(places: Places, things: SkyCoord, radii_arcsec: np.ndarray) -> list[tuple]:
    """(candidate, index of the thing, separation in arcsec) for each candidate within the radius of its nearest."""
    if not places.keys or not len(things):
        return []
    indices, separations, _ = places.sky.match_to_catalog_sky(things)
    rows = zip(places.keys, indices.tolist(), separations.arcsec.tolist(), strict=True)
    return [row for row in rows if row[2] <= radii_arcsec[row[1]]]


def _execute(statement: str, *parameters: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount
