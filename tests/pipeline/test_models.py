"""The tables of phase 2."""

import math
from datetime import UTC, datetime

import pytest
from django.db.models import ProtectedError

from pipeline.models import Candidate, KnownMatch, LightCurvePoint, ProcessingJob
from tests.database import assert_no_number_but_finite_ones, check_constraints, float_columns, refused_by, set_by_sql
from tests.factories import (
    CandidateFactory,
    CatalogueFactory,
    CatalogueSourceFactory,
    DifferenceRunFactory,
    KnownMatchFactory,
    LightCurvePointFactory,
    MasterFrameFactory,
    MinorPlanetFactory,
    PreprocessRunFactory,
    ProcessingJobFactory,
    SkyObjectFactory,
)

pytestmark = pytest.mark.django_db

IMPOSSIBLE = [
    (SkyObjectFactory, "sky_objects_ra_0_to_360", {"ra": 360}),
    (SkyObjectFactory, "sky_objects_dec_90s_to_90n", {"dec": 91}),
    (SkyObjectFactory, "sky_objects_seen_in_order", {"last_seen": datetime(2000, 1, 1, tzinfo=UTC)}),
    (CandidateFactory, "candidates_ra_0_to_360", {"ra": -1}),
    (CandidateFactory, "candidates_dec_90s_to_90n", {"dec": math.nan}),
    (CandidateFactory, "candidates_status_known", {"status": "lost"}),
    (CandidateFactory, "candidates_flux_error_positive", {"flux_error": 0}),
    (CandidateFactory, "candidates_mag_with_its_error", {"mag": 20.0}),
    (CandidateFactory, "candidates_mag_with_its_error", {"mag_error": 0.1}),
    (CandidateFactory, "candidates_numbers_finite", {"flux": math.nan}),
    (CandidateFactory, "candidates_ellipticity_0_to_1", {"ellipticity": 1.01}),
    (CandidateFactory, "candidates_ellipticity_0_to_1", {"ellipticity": -0.01}),
    (ProcessingJobFactory, "processing_jobs_status_known", {"status": "lost"}),
    (ProcessingJobFactory, "processing_jobs_progress_0_to_1", {"progress": 1.1}),
    (PreprocessRunFactory, "preprocess_runs_status_known", {"status": "lost"}),
    (PreprocessRunFactory, "preprocess_runs_numbers_finite", {"sky_adu": math.nan}),
    (DifferenceRunFactory, "difference_runs_status_known", {"status": "lost"}),
    (DifferenceRunFactory, "difference_runs_numbers_finite", {"noise_level": math.inf}),
    (LightCurvePointFactory, "light_curve_points_flux_error_positive", {"flux_error": 0}),
    (LightCurvePointFactory, "light_curve_points_mag_with_its_error", {"mag": 20.0}),
    (LightCurvePointFactory, "light_curve_points_mag_with_its_error", {"mag_error": 0.1}),
    (LightCurvePointFactory, "light_curve_points_numbers_finite", {"limiting_mag": math.nan}),
    (MasterFrameFactory, "master_frames_kind_known", {"kind": "sky"}),
    (MasterFrameFactory, "master_frames_numbers_finite", {"level_adu": math.inf}),
    (MasterFrameFactory, "master_frames_exposure_positive", {"exposure_s": 0}),
    (MasterFrameFactory, "master_frames_noise_not_negative", {"noise_adu": -0.1}),
    (MasterFrameFactory, "master_frames_dark_has_exposure", {"kind": "dark"}),
    (MasterFrameFactory, "master_frames_flat_has_filter", {"kind": "flat"}),
    (CatalogueFactory, "catalogues_numbers_finite", {"match_radius_arcsec": math.inf}),
    (CatalogueFactory, "catalogues_radius_positive", {"match_radius_arcsec": 0}),
    (CatalogueSourceFactory, "catalogue_sources_ra_0_to_360", {"ra": 360}),
    (CatalogueSourceFactory, "catalogue_sources_dec_90s_to_90n", {"dec": -91}),
    (CatalogueSourceFactory, "catalogue_sources_kind_known", {"kind": "comet"}),
    (CatalogueSourceFactory, "catalogue_sources_numbers_finite", {"mag": math.nan}),
    (MinorPlanetFactory, "minor_planets_numbers_finite", {"epoch_jd": math.nan}),
    (MinorPlanetFactory, "minor_planets_orbit_is_an_ellipse", {"eccentricity": 1}),
    (MinorPlanetFactory, "minor_planets_orbit_is_an_ellipse", {"eccentricity": -0.01}),
    (MinorPlanetFactory, "minor_planets_orbit_is_an_ellipse", {"semimajor_axis_au": 0}),
    (KnownMatchFactory, "known_matches_kind_known", {"kind": "comet"}),
    (KnownMatchFactory, "known_matches_numbers_finite", {"separation_arcsec": math.inf}),
    (KnownMatchFactory, "known_matches_separation_not_negative", {"separation_arcsec": -0.1}),
    (KnownMatchFactory, "known_matches_catalogue_or_reference", {"catalogue_id": None}),
    (KnownMatchFactory, "known_matches_catalogue_or_reference", {"kind": "reference source"}),
]


