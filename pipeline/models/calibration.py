"""Master frames: what a detector adds to an image of the sky, and what it takes away."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from astrid.models import Row, RowQuerySet, Survey, finite_numbers, known_choice


class MasterKind(models.TextChoices):
    BIAS = "bias"
    DARK = "dark"
    FLAT = "flat"


class MasterFrame(Row):
    """A stack of exposures of one kind, used for the images of its survey that have its shape and binning."""

    Kind = MasterKind

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="master_frames")
    kind = models.CharField(max_length=20, choices=MasterKind)
    filter_band = models.CharField(max_length=50, blank=True, help_text="Of a flat.")
    exposure_s = models.FloatField(null=True, blank=True, help_text="Seconds, of a dark.")
    binning = models.CharField(max_length=20, default="1x1", db_default="1x1")
    image_width = models.PositiveIntegerField(help_text="Pixels.")
    image_height = models.PositiveIntegerField(help_text="Pixels.")
    taken_at = models.DateTimeField(help_text="Middle of its exposures, UTC.")
    level_adu = models.FloatField(help_text="Median of the stack; of a flat before it was normalised.")
    noise_adu = models.FloatField(validators=[MinValueValidator(0.0)], help_text="Median error of a pixel.")
    bad_pixels = models.PositiveIntegerField(default=0, db_default=0)
    frame_count = models.PositiveIntegerField()
    inputs = models.JSONField(default=list, db_default=[], help_text="File names and sha256 of what was stacked.")
    fits_path = models.CharField(max_length=500, help_text="Within the artefact store.")
    is_active = models.BooleanField(default=True, db_default=True, help_text="May be chosen for new images.")

    objects = RowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "master_frames"
        ordering = ("-taken_at", "pk")
        constraints = (
            known_choice("master_frames", "kind", MasterKind),
            finite_numbers("master_frames", "exposure_s", "level_adu", "noise_adu"),
            models.CheckConstraint(condition=Q(exposure_s__gt=0), name="master_frames_exposure_positive"),
            models.CheckConstraint(condition=Q(noise_adu__gte=0), name="master_frames_noise_not_negative"),
            models.CheckConstraint(
                condition=~Q(kind="dark") | Q(exposure_s__isnull=False), name="master_frames_dark_has_exposure"
            ),
            models.CheckConstraint(
                condition=~Q(kind="flat") | ~Q(filter_band=""), name="master_frames_flat_has_filter"
            ),
            models.UniqueConstraint(fields=("survey", "fits_path"), name="master_frames_one_per_file"),
        )
        indexes = (
            models.Index(fields=("survey", "kind", "-taken_at"), name="master_frames_to_choose"),
            models.Index(fields=("-created_at", "id"), name="master_frames_newest"),
        )

    def __str__(self):
        return f"{self.kind} {self.filter_band} {self.taken_at:%Y-%m-%d}".replace("  ", " ")
