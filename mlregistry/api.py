"""The API of phase 3."""

from astrid.api import RowViewSet, SkyFilterSet
from astrid.rest import RowSerializer
from mlregistry.models import Detection, MLModel, ModelRun, TrainingSet


class TrainingSetSerializer(RowSerializer):
    class Meta:
        model = TrainingSet
        fields = "__all__"


class TrainingSetViewSet(RowViewSet):
    queryset = TrainingSet.objects.all()
    serializer_class = TrainingSetSerializer
    filterset_fields = {"name": ["exact", "icontains"], "sha256": ["exact"]}


class MLModelSerializer(RowSerializer):
    class Meta:
        model = MLModel
        fields = "__all__"


class MLModelViewSet(RowViewSet):
    queryset = MLModel.objects.all()
    serializer_class = MLModelSerializer
    filterset_fields = {"name": ["exact"], "version": ["exact"], "model_type": ["exact"], "stage": ["exact"]}


class ModelRunSerializer(RowSerializer):
    class Meta:
        model = ModelRun
        fields = "__all__"


class ModelRunViewSet(RowViewSet):
    queryset = ModelRun.objects.all()
    serializer_class = ModelRunSerializer
    filterset_fields = {
        "model": ["exact"],
        "observation": ["exact"],
        "difference_run": ["exact"],
        "status": ["exact"],
    }


class DetectionSerializer(RowSerializer):
    class Meta:
        model = Detection
        fields = "__all__"


class DetectionFilterSet(SkyFilterSet):
    class Meta:
        model = Detection
        fields = {
            "observation": ["exact"],
            "candidate": ["exact"],
            "candidate__sky_object": ["exact"],
            "model_run": ["exact"],
            "detection_type": ["exact"],
            "status": ["exact", "in"],
            "label": ["exact"],
            "confidence_score": ["gte", "lte"],
            "created_at": ["gte", "lt"],
        }


class DetectionViewSet(RowViewSet):
    queryset = Detection.objects.all()
    serializer_class = DetectionSerializer
    filterset_class = DetectionFilterSet
    ordering_fields = ("created_at", "confidence_score")


ROUTES = {
    "training-sets": TrainingSetViewSet,
    "models": MLModelViewSet,
    "model-runs": ModelRunViewSet,
    "detections": DetectionViewSet,
}
