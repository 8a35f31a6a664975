"""The tables of phase 3."""

import math

import pytest
from django.db.models import ProtectedError

from tests.database import assert_no_number_but_finite_ones, check_constraints, float_columns, refused_by, set_by_sql
from tests.factories import DetectionFactory, MLModelFactory, ModelRunFactory, TrainingSetFactory

pytestmark = pytest.mark.django_db

IMPOSSIBLE = [
    (MLModelFactory, "models_model_type_known", {"model_type": "oracle"}),
    (MLModelFactory, "models_stage_known", {"stage": "lost"}),
    *(
        (MLModelFactory, f"models_{name}_0_to_1", {name: value})
        for name in ("precision", "recall", "f1_score", "accuracy")
        for value in (-0.01, 1.01, math.nan)
    ),
    (ModelRunFactory, "model_runs_status_known", {"status": "lost"}),
    (ModelRunFactory, "model_runs_numbers_finite", {"inference_time_ms": math.nan}),
    (DetectionFactory, "detections_numbers_finite", {"pixel_x": math.nan}),
    (DetectionFactory, "detections_ra_0_to_360", {"ra": 360}),
    (DetectionFactory, "detections_dec_90s_to_90n", {"dec": -91}),
    (DetectionFactory, "detections_detection_type_known", {"detection_type": "ufo"}),
    (DetectionFactory, "detections_status_known", {"status": "lost"}),
    (DetectionFactory, "detections_confidence_score_0_to_1", {"confidence_score": 1.001}),
    (DetectionFactory, "detections_confidence_score_0_to_1", {"confidence_score": math.nan}),
]


@pytest.mark.parametrize(("factory", "constraint", "columns"), IMPOSSIBLE)
def test_the_database_refuses_an_impossible_value(factory, constraint, columns):
    row = factory()
    with refused_by(constraint):
        set_by_sql(row, **columns)


@pytest.mark.parametrize(("factory", "column"), float_columns(MLModelFactory, ModelRunFactory, DetectionFactory))
def test_the_database_refuses_nan_and_infinity(factory, column):
    assert_no_number_but_finite_ones(factory(), column)


def test_every_check_is_tried_above():
    assert {constraint for _, constraint, _ in IMPOSSIBLE} == check_constraints("mlregistry")


def test_one_model_of_a_type_is_in_production():
    MLModelFactory(stage="production")
    MLModelFactory(stage="production", model_type="classifier")
    shadow = MLModelFactory(stage="shadow")
    with refused_by("models_one_in_production_per_type"):
        set_by_sql(shadow, stage="production")


def test_a_name_and_version_is_one_model():
    one, other = MLModelFactory(), MLModelFactory()
    with refused_by("models_name_version_unique"):
        set_by_sql(other, version=one.version)


def test_a_model_looks_at_a_difference_once_unless_it_failed():
    run = ModelRunFactory(status="failed")
    again = ModelRunFactory(model=run.model, difference_run=run.difference_run)
    with refused_by("model_runs_once_per_difference"):
        set_by_sql(run, status="running")
    set_by_sql(again, status="failed")


def test_a_candidate_is_detected_once_by_a_run():
    one = DetectionFactory()
    other = DetectionFactory(model_run=one.model_run)
    with refused_by("detections_once_per_model_run"):
        set_by_sql(other, candidate_id=one.candidate_id)


def test_a_training_set_is_one_by_its_hash():
    one, other = TrainingSetFactory(), TrainingSetFactory()
    with refused_by("training_sets_sha256_key"):
        set_by_sql(other, sha256=one.sha256)


def test_what_was_used_cannot_be_deleted():
    run = ModelRunFactory(model=MLModelFactory(training_set=TrainingSetFactory()))
    for used in (run.model, run.model.training_set):
        with pytest.raises(ProtectedError):
            used.delete()
