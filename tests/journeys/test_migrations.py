"""Each app's tables come and go by themselves, also with rows in them."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from astrid.models import Survey, SystemConfig
from curation.models import AuditLog, AuditSeal, ReviewClaim, ValidationEvent
from tests import ROOT, factories
from tests.conftest import administer, clone, template_name
from tests.database import set_by_sql, sql

APPS = settings.PHASE_APPS


@pytest.fixture
def database(django_db_setup, django_db_blocker):
    """A database of the test's own, migrated like the tests' one, which Django uses meanwhile."""
    name = connection.settings_dict["NAME"]
    scratch = f"{name}_scratch"
    with django_db_blocker.unblock():
        clone(template_name(), to=scratch)
        connection.settings_dict["NAME"] = scratch
        yield scratch
        connection.close()
        connection.settings_dict["NAME"] = name
        administer(f'DROP DATABASE "{scratch}" WITH (FORCE)')


def fill() -> None:
    """At least one row in every table."""
    person = User.objects.create_user("somebody")
    person.groups.add(Group.objects.get(name="curator"))
    detection = factories.AlertDeliveryFactory().alert.detection
    detection.model_run.model.training_set = factories.TrainingSetFactory()
    detection.model_run.model.save()
    detection.candidate.sky_object = factories.SkyObjectFactory()
    detection.candidate.save()
    factories.PreprocessRunFactory(observation=detection.observation)
    factories.LightCurvePointFactory(sky_object=detection.candidate.sky_object)
    factories.KnownMatchFactory(candidate=detection.candidate)
    factories.CatalogueSourceFactory()
    factories.MinorPlanetFactory()
    factories.MasterFrameFactory()
    factories.ProcessingJobFactory(entity_id=detection.observation_id)
    ValidationEvent.objects.create(detection=detection, validator=person, is_valid=True)
    later = timezone.now() + timedelta(minutes=5)
    ReviewClaim.objects.create(detection=detection, holder=person, expires_at=later)
    AuditSeal.objects.create(first_entry_at=later, last_entry_at=later, entry_count=1, sha256="0" * 64)


def tables_of(*labels: str) -> set[str]:
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model._meta.db_table for model in models if not model._meta.proxy}


def present(*labels: str) -> set[str]:
    """The tables of the apps that are there."""
    with connection.cursor() as cursor:
        return tables_of(*labels) & set(connection.introspection.table_names(cursor))


def counts(*labels: str) -> dict[str, int]:
    return {table: sql(f"SELECT count(*) FROM {table}")[0][0] for table in present(*labels)}


def applied(app: str) -> list[str]:
    return sorted(name for label, name in MigrationLoader(connection).applied_migrations if label == app)


def audited() -> set[str]:
    """The tables of the apps and of the accounts that carry audit triggers."""
    rows = sql("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '^pgtrigger_audit_'")
    return {table for (table,) in rows}


def audit_functions() -> list[tuple]:
    return sql("SELECT proname FROM pg_proc WHERE proname ~ '^audit_'")


def all_that_migrations_make() -> dict[str, set[tuple]]:
    """Names of what is in the database, and the rows that migrations bring."""
    ours = "JOIN pg_namespace AS n ON n.oid = {} WHERE n.nspname = 'public'"
    return {
        "relations": set(sql("SELECT relname FROM pg_class " + ours.format("relnamespace"))),
        "functions": set(sql("SELECT proname, prosrc FROM pg_proc " + ours.format("pronamespace"))),
        "constraints": set(sql("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0")),
        "triggers": set(sql("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")),
        "roles": set(Group.objects.values_list("name", "permissions__codename")),
        "configuration": set(SystemConfig.objects.values_list("key", "description")),
        "surveys": set(Survey.objects.exclude(name__startswith="Survey ").values_list("name", "description")),
    }


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0)


@pytest.mark.parametrize("app", APPS)
def test_an_app_goes_with_its_rows_and_comes_again_and_only_what_depends_on_it_goes_along(database, app):
    everything = all_that_migrations_make()
    fill()
    below, gone = APPS[: APPS.index(app)], APPS[APPS.index(app) :]
    rows_before = counts(*APPS)
    assert rows_before.keys() == tables_of(*APPS)
    assert all(rows_before.values())

    migrate(app, "zero")

    assert present(*gone) == ({"audit_log"} if below and app != "curation" else set())
    rows = counts(*below)
    assert {table: rows_before[table] for table in rows.keys() - {"system_config"}} == {
        table: count for table, count in rows.items() if table != "system_config"
    }
    assert rows.keys() == tables_of(*below)
    keys = SystemConfig.objects.values_list("key", flat=True) if below else ()
    assert {key.partition(".")[0] for key in keys} == set(below)
    assert User.objects.filter(username="somebody").exists()
    assert bool(audit_functions()) == ("audit_log" in present("curation"))
    assert {table for table in audited() if not table.startswith("auth_")} == (
        tables_of(*below) if audit_functions() else set()
    )

    migrate()

    assert all_that_migrations_make() == everything
    alert = factories.AlertFactory()
    assert AuditLog.objects.about(alert).exists()


def test_the_log_outlives_the_tables_it_tells_of(database):
    candidate = factories.CandidateFactory()
    migrate("pipeline", "zero")
    assert AuditLog.objects.about(candidate).get().action == "insert"
    set_by_sql(candidate.observation, filter_band="z")
    assert AuditLog.objects.about(candidate.observation).first().new_values == {"filter_band": "z"}


def test_every_migration_goes_back_and_forth_by_itself_with_rows_in_the_tables(database):
    everything = all_that_migrations_make()
    fill()
    executor = MigrationExecutor(connection)
    plan = [node for node, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)]
    ours = [(node.app_label, node.name) for node in plan if node.app_label in APPS]
    for app, name in reversed(ours):
        before = applied(app)
        (parent,) = [key for key in parents(app, name) if key[0] == app] or [(app, None)]
        executor = MigrationExecutor(connection)
        executor.migrate([parent])
        assert applied(app) == before[:-1], f"{app} {name} does not go back alone"
    assert present(*APPS) == audited() == set(audit_functions()) == set()
    for app, name in ours:
        MigrationExecutor(connection).migrate([(app, name)])
        assert applied(app)[-1] == name
    assert present(*APPS) == tables_of(*APPS)
    assert all_that_migrations_make() == everything
    factories.AlertDeliveryFactory()


@pytest.mark.parametrize("app", APPS)
def test_the_last_migration_of_an_app_goes_back_without_what_the_others_brought(database, app):
    everything = all_that_migrations_make()
    *_, before, _ = sorted(name for label, name in MigrationLoader(None).graph.nodes if label == app)
    migrate(app, before)
    migrate()
    assert all_that_migrations_make() == everything


def parents(app: str, name: str) -> set[tuple[str, str]]:
    return {node.key for node in MigrationLoader(None).graph.node_map[(app, name)].parents}


def test_migrations_are_in_one_line_and_their_names_say_what_they_do():
    graph = MigrationLoader(None).graph
    for app in APPS:
        line = sorted(name for label, name in graph.nodes if label == app)
        assert [name[:4] for name in line] == [f"{number:04d}" for number in range(1, len(line) + 1)]
        for before, name in zip([None, *line], line, strict=False):
            own_parents = [key for key in parents(app, name) if key[0] == app]
            assert own_parents == ([(app, before)] if before else [])
            assert "auto" not in name
            assert name != "0001_initial"
        assert graph.leaf_nodes(app) == [(app, line[-1])]


def test_every_migration_can_be_undone():
    for (app, _), migration in MigrationLoader(None).disk_migrations.items():
        if app in APPS:
            assert all(operation.reversible for operation in migration.operations), migration


PHASE = """
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("check", databases=["default"], fail_level="WARNING")
call_command("makemigrations", check=True, dry_run=True, verbosity=0)
from django.db import connection
from tests import factories
made = [factories.ObservationFactory(), factories.CandidateFactory() if settings.PHASE > 1 else None,
        factories.DetectionFactory() if settings.PHASE > 2 else None]
from astrid.models import Observation
Observation.objects.filter(kind="science").delete()
Observation.objects.all().delete()
call_command("status")
print(*connection.introspection.table_names(), sep="\\n")
"""


@pytest.mark.parametrize("phase", ["1", "2", "3"])
def test_the_first_phases_stand_alone(database, phase, tmp_path):
    administer(f'DROP DATABASE "{database}" WITH (FORCE)', f'CREATE DATABASE "{database}"')
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PHASE],
        cwd=ROOT,
        env=os.environ | {
            "ASTRID_PHASE": phase,
            "ASTRID_HOME": str(tmp_path),
            "DATABASE_URL": url_of(database),
            "DJANGO_SETTINGS_MODULE": "astrid.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tables = set(done.stdout.split())
    for number, app in enumerate(APPS, start=1):
        assert tables & tables_of(app) == (tables_of(app) if number <= int(phase) else set())


def url_of(database: str) -> str:
    """The address of a database on the tests' server."""
    connection.ensure_connection()
    given = connection.connection.info
    return f"postgresql:///{database}?host={given.host}&port={given.port}&user={given.user}&password={given.password}"


@pytest.mark.django_db
def test_the_models_have_no_changes_that_no_migration_holds():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
