"""The API of phase 4."""

from rest_framework import mixins, serializers

from astrid.api import RowViewSet
from astrid.rest import RowSerializer
from curation import services
from curation.models import Alert, AlertDelivery, AuditLog, AuditSeal, ReviewClaim, ValidationEvent


class ValidationEventSerializer(RowSerializer):
    tags = serializers.ListField(child=serializers.CharField(max_length=50), required=False)

    class Meta:
        model = ValidationEvent
        fields = "__all__"
        read_only_fields = ("validator", "superseded_by")
        validators = ()

    def create(self, validated_data):
        """The validator is who is logged in, whatever the client says."""
        return services.judge(**validated_data, actor=self.context["request"].user)


class ValidationEventViewSet(mixins.CreateModelMixin, RowViewSet):
    """Verdicts. A new one of the same person on the same detection supersedes the earlier."""

    queryset = ValidationEvent.objects.all()
    serializer_class = ValidationEventSerializer
    filterset_fields = {
        "detection": ["exact"],
        "validator": ["exact"],
        "is_valid": ["exact"],
        "label": ["exact"],
        "superseded_by": ["isnull"],
        "created_at": ["gte", "lt"],
    }


class ReviewClaimSerializer(RowSerializer):
    class Meta:
        model = ReviewClaim
        fields = "__all__"


class ReviewClaimViewSet(RowViewSet):
    queryset = ReviewClaim.objects.all()
    serializer_class = ReviewClaimSerializer
    filterset_fields = {"detection": ["exact"], "holder": ["exact"]}


class AlertSerializer(RowSerializer):
    class Meta:
        model = Alert
        fields = "__all__"


class AlertViewSet(RowViewSet):
    queryset = Alert.objects.all()
    serializer_class = AlertSerializer
    filterset_fields = {
        "detection": ["exact"],
        "alert_type": ["exact"],
        "priority": ["exact"],
        "status": ["exact", "in"],
        "created_at": ["gte", "lt"],
    }


class AlertDeliverySerializer(RowSerializer):
    class Meta:
        model = AlertDelivery
        fields = "__all__"


class AlertDeliveryViewSet(RowViewSet):
    queryset = AlertDelivery.objects.all()
    serializer_class = AlertDeliverySerializer
    filterset_fields = {"alert": ["exact"], "channel": ["exact"], "status": ["exact", "in"]}


class AuditLogSerializer(RowSerializer):
    class Meta:
        model = AuditLog
        fields = "__all__"


class AuditLogViewSet(RowViewSet):
    queryset = AuditLog.objects.all()
    serializer_class = AuditLogSerializer
    filterset_fields = {
        "entity_type": ["exact"],
        "entity_id": ["exact"],
        "action": ["exact"],
        "user_id": ["exact"],
        "created_at": ["gte", "lt"],
    }


class AuditSealSerializer(RowSerializer):
    class Meta:
        model = AuditSeal
        fields = "__all__"


class AuditSealViewSet(RowViewSet):
    queryset = AuditSeal.objects.all()
    serializer_class = AuditSealSerializer


ROUTES = {
    "validation-events": ValidationEventViewSet,
    "review-claims": ReviewClaimViewSet,
    "alerts": AlertViewSet,
    "alert-deliveries": AlertDeliveryViewSet,
    "audit-log": AuditLogViewSet,
    "audit-seals": AuditSealViewSet,
}
