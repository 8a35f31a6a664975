"""Verdicts of people on detections."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from astrid.models import Row, RowQuerySet, known_choice
from curation.audit import audit_triggers
from mlregistry.models import Detection


class ConfidenceLevel(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    EXPERT = "expert"


class Quality(models.TextChoices):
    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class ValidationEventQuerySet(RowQuerySet):
    def standing(self):
        """Verdicts that nothing has superseded."""
        return self.filter(superseded_by=None)


class ValidationEvent(Row):
    """One person's verdict. It is never edited: a later one supersedes it."""

    ConfidenceLevel = ConfidenceLevel
    Quality = Quality

    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="validation_events")
    validator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="validation_events")
    is_valid = models.BooleanField(help_text="Real, not an artefact.")
    label = models.CharField(max_length=50, blank=True)
    confidence_level = models.CharField(max_length=20, choices=ConfidenceLevel, default="medium", db_default="medium")
    notes = models.TextField(blank=True)
    tags = models.JSONField(default=list, db_default=[], blank=True)
    image_quality = models.CharField(max_length=20, choices=Quality, blank=True)
    detection_quality = models.CharField(max_length=20, choices=Quality, blank=True)
    score_was_visible = models.BooleanField(default=True, db_default=True, help_text="False: a blind review.")
    decision_time_ms = models.PositiveIntegerField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )

    objects = ValidationEventQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "validation_events"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("validation_events", "confidence_level", ConfidenceLevel),
            known_choice("validation_events", "image_quality", Quality, blank=True),
            known_choice("validation_events", "detection_quality", Quality, blank=True),
            models.UniqueConstraint(
                fields=("detection", "validator"),
                condition=Q(superseded_by=None),
                name="validation_events_one_standing_per_person",
            ),
            models.CheckConstraint(condition=~Q(superseded_by=F("id")), name="validation_events_not_by_itself"),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="validation_events_newest"),)
        triggers = (*Row.Meta.triggers, *audit_triggers())

    def __str__(self):
        return f"{self.validator}: {'real' if self.is_valid else 'bogus'}"


class ReviewClaim(Row):
    """A lease on a detection: while it lasts, only its holder judges."""

    detection = models.OneToOneField(Detection, on_delete=models.CASCADE, related_name="review_claim")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_claims")
    expires_at = models.DateTimeField()

    class Meta(Row.Meta):
        db_table = "review_claims"
        ordering = ("expires_at", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="review_claims_expire_later"),
        )
        triggers = (*Row.Meta.triggers, *audit_triggers())

    def __str__(self):
        return f"{self.holder} until {self.expires_at:%H:%M}"
