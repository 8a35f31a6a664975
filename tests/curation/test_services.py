import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from astrid.services import set_config
from curation import services
from curation.channels import CHANNELS, DeliveryError
from curation.models import Alert, AlertDelivery, AuditLog, ValidationEvent
from tests.factories import AlertDeliveryFactory, AlertFactory, CandidateFactory, DetectionFactory, ModelRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(make_user):
    return make_user("curator")


class TestJudge:
    def test_a_verdict_moves_the_detection_and_its_label(self, curator):
        detection = DetectionFactory()
        event = services.judge(detection, is_valid=True, label="variable", tags=["blue"], actor=curator)
        event.refresh_from_db()
        detection.refresh_from_db()
        assert (event.validator, event.is_valid, event.tags) == (curator, True, ["blue"])
        assert (detection.status, detection.label) == ("validated", "variable")

    def test_the_newest_verdict_decides(self, curator, make_user):
        detection = DetectionFactory()
        services.judge(detection, is_valid=True, label="supernova", actor=curator)
        services.judge(detection, is_valid=False, label="artifact", actor=make_user("lead"))
        detection.refresh_from_db()
        assert (detection.status, detection.label) == ("rejected", "artifact")
        assert ValidationEvent.objects.standing().count() == 2

    def test_ones_own_earlier_verdict_is_superseded(self, curator):
        detection = DetectionFactory()
        first = services.judge(detection, is_valid=True, actor=curator)
        second = services.judge(detection, is_valid=True, label="supernova", actor=curator)
        first.refresh_from_db()
        assert first.superseded_by == second
        assert list(ValidationEvent.objects.standing()) == [second]
        detection.refresh_from_db()
        assert (detection.status, detection.label) == ("validated", "supernova")

    @pytest.mark.parametrize(
        ("before", "is_valid", "after"),
        [
            ("pending", True, "validated"),
            ("pending", False, "rejected"),
            ("validating", True, "validated"),
            ("rejected", True, "validated"),
            ("validated", False, "rejected"),
            ("confirmed", True, "confirmed"),
            ("confirmed", False, "rejected"),
        ],
    )
    def test_the_status_follows(self, before, is_valid, after, curator):
        detection = DetectionFactory(status=before)
        services.judge(detection, is_valid=is_valid, actor=curator)
        detection.refresh_from_db()
        assert detection.status == after

    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            ("archived", {}),
            ("pending", {"confidence_level": "certain"}),
            ("pending", {"image_quality": "awful"}),
            ("pending", {"label": "x" * 51}),
        ],
    )
    def test_what_is_refused_leaves_nothing_behind(self, status, verdict, curator):
        detection = DetectionFactory(status=status)
        before = AuditLog.objects.count()
        with pytest.raises(ValidationError):
            services.judge(detection, is_valid=True, actor=curator, **verdict)
        detection.refresh_from_db()
        assert detection.status == status
        assert not ValidationEvent.objects.exists()
        assert AuditLog.objects.count() == before

    def test_the_log_has_both_changes_of_one_transaction_as_the_persons(self, curator):
        detection = DetectionFactory()
        event = services.judge(detection, is_valid=True, actor=curator)
        entries = [AuditLog.objects.about(row).first() for row in (detection, event)]
        assert {entry.username for entry in entries} == {curator.username}
        assert len({entry.transaction_id for entry in entries}) == 1


class TestRaisingAlerts:
    @pytest.fixture
    def run(self):
        return ModelRunFactory()

    def detect(self, run, *, confidence=0.95, **candidate):
        row = CandidateFactory(difference_run=run.difference_run, **candidate)
        return DetectionFactory(model_run=run, candidate=row, confidence_score=confidence)

    def test_every_confident_detection_gets_one(self, run, actor):
        sure = [self.detect(run, confidence=0.9), self.detect(run, confidence=1.0, mag=18.0, mag_error=0.1)]
        self.detect(run, confidence=0.89)
        self.detect(run, is_negative=True)
        DetectionFactory()
        outcome = services.raise_alerts(run.observation, actor=actor)
        assert outcome.items == 2
        assert {alert.detection for alert in Alert.objects.all()} == set(sure)

    def test_it_says_what_was_seen_where_and_by_whom(self, run, actor):
        self.detect(run, snr=12.3, mag=18.24, mag_error=0.06)
        services.raise_alerts(run.observation, actor=actor)
        alert = Alert.objects.get()
        detection = alert.detection
        assert f"{detection.ra:.5f} {detection.dec:+.5f}" in alert.title
        facts = (f"{run.model} gives it 0.950", "18.24 ± 0.06 mag", "12.3 sigma", "2026-10-01 03:00 UTC", "filter r")
        for said in facts:
            assert said in alert.message

    def test_without_a_zero_point_it_says_so(self, run, actor):
        self.detect(run)
        services.raise_alerts(run.observation, actor=actor)
        assert "no zero point" in Alert.objects.get().message

    def test_twice_is_once(self, run, actor):
        self.detect(run)
        services.raise_alerts(run.observation, actor=actor)
        assert services.raise_alerts(run.observation, actor=actor).items == 0
        assert (Alert.objects.count(), AlertDelivery.objects.count()) == (1, 1)

    def test_the_threshold_and_the_recipients_are_configuration(self, run, actor):
        self.detect(run, confidence=0.6)
        set_config(key="curation.alert_min_confidence", value=0.5, actor=actor)
        set_config(key="curation.alert_recipients", value=["a@example.org", "b@example.org"], actor=actor)
        services.raise_alerts(run.observation, actor=actor)
        deliveries = AlertDelivery.objects.all()
        assert {row.recipient for row in deliveries} == {"a@example.org", "b@example.org"}
        assert len({row.idempotency_key for row in deliveries}) == 2

    def test_they_are_queued_for_delivery_once(self, run, actor):
        services.raise_alerts(run.observation, actor=actor)
        queued = ProcrastinateJob.objects.filter(task_name=services.DELIVERY_TASK)
        assert not queued.exists()
        self.detect(run)
        services.raise_alerts(run.observation, actor=actor)
        services.raise_alerts(run.observation, actor=actor)
        assert queued.count() == 1


