"""The tables of phase 4."""

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from curation.models import AlertDelivery, AuditLog, ReviewClaim, ValidationEvent
from tests.database import check_constraints, refused_by, set_by_sql
from tests.factories import AlertDeliveryFactory, AlertFactory, DetectionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def verdict_of(make_user):
    """Makes a verdict of a new person."""

    def make(detection=None, **fields) -> ValidationEvent:
        validator = make_user("curator", username=f"curator-{ValidationEvent.objects.count()}")
        detection = detection or DetectionFactory()
        return ValidationEvent.objects.create(detection=detection, validator=validator, is_valid=True, **fields)

    return make


IMPOSSIBLE = [
    (AlertFactory, "alerts_priority_known", {"priority": "whatever"}),
    (AlertFactory, "alerts_status_known", {"status": "lost"}),
    (AlertDeliveryFactory, "alert_deliveries_status_known", {"status": "lost"}),
]
IMPOSSIBLE_VERDICTS = [
    ("validation_events_confidence_level_known", {"confidence_level": "certain"}),
    ("validation_events_image_quality_known", {"image_quality": "superb"}),
    ("validation_events_detection_quality_known", {"detection_quality": "superb"}),
]


@pytest.mark.parametrize(("factory", "constraint", "columns"), IMPOSSIBLE)
def test_the_database_refuses_an_impossible_value(factory, constraint, columns):
    row = factory()
    with refused_by(constraint):
        set_by_sql(row, **columns)


@pytest.mark.parametrize(("constraint", "columns"), IMPOSSIBLE_VERDICTS)
def test_the_database_refuses_an_impossible_verdict(verdict_of, constraint, columns):
    verdict = verdict_of()
    with refused_by(constraint):
        set_by_sql(verdict, **columns)


def test_every_check_is_tried_here():
    tried = {constraint for _, constraint, _ in IMPOSSIBLE} | {constraint for constraint, _ in IMPOSSIBLE_VERDICTS}
    tried |= {"validation_events_not_by_itself", "review_claims_expire_later"}
    assert tried == check_constraints("curation")


def test_a_verdict_does_not_supersede_itself(verdict_of):
    verdict = verdict_of()
    with refused_by("validation_events_not_by_itself"):
        set_by_sql(verdict, superseded_by_id=verdict.pk)


def test_a_person_has_one_standing_verdict_on_a_detection(verdict_of):
    first = verdict_of()
    fields = {"detection": first.detection, "validator": first.validator, "is_valid": False}
    with refused_by("validation_events_one_standing_per_person"):
        ValidationEvent.objects.create(**fields)
    second = ValidationEvent(**fields)
    set_by_sql(first, superseded_by_id=second.pk)
    second.save(force_insert=True)
    other = verdict_of(first.detection)
    assert set(ValidationEvent.objects.standing()) == {second, other}


def test_a_person_with_verdicts_cannot_be_deleted(verdict_of):
    with pytest.raises(ProtectedError):
        verdict_of().validator.delete()


def test_a_detection_is_claimed_by_one_person_until_a_later_time(make_user):
    detection, later = DetectionFactory(), timezone.now() + timedelta(minutes=5)
    claim = ReviewClaim.objects.create(detection=detection, holder=make_user("curator"), expires_at=later)
    with refused_by("review_claims_detection_id_key"):
        ReviewClaim.objects.create(detection=detection, holder=make_user("lead"), expires_at=later)
    with refused_by("review_claims_expire_later"):
        set_by_sql(claim, expires_at=claim.created_at)


def test_an_alert_of_a_type_is_raised_once_for_a_detection_and_sent_once_to_a_recipient():
    alert = AlertFactory()
    other = AlertFactory(detection=alert.detection, alert_type="confirmed")
    with refused_by("alerts_once_per_detection_and_type"):
        set_by_sql(other, alert_type=alert.alert_type)
    delivery = AlertDeliveryFactory(alert=alert)
    copy = AlertDeliveryFactory(alert=alert, recipient="another@example.org")
    with refused_by("alert_deliveries_once_per_recipient"):
        set_by_sql(copy, recipient=delivery.recipient)
    with refused_by("alert_deliveries_idempotency_key_key"):
        set_by_sql(copy, idempotency_key=delivery.idempotency_key)


def test_a_delivery_is_due_while_it_waits_and_nobody_holds_a_lease_on_it():
    now = timezone.now()
    due = [AlertDeliveryFactory(leased_until=until) for until in (None, now, now - timedelta(minutes=1))]
    AlertDeliveryFactory(leased_until=now + timedelta(seconds=1))
    AlertDeliveryFactory(status="sent")
    assert set(AlertDelivery.objects.due(now)) == set(due)


def test_the_log_tells_the_history_of_a_row_newest_first():
    alert, _ = AlertFactory(), AlertFactory()
    set_by_sql(alert, title="Nova")
    assert [(entry.action, entry.entity_id) for entry in AuditLog.objects.about(alert)] == [
        ("update", str(alert.pk)), ("insert", str(alert.pk)),
    ]  # fmt: skip
