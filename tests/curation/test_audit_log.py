"""The audit log itself: nobody changes it, and it is divided by month."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from curation.models import AuditLog
from tests.database import sql
from tests.factories import SurveyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditLog:
    """What is written of a new survey."""
    return AuditLog.objects.about(SurveyFactory()).get()


def write_entry(created_at: datetime) -> None:
    """As an entry of another time would be written."""
    sql(
        "INSERT INTO audit_log (entity_type, action, created_at, transaction_id) VALUES ('surveys', 'insert', %s, 1)",
        created_at,
    )


@pytest.mark.parametrize("table", ["audit_log", "a partition", "audit_log_default"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET username = 'nobody'", "DELETE FROM {}", "TRUNCATE {}", "DELETE FROM {} WHERE action = 'insert'"],
)
def test_the_database_refuses_to_change_the_log(entry, table, statement):
    write_entry(datetime(2001, 1, 1, tzinfo=UTC))
    table = f"audit_log_{datetime.now(UTC):%Y_%m}" if table == "a partition" else table
    count = AuditLog.objects.count()
    with pytest.raises(DatabaseError, match="audit_log is append-only"), transaction.atomic():
        sql(statement.format(table))
    assert AuditLog.objects.count() == count > 1


def test_the_database_refuses_to_save_or_delete_an_entry(entry):
    entry.username = "nobody"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.delete()


def partition_of(entry: AuditLog) -> str:
    ((name,),) = sql("SELECT tableoid::regclass::text FROM audit_log WHERE id = %s", entry.pk)
    return name


def partitions() -> set[str]:
    rows = sql("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_log'::regclass")
    return {name for (name,) in rows}


def test_an_entry_lies_in_the_partition_of_its_month(entry):
    assert partition_of(entry) == f"audit_log_{entry.created_at:%Y_%m}"


def test_partitions_reach_two_years_ahead():
    now = datetime.now(UTC)
    months = [f"audit_log_{now.year + n // 12}_{n % 12 + 1:02d}" for n in range(now.month - 1, now.month + 24)]
    assert partitions() == {*months, "audit_log_default"}


def test_months_begin_in_utc_wherever_the_session_is():
    year = datetime.now(UTC).year + 1
    sql("SET LOCAL timezone = 'Pacific/Honolulu'")
    for moment, month in ((datetime(year, 1, 1, tzinfo=UTC), "01"), (datetime(year, 6, 30, 23, 59, tzinfo=UTC), "06")):
        write_entry(moment)
        assert partition_of(AuditLog.objects.get(created_at=moment)) == f"audit_log_{year}_{month}"


@pytest.mark.parametrize("months_ahead", [24, 36])
def test_partitions_are_made_when_they_are_missing_and_left_when_they_are_there(months_ahead):
    for _ in range(2):
        sql("SELECT audit_log_ensure_partitions(%s)", months_ahead)
        assert len(partitions()) == months_ahead + 2
    newest = f"audit_log_{datetime.now(UTC).year + months_ahead // 12}_{datetime.now(UTC):%m}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(f"TRUNCATE {newest}")
