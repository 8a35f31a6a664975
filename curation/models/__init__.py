"""People: their verdicts, the alerts that follow, and the log of every change."""

from curation.models import audited
from curation.models.alerts import Alert, AlertDelivery, AlertStatus
from curation.models.audit import AuditLog, AuditSeal
from curation.models.review import ReviewClaim, ValidationEvent

__all__ = (
    "Alert",
    "AlertDelivery",
    "AlertStatus",
    "AuditLog",
    "AuditSeal",
    "ReviewClaim",
    "ValidationEvent",
    "audited",
)
