"""Which reference a science observation is compared with."""

import math
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Sqrt

from astrid.models import Observation, ObservationKind, ObservationStatus, SystemConfig
from pipeline.footprints import overlap_fraction
from pipeline.models import PreprocessRun, RunStatus

# A reference that covers less of an image shows too few of its stars.
MIN_OVERLAP = 0.1
# Overlaps between two of these count as the same.
OVERLAP_CLASSES = (0.95, 0.75, 0.5, 0.25)
# As far as depths and seeings are alike.
ALIKE_MAG, ALIKE_ARCSEC = 0.1, 0.1


def best_reference(observation: Observation) -> Observation | None:
    """The reference that an observation is best compared with; None where nothing serves.

    A reference serves if it is another preprocessed image of the same survey and filter, was taken no longer before or
    after the observation than `pipeline.reference_max_age_days`, and covers at least a tenth of it. Of several, in
    this order:

    1. the one that covers more: at least 95 %, 75 %, 50 %, 25 % of the observation, or less;
    2. the deeper, by steps of 0.1 mag; where no zero point was known, after all others;
    3. the sharper, by steps of 0.1″;
    4. the nearer in time, and of these the newest.
    """

    def rank(partner: tuple[Observation, float]) -> tuple:
        reference, overlap = partner
        return (
            sum(overlap < least for least in OVERLAP_CLASSES),
            math.inf if reference.depth_mag is None else -round(reference.depth_mag / ALIKE_MAG),
            math.inf if reference.seeing_arcsec is None else round(reference.seeing_arcsec / ALIKE_ARCSEC),
            abs(reference.observation_time - observation.observation_time),
        )

    return min(_partners(observation, kind=ObservationKind.REFERENCE), key=rank, default=(None, 0))[0]


def waiting_for(reference: Observation) -> list[Observation]:
    """Preprocessed science observations that a reference may serve: those for which it is a choice, if not the best."""
    return [science for science, _ in _partners(reference, kind=ObservationKind.SCIENCE)]


def _partners(observation: Observation, *, kind: str) -> Iterator[tuple[Observation, float]]:
    """Observations of a kind that serve or are served by this one, newest first, and the part of the science image
    that is covered."""
    if not observation.footprint:
        return
    age = timedelta(days=SystemConfig.objects.in_force("pipeline.reference_max_age_days"))
    alike = Observation.objects.filter(
        survey=observation.survey_id,
        filter_band=observation.filter_band,
        kind=kind,
        status=ObservationStatus.PREPROCESSED,
        observation_time__range=(observation.observation_time - age, observation.observation_time + age),
    ).exclude(pk=observation.pk)
    largest_arcsec = alike.aggregate(largest=Max(_DIAGONAL_ARCSEC))["largest"] or 0.0
    ours_arcsec = math.hypot(observation.image_width, observation.image_height) * observation.pixel_scale
    reach_arcsec = min((ours_arcsec + largest_arcsec) / 2, 648_000.0)
    near = alike.within(ra=observation.ra, dec=observation.dec, radius_arcsec=reach_arcsec).exclude(footprint=[])
    for other in _with_quality(near).order_by("-created_at").defer("header"):
        science, reference = (observation, other) if kind == ObservationKind.REFERENCE else (other, observation)
        overlap = overlap_fraction(science.footprint, reference.footprint)
        if overlap >= MIN_OVERLAP:
            yield other, overlap


_DIAGONAL_ARCSEC = Sqrt(F("image_width") ** 2 + F("image_height") ** 2) * F("pixel_scale")


def _with_quality(observations: QuerySet) -> QuerySet:
    """With depth and seeing as the last preprocess run measured them."""
    last = PreprocessRun.objects.filter(observation=OuterRef("pk"), status=RunStatus.COMPLETED).order_by(
        "-created_at", "-pk"
    )
    return observations.annotate(
        depth_mag=Subquery(last.values("depth_mag")[:1]), seeing_arcsec=Subquery(last.values("seeing_arcsec")[:1])
    )
