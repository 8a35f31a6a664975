"""The API of phase 2."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from astrid.api import RowViewSet, SkyFilterSet
from astrid.rest import RowSerializer
from pipeline.known import describe
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
            "is_trail": ["exact"],
            "created_at": ["gte", "lt"],
        }


class KnownMatchSerializer(RowSerializer):
    class Meta:
        model = KnownMatch
        fields = "__all__"


class KnownThingsSerializer(serializers.Serializer):
    """A question about a candidate, and what is known to answer it."""

    question = serializers.CharField()
    statements = serializers.ListField(child=serializers.CharField())
    matches = KnownMatchSerializer(many=True)


class CandidateViewSet(RowViewSet):
    queryset = Candidate.objects.all()
    serializer_class = CandidateSerializer
    filterset_class = CandidateFilterSet
    ordering_fields = ("created_at", "snr", "significance", "mag")

    @extend_schema(responses=KnownThingsSerializer(many=True))
    @action(detail=True, filter_backends=(), pagination_class=None)
    def known(self, request, pk):
        """Is it in a catalogue, is it a minor planet, is there something in the reference image?"""
        return Response(KnownThingsSerializer(describe(self.get_object()), many=True).data)


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


class MasterFrameSerializer(RowSerializer):
    class Meta:
        model = MasterFrame
        fields = "__all__"


class MasterFrameViewSet(RowViewSet):
    queryset = MasterFrame.objects.all()
    serializer_class = MasterFrameSerializer
    filterset_fields = {
        "survey": ["exact"],
        "kind": ["exact"],
        "filter_band": ["exact"],
        "is_active": ["exact"],
        "taken_at": ["gte", "lt"],
    }


class CatalogueSerializer(RowSerializer):
    class Meta:
        model = Catalogue
        fields = "__all__"


class CatalogueViewSet(RowViewSet):
    queryset = Catalogue.objects.all()
    serializer_class = CatalogueSerializer
    filterset_fields = {"name": ["exact", "icontains"]}


class CatalogueSourceSerializer(RowSerializer):
    class Meta:
        model = CatalogueSource
        fields = "__all__"


class CatalogueSourceFilterSet(SkyFilterSet):
    class Meta:
        model = CatalogueSource
        fields = {"catalogue": ["exact"], "name": ["exact"], "kind": ["exact"], "source_type": ["exact"]}


class CatalogueSourceViewSet(RowViewSet):
    queryset = CatalogueSource.objects.all()
    serializer_class = CatalogueSourceSerializer
    filterset_class = CatalogueSourceFilterSet


class MinorPlanetSerializer(RowSerializer):
    class Meta:
        model = MinorPlanet
        fields = "__all__"


class MinorPlanetViewSet(RowViewSet):
    queryset = MinorPlanet.objects.all()
    serializer_class = MinorPlanetSerializer
    filterset_fields = {"catalogue": ["exact"], "designation": ["exact"]}


class KnownMatchViewSet(RowViewSet):
    queryset = KnownMatch.objects.all()
    serializer_class = KnownMatchSerializer
    filterset_fields = {
        "candidate": ["exact"],
        "candidate__sky_object": ["exact"],
        "catalogue": ["exact"],
        "kind": ["exact", "in"],
        "separation_arcsec": ["lte"],
    }


class LightCurvePointSerializer(RowSerializer):
    class Meta:
        model = LightCurvePoint
        fields = "__all__"


class LightCurvePointViewSet(RowViewSet):
    queryset = LightCurvePoint.objects.all()
    serializer_class = LightCurvePointSerializer
    filterset_fields = {"sky_object": ["exact"], "observation": ["exact"], "difference_run": ["exact"]}


ROUTES = {
    "preprocess-runs": PreprocessRunViewSet,
    "difference-runs": DifferenceRunViewSet,
    "sky-objects": SkyObjectViewSet,
    "candidates": CandidateViewSet,
    "light-curve-points": LightCurvePointViewSet,
    "known-matches": KnownMatchViewSet,
    "catalogues": CatalogueViewSet,
    "catalogue-sources": CatalogueSourceViewSet,
    "minor-planets": MinorPlanetViewSet,
    "master-frames": MasterFrameViewSet,
    "processing-jobs": ProcessingJobViewSet,
}
