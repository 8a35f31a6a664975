import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from curation.models import Alert, AlertDelivery, AuditLog, AuditSeal, ReviewClaim, ValidationEvent
from tests.admin_suite import AdminSuite, models_without_a_test
from tests.factories import AlertDeliveryFactory, DetectionFactory, SurveyFactory


class TestValidationEvents(AdminSuite):
    model = ValidationEvent
    filter_queries = 2

    def make(self):
        return ValidationEvent.objects.create(detection=DetectionFactory(), validator=_somebody(), is_valid=True)


class TestReviewClaims(AdminSuite):
    model = ReviewClaim

    def make(self):
        expires_at = timezone.now() + timedelta(hours=1)
        return ReviewClaim.objects.create(detection=DetectionFactory(), holder=_somebody(), expires_at=expires_at)


class TestAlerts(AdminSuite):
    model = Alert
    filter_queries = 1

    def make(self):
        return AlertDeliveryFactory().alert


class TestAlertDeliveries(AdminSuite):
    model = AlertDelivery
    filter_queries = 1

    def make(self):
        return AlertDeliveryFactory()


class TestAuditLog(AdminSuite):
    model = AuditLog
    reader = "operator"
    filter_queries = 1

    def make(self):
        return AuditLog.objects.about(SurveyFactory()).get()


class TestAuditSeals(AdminSuite):
    model = AuditSeal
    reader = "operator"

    def make(self):
        now = timezone.now()
        return AuditSeal.objects.create(
            first_entry_at=now, last_entry_at=now, entry_count=1, sha256=f"{AuditSeal.objects.count():064x}"
        )


def _somebody() -> User:
    return User.objects.get(username="pipeline")


def test_every_model_has_its_suite():
    assert models_without_a_test("curation", globals()) == set()


def _judge(detection) -> str:
    return reverse("admin:curation_judge", args=(detection.pk,))


def _page(detection) -> str:
    return reverse("admin:mlregistry_detection_change", args=(detection.pk,))


REAL = {"is_valid": "True", "label": "supernova", "confidence_level": "high", "notes": "beside its <b>host</b>"}


class TestJudging:
    @pytest.fixture
    def detection(self, db):
        return DetectionFactory()

    def test_a_curators_verdict_is_recorded_moves_the_detection_and_is_audited(self, browser_of, detection):
        answer = browser_of("curator").post(_judge(detection), REAL, follow=True)
        assert answer.redirect_chain == [(_page(detection), 302)]
        assert [str(message) for message in answer.context["messages"]] == ["Recorded: real."]
        event = ValidationEvent.objects.get()
        assert (event.validator.username, event.is_valid, event.label) == ("curator-person", True, "supernova")
        detection.refresh_from_db()
        assert (detection.status, detection.label) == ("validated", "supernova")
        moved, given = (AuditLog.objects.about(row).first() for row in (detection, event))
        assert (moved.username, moved.source) == ("curator-person", f"POST {_judge(detection)}")
        assert moved.transaction_id == given.transaction_id

    def test_its_notes_are_text_not_html(self, browser_of, detection):
        page = browser_of("curator").post(_judge(detection), REAL, follow=True).content.decode()
        assert "beside its &lt;b&gt;host&lt;/b&gt;" in page
        assert "<b>host</b>" not in page

    def test_a_second_verdict_supersedes_the_first(self, browser_of, detection):
        browser = browser_of("curator")
        browser.post(_judge(detection), REAL)
        page = browser.post(_judge(detection), REAL | {"is_valid": "False"}, follow=True).content.decode()
        first, second = ValidationEvent.objects.order_by("created_at")
        assert (first.superseded_by, second.superseded_by) == (second, None)
        assert page.count('class="superseded"') == 1
        detection.refresh_from_db()
        assert detection.status == "rejected"

    def test_a_verdict_is_never_a_get(self, browser_of, detection):
        assert browser_of("curator").get(_judge(detection), REAL).status_code == 405
        assert not ValidationEvent.objects.exists()

    @pytest.mark.parametrize("role", ["viewer", "operator"])
    def test_others_have_no_form_and_are_refused(self, role, browser_of, detection):
        browser = browser_of(role)
        assert "verdict-form" not in browser.get(_page(detection)).content.decode()
        assert browser.post(_judge(detection), REAL).status_code == 403
        assert not ValidationEvent.objects.exists()

    def test_another_sites_form_is_refused(self, make_user, detection):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(make_user("curator"))
        assert browser.post(_judge(detection), REAL).status_code == 403
        assert not ValidationEvent.objects.exists()

    def test_anonymous_is_sent_to_the_login(self, client, detection):
        assert client.post(_judge(detection), REAL).url.startswith("/admin/login/")

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"is_valid": ""}, "It is: This field is required."),
            ({"confidence_level": "certain"}, "How sure: Select a valid choice."),
            ({"label": "ghost"}, "Label: Select a valid choice."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_recorded(self, wrong, said, browser_of, detection):
        answer = browser_of("curator").post(_judge(detection), REAL | wrong, follow=True)
        (message,) = answer.context["messages"]
        assert str(message).startswith(f"Not recorded. {said}")
        assert not ValidationEvent.objects.exists()

    def test_an_archived_detection_is_refused(self, browser_of):
        detection = DetectionFactory(status="archived")
        (message,) = browser_of("curator").post(_judge(detection), REAL, follow=True).context["messages"]
        assert "archived" in str(message)
        assert not ValidationEvent.objects.exists()

    def test_an_unknown_detection_is_404(self, browser_of):
        path = "/admin/mlregistry/detection/00000000-0000-7000-8000-000000000000/judge/"
        assert browser_of("curator").post(path, REAL).status_code == 404


def test_a_rows_history_is_its_audit_log(browser_of):
    survey = SurveyFactory()
    page = f"/admin/astrid/survey/{survey.pk}/change/"
    operator = browser_of("operator")
    (history,) = re.findall(r'<a href="([^"]+)" class="historylink">', operator.get(page).content.decode())
    entries = operator.get(html.unescape(history)).context["cl"].result_list
    assert [(entry.entity_type, entry.entity_id) for entry in entries] == [("surveys", str(survey.pk))]
    assert "historylink" not in browser_of("viewer").get(page).content.decode()


@pytest.mark.parametrize("page", ["auditlog", "auditseal"])
@pytest.mark.parametrize("role", ["viewer", "curator"])
def test_the_audit_is_not_for_everybody(role, page, browser_of):
    assert browser_of(role).get(f"/admin/curation/{page}/").status_code == 403
