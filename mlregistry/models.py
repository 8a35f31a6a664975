"""Models, what they were trained on, what they ran on, and what they found."""

from django.db import models
from django.db.models import Q

from astrid.models import Observation, Row, SkyRowQuerySet, finite_numbers, known_choice
from astrid.sky import position_constraints, position_index
from pipeline.models import Candidate, DifferenceRun, Run, RunStatus


class TrainingSet(Row):
    """A frozen list of what a model was trained on, named by the hash of that list."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    manifest = models.JSONField(help_text="What was taken, and how it can be made again.")
    sha256 = models.CharField(max_length=64, unique=True)
    item_count = models.PositiveIntegerField()

    class Meta(Row.Meta):
        db_table = "training_sets"
        ordering = ("-created_at", "pk")

    def __str__(self):
        return self.name


class ModelType(models.TextChoices):
    UNET = "unet", "U-Net"
    ANOMALY_DETECTOR = "anomaly_detector"
    CLASSIFIER = "classifier"
    SEGMENTATION = "segmentation"


class ModelStage(models.TextChoices):
    CANDIDATE = "candidate"
    SHADOW = "shadow"
    PRODUCTION = "production"
    RETIRED = "retired"


def _between_0_and_1(table: str, *fields: str) -> tuple[models.CheckConstraint, ...]:
    return tuple(
        models.CheckConstraint(condition=Q(**{f"{f}__gte": 0, f"{f}__lte": 1}), name=f"{table}_{f}_0_to_1")
        for f in fields
    )


class MLModel(Row):
    """A trained network: its file by content, how it was made, and how good it was."""

    Type = ModelType
    Stage = ModelStage

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    model_type = models.CharField(max_length=30, choices=ModelType)
    architecture = models.JSONField(default=dict, db_default={}, blank=True)
    hyperparameters = models.JSONField(default=dict, db_default={}, blank=True)
    training_dataset = models.CharField(max_length=200, blank=True)
    training_set = models.ForeignKey(
        TrainingSet, on_delete=models.PROTECT, null=True, blank=True, related_name="models"
    )
    training_metrics = models.JSONField(default=dict, db_default={}, blank=True)
    precision = models.FloatField(null=True, blank=True)
    recall = models.FloatField(null=True, blank=True)
    f1_score = models.FloatField(null=True, blank=True)
    accuracy = models.FloatField(null=True, blank=True)
    stage = models.CharField(max_length=20, choices=ModelStage, default="candidate", db_default="candidate")
    deployment_date = models.DateTimeField(null=True, blank=True)
    model_path = models.CharField(max_length=500, help_text="Within the artefact store.")
    artefact_sha256 = models.CharField(max_length=64)
    mlflow_run_id = models.CharField(max_length=100, blank=True)

    class Meta(Row.Meta):
        db_table = "models"
        ordering = ("-created_at", "pk")
        verbose_name = "model"
        constraints = (
            models.UniqueConstraint(fields=("name", "version"), name="models_name_version_unique"),
            models.UniqueConstraint(
                fields=("model_type",), condition=Q(stage="production"), name="models_one_in_production_per_type"
            ),
            known_choice("models", "model_type", ModelType),
            known_choice("models", "stage", ModelStage),
            *_between_0_and_1("models", "precision", "recall", "f1_score", "accuracy"),
        )

    def __str__(self):
        return f"{self.name} {self.version}"


class ModelRun(Run):
    """A model's look at one difference."""

    model = models.ForeignKey(MLModel, on_delete=models.PROTECT, related_name="runs")
    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="model_runs")
    difference_run = models.ForeignKey(DifferenceRun, on_delete=models.CASCADE, related_name="model_runs")
    input_image_path = models.CharField(max_length=500, blank=True)
    output_mask_path = models.CharField(max_length=500, blank=True)
    confidence_map_path = models.CharField(max_length=500, blank=True)
    inference_time_ms = models.FloatField(null=True, blank=True)
    memory_usage_mb = models.FloatField(null=True, blank=True, help_text="Peak of the process.")
    total_predictions = models.PositiveIntegerField(default=0, db_default=0)
    high_confidence_predictions = models.PositiveIntegerField(default=0, db_default=0)

    class Meta(Run.Meta):
        db_table = "model_runs"
        ordering = ("-created_at", "pk")
        constraints = (
            known_choice("model_runs", "status", RunStatus),
            finite_numbers("model_runs", "processing_time_seconds", "inference_time_ms", "memory_usage_mb"),
            models.UniqueConstraint(
                fields=("model", "difference_run"),
                condition=~Q(status="failed"),
                name="model_runs_once_per_difference",
            ),
        )
        indexes = (models.Index(fields=("-created_at", "id"), name="model_runs_newest"),)

    def __str__(self):
        return f"{self.model} on {self.observation}"


