"""The admin of phase 3."""

from django.contrib import admin

from astrid.admin import MachineMadeAdmin, position, pretty_json
from mlregistry import services
from mlregistry.models import Detection, MLModel, ModelRun, TrainingSet
from pipeline.admin import StampsMixin, magnitude, signal_to_noise
from pipeline.known.admin import KnownThingsMixin


@admin.register(TrainingSet)
class TrainingSetAdmin(MachineMadeAdmin):
    list_display = ("name", "item_count", "sha256", "created_at")
    search_fields = ("name", "=sha256")


@admin.register(MLModel)
class MLModelAdmin(MachineMadeAdmin):
    list_display = ("name", "version", "model_type", "stage", "precision_", "recall_", "f1", "deployment_date")
    list_filter = ("stage", "model_type")
    search_fields = ("name", "version", "=artefact_sha256")
    readonly_fields = ("metrics",)
    exclude = ("training_metrics",)
    actions = ("put_into_production",)

    @admin.display(description="training metrics")
    def metrics(self, row):
        return pretty_json(row.training_metrics)

    @admin.display(description="precision", ordering="precision")
    def precision_(self, row):
        return _score(row.precision)

    @admin.display(description="recall", ordering="recall")
    def recall_(self, row):
        return _score(row.recall)

    @admin.display(description="F1", ordering="f1_score")
    def f1(self, row):
        return _score(row.f1_score)

    def has_promote_permission(self, request):
        return request.user.has_perm("mlregistry.change_mlmodel")

    @admin.action(description="Put into production", permissions=("promote",))
    def put_into_production(self, request, queryset):
        if queryset.count() != 1:
            self.message_user(request, "Choose one model: one of a type is in production.", level="ERROR")
            return
        services.promote(queryset.get(), actor=request.user)
        self.message_user(request, f"{queryset.get()} is in production.")


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@admin.register(ModelRun)
class ModelRunAdmin(MachineMadeAdmin):
    list_display = (
        "observation",
        "model",
        "status",
        "total_predictions",
        "high_confidence_predictions",
        "inference_time_ms",
        "created_at",
    )
    list_filter = ("status", "model", "created_at")
    list_select_related = ("observation", "model")
    search_fields = ("observation__observation_id", "error_message")


@admin.register(Detection)
class DetectionAdmin(KnownThingsMixin, StampsMixin, MachineMadeAdmin):
    list_display = (position, "confidence", "snr", "magnitude", "status", "label", "observed", "observation")
    list_filter = ("status", "detection_type", "label", "observation__survey", "created_at")
    search_fields = ("observation__observation_id", "label", "=id")

    def candidate_of(self, row):
        return row.candidate

    def get_queryset(self, request):
        return (
            super().get_queryset(request).select_related("candidate__difference_run", "model_run__model", "observation")
        )

    @admin.display(description="confidence", ordering="confidence_score")
    def confidence(self, row):
        return f"{row.confidence_score:.3f}"

    @admin.display(description="S/N", ordering="candidate__snr")
    def snr(self, row):
        return signal_to_noise(row.candidate)

    @admin.display(description="mag", ordering="candidate__mag")
    def magnitude(self, row):
        return magnitude(row.candidate)

    @admin.display(description="observed", ordering="observation__observation_time")
    def observed(self, row):
        return row.observation.observation_time
