"""The API of phase 1, and what every app's API is made of."""

import django_filters
from rest_framework import mixins, serializers, viewsets

from astrid import services
from astrid.models import Observation, Survey, SystemConfig
from astrid.rest import FiniteFloatField, RowSerializer
from astrid.sky import check_position


class RowViewSet(viewsets.ReadOnlyModelViewSet):
    """Lists and retrieves the rows that the user may see."""

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)


class SkyFilterSet(django_filters.FilterSet):
    """Adds the cone to a resource that has a position."""

    cone = django_filters.CharFilter(
        method="in_cone", label="ra,dec,radius: degrees, degrees, arcsec. Nearest first.", help_text="150.1,2.2,5"
    )

    def in_cone(self, queryset, name, value):
        try:
            ra, dec, radius_arcsec = (float(part) for part in value.split(","))
            return queryset.within(ra=ra, dec=dec, radius_arcsec=radius_arcsec)
        except ValueError as error:
            raise serializers.ValidationError({"cone": f"{value!r} is not ra,dec,radius_arcsec: {error}"}) from error


class SurveySerializer(RowSerializer):
    class Meta:
        model = Survey
        fields = "__all__"


class SurveyViewSet(RowViewSet):
    queryset = Survey.objects.all()
    serializer_class = SurveySerializer
    filterset_fields = {"name": ["exact", "icontains"], "is_active": ["exact"]}


class CornerField(serializers.ListField):
    """A position on the sky, [ra, dec] in degrees."""

    child = FiniteFloatField()

    def to_internal_value(self, data):
        corner = super().to_internal_value(data)
        if len(corner) != 2:
            raise serializers.ValidationError(f"{corner} is not [ra, dec]")
        try:
            check_position(*corner)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error
        return corner


class ObservationSerializer(RowSerializer):
    footprint = serializers.ListField(child=CornerField(), min_length=4, max_length=4, required=False)

    class Meta:
        model = Observation
        fields = "__all__"
        read_only_fields = ("status", "fits_file_path", "thumbnail_path", "fits_sha256", "header")

    def create(self, validated_data):
        return services.register_observation(**validated_data, actor=self.context["request"].user)


class ObservationFilterSet(SkyFilterSet):
    class Meta:
        model = Observation
        fields = {
            "survey": ["exact"],
            "survey__name": ["exact"],
            "observation_id": ["exact", "icontains"],
            "filter_band": ["exact"],
            "kind": ["exact"],
            "status": ["exact", "in"],
            "observation_time": ["gte", "lt"],
            "exposure_time": ["gte", "lte"],
        }


class ObservationViewSet(mixins.CreateModelMixin, RowViewSet):
    """Observations; a telescope may announce one before its file arrives."""

    queryset = Observation.objects.all()
    serializer_class = ObservationSerializer
    filterset_class = ObservationFilterSet
    ordering_fields = ("observation_time", "created_at", "exposure_time")


class SystemConfigSerializer(RowSerializer):
    class Meta:
        model = SystemConfig
        fields = "__all__"


class SystemConfigViewSet(RowViewSet):
    queryset = SystemConfig.objects.all()
    serializer_class = SystemConfigSerializer
    filterset_fields = {"key": ["exact", "startswith"]}


ROUTES = {
    "surveys": SurveyViewSet,
    "observations": ObservationViewSet,
    "system-config": SystemConfigViewSet,
}
