"""The API of phase 2."""

from astrid.api import RowViewSet, SkyFilterSet
from astrid.rest import RowSerializer
from pipeline.models import Candidate, DifferenceRun, PreprocessRun, ProcessingJob, SkyObject


class PreprocessRunSerializer(RowSerializer):
    class Meta:
        model = PreprocessRun
        fields = "__all__"


class PreprocessRunViewSet(RowViewSet):
    queryset = PreprocessRun.objects.all()
    serializer_class = PreprocessRunSerializer
    filterset_fields = {"observation": ["exact"], "status": ["exact"], "created_at": ["gte", "lt"]}


class DifferenceRunSerializer(RowSerializer):
    class Meta:
        model = DifferenceRun
        fields = "__all__"


class DifferenceRunViewSet(RowViewSet):
    queryset = DifferenceRun.objects.all()
    serializer_class = DifferenceRunSerializer
    filterset_fields = {
        "observation": ["exact"],
        "reference_observation": ["exact"],
        "status": ["exact"],
        "algorithm": ["exact"],
        "created_at": ["gte", "lt"],
    }


class SkyObjectSerializer(RowSerializer):
    class Meta:
        model = SkyObject
        fields = "__all__"


class SkyObjectFilterSet(SkyFilterSet):
    class Meta:
        model = SkyObject
        fields = {"candidate_count": ["gte"], "first_seen": ["gte", "lt"], "last_seen": ["gte", "lt"]}


class SkyObjectViewSet(RowViewSet):
    queryset = SkyObject.objects.all()
    serializer_class = SkyObjectSerializer
    filterset_class = SkyObjectFilterSet
    ordering_fields = ("last_seen", "first_seen", "candidate_count")


class CandidateSerializer(RowSerializer):
    class Meta:
        model = Candidate
        fields = "__all__"


class CandidateFilterSet(SkyFilterSet):
    class Meta:
        model = Candidate
        fields = {
            "observation": ["exact"],
            "difference_run": ["exact"],
            "sky_object": ["exact"],
            "status": ["exact", "in"],
            "snr": ["gte", "lte"],
            "mag": ["gte", "lte"],
            "is_negative": ["exact"],
            "is_edge": ["exact"],
            "created_at": ["gte", "lt"],
        }


class CandidateViewSet(RowViewSet):
    queryset = Candidate.objects.all()
    serializer_class = CandidateSerializer
    filterset_class = CandidateFilterSet
    ordering_fields = ("created_at", "snr", "significance", "mag")


class ProcessingJobSerializer(RowSerializer):
    class Meta:
        model = ProcessingJob
        fields = "__all__"


class ProcessingJobViewSet(RowViewSet):
    queryset = ProcessingJob.objects.all()
    serializer_class = ProcessingJobSerializer
    filterset_fields = {
        "job_type": ["exact"],
        "status": ["exact", "in"],
        "entity_id": ["exact"],
        "workflow_id": ["exact"],
    }


ROUTES = {
    "preprocess-runs": PreprocessRunViewSet,
    "difference-runs": DifferenceRunViewSet,
    "sky-objects": SkyObjectViewSet,
    "candidates": CandidateViewSet,
    "processing-jobs": ProcessingJobViewSet,
}
