"""Verbs of phase 4: judge a detection, raise alerts, deliver them."""

import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from astrid.actors import acting, service
from astrid.models import Observation, SystemConfig
from astrid.transitions import transition
from curation.channels import CHANNELS, DeliveryError
from curation.models import Alert, AlertDelivery, AlertStatus, ValidationEvent
from mlregistry.models import Detection, DetectionStatus
from pipeline.stages import Outcome, enqueue

NEW_DETECTION = "new detection"
DELIVERY_TASK = "curation.tasks.deliver_alerts"
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 5


@service
def judge(detection: Detection, *, is_valid: bool, actor, **verdict) -> ValidationEvent:
    """Record a person's verdict and move the detection's status with it; their earlier verdict is superseded.

    `verdict` may hold label, confidence_level, notes, tags, image_quality, detection_quality,
    score_was_visible and decision_time_ms. The newest verdict decides.

    Raises
    ------
    ValidationError
        The detection is archived, or a field has no such value.
    """
    detection = Detection.objects.select_for_update().get(pk=detection.pk)
    if detection.status == DetectionStatus.ARCHIVED:
        raise ValidationError("This detection is archived and can no longer be judged.")
    event = ValidationEvent(detection=detection, validator=actor, is_valid=is_valid, **verdict)
    event.clean_fields()
    # The foreign key is checked at commit, the rule of one standing verdict at once: so the old one steps back first.
    ValidationEvent.objects.standing().filter(detection=detection, validator=actor).update(superseded_by=event.pk)
    event.save(force_insert=True)
    _follow(detection, event)
    return event


def _follow(detection: Detection, event: ValidationEvent) -> None:
    holds = (DetectionStatus.VALIDATED, DetectionStatus.CONFIRMED) if event.is_valid else (DetectionStatus.REJECTED,)
    if detection.status not in holds:
        transition(
            detection, DetectionStatus.VALIDATED if event.is_valid else DetectionStatus.REJECTED, label=event.label
        )
    elif detection.label != event.label:
        detection.label = event.label
        detection.save(update_fields=["label"])


@service
def raise_alerts(observation: Observation, *, actor) -> Outcome:
    """Write an alert, and its deliveries, for every confident detection of an observation that has none yet."""
    minimum = SystemConfig.objects.in_force("curation.alert_min_confidence")
    recipients = SystemConfig.objects.in_force("curation.alert_recipients")
    confident = observation.detections.filter(confidence_score__gte=minimum, candidate__is_negative=False)
    new = confident.exclude(alerts__alert_type=NEW_DETECTION).select_related("candidate", "model_run__model")
    alerts = Alert.objects.bulk_create(_new_detection_alert(detection, observation) for detection in new)
    AlertDelivery.objects.bulk_create(
        AlertDelivery(alert=alert, channel="email", recipient=recipient, idempotency_key=uuid.uuid4())
        for alert in alerts
        for recipient in recipients
    )
    if alerts:
        enqueue(DELIVERY_TASK, lock=DELIVERY_TASK)
    return Outcome(items=len(alerts), message=f"{len(alerts)} alerts")


def _new_detection_alert(detection: Detection, observation: Observation) -> Alert:
    candidate = detection.candidate
    magnitude = "no zero point" if candidate.mag is None else f"{candidate.mag:.2f} ± {candidate.mag_error:.2f} mag"
    return Alert(
        detection=detection,
        alert_type=NEW_DETECTION,
        priority=Alert.Priority.MEDIUM,
        title=f"New detection at {detection.ra:.5f} {detection.dec:+.5f}",
        message=(
            f"{detection.model_run.model} gives it {detection.confidence_score:.3f}.\n"
            f"Seen in {observation} on {observation.observation_time:%Y-%m-%d %H:%M} UTC, "
            f"filter {observation.filter_band}: {magnitude}, {candidate.snr:.1f} sigma.\n"
            f"Position (ICRS): {detection.ra:.6f} {detection.dec:+.6f} degrees."
        ),
        alert_metadata={
            "confidence_score": detection.confidence_score,
            "model": str(detection.model_run.model),
            "snr": candidate.snr,
            "sky_object": str(candidate.sky_object_id),
        },
    )


def deliver_due(*, actor) -> int:
    """Send every delivery that is due, one after the other; how many still wait for another attempt."""
    while delivery := _lease(actor=actor):
        _deliver(delivery, actor=actor)
    return AlertDelivery.objects.filter(status=AlertStatus.PENDING).count()


def _lease(*, actor) -> AlertDelivery | None:
    """Take the next delivery for a while, so that nobody else sends it meanwhile."""
    now = timezone.now()
    with transaction.atomic(), acting(actor):
        delivery = AlertDelivery.objects.due(now).select_for_update(skip_locked=True).order_by("created_at").first()
        if delivery:
            delivery.leased_until = now + LEASE
            delivery.attempts += 1
            delivery.save(update_fields=["leased_until", "attempts"])
    return delivery


def _deliver(delivery: AlertDelivery, *, actor) -> None:
    """Send, then mark: what is marked sent was sent; what was sent and not marked goes again with the same key."""
    try:
        CHANNELS[delivery.channel](delivery)
    except DeliveryError as error:
        _record_failure(delivery, error, actor=actor)
    else:
        _record_sent(delivery, actor=actor)


@service
def _record_sent(delivery: AlertDelivery, *, actor) -> None:
    transition(delivery, AlertStatus.SENT, sent_at=timezone.now(), error_message="")
    _settle(delivery.alert)


@service
def _record_failure(delivery: AlertDelivery, error: DeliveryError, *, actor) -> None:
    """The lease stays: it is the pause before the next attempt."""
    delivery.error_message = str(error)
    delivery.save(update_fields=["error_message"])
    if delivery.attempts >= MAX_ATTEMPTS:
        transition(delivery, AlertStatus.FAILED)
        _settle(delivery.alert)


def _settle(alert: Alert) -> None:
    """An alert is sent when all of its deliveries are, and failed when one of them is, with none left to try."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    rows = list(alert.deliveries.all())
    statuses = {row.status for row in rows}
    if alert.status != AlertStatus.PENDING or AlertStatus.PENDING in statuses:
        return
    errors = "\n".join(row.error_message for row in rows if row.status == AlertStatus.FAILED)
    transition(
        alert,
        AlertStatus.FAILED if errors else AlertStatus.SENT,
        sent_at=max((row.sent_at for row in rows if row.sent_at), default=None),
        delivery_attempts=sum(row.attempts for row in rows),
        error_message=errors,
    )


def ensure_audit_partitions(*, months_ahead: int = 24) -> None:
    """Make the audit log's partitions for the months to come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_log_ensure_partitions(%s)", [months_ahead])
