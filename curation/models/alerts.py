"""Alerts, and their outbox."""

from django.db import models
from django.db.models import Q

from astrid.models import Row, RowQuerySet, known_choice
from curation.audit import audit_triggers
from mlregistry.models import Detection


class AlertPriority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertStatus(models.TextChoices):
    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS = {
    AlertStatus.PENDING: {AlertStatus.SENT, AlertStatus.FAILED, AlertStatus.CANCELLED},
    AlertStatus.SENT: {AlertStatus.DELIVERED, AlertStatus.FAILED},
    AlertStatus.DELIVERED: set(),
    AlertStatus.FAILED: {AlertStatus.PENDING, AlertStatus.CANCELLED},
    AlertStatus.CANCELLED: set(),
}


class Alert(Row):
    """Something that people should know about a detection."""

    Priority = AlertPriority
    Status = AlertStatus
    TRANSITIONS = TRANSITIONS

    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="alerts")
    alert_type = models.CharField(max_length=50)
    priority = models.CharField(max_length=20, choices=AlertPriority, default="medium", db_default="medium")
    title = models.CharField(max_length=200)
    message = models.TextField()
    alert_metadata = models.JSONField(default=dict, db_default={}, blank=True)
    status = models.CharField(max_length=20, choices=AlertStatus, default="pending", db_default="pending")
    sent_at = models.DateTimeField(null=True, blank=True)
    delivery_attempts = models.PositiveIntegerField(default=0, db_default=0)
    error_message = models.TextField(blank=True)

    class Meta(Row.Meta):
        db_table = "alerts"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("alerts", "priority", AlertPriority),
            known_choice("alerts", "status", AlertStatus),
            models.UniqueConstraint(fields=("detection", "alert_type"), name="alerts_once_per_detection_and_type"),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="alerts_newest"),)
        triggers = (*Row.Meta.triggers, *audit_triggers())

    def __str__(self):
        return self.title


class AlertDeliveryQuerySet(RowQuerySet):
    def due(self, now):
        """Deliveries to send: pending, and nobody else's lease on them."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now), status=AlertStatus.PENDING)


class AlertDelivery(Row):
    """One alert to one recipient over one channel: the outbox."""

    Status = AlertStatus
    TRANSITIONS = TRANSITIONS

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=50)
    recipient = models.CharField(max_length=500)
    idempotency_key = models.UUIDField(unique=True, help_text="The same for every attempt.")
    status = models.CharField(max_length=20, choices=AlertStatus, default="pending", db_default="pending")
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)

    objects = AlertDeliveryQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "alert_deliveries"
        ordering = ("-created_at", "pk")
        verbose_name_plural = "alert deliveries"
        constraints = (
            known_choice("alert_deliveries", "status", AlertStatus),
            models.UniqueConstraint(
                fields=("alert", "channel", "recipient"), name="alert_deliveries_once_per_recipient"
            ),
        )
        triggers = (*Row.Meta.triggers, *audit_triggers())

    def __str__(self):
        return f"{self.channel} to {self.recipient}"
