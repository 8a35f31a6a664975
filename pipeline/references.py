"""Which reference a science observation is compared with."""

from django.db.models import QuerySet

from astrid.models import Observation, ObservationKind, ObservationStatus


def waiting_for(reference: Observation) -> QuerySet:
    """Preprocessed science observations that a new reference may serve."""
    return _preprocessed_near(reference, kind=ObservationKind.SCIENCE)


def best_reference(observation: Observation) -> Observation | None:
    """The preprocessed reference of the same survey and filter whose centre is nearest, and covers ours; or None."""
    return _preprocessed_near(observation, kind=ObservationKind.REFERENCE).exclude(pk=observation.pk).first()


def _preprocessed_near(observation: Observation, *, kind: str) -> QuerySet:
    """Of the same survey and filter, with the centre less than a side of the image away, nearest first."""
    reach_arcsec = min(observation.image_width, observation.image_height) * observation.pixel_scale
    return Observation.objects.within(ra=observation.ra, dec=observation.dec, radius_arcsec=reach_arcsec).filter(
        survey=observation.survey_id,
        filter_band=observation.filter_band,
        kind=kind,
        status=ObservationStatus.PREPROCESSED,
    )
