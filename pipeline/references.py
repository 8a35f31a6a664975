"""Which reference a science observation is compared with."""

from django.db.models import QuerySet

from astrid.models import Observation, ObservationKind, ObservationStatus


def waiting_for(reference: Observation) -> QuerySet:
    """Preprocessed science observations that a new reference may serve."""
    reach_arcsec = min(reference.image_width, reference.image_height) * reference.pixel_scale
    return Observation.objects.within(ra=reference.ra, dec=reference.dec, radius_arcsec=reach_arcsec).filter(
        survey=reference.survey_id,
        filter_band=reference.filter_band,
        kind=ObservationKind.SCIENCE,
        status=ObservationStatus.PREPROCESSED,
    )


def best_reference(observation: Observation) -> Observation | None:
    """The preprocessed reference of the same survey and filter whose centre is nearest, and covers ours; or None."""
    reach_arcsec = min(observation.image_width, observation.image_height) * observation.pixel_scale
    return (
        Observation.objects.within(ra=observation.ra, dec=observation.dec, radius_arcsec=reach_arcsec)
        .filter(
            survey=observation.survey_id,
            filter_band=observation.filter_band,
            kind=ObservationKind.REFERENCE,
            status=ObservationStatus.PREPROCESSED,
        )
        .exclude(pk=observation.pk)
        .first()
    )
