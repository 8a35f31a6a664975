"""What must hold before phase 1 counts as deployed, as the database shows it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor

from astrid import config
from astrid.models import Observation, Survey, SystemConfig


@dataclass(frozen=True)
class Evidence:
    """A claim about a phase, whether it holds, and what was found."""

    claim: str
    holds: bool
    found: str


def migrations(app_label: str) -> Evidence:
    executor = MigrationExecutor(connection)
    known = [key for key in executor.loader.graph.nodes if key[0] == app_label]
    applied = [key for key in known if key in executor.loader.applied_migrations]
    return Evidence("migrations applied", len(applied) == len(known), f"{len(applied)} of {len(known)}")


def tables(app_label: str) -> Evidence:
    expected = {model._meta.db_table for model in apps.get_app_config(app_label).get_models() if not model._meta.proxy}
    with connection.cursor() as cursor:
        present = {table.name for table in connection.introspection.get_table_list(cursor)}
    missing = sorted(expected - present)
    found = f"{len(expected)} tables" if not missing else f"missing: {', '.join(missing)}"
    return Evidence("tables present", not missing, found)


def constraints(app_label: str) -> Evidence:
    """Every constraint and index that the models declare is in the database, under its name."""
    declared, present = set(), set()
    with connection.cursor() as cursor:
        for model in apps.get_app_config(app_label).get_models():
            if not model._meta.proxy:
                declared |= {item.name for item in (*model._meta.constraints, *model._meta.indexes)}
                present |= set(connection.introspection.get_constraints(cursor, model._meta.db_table))
    missing = sorted(declared - present)
    found = f"{len(declared)} of {len(declared)}" if not missing else f"missing: {', '.join(missing)}"
    return Evidence("constraints and indexes present", not missing, found)


def rows(claim: str, queryset: models.QuerySet) -> Evidence:
    """At least one row; how many, the newest, and how long the database took to say so."""
    began = time.perf_counter()
    count, newest = queryset.count(), queryset.aggregate(newest=models.Max("created_at"))["newest"]
    took_ms = (time.perf_counter() - began) * 1000
    when = f", the last at {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""
    return Evidence(claim, count > 0, f"{count} rows{when} ({took_ms:.1f} ms)")


def evidence() -> Iterator[Evidence]:
    yield migrations("astrid")
    yield tables("astrid")
    yield constraints("astrid")
    yield rows("survey registry filled", Survey.objects.all())
    declared, present = set(config.declared()), set(SystemConfig.objects.values_list("key", flat=True))
    yield Evidence(
        "every configuration key has a row", declared <= present, f"{len(declared & present)} of {len(declared)}"
    )
    roles = Group.objects.filter(permissions__content_type__app_label="astrid").distinct().count()
    yield Evidence("roles have their permissions", roles == 6, f"{roles} of 6 roles")
    yield rows("observations ingested", Observation.objects.all())