class DetectionType(models.TextChoices):
    SUPERNOVA = "supernova"
    VARIABLE = "variable"
    TRANSIENT = "transient"
    UNKNOWN = "unknown"
    ARTIFACT = "artifact"


class DetectionStatus(models.TextChoices):
    PENDING = "pending"
    VALIDATING = "validating"
    VALIDATED = "validated"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    ARCHIVED = "archived"


class Detection(Row):
    """A candidate that a model holds for real, and what people made of it."""

    Type = DetectionType
    Status = DetectionStatus
    TRANSITIONS = {
        DetectionStatus.PENDING: {
            DetectionStatus.VALIDATING,
            DetectionStatus.VALIDATED,
            DetectionStatus.REJECTED,
            DetectionStatus.ARCHIVED,
        },
        DetectionStatus.VALIDATING: {DetectionStatus.PENDING, DetectionStatus.VALIDATED, DetectionStatus.REJECTED},
        DetectionStatus.VALIDATED: {DetectionStatus.REJECTED, DetectionStatus.CONFIRMED, DetectionStatus.ARCHIVED},
        DetectionStatus.REJECTED: {DetectionStatus.VALIDATED, DetectionStatus.ARCHIVED},
        DetectionStatus.CONFIRMED: {DetectionStatus.REJECTED, DetectionStatus.ARCHIVED},
        DetectionStatus.ARCHIVED: set(),
    }

    model_run = models.ForeignKey(ModelRun, on_delete=models.CASCADE, related_name="detections")
    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="detections")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="detections")
    ra = models.FloatField(help_text="Degrees, ICRS.")
    dec = models.FloatField(help_text="Degrees, ICRS.")
    pixel_x = models.FloatField(help_text="0-based, whole numbers at pixel centres.")
    pixel_y = models.FloatField(help_text="0-based, whole numbers at pixel centres.")
    confidence_score = models.FloatField(help_text="0 to 1, the model's.")
    detection_type = models.CharField(max_length=20, choices=DetectionType, default="unknown", db_default="unknown")
    model_version = models.CharField(max_length=50)
    inference_time_ms = models.FloatField(null=True, blank=True)
    prediction_metadata = models.JSONField(default=dict, db_default={}, blank=True)
    status = models.CharField(max_length=20, choices=DetectionStatus, default="pending", db_default="pending")
    label = models.CharField(max_length=50, blank=True, help_text="What people say it is.")

    objects = SkyRowQuerySet.as_manager()

    class Meta(Row.Meta):
        db_table = "detections"
        ordering = ("-created_at", "pk")
        constraints = (
            *position_constraints("detections"),
            known_choice("detections", "detection_type", DetectionType),
            known_choice("detections", "status", DetectionStatus),
            finite_numbers("detections", "pixel_x", "pixel_y", "inference_time_ms"),
            models.UniqueConstraint(fields=("model_run", "candidate"), name="detections_once_per_model_run"),
            *_between_0_and_1("detections", "confidence_score"),
        )
        indexes = (
            position_index("detections_position"),
            models.Index(fields=("-created_at", "id"), name="detections_newest"),
            models.Index(fields=("status", "-confidence_score"), name="detections_to_review"),
        )

    def __str__(self):
        return f"{self.ra:.5f} {self.dec:+.5f} ({self.confidence_score:.2f})"
