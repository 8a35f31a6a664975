"""Status is one column with one map of allowed moves and one writer."""

from django.db import models


class TransitionError(Exception):
    """A status change that the map does not allow, or that another process was faster to make."""


def transition(row: models.Model, to: str, **changes) -> None:
    """Move `row.status` to `to`, with other fields in the same UPDATE, if it still is what `row` says.

    The model's `TRANSITIONS` maps each status to those that may follow it.

    Raises
    ------
    TransitionError
        The move is not in the map, or the row's status has changed since it was read.
    """
    model = type(row)
    name = f"{model._meta.verbose_name} {row.pk}"
    if to not in model.TRANSITIONS[row.status]:
        raise TransitionError(f"{name} cannot go from {row.status} to {to}")
    changed = model._base_manager.filter(pk=row.pk, status=row.status).update(status=to, **changes)
    if not changed:
        raise TransitionError(f"{name} is no longer {row.status}")
    for field, value in {"status": to, **changes}.items():
        setattr(row, field, value)


def transition_all(rows: models.QuerySet, *, source: str, to: str) -> int:
    """Move every row of the queryset whose status is `source` to `to`, in one UPDATE; returns how many moved.

    Raises
    ------
    TransitionError
        The move is not in the map.
    """
    if to not in rows.model.TRANSITIONS[source]:
        raise TransitionError(f"{rows.model._meta.verbose_name_plural} cannot go from {source} to {to}")
    return rows.filter(status=source).update(status=to)
