"""The evidence of phase 1, and the command that shows it."""

import io

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from astrid import validation
from astrid.models import SystemConfig
from tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db


def evidence() -> dict[str, validation.Evidence]:
    return {evidence.claim: evidence for evidence in validation.evidence()}


def test_a_fresh_database_lacks_nothing_but_observations():
    missing = [claim for claim, evidence in evidence().items() if not evidence.holds]
    assert missing == ["observations ingested"]
    ObservationFactory()
    assert all(evidence.holds for evidence in evidence().values())
    assert evidence()["observations ingested"].found.startswith("1 rows, the last at 20")


@pytest.mark.parametrize(
    ("claim", "damage", "found"),
    [
        ("migrations applied", "DELETE FROM django_migrations WHERE app = 'astrid' AND name ~ '^0005'", "4 of 5"),
        ("tables present", "ALTER TABLE system_config RENAME TO lost", "missing: system_config"),
        ("constraints and indexes present", "DROP INDEX observations_newest", "missing: observations_newest"),
        ("roles have their permissions", "DELETE FROM auth_group_permissions", "0 of 6 roles"),
    ],
)
def test_what_is_missing_is_named(claim, damage, found):
    with connection.cursor() as cursor:
        cursor.execute(damage)
    checks = {
        "migrations applied": lambda: validation.migrations("astrid"),
        "tables present": lambda: validation.tables("astrid"),
    }
    seen = checks[claim]() if claim in checks else evidence()[claim]
    assert (seen.holds, seen.found) == (False, found)


def test_a_key_without_a_row_is_noticed():
    SystemConfig.objects.get(key="astrid.ingest_max_mb").delete()
    seen = evidence()["every configuration key has a row"]
    assert not seen.holds
    assert seen.found == f"{SystemConfig.objects.count()} of {SystemConfig.objects.count() + 1}"


def status(*arguments: str) -> str:
    out = io.StringIO()
    call_command("status", *arguments, stdout=out)
    return " ".join(out.getvalue().split())


def test_the_command_shows_each_installed_phase_or_the_one_asked_for():
    everything = status()
    for number, app in enumerate(settings.PHASE_APPS, start=1):
        assert f"Phase {number}: {app}" in everything
    only = status("--phase", "1")
    assert "Phase 1: astrid" in only
    assert "Phase 2" not in only
    assert "not yet observations ingested" in only


def test_the_command_does_not_fail_where_tables_are_missing():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE surveys RENAME TO lost")
    shown = status("--phase", "1")
    assert "not yet tables present missing: surveys" in shown
    assert 'not yet everything else relation "surveys" does not exist' in shown
