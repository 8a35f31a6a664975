"""What was run on an observation, with which parameters, and what came of it."""

from django.db import models
from django.db.models import Q

from astrid.models import Observation, Row, finite_numbers, known_choice


class RunStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Run(Row):
    """One attempt at one stage: its state, its clock, and why it failed."""

    Status = RunStatus
    TRANSITIONS = {
        RunStatus.PENDING: {RunStatus.RUNNING, RunStatus.FAILED},
        RunStatus.RUNNING: {RunStatus.COMPLETED, RunStatus.FAILED},
        RunStatus.COMPLETED: set(),
        RunStatus.FAILED: {RunStatus.RUNNING},
    }

    status = models.CharField(max_length=20, choices=RunStatus, default=RunStatus.PENDING, db_default="pending")
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    processing_time_seconds = models.FloatField(null=True, blank=True)
    error_message = models.TextField(blank=True)
    retry_count = models.PositiveIntegerField(default=0, db_default=0)
    parameters = models.JSONField(default=dict, db_default={}, blank=True)
    software_versions = models.JSONField(default=dict, db_default={}, blank=True)
    measurements = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What was measured on the way; of a failure, its numbers."
    )

    class Meta(Row.Meta):
        abstract = True


class PreprocessRun(Run):
    """Calibration of one observation, and what was measured on it."""

    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="preprocess_runs")
    calibration_applied = models.BooleanField(default=False, db_default=False)
    wcs_aligned = models.BooleanField(default=False, db_default=False)
    registration_quality = models.FloatField(null=True, blank=True, help_text="Rms, pixels.")
    processed_fits_path = models.CharField(max_length=500, blank=True)
    wcs_info = models.JSONField(default=dict, db_default={}, blank=True)
    seeing_arcsec = models.FloatField(null=True, blank=True, help_text="Measured FWHM.")
    zero_point_mag = models.FloatField(null=True, blank=True, help_text="Magnitude of 1 ADU.")
    sky_adu = models.FloatField(null=True, blank=True)
    noise_adu = models.FloatField(null=True, blank=True, help_text="Sky noise per pixel.")
    depth_mag = models.FloatField(null=True, blank=True, help_text="A point source of 5 sigma.")
    star_count = models.PositiveIntegerField(null=True, blank=True)

    class Meta(Run.Meta):
        db_table = "preprocess_runs"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("preprocess_runs", "status", RunStatus),
            finite_numbers(
                "preprocess_runs",
                "processing_time_seconds",
                "registration_quality",
                "seeing_arcsec",
                "zero_point_mag",
                "sky_adu",
                "noise_adu",
                "depth_mag",
            ),
            models.UniqueConstraint(
                fields=("observation",),
                condition=Q(status__in=("pending", "running")),
                name="preprocess_runs_one_at_a_time",
            ),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="preprocess_runs_newest"),)

    def __str__(self):
        return f"preprocess {self.observation}"


class DifferenceRun(Run):
    """A science observation minus a reference, and where the images of it are."""

    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="difference_runs")
    reference_observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="reference_of"
    )
    algorithm = models.CharField(max_length=50)
    science_image_path = models.CharField(max_length=500, blank=True)
    reference_image_path = models.CharField(max_length=500, blank=True, help_text="On the science image's grid.")
    difference_image_path = models.CharField(max_length=500, blank=True)
    significance_map_path = models.CharField(max_length=500, blank=True)
    noise_level = models.FloatField(null=True, blank=True, help_text="ADU per pixel of the difference.")
    detection_threshold = models.FloatField(null=True, blank=True, help_text="Sigma.")
    registration_rms_px = models.FloatField(null=True, blank=True)
    registration_method = models.CharField(max_length=50, blank=True)
    candidates_found = models.PositiveIntegerField(default=0, db_default=0)

    class Meta(Run.Meta):
        db_table = "difference_runs"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("difference_runs", "status", RunStatus),
            finite_numbers(
                "difference_runs",
                "processing_time_seconds",
                "noise_level",
                "detection_threshold",
                "registration_rms_px",
            ),
            models.UniqueConstraint(
                fields=("observation",),
                condition=Q(status__in=("pending", "running")),
                name="difference_runs_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(observation=models.F("reference_observation")),
                name="difference_runs_reference_is_another",
            ),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="difference_runs_newest"),)

    def __str__(self):
        return f"difference {self.observation}"
