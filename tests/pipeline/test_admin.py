import re

import pytest
from django.urls import reverse

from pipeline.models import (
    Candidate,
    Catalogue,
    CatalogueSource,
    DifferenceRun,
    KnownMatch,
    LightCurvePoint,
    MasterFrame,
    MinorPlanet,
    PreprocessRun,
    ProcessingJob,
    SkyObject,
)
from tests.admin_suite import AdminSuite, models_without_a_test
from tests.factories import (
    CandidateFactory,
    CatalogueFactory,
    CatalogueSourceFactory,
    DifferenceRunFactory,
    KnownMatchFactory,
    LightCurvePointFactory,
    MasterFrameFactory,
    MinorPlanetFactory,
    ObservationFactory,
    PreprocessRunFactory,
    ProcessingJobFactory,
    SkyObjectFactory,
)
from tests.pictures import keep_pictures


class TestPreprocessRuns(AdminSuite):
    model = PreprocessRun

    def make(self):
        return PreprocessRunFactory()


class TestDifferenceRuns(AdminSuite):
    model = DifferenceRun
    filter_queries = 1

    def make(self):
        return DifferenceRunFactory()


class TestMasterFrames(AdminSuite):
    model = MasterFrame

    def make(self):
        return MasterFrameFactory()


class TestCatalogues(AdminSuite):
    model = Catalogue

    def make(self):
        return CatalogueFactory()


class TestCatalogueSources(AdminSuite):
    model = CatalogueSource

    def make(self):
        return CatalogueSourceFactory()


class TestMinorPlanets(AdminSuite):
    model = MinorPlanet

    def make(self):
        return MinorPlanetFactory()


class TestKnownMatches(AdminSuite):
    model = KnownMatch

    def make(self):
        return KnownMatchFactory()


class TestLightCurvePoints(AdminSuite):
    model = LightCurvePoint

    def make(self):
        return LightCurvePointFactory()


class TestSkyObjects(AdminSuite):
    model = SkyObject

    def make(self):
        place = SkyObjectFactory()
        CandidateFactory.create_batch(2, sky_object=place)
        return place


class TestCandidates(AdminSuite):
    model = Candidate

    def make(self):
        return CandidateFactory(mag=20.0, mag_error=0.1)


class TestProcessingJobs(AdminSuite):
    model = ProcessingJob
    filter_queries = 1

    def make(self):
        return ProcessingJobFactory(entity_id=ObservationFactory().pk)


def test_every_model_has_its_suite():
    assert models_without_a_test("pipeline", globals()) == set()


class TestStamps:
    @pytest.fixture
    def candidate(self, db, artefacts):
        row = CandidateFactory(pixel_x=60, pixel_y=45)
        keep_pictures(row.difference_run, x=60, y=45)
        return row

    def test_the_page_shows_three_pictures_that_load(self, candidate, browser_of):
        browser = browser_of("viewer")
        page = browser.get(_page(candidate)).content.decode()
        pictures = re.findall(r'<img src="([^"]+)" alt="(\w+) stamp"', page)
        assert [kind for _, kind in pictures] == ["science", "reference", "difference"]
        for path, _ in pictures:
            answer = browser.get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
            assert answer.content.startswith(b"\x89PNG")
            assert "private" in answer["Cache-Control"]

    def test_a_missing_picture_says_why_and_the_page_stands(self, candidate, browser_of, artefacts):
        (artefacts / candidate.difference_run.reference_image_path).unlink()
        browser = browser_of("viewer")
        page = browser.get(_page(candidate)).content.decode()
        assert "No stamp: the reference image is no longer in the artefact store." in page
        assert page.count(' stamp">') == 2
        answer = browser.get(_stamp(candidate, "reference"))
        assert answer.status_code == 404
        assert b"no longer in the artefact store" in answer.content

    def test_an_unknown_kind_is_404(self, candidate, browser_of):
        assert browser_of("viewer").get(_stamp(candidate, "selfie")).status_code == 404

    def test_an_unknown_candidate_is_404(self, browser_of):
        path = "/admin/pipeline/candidate/00000000-0000-7000-8000-000000000000/stamp/science.png"
        assert browser_of("viewer").get(path).status_code == 404

    def test_who_may_not_see_the_candidate_sees_no_stamp(self, candidate, client, make_user):
        assert client.get(_stamp(candidate, "science")).status_code == 302
        stranger = make_user("viewer", username="stranger")
        stranger.groups.clear()
        client.force_login(stranger)
        assert client.get(_stamp(candidate, "science")).status_code == 404


def _page(candidate) -> str:
    return reverse("admin:pipeline_candidate_change", args=(candidate.pk,))


def _stamp(candidate, kind: str) -> str:
    return reverse("admin:pipeline_candidate_stamp", args=(candidate.pk, kind))


def test_a_job_names_its_observation(browser_of):
    observation = ObservationFactory(observation_id="night-1")
    ProcessingJobFactory(entity_id=observation.pk)
    page = browser_of("viewer").get("/admin/pipeline/processingjob/").content.decode()
    assert f'<a href="/admin/astrid/observation/{observation.pk}/change/">night-1</a>' in page


def test_a_candidates_page_names_the_flags_that_are_set(browser_of):
    for flags, text in (({"is_trail": True, "is_edge": True}, "trail edge"), ({}, "–")):
        page = browser_of("viewer" if flags else "curator").get(_page(CandidateFactory(**flags))).content.decode()
        assert re.search(rf'field-flags">.*?<div class="readonly">{text}</div>', page, re.DOTALL)
        assert "is_trail" not in page
