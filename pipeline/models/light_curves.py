"""Light curves: what every difference image shows at an object's place, whether anything was found there or not."""

from django.db import models
from django.db.models import Q

from astrid.models import Observation, Row, finite_numbers
from pipeline.models.candidates import SkyObject
from pipeline.models.runs import DifferenceRun


class LightCurvePoint(Row):
    """Forced photometry of one object in one difference image."""

    sky_object = models.ForeignKey(SkyObject, on_delete=models.CASCADE, related_name="light_curve")
    difference_run = models.ForeignKey(DifferenceRun, on_delete=models.CASCADE, related_name="light_curve_points")
    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="light_curve_points")
    flux = models.FloatField(help_text="ADU of the science image, negative where it faded.")
    flux_error = models.FloatField(help_text="ADU.")
    snr = models.FloatField(help_text="Flux over its error, with its sign.")
    mag = models.FloatField(null=True, blank=True, help_text="Of the change, where it is seen.")
    mag_error = models.FloatField(null=True, blank=True)
    limiting_mag = models.FloatField(null=True, blank=True, help_text="A source of 5 sigma at this place.")

    class Meta(Row.Meta):
        db_table = "light_curve_points"
        ordering = ("sky_object", "observation__observation_time", "pk")
        constraints = (
            finite_numbers("light_curve_points", "flux", "flux_error", "snr", "mag", "mag_error", "limiting_mag"),
            models.CheckConstraint(condition=Q(flux_error__gt=0), name="light_curve_points_flux_error_positive"),
            models.CheckConstraint(
                condition=Q(mag__isnull=True, mag_error__isnull=True) | Q(mag__isnull=False, mag_error__isnull=False),
                name="light_curve_points_mag_with_its_error",
            ),
            models.UniqueConstraint(fields=("sky_object", "difference_run"), name="light_curve_points_one_per_run"),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="light_curve_points_newest"),)

    def __str__(self):
        return f"{self.sky_object} {self.flux:.1f} ± {self.flux_error:.1f} ADU"
