"""What a difference image shows, and the places in the sky where it shows it."""

from django.db import models
from django.db.models import Q

from astrid.models import Observation, Row, SkyRowQuerySet, finite_numbers, known_choice
from astrid.sky import position_constraints, position_index
from pipeline.models.runs import DifferenceRun


class SkyObject(Row):
    """Candidates of all nights at one place."""

    ra = models.FloatField(help_text="Degrees, ICRS, of its most significant candidate.")
    dec = models.FloatField(help_text="Degrees, ICRS, of its most significant candidate.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    candidate_count = models.PositiveIntegerField(default=0, db_default=0)

    objects = SkyRowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "sky_objects"
        ordering = ("-last_seen", "pk")
        constraints = (
            *position_constraints("sky_objects"),
            models.CheckConstraint(
                condition=Q(first_seen__lte=models.F("last_seen")), name="sky_objects_seen_in_order"
            ),
        )
        indexes = (
            position_index("sky_objects_position"),
            models.Index(fields=("-last_seen", "id"), name="sky_objects_newest"),
        )

    def __str__(self):
        return f"{self.ra:.5f} {self.dec:+.5f}"


class CandidateStatus(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    DETECTED = "detected"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Candidate(Row):
    """A significant place in one difference image."""

    Status = CandidateStatus
    TRANSITIONS = {
        CandidateStatus.PENDING: {
            CandidateStatus.PROCESSING,
            CandidateStatus.DETECTED,
            CandidateStatus.REJECTED,
            CandidateStatus.DUPLICATE,
        },
        CandidateStatus.PROCESSING: {CandidateStatus.PENDING, CandidateStatus.DETECTED, CandidateStatus.REJECTED},
        CandidateStatus.DETECTED: {CandidateStatus.REJECTED, CandidateStatus.DUPLICATE},
        CandidateStatus.REJECTED: {CandidateStatus.DETECTED, CandidateStatus.DUPLICATE},
        CandidateStatus.DUPLICATE: {CandidateStatus.PENDING},
    }

    difference_run = models.ForeignKey(DifferenceRun, on_delete=models.CASCADE, related_name="candidates")
    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="candidates")
    sky_object = models.ForeignKey(
        SkyObject, on_delete=models.SET_NULL, null=True, blank=True, related_name="candidates"
    )
    ra = models.FloatField(help_text="Degrees, ICRS.")
    dec = models.FloatField(help_text="Degrees, ICRS.")
    pixel_x = models.FloatField(help_text="0-based, whole numbers at pixel centres.")
    pixel_y = models.FloatField(help_text="0-based, whole numbers at pixel centres.")
    flux = models.FloatField(help_text="ADU of the science image, negative where it faded.")
    flux_error = models.FloatField(help_text="ADU.")
    mag = models.FloatField(null=True, blank=True)
    mag_error = models.FloatField(null=True, blank=True)
    significance = models.FloatField(help_text="Peak of the significance map, sigma.")
    snr = models.FloatField(help_text="Flux over its error.")
    fwhm = models.FloatField(null=True, blank=True, help_text="Pixels.")
    ellipticity = models.FloatField(null=True, blank=True, help_text="1 - b/a.")
    position_angle = models.FloatField(null=True, blank=True, help_text="Degrees, North through East.")
    is_saturated = models.BooleanField(default=False, db_default=False)
    is_blended = models.BooleanField(default=False, db_default=False)
    is_edge = models.BooleanField(default=False, db_default=False)
    is_negative = models.BooleanField(default=False, db_default=False)
    is_dipole = models.BooleanField(default=False, db_default=False)
    is_trail = models.BooleanField(default=False, db_default=False)
    status = models.CharField(max_length=20, choices=CandidateStatus, default="pending", db_default="pending")

    objects = SkyRowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "candidates"
        ordering = ("-created_at", "pk")
        constraints = (
            *position_constraints("candidates"),
            known_choice("candidates", "status", CandidateStatus),
            models.UniqueConstraint(
                fields=("difference_run", "pixel_x", "pixel_y", "is_negative"),
                name="candidates_one_per_place_in_run",
            ),
            models.CheckConstraint(condition=Q(flux_error__gt=0), name="candidates_flux_error_positive"),
            models.CheckConstraint(
                condition=Q(mag__isnull=True, mag_error__isnull=True) | Q(mag__isnull=False, mag_error__isnull=False),
                name="candidates_mag_with_its_error",
            ),
            finite_numbers(
                "candidates",
                "pixel_x",
                "pixel_y",
                "flux",
                "flux_error",
                "mag",
                "mag_error",
                "significance",
                "snr",
                "fwhm",
                "position_angle",
            ),
            models.CheckConstraint(
                condition=Q(ellipticity__gte=0, ellipticity__lte=1), name="candidates_ellipticity_0_to_1"
            ),
        )
        indexes = (
            position_index("candidates_position"),
            models.Index(fields=("-created_at", "id"), name="candidates_newest"),
        )

    def __str__(self):
        return f"{self.ra:.5f} {self.dec:+.5f} ({self.significance:+.1f} σ)"
