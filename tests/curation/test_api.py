from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from curation.models import AuditLog, AuditSeal, ReviewClaim, ValidationEvent
from tests.api_suite import ResourceSuite, routes_without_a_test
from tests.factories import AlertDeliveryFactory, AlertFactory, DetectionFactory, SurveyFactory

EVENTS = "/api/v1/validation-events/"


class TestValidationEvents(ResourceSuite):
    route = "validation-events"
    creates = True

    def make(self):
        return ValidationEvent.objects.create(detection=DetectionFactory(), validator=_somebody(), is_valid=True)


class TestReviewClaims(ResourceSuite):
    route = "review-claims"

    def make(self):
        expires_at = timezone.now() + timedelta(hours=1)
        return ReviewClaim.objects.create(detection=DetectionFactory(), holder=_somebody(), expires_at=expires_at)


class TestAlerts(ResourceSuite):
    route = "alerts"

    def make(self):
        return AlertFactory()


class TestAlertDeliveries(ResourceSuite):
    route = "alert-deliveries"

    def make(self):
        return AlertDeliveryFactory()


class TestAuditLog(ResourceSuite):
    route = "audit-log"
    reader = "operator"

    def make(self):
        return AuditLog.objects.about(SurveyFactory()).get()

    def test_a_reader_lists_and_retrieves(self, api_of):
        row = self.make()
        client = api_of(self.reader)
        answer = client.get(f"{self.path}{row.pk}/")
        assert answer.status_code == 200
        found = client.get(self.path, {"entity_type": "surveys", "entity_id": row.entity_id}).json()
        assert found["results"] == [answer.json()]


class TestAuditSeals(ResourceSuite):
    route = "audit-seals"
    reader = "operator"

    def make(self):
        now = timezone.now()
        return AuditSeal.objects.create(
            first_entry_at=now, last_entry_at=now, entry_count=1, sha256=f"{AuditSeal.objects.count():064x}"
        )


def _somebody() -> User:
    return User.objects.get(username="pipeline")


def test_every_route_has_its_suite():
    assert routes_without_a_test("curation", globals()) == set()


@pytest.mark.parametrize("role", ["viewer", "curator", "pipeline"])
@pytest.mark.parametrize("route", ["audit-log", "audit-seals"])
def test_the_audit_is_not_for_everybody(role, route, api_of):
    assert api_of(role).get(f"/api/v1/{route}/").status_code == 403


@pytest.fixture
def detection(db):
    return DetectionFactory()


def _verdict_on(detection) -> dict:
    return {"detection": str(detection.pk), "is_valid": True}


class TestJudging:
    def post(self, client, detection, **verdict):
        return client.post(EVENTS, _verdict_on(detection) | verdict)

    def test_a_verdict_is_recorded_and_moves_the_detection(self, api_of, detection):
        answer = self.post(api_of("curator"), detection, label="supernova", tags=["host", "bright"], notes="a <b>")
        assert answer.status_code == 201
        assert answer.json()["tags"] == ["host", "bright"]
        detection.refresh_from_db()
        assert (detection.status, detection.label) == ("validated", "supernova")
        event = ValidationEvent.objects.get()
        moved = AuditLog.objects.about(detection).first()
        given = AuditLog.objects.about(event).get()
        assert moved.transaction_id == given.transaction_id
        assert moved.username == given.username == "curator-person"

    def test_the_validator_is_who_is_logged_in_whatever_the_client_says(self, api_of, make_user, detection):
        other = make_user("lead")
        answer = self.post(api_of("curator"), detection, validator=other.pk, superseded_by=str(detection.pk))
        assert answer.status_code == 201
        event = ValidationEvent.objects.get()
        assert event.validator.username == "curator-person"
        assert event.superseded_by is None

    @pytest.mark.parametrize("role", ["viewer", "operator", "pipeline"])
    def test_only_curators_and_leads_judge(self, role, api_of, detection):
        assert self.post(api_of(role), detection).status_code == 403
        assert not ValidationEvent.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("detection", "00000000-0000-7000-8000-000000000000"),
            ("detection", None),
            ("is_valid", "perhaps"),
            ("is_valid", None),
            ("confidence_level", "certain"),
            ("image_quality", "awful"),
            ("detection_quality", "awful"),
            ("label", "x" * 51),
            ("notes", "nul \0"),
            ("tags", "bright"),
            ("tags", [{"a": 1}]),
            ("tags", ["nul \0"]),
            ("decision_time_ms", -1),
        ],
    )
    def test_a_wrong_value_is_named_and_nothing_is_written(self, field, value, api_of, detection):
        answer = api_of("curator").post(EVENTS, _verdict_on(detection) | {field: value})
        assert answer.status_code == 400
        assert field in answer.json()
        assert not ValidationEvent.objects.exists()
        detection.refresh_from_db()
        assert detection.status == "pending"

    def test_an_archived_detection_is_refused(self, api_of):
        archived = DetectionFactory(status="archived")
        answer = self.post(api_of("curator"), archived)
        assert answer.status_code == 400
        assert "archived" in str(answer.json())
        assert not ValidationEvent.objects.exists()

    def test_a_second_verdict_supersedes_the_first(self, api_of, detection):
        client = api_of("curator")
        first = self.post(client, detection).json()
        second = self.post(client, detection, is_valid=False).json()
        standing = client.get(EVENTS, {"superseded_by__isnull": "true"}).json()["results"]
        assert [row["id"] for row in standing] == [second["id"]]
        assert client.get(f"{EVENTS}{first['id']}/").json()["superseded_by"] == second["id"]
        detection.refresh_from_db()
        assert detection.status == "rejected"


def test_an_audit_entry_says_who_did_what_from_where(api_of):
    survey = SurveyFactory()
    facts = {
        "survey": str(survey.pk),
        "observation_id": "announced",
        "ra": 1,
        "dec": 2,
        "footprint": [[0, 1], [2, 1], [2, 3], [0, 3]],
        "observation_time": "2026-10-01T03:00Z",
        "filter_band": "r",
        "exposure_time": 60,
    }
    answer = api_of("operator").post("/api/v1/observations/", facts, headers={"user-agent": "telescope/1"})
    entry = AuditLog.objects.get(entity_id=answer.json()["id"])
    assert (entry.action, entry.username) == ("insert", "operator-person")
    assert (entry.source, entry.user_agent) == ("POST /api/v1/observations/", "telescope/1")
    assert entry.ip_address == "127.0.0.1"
