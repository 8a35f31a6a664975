import json

import pytest
from django.core.exceptions import ObjectDoesNotExist

from astrid import storage
from astrid.services import set_config
from mlregistry import services
from mlregistry.models import Detection, MLModel, ModelRun, ModelStage, TrainingSet
from pipeline import artefacts as images
from pipeline.models import CandidateStatus, RunStatus
from pipeline.services import difference, preprocess
from tests.factories import MLModelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def science(observations, actor):
    """A science observation with its candidates."""
    for observation in observations:
        preprocess(observation, actor=actor)
    difference(observations[1], actor=actor)
    return observations[1]


@pytest.fixture
def card():
    return json.loads(services.SHIPPED_MODEL.with_suffix(".json").read_text())


def test_the_shipped_model_is_put_into_production_where_there_is_none(artefacts, actor, card):
    model = services.production_model(actor=actor)
    assert (model.name, model.version, model.stage) == (card["name"], card["version"], ModelStage.PRODUCTION)
    assert storage.digest_of(storage.path_of(model.model_path)) == model.artefact_sha256
    assert model.training_set == TrainingSet.objects.get()
    assert services.production_model(actor=actor) == model
    assert MLModel.objects.count() == 1


def test_a_retired_model_is_not_replaced_behind_peoples_backs(artefacts, actor):
    model = services.production_model(actor=actor)
    MLModel.objects.filter(pk=model.pk).update(stage=ModelStage.RETIRED)
    assert services.production_model(actor=actor) is None


def test_registering_a_file_twice_is_one_model(artefacts, actor, card):
    first, second = (services.register_model(services.SHIPPED_MODEL, card=card, actor=actor) for _ in range(2))
    assert first == second


def test_a_file_that_is_no_network_is_refused_and_leaves_nothing(artefacts, actor, card, tmp_path):
    path = tmp_path / "not-a-network.onnx"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match=r"not-a-network\.onnx"):
        services.register_model(path, card=card, actor=actor)
    assert not MLModel.objects.exists()
    assert not TrainingSet.objects.exists()


def test_promoting_retires_the_model_before(actor):
    old, new = MLModelFactory(stage="production"), MLModelFactory()
    other_type = MLModelFactory(model_type="classifier", stage="production")
    services.promote(new, actor=actor)
    stages = dict(MLModel.objects.values_list("pk", "stage"))
    assert stages == {old.pk: "retired", new.pk: "production", other_type.pk: "production"}
    assert MLModel.objects.get(pk=new.pk).deployment_date is not None


def test_scoring_keeps_the_real_and_rejects_the_rest(science, night, actor):
    outcome = services.score(science, actor=actor)
    run = ModelRun.objects.get()
    candidates = run.difference_run.candidates
    assert run.status == RunStatus.COMPLETED
    assert run.total_predictions == candidates.count()
    assert outcome.items == run.detections.count() > 0
    for detection in run.detections.select_related("candidate"):
        assert detection.confidence_score >= 0.5
        assert detection.candidate.status == CandidateStatus.DETECTED
        assert (detection.ra, detection.dec) == (detection.candidate.ra, detection.candidate.dec)
    rejected = candidates.exclude(pk__in=run.detections.values("candidate"))
    assert set(rejected.values_list("status", flat=True)) <= {CandidateStatus.REJECTED}


def test_a_bright_transient_is_detected(science, night, actor):
    services.score(science, actor=actor)
    brightest = max(night.exposures[1].transients, key=lambda transient: transient.snr)
    places = Detection.objects.values_list("pixel_x", "pixel_y")
    assert any(abs(x - brightest.x) < 1 and abs(y - brightest.y) < 1 for x, y in places)


def test_the_confidence_map_shows_the_detections(science, actor):
    services.score(science, actor=actor)
    run = ModelRun.objects.get()
    probabilities = images.load_image(run.confidence_map_path)
    mask = images.load_image(run.output_mask_path)
    assert probabilities.shape == mask.shape == (384, 384)
    assert 0 <= probabilities.min() <= probabilities.max() <= 1
    for detection in run.detections.all():
        assert probabilities[round(detection.pixel_y), round(detection.pixel_x)] > 0.1


def test_scoring_again_changes_nothing(science, actor):
    services.score(science, actor=actor)
    count = Detection.objects.count()
    outcome = services.score(science, actor=actor)
    assert outcome.message == "was scored before"
    assert (ModelRun.objects.count(), Detection.objects.count()) == (1, count)


def test_the_threshold_is_the_configured_one(science, actor):
    set_config(key="mlregistry.detection_threshold", value=1.0, actor=actor)
    assert services.score(science, actor=actor).items == 0
    assert not Detection.objects.exists()


def test_without_a_production_model_the_way_ends_without_a_failure(science, actor):
    MLModelFactory(stage="retired")
    outcome = services.score(science, actor=actor)
    assert not outcome.goes_on
    assert "no U-Net" in outcome.message


def test_an_observation_without_a_difference_cannot_be_scored(observations, actor):
    with pytest.raises(ObjectDoesNotExist):
        services.score(observations[1], actor=actor)
