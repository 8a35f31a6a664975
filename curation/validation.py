"""What must hold before phase 4 counts as deployed, as the database shows it."""

from collections.abc import Iterator

from django.db import DatabaseError, connection, transaction

from astrid.validation import Evidence, constraints, migrations, rows, tables
from curation.models import Alert, AlertDelivery, AlertStatus, AuditLog, ValidationEvent, audited


def evidence() -> Iterator[Evidence]:
    yield migrations("curation")
    yield tables("curation")
    yield constraints("curation")
    yield _audit_triggers()
    yield _append_only()
    yield rows("changes recorded", AuditLog.objects.all())
    yield rows("verdicts given", ValidationEvent.objects.all())
    yield rows("alerts raised", Alert.objects.all())
    waiting = AlertDelivery.objects.filter(status=AlertStatus.PENDING).count()
    failed = AlertDelivery.objects.filter(status=AlertStatus.FAILED).count()
    yield Evidence("alerts delivered", not waiting and not failed, f"{waiting} wait, {failed} failed")


def _audit_triggers() -> Evidence:
    lower = {model._meta.db_table for model in audited.ASTRID + audited.USERS + audited.PIPELINE + audited.MLREGISTRY}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_audit_%' AND tgenabled <> 'D' "
            "GROUP BY tgrelid HAVING count(*) = 4"
        )
        watched = {name for (name,) in cursor.fetchall()}
    missing = sorted(lower - watched)
    return Evidence(
        "every table is audited", not missing, f"{len(watched)} tables" if not missing else ", ".join(missing)
    )


def _append_only() -> Evidence:
    """Tried, and rolled back: the database itself must refuse."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE audit_log")
            transaction.set_rollback(True)
    except DatabaseError as error:
        return Evidence("the audit log is append-only", True, str(error).splitlines()[0])
    return Evidence("the audit log is append-only", False, "TRUNCATE was not refused")
