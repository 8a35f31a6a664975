"""Verbs of phase 3: register a model, and let the production model score the candidates of an observation."""

import functools
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from django.db import transaction
from django.utils import timezone

from astrid import storage
from astrid.actors import acting, service
from astrid.models import Observation, SystemConfig
from astrid.transitions import transition_all
from mlregistry.models import Detection, MLModel, ModelRun, ModelStage, ModelType, TrainingSet
from mlregistry.nets.infer import Scorer
from mlregistry.nets.stamps import STAMP_PX, as_positive
from pipeline import artefacts
from pipeline.imaging.stamps import cut
from pipeline.models import Candidate, CandidateStatus, DifferenceRun, RunStatus
from pipeline.runs import Recorded
from pipeline.stages import Outcome

SHIPPED_MODEL = Path(__file__).parent / "nets" / "weights" / "unet.onnx"


@service
def register_model(path: Path, *, card: dict, actor) -> MLModel:
    """Put an ONNX file into the store and record it with its card; a file known already is returned as it is.

    `card` holds name, version, model_type, architecture, hyperparameters, metrics and the training set's manifest.

    Raises
    ------
    ValueError
        The file is not an ONNX network with the stamps' signature.
    """
    sha256 = storage.digest_of(path)
    known = MLModel.objects.filter(name=card["name"], version=card["version"], artefact_sha256=sha256).first()
    if known:
        return known
    Scorer(path)
    metrics = card["metrics"]
    return MLModel.objects.create(
        name=card["name"],
        version=card["version"],
        model_type=card["model_type"],
        architecture=card["architecture"],
        hyperparameters=card["hyperparameters"],
        training_dataset=card["training_set"]["name"],
        training_set=_training_set(card["training_set"]),
        training_metrics=metrics,
        **{name: metrics.get(name) for name in ("precision", "recall", "f1_score", "accuracy")},
        model_path=storage.keep_file(path, sha256=sha256),
        artefact_sha256=sha256,
    )


def _training_set(facts: dict) -> TrainingSet:
    manifest = facts["manifest"]
    digest = storage.digest_of_json(manifest)
    row, _ = TrainingSet.objects.get_or_create(
        sha256=digest,
        defaults={"name": facts["name"], "manifest": manifest, "item_count": facts["item_count"]},
    )
    return row


@service
def promote(model: MLModel, *, actor) -> None:
    """Make a model the one in production for its type; the one before it retires."""
    same_type = MLModel.objects.select_for_update().filter(model_type=model.model_type, stage=ModelStage.PRODUCTION)
    same_type.exclude(pk=model.pk).update(stage=ModelStage.RETIRED)
    model.stage, model.deployment_date = ModelStage.PRODUCTION, timezone.now()
    model.save(update_fields=["stage", "deployment_date"])


def production_model(*, actor) -> MLModel | None:
    """The U-Net in production. Where no U-Net was ever registered, the one that ships with AstrID is put there."""
    unets = MLModel.objects.filter(model_type=ModelType.UNET)
    if not unets.exists():
        with transaction.atomic():
            shipped = register_model(
                SHIPPED_MODEL, card=json.loads(SHIPPED_MODEL.with_suffix(".json").read_text()), actor=actor
            )
            promote(shipped, actor=actor)
    return unets.filter(stage=ModelStage.PRODUCTION).first()


