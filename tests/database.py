"""The database without Django's knowledge of it: SQL, and what constraints refuse."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction


def sql(statement: str, *parameters: object) -> list[tuple]:
    """The rows of a statement; none of one that has no answer."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    """What is done inside is refused by the constraint of this name."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        yield
    assert refusal.value.__cause__.diag.constraint_name == constraint


def set_by_sql(row: models.Model, **columns: object) -> None:
    """Change a row without Django's knowledge of it."""
    assignments = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = %s", [*columns.values(), row.pk])
        assert cursor.rowcount == 1


def float_columns(*factories) -> list[tuple]:
    """(factory, column) of every floating-point column of the factories' tables."""
    return [
        (factory, field.column)
        for factory in factories
        for field in factory._meta.model._meta.concrete_fields
        if isinstance(field, models.FloatField)
    ]


def assert_no_number_but_finite_ones(row: models.Model, column: str) -> None:
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(IntegrityError), transaction.atomic():
            set_by_sql(row, **{column: value})


def check_constraints(app_label: str) -> set[str]:
    """The names of an app's CHECK constraints."""
    return {
        constraint.name
        for model in apps.get_app_config(app_label).get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and not model._meta.proxy
    }
