import re

import pytest
from django.urls import reverse

from astrid import storage
from astrid.models import Observation, Survey, SystemConfig
from tests.admin_suite import ELSEWHERE, AdminSuite, models_without_a_test
from tests.factories import ObservationFactory, SurveyFactory


class TestSurveys(AdminSuite):
    model = Survey

    def make(self):
        return SurveyFactory(base_url="https://example.org/")


class TestObservations(AdminSuite):
    model = Observation
    filter_queries = 2

    def make(self):
        return ObservationFactory()


class TestSystemConfig(AdminSuite):
    model = SystemConfig

    def make(self):
        return SystemConfig.objects.create(key=f"key.{SystemConfig.objects.count()}", value=1)


def test_every_model_has_its_suite():
    assert models_without_a_test("astrid", globals()) == set()


class TestChangingTheConfiguration:
    @pytest.fixture
    def page(self, db):
        return _page("systemconfig", "change", SystemConfig.objects.get(key="astrid.ingest_max_mb").pk)

    def test_a_value_is_put_in_force(self, browser_of, page):
        SystemConfig.objects.filter(key="astrid.ingest_max_mb").update(is_active=False)
        assert browser_of("operator").post(page, {"value": "100"}).status_code == 302
        assert SystemConfig.objects.in_force("astrid.ingest_max_mb") == 100

    @pytest.mark.parametrize("value", ["0", "1e9", '"many"', "true", "", "nonsense"])
    def test_a_value_out_of_range_is_an_error_at_its_field(self, value, browser_of, page):
        answer = browser_of("operator").post(page, {"value": value})
        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == ["value"]
        assert SystemConfig.objects.in_force("astrid.ingest_max_mb") == 2048

    @pytest.mark.parametrize("role", ["viewer", "curator"])
    def test_others_may_not(self, role, browser_of, page):
        assert browser_of(role).post(page, {"value": "100"}).status_code == 403

    def test_keys_are_neither_added_nor_deleted(self, browser_of, page):
        browser = browser_of("admin")
        assert browser.get(_page("systemconfig", "add")).status_code == 403
        assert browser.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_an_operator_adds_a_survey_with_a_bare_host_as_https(browser_of):
    values = {"name": "Mine", "base_url": "example.org", "header_keywords": "{}", "is_active": "on"}
    assert browser_of("operator").post(_page("survey", "add"), values).status_code == 302
    assert Survey.objects.get(name="Mine").base_url == "https://example.org"


def test_dates_are_iso(browser_of):
    ObservationFactory()
    assert "2026-10-01 03:00:00" in browser_of("viewer").get(_page("observation", "changelist")).content.decode()


class TestThumbnails:
    PIXELS = b"\x89PNG and pixels"

    @pytest.fixture
    def observation(self, db, artefacts):
        key = storage.keep(lambda path: path.write_bytes(self.PIXELS), suffix=".png")
        return ObservationFactory(thumbnail_path=key)

    def test_list_and_page_show_the_picture(self, observation, browser_of):
        browser = browser_of("viewer")
        for path in (_page("observation", "changelist"), _page("observation", "change", observation.pk)):
            source = re.search(r'<img class="thumbnail" src="([^"]+)"', browser.get(path).content.decode())[1]
            answer = browser.get(source)
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
            assert b"".join(answer.streaming_content) == self.PIXELS
            assert "private" in answer["Cache-Control"]

    def test_a_missing_file_is_said_and_the_page_stands(self, observation, browser_of):
        storage.path_of(observation.thumbnail_path).unlink()
        browser = browser_of("viewer")
        for path in (_page("observation", "changelist"), _page("observation", "change", observation.pk)):
            assert "no longer in the artefact store" in browser.get(path).content.decode()
        assert browser.get(_page("observation", "thumbnail", observation.pk)).status_code == 404

    def test_without_one_there_is_none(self, browser_of):
        observation, browser = ObservationFactory(), browser_of("viewer")
        assert "<img" not in browser.get(_page("observation", "change", observation.pk)).content.decode()
        assert browser.get(_page("observation", "thumbnail", observation.pk)).status_code == 404

    def test_who_may_not_see_the_observation_sees_no_picture(self, observation, client, make_user):
        path = _page("observation", "thumbnail", observation.pk)
        assert client.get(path).status_code == 302
        stranger = make_user("viewer")
        stranger.groups.clear()
        client.force_login(stranger)
        assert client.get(path).status_code == 404


def test_the_index_and_the_login_hold_nothing_of_another_host(browser_of, client):
    for browser, path in ((browser_of("admin"), "/admin/"), (client, "/admin/login/")):
        page = browser.get(path).content.decode()
        assert "astrid/admin.css" in page
        assert ELSEWHERE.findall(page) == []


def _page(model: str, name: str, *args) -> str:
    return reverse(f"admin:astrid_{model}_{name}", args=args)


def test_numbers_and_json_are_shown_as_people_read_them(browser_of):
    observation = ObservationFactory(ra=83.98771719414592, airmass=None, header={"EXPTIME": 90.0, "GAIN": 1 / 3})
    page = browser_of("viewer").get(_page("observation", "change", observation.pk)).content.decode()
    assert '<div class="readonly">83.98771719</div>' in page
    assert "&quot;GAIN&quot;: 0.3333333333,\n  &quot;EXPTIME&quot;: 90.0\n" in page
    assert '<div class="readonly">–</div>' in page