@pytest.mark.parametrize(("factory", "constraint", "columns"), IMPOSSIBLE)
def test_the_database_refuses_an_impossible_value(factory, constraint, columns):
    row = factory()
    with refused_by(constraint):
        set_by_sql(row, **columns)


@pytest.mark.parametrize(
    ("factory", "column"),
    float_columns(
        PreprocessRunFactory,
        DifferenceRunFactory,
        CandidateFactory,
        SkyObjectFactory,
        ProcessingJobFactory,
        LightCurvePointFactory,
        MasterFrameFactory,
        CatalogueFactory,
        CatalogueSourceFactory,
        MinorPlanetFactory,
        KnownMatchFactory,
    ),
)
def test_the_database_refuses_nan_and_infinity(factory, column):
    assert_no_number_but_finite_ones(factory(), column)


def test_every_check_is_tried_here():
    tried = {constraint for _, constraint, _ in IMPOSSIBLE} | {"difference_runs_reference_is_another"}
    assert tried == check_constraints("pipeline")


def test_an_observation_is_not_its_own_reference():
    run = DifferenceRunFactory()
    with refused_by("difference_runs_reference_is_another"):
        set_by_sql(run, reference_observation_id=run.observation_id)


@pytest.mark.parametrize("factory", [PreprocessRunFactory, DifferenceRunFactory])
def test_one_run_at_a_time_is_at_work_on_an_observation(factory):
    table = factory._meta.model._meta.db_table
    running = factory(status="running")
    failed = factory(status="failed", observation=running.observation)
    with refused_by(f"{table}_one_at_a_time"):
        set_by_sql(failed, status="pending")
    set_by_sql(running, status="completed")
    set_by_sql(failed, status="pending")


def test_one_job_per_stage_of_an_observation_is_active():
    active = ProcessingJobFactory()
    done = ProcessingJobFactory(entity_id=active.entity_id, status="completed")
    ProcessingJobFactory(entity_id=active.entity_id, job_type="difference")
    with refused_by("processing_jobs_one_active_per_stage"):
        set_by_sql(done, status="running")
    assert set(ProcessingJob.objects.active().filter(job_type="preprocess")) == {active}


def test_a_place_in_a_run_is_one_candidate_of_either_sign():
    candidate = CandidateFactory()
    place = {"difference_run": candidate.difference_run, "pixel_x": candidate.pixel_x, "pixel_y": candidate.pixel_y}
    faded = CandidateFactory(**place, is_negative=True)
    with refused_by("candidates_one_per_place_in_run"):
        set_by_sql(faded, is_negative=False)


def test_a_reference_that_was_used_cannot_be_deleted_and_a_science_image_takes_its_runs_along():
    run = CandidateFactory().difference_run
    with pytest.raises(ProtectedError):
        run.reference_observation.delete()
    run.observation.delete()
    assert not Candidate.objects.exists()


def test_a_candidate_outlives_its_object():
    candidate = CandidateFactory(sky_object=SkyObjectFactory())
    candidate.sky_object.delete()
    candidate.refresh_from_db()
    assert candidate.sky_object is None


def test_an_object_has_one_point_of_its_light_curve_in_a_run():
    point = LightCurvePointFactory()
    other = LightCurvePointFactory(difference_run=point.difference_run)
    with refused_by("light_curve_points_one_per_run"):
        set_by_sql(other, sky_object_id=point.sky_object_id)


def test_a_light_curve_goes_with_its_runs_and_with_its_object():
    point, other = LightCurvePointFactory(), LightCurvePointFactory()
    point.difference_run.delete()
    other.sky_object.delete()
    assert not LightCurvePoint.objects.exists()


def test_a_known_thing_is_matched_to_a_candidate_once():
    match = KnownMatchFactory()
    other = KnownMatchFactory(candidate=match.candidate, catalogue=match.catalogue, name="another")
    with refused_by("known_matches_once"):
        set_by_sql(other, name=match.name)


def test_the_reference_image_s_source_is_matched_to_a_candidate_once():
    match = KnownMatchFactory(catalogue=None, kind="reference source", name="")
    other = KnownMatchFactory(candidate=match.candidate, catalogue=None, kind="reference source", name="another")
    with refused_by("known_matches_once"):
        set_by_sql(other, name="")


def test_what_a_catalogue_brought_goes_with_it():
    catalogue = CatalogueFactory()
    for factory in (CatalogueSourceFactory, MinorPlanetFactory, KnownMatchFactory):
        factory(catalogue=catalogue)
    catalogue.delete()
    assert not KnownMatch.objects.exists()
    assert Candidate.objects.exists()


def test_a_survey_with_master_frames_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        MasterFrameFactory().survey.delete()


def test_an_orbit_has_one_designation_in_a_catalogue():
    orbit = MinorPlanetFactory()
    other = MinorPlanetFactory(catalogue=orbit.catalogue)
    with refused_by("minor_planets_unique_in_catalogue"):
        set_by_sql(other, designation=orbit.designation)
