"""Status moves along its map, by one writer, and never twice."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from astrid.models import Observation, ObservationStatus, Survey
from astrid.transitions import TransitionError, transition, transition_all
from tests.factories import ObservationFactory

MODELS = [model for app in settings.PHASE_APPS for model in apps.get_app_config(app).get_models()]
WITH_STATUS = [
    model for model in MODELS if not model._meta.proxy and any(field.name == "status" for field in model._meta.fields)
]


@pytest.mark.django_db
def test_an_allowed_move_changes_the_row_and_the_instance_with_the_other_fields():
    observation = ObservationFactory()
    transition(observation, ObservationStatus.PREPROCESSING, seeing=1.5)
    assert (observation.status, observation.seeing) == ("preprocessing", 1.5)
    observation.refresh_from_db()
    assert (observation.status, observation.seeing) == ("preprocessing", 1.5)


@pytest.mark.django_db
def test_a_move_that_is_not_in_the_map_is_refused():
    observation = ObservationFactory()
    with pytest.raises(TransitionError, match=r"cannot go from ingested to differenced$"):
        transition(observation, ObservationStatus.DIFFERENCED, seeing=1.5)
    observation.refresh_from_db()
    assert (observation.status, observation.seeing) == ("ingested", None)


@pytest.mark.django_db
def test_who_comes_second_is_told_and_changes_nothing():
    observation = ObservationFactory()
    stale = Observation.objects.get(pk=observation.pk)
    transition(observation, ObservationStatus.ARCHIVED)
    with pytest.raises(TransitionError, match="is no longer ingested"):
        transition(stale, ObservationStatus.PREPROCESSING, seeing=1.5)
    assert (stale.status, stale.seeing) == ("ingested", None)
    stale.refresh_from_db()
    assert (stale.status, stale.seeing) == ("archived", None)


@pytest.mark.django_db
def test_a_row_that_is_gone_cannot_move():
    observation = ObservationFactory()
    Observation.objects.filter(pk=observation.pk).delete()
    with pytest.raises(TransitionError, match="is no longer ingested"):
        transition(observation, ObservationStatus.PREPROCESSING)


@pytest.mark.django_db
def test_many_rows_move_at_once_those_that_stand_at_the_source():
    moved = ObservationFactory.create_batch(3)
    other = ObservationFactory(status="archived")
    count = transition_all(Observation.objects.all(), source="ingested", to="preprocessing")
    assert count == 3
    assert set(Observation.objects.filter(status="preprocessing")) == set(moved)
    other.refresh_from_db()
    assert other.status == "archived"


@pytest.mark.django_db
def test_many_rows_cannot_take_a_move_that_is_not_in_the_map():
    with pytest.raises(TransitionError, match="observations cannot go from archived to ingested"):
        transition_all(Observation.objects.all(), source="archived", to="ingested")


def test_every_table_with_a_status_is_looked_at():
    assert Observation in WITH_STATUS
    assert Survey not in WITH_STATUS
    assert len(WITH_STATUS) == {1: 1, 2: 5, 3: 7, 4: 9}[settings.PHASE]


@pytest.mark.parametrize("model", WITH_STATUS, ids=lambda model: model._meta.db_table)
def test_the_map_the_choices_and_the_database_know_the_same_statuses(model):
    statuses = {value for value, _ in model._meta.get_field("status").choices}
    assert model.TRANSITIONS.keys() == statuses
    assert set().union(*model.TRANSITIONS.values()) <= statuses
    check = next(c for c in model._meta.constraints if c.name == f"{model._meta.db_table}_status_known")
    assert check.condition == models.Q(status__in=list(model.Status.values))
    assert set(model.Status.values) == statuses


@pytest.mark.parametrize("model", WITH_STATUS, ids=lambda model: model._meta.db_table)
def test_every_status_can_be_reached_from_the_first_one(model):
    reached, new = set(), {model._meta.get_field("status").default}
    while new:
        reached |= new
        new = set().union(*(model.TRANSITIONS[status] for status in new)) - reached
    assert reached == model.TRANSITIONS.keys()