def score(observation: Observation, *, actor) -> Outcome:
    """Give every candidate of the latest difference a confidence; those above the threshold become detections."""
    difference = observation.difference_runs.filter(status=RunStatus.COMPLETED).latest("created_at")
    model = production_model(actor=actor)
    if model is None:
        return Outcome(items=0, message="no U-Net is in production", goes_on=False)
    if ModelRun.objects.filter(model=model, difference_run=difference, status=RunStatus.COMPLETED).exists():
        return Outcome(items=0, message="was scored before")
    run = ModelRun(model=model, observation=observation, difference_run=difference)
    with Recorded(run, actor=actor) as record:
        candidates = list(difference.candidates.exclude(status=CandidateStatus.DUPLICATE).order_by("pk"))
        began = time.perf_counter()
        confidences, masks = _predict(model, difference, candidates)
        took_ms = (time.perf_counter() - began) * 1000
        confidence_map = _assemble(masks, candidates, difference)
        threshold = SystemConfig.objects.in_force("mlregistry.detection_threshold")
        high = SystemConfig.objects.in_force("mlregistry.high_confidence")
        images = _keep_maps(confidence_map, difference, threshold)
        with transaction.atomic(), acting(actor):
            detections = _detect(run, candidates, confidences, threshold=threshold, took_ms=took_ms)
            record.complete(
                inference_time_ms=took_ms,
                memory_usage_mb=_peak_memory_mb(),
                total_predictions=len(candidates),
                high_confidence_predictions=int((confidences >= high).sum()),
                input_image_path=difference.difference_image_path,
                **images,
            )
    return Outcome(items=len(detections), message=f"{len(detections)} detections of {len(candidates)} candidates")


def _predict(model: MLModel, run: DifferenceRun, candidates: list[Candidate]) -> tuple[np.ndarray, np.ndarray]:
    """Confidences [N] and pixel probabilities [N, size, size] of candidates."""
    x, y = (np.array([getattr(row, name) for row in candidates], dtype=float) for name in ("pixel_x", "pixel_y"))
    keys = (run.science_image_path, run.reference_image_path, run.difference_image_path)
    stamps = np.stack([cut(artefacts.load_image(key), x, y, STAMP_PX) for key in keys], axis=1)
    negative = np.array([row.is_negative for row in candidates], dtype=bool)
    return _scorer(model.model_path).score(as_positive(stamps, negative))


@functools.cache
def _scorer(key: str) -> Scorer:
    """The loaded network of an artefact, whose key is its content: once per process."""
    return Scorer(storage.path_of(key))


def _assemble(masks: np.ndarray, candidates: list[Candidate], run: DifferenceRun) -> np.ndarray:
    """The stamps' probabilities on the image's grid: the highest where stamps overlap, 0 where there was none."""
    whole = np.zeros(artefacts.shape_of(run.difference_image_path), dtype=np.float32)
    for mask, row in zip(masks, candidates, strict=True):
        rows, columns, inside = artefacts.overlap(row.pixel_x, row.pixel_y, size_px=STAMP_PX, shape=whole.shape)
        np.maximum(whole[rows, columns], mask[inside], out=whole[rows, columns])
    return whole


def _keep_maps(confidence_map: np.ndarray, run: DifferenceRun, threshold: float) -> dict[str, str]:
    wcs = artefacts.wcs_of(run.difference_image_path)
    return {
        "confidence_map_path": artefacts.keep_image(confidence_map, wcs),
        "output_mask_path": artefacts.keep_image((confidence_map >= threshold).astype(np.uint8), wcs),
    }


def _detect(run: ModelRun, candidates, confidences, *, threshold: float, took_ms: float) -> list[Detection]:
    accepted = [
        (row, float(confidence))
        for row, confidence in zip(candidates, confidences, strict=True)
        if confidence >= threshold
    ]
    mine = Candidate.objects.filter(difference_run=run.difference_run)
    keys = [row.pk for row, _ in accepted]
    transition_all(mine.filter(pk__in=keys), source=CandidateStatus.PENDING, to=CandidateStatus.DETECTED)
    transition_all(mine.exclude(pk__in=keys), source=CandidateStatus.PENDING, to=CandidateStatus.REJECTED)
    return Detection.objects.bulk_create(
        Detection(
            model_run=run,
            observation=run.observation,
            candidate=row,
            ra=row.ra,
            dec=row.dec,
            pixel_x=row.pixel_x,
            pixel_y=row.pixel_y,
            confidence_score=min(max(confidence, 0.0), 1.0),
            model_version=run.model.version,
            inference_time_ms=took_ms / len(candidates),
        )
        for row, confidence in accepted
    )


def _peak_memory_mb() -> float:
    """Linux counts in kilobytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
