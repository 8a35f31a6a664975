"""A survey, and what the audit log says of a test's acts."""

import pytest

from astrid.models import Survey
from curation.models import AuditLog
from tests.factories import SurveyFactory


class Entries:
    """The log's entries since the beginning of the test's acts."""

    def __init__(self):
        self.before = set(AuditLog.objects.values_list("pk", flat=True))

    def __call__(self, table: str | None = None) -> list[AuditLog]:
        new = AuditLog.objects.exclude(pk__in=self.before).order_by("created_at", "id")
        return list(new.filter(entity_type=table) if table else new)

    def one(self, table: str | None = None) -> AuditLog:
        (entry,) = self(table)
        return entry


@pytest.fixture
def survey() -> Survey:
    return SurveyFactory(name="Old", description="as it was")


@pytest.fixture
def entries(survey) -> Entries:
    """What is logged after this."""
    return Entries()