class Channel:
    """Notes what it was given; refuses as long as it is told to."""

    def __init__(self):
        self.keys: list[uuid.UUID] = []
        self.refuses = False

    def __call__(self, delivery):
        self.keys.append(delivery.idempotency_key)
        if self.refuses:
            raise DeliveryError("the mailbox is full")


@pytest.fixture
def channel(monkeypatch):
    channel = Channel()
    monkeypatch.setitem(CHANNELS, "email", channel)
    return channel


class TestDelivering:
    def retry(self, delivery, *, actor) -> int:
        """Another round, after the lease ended."""
        AlertDelivery.objects.filter(pk=delivery.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
        return services.deliver_due(actor=actor)

    def test_what_is_due_is_sent_and_marked(self, channel, actor):
        deliveries = AlertDeliveryFactory.create_batch(3)
        assert services.deliver_due(actor=actor) == 0
        assert sorted(channel.keys) == sorted(uuid.UUID(str(row.idempotency_key)) for row in deliveries)
        for row in AlertDelivery.objects.select_related("alert"):
            assert (row.status, row.attempts, row.alert.status) == ("sent", 1, "sent")
            assert row.sent_at == row.alert.sent_at

    def test_it_is_marked_after_it_was_sent(self, actor, monkeypatch):
        seen = []
        delivery = AlertDeliveryFactory()

        def send(sent):
            seen.append(AlertDelivery.objects.get(pk=sent.pk).status)

        monkeypatch.setitem(CHANNELS, "email", send)
        services.deliver_due(actor=actor)
        delivery.refresh_from_db()
        assert (seen, delivery.status) == (["pending"], "sent")

    def test_twice_is_once(self, channel, actor):
        AlertDeliveryFactory()
        services.deliver_due(actor=actor)
        services.deliver_due(actor=actor)
        assert len(channel.keys) == 1

    def test_a_failure_keeps_its_error_and_pauses(self, channel, actor):
        delivery, channel.refuses = AlertDeliveryFactory(), True
        assert services.deliver_due(actor=actor) == 1
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, delivery.sent_at) == ("pending", 1, None)
        assert delivery.error_message == "the mailbox is full"
        assert delivery.leased_until > timezone.now()
        assert services.deliver_due(actor=actor) == 1
        assert len(channel.keys) == 1

    def test_a_later_attempt_has_the_same_key_and_clears_the_error(self, channel, actor):
        delivery, channel.refuses = AlertDeliveryFactory(), True
        services.deliver_due(actor=actor)
        channel.refuses = False
        assert self.retry(delivery, actor=actor) == 0
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, delivery.error_message) == ("sent", 2, "")
        assert len(channel.keys) == 2
        assert len(set(channel.keys)) == 1

    def test_after_the_last_attempt_it_has_failed_and_the_alert_says_why(self, channel, actor):
        delivery, channel.refuses = AlertDeliveryFactory(), True
        for _ in range(services.MAX_ATTEMPTS):
            self.retry(delivery, actor=actor)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("failed", services.MAX_ATTEMPTS)
        assert (delivery.alert.status, delivery.alert.error_message) == ("failed", "the mailbox is full")
        assert delivery.alert.delivery_attempts == services.MAX_ATTEMPTS
        assert self.retry(delivery, actor=actor) == 0
        assert len(channel.keys) == services.MAX_ATTEMPTS

    def test_an_error_of_ours_is_not_taken_for_a_refusal(self, actor, monkeypatch):
        """It goes up to the job engine; the lease keeps the delivery from being hammered."""

        def broken(delivery):
            raise ZeroDivisionError

        monkeypatch.setitem(CHANNELS, "email", broken)
        delivery = AlertDeliveryFactory()
        with pytest.raises(ZeroDivisionError):
            services.deliver_due(actor=actor)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("pending", 1)

    def test_an_alert_settles_with_its_last_delivery(self, channel, actor):
        alert = AlertFactory()
        first, later = (AlertDeliveryFactory(alert=alert, recipient=f"{name}@example.org") for name in "ab")
        AlertDelivery.objects.filter(pk=later.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
        services.deliver_due(actor=actor)
        first.refresh_from_db()
        alert.refresh_from_db()
        assert (first.status, alert.status) == ("sent", "pending")
        self.retry(later, actor=actor)
        alert.refresh_from_db()
        assert (alert.status, alert.delivery_attempts) == ("sent", 2)

    def test_somebody_elses_lease_is_respected(self, channel, actor):
        AlertDeliveryFactory(leased_until=timezone.now() + timedelta(minutes=1))
        assert services.deliver_due(actor=actor) == 1
        assert channel.keys == []

    def test_what_was_cancelled_is_not_sent(self, channel, actor):
        AlertDeliveryFactory(status="cancelled")
        assert services.deliver_due(actor=actor) == 0
        assert channel.keys == []
