"""Candidates of all nights at one place become one object."""

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from astrid.transitions import transition_all
from pipeline.models import Candidate, CandidateStatus, DifferenceRun

# One association at a time: two nights of one place must not each make an object of their own.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('sky_objects'))"

_MATCH = """
    UPDATE candidates AS candidate SET sky_object_id = (
        SELECT object.id FROM sky_objects AS object
        WHERE sky_within(object.ra, object.dec, candidate.ra, candidate.dec, %(radius_arcsec)s)
        ORDER BY sky_separation_arcsec(object.ra, object.dec, candidate.ra, candidate.dec), object.id
        LIMIT 1
    )
    WHERE candidate.difference_run_id = %(run)s AND candidate.sky_object_id IS NULL
"""

_CREATE = """
    WITH alone AS (
        SELECT candidate.id AS candidate_id, astrid_uuid7() AS object_id, candidate.ra, candidate.dec,
               observation.observation_time AS seen
        FROM candidates AS candidate JOIN observations AS observation ON observation.id = candidate.observation_id
        WHERE candidate.difference_run_id = %(run)s AND candidate.sky_object_id IS NULL AND NOT EXISTS (
            SELECT FROM candidates AS stronger
            WHERE stronger.difference_run_id = %(run)s AND stronger.sky_object_id IS NULL
            AND (stronger.significance, candidate.id) > (candidate.significance, stronger.id)
            AND sky_within(stronger.ra, stronger.dec, candidate.ra, candidate.dec, %(radius_arcsec)s)
        )
    ), made AS (
        INSERT INTO sky_objects (id, ra, dec, first_seen, last_seen)
        SELECT object_id, ra, dec, seen, seen FROM alone
    )
    UPDATE candidates SET sky_object_id = alone.object_id FROM alone WHERE candidates.id = alone.candidate_id
"""

_RECOUNT = """
    UPDATE sky_objects AS object SET
        candidate_count = seen.count, first_seen = seen.first, last_seen = seen.last, ra = seen.ra, dec = seen.dec
    FROM (
        SELECT candidate.sky_object_id AS id, count(*) AS count,
               min(observation.observation_time) AS first, max(observation.observation_time) AS last,
               (array_agg(candidate.ra ORDER BY candidate.significance DESC))[1] AS ra,
               (array_agg(candidate.dec ORDER BY candidate.significance DESC))[1] AS dec
        FROM candidates AS candidate JOIN observations AS observation ON observation.id = candidate.observation_id
        WHERE candidate.sky_object_id IN (SELECT sky_object_id FROM candidates WHERE difference_run_id = %(run)s)
        GROUP BY candidate.sky_object_id
    ) AS seen
    WHERE object.id = seen.id
"""


def associate(run: DifferenceRun, *, radius_arcsec: float) -> None:
    """Give every candidate of a run its object: the nearest known one within the radius, or a new one.

    Set-based; it must run in the transaction that writes the candidates. Of what one observation shows of one object,
    one candidate counts, the others are marked as its duplicates.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        of_run = {"run": run.pk, "radius_arcsec": radius_arcsec}
        # The strongest of a crowd makes the object, and those near it join; what then is left is a crowd of its own.
        made = 1
        while made:
            cursor.execute(_MATCH, of_run)
            cursor.execute(_CREATE, of_run)
            made = cursor.rowcount
        cursor.execute(_RECOUNT, of_run)
    _mark_duplicates(run)


def _mark_duplicates(run: DifferenceRun) -> None:
    """Within the run the most significant counts; of two runs of an observation the one that was worked on, or the new.

    What brightened and what faded at one place are two things: a dipole.
    """
    same = Candidate.objects.filter(
        sky_object=OuterRef("sky_object"), is_negative=OuterRef("is_negative"), observation=run.observation_id
    )
    better = Q(significance__gt=OuterRef("significance")) | Q(
        significance=OuterRef("significance"), pk__lt=OuterRef("pk")
    )
    in_run = same.filter(difference_run=run)
    of_before = same.exclude(difference_run=run)
    worked_on = of_before.exclude(status__in=(CandidateStatus.PENDING, CandidateStatus.DUPLICATE))
    pending = {"source": CandidateStatus.PENDING, "to": CandidateStatus.DUPLICATE}
    new = Candidate.objects.filter(difference_run=run)
    transition_all(new.filter(Exists(in_run.filter(better)) | Exists(worked_on)), **pending)
    old = Candidate.objects.filter(observation=run.observation_id).exclude(difference_run=run)
    transition_all(old.filter(Exists(in_run)), **pending)
