"""The tables of phase 1, and what every table of every app has in common."""

import math
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.utils import timezone

from astrid.models import Observation, Row, Survey, SystemConfig
from tests.database import assert_no_number_but_finite_ones, check_constraints, float_columns, refused_by, set_by_sql
from tests.factories import ObservationFactory, SurveyFactory

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TABLES = [
    model for app in settings.PHASE_APPS for model in apps.get_app_config(app).get_models() if not model._meta.proxy
]
# The audit log is append-only, and has a shape of its own.
ROWS = [model for model in TABLES if model._meta.db_table != "audit_log"]
every_table = pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.db_table)

IMPOSSIBLE = [
    (SurveyFactory, "surveys_gain_positive", {"gain_e_per_adu": 0}),
    (SurveyFactory, "surveys_read_noise_not_negative", {"read_noise_e": -1}),
    (SurveyFactory, "surveys_saturation_positive", {"saturation_adu": 0}),
    (SurveyFactory, "surveys_pixel_scale_positive", {"pixel_scale_arcsec": 0}),
    (SurveyFactory, "surveys_numbers_finite", {"saturation_adu": math.inf}),
    (ObservationFactory, "observations_ra_0_to_360", {"ra": 360}),
    (ObservationFactory, "observations_ra_0_to_360", {"ra": -1e-9}),
    (ObservationFactory, "observations_ra_0_to_360", {"ra": math.nan}),
    (ObservationFactory, "observations_dec_90s_to_90n", {"dec": 90.001}),
    (ObservationFactory, "observations_dec_90s_to_90n", {"dec": -90.001}),
    (ObservationFactory, "observations_exposure_positive", {"exposure_time": 0}),
    (ObservationFactory, "observations_airmass_from_1", {"airmass": 0.99}),
    (ObservationFactory, "observations_seeing_positive", {"seeing": 0}),
    (ObservationFactory, "observations_pixel_scale_positive", {"pixel_scale": -1}),
    (ObservationFactory, "observations_gain_positive", {"gain_e_per_adu": 0}),
    (ObservationFactory, "observations_read_noise_not_negative", {"read_noise_e": -1}),
    (ObservationFactory, "observations_saturation_positive", {"saturation_adu": 0}),
    (ObservationFactory, "observations_numbers_finite", {"exposure_time": math.nan}),
    (ObservationFactory, "observations_kind_known", {"kind": "flat"}),
    (ObservationFactory, "observations_status_known", {"status": "lost"}),
]


@pytest.mark.parametrize(("factory", "constraint", "columns"), IMPOSSIBLE)
def test_the_database_refuses_an_impossible_value(factory, constraint, columns):
    row = factory()
    with refused_by(constraint):
        set_by_sql(row, **columns)


@pytest.mark.parametrize(("factory", "column"), float_columns(SurveyFactory, ObservationFactory))
def test_the_database_refuses_nan_and_infinity(factory, column):
    assert_no_number_but_finite_ones(factory(), column)


def test_every_check_is_tried_above():
    assert {constraint for _, constraint, _ in IMPOSSIBLE} == check_constraints("astrid")


def test_an_observation_id_is_unique_within_its_survey_only():
    row, other = ObservationFactory(), ObservationFactory()
    with refused_by("observations_unique_in_survey"):
        set_by_sql(other, survey_id=row.survey_id, observation_id=row.observation_id)
    set_by_sql(other, observation_id=row.observation_id)


def test_a_file_is_one_observation_of_a_survey_and_observations_without_a_file_are_many():
    survey = SurveyFactory()
    one, other, _ = ObservationFactory.create_batch(3, survey=survey)
    set_by_sql(one, fits_sha256="a" * 64)
    with refused_by("observations_one_per_file"):
        set_by_sql(other, fits_sha256="a" * 64)


def test_names_of_surveys_and_keys_of_the_configuration_are_unique():
    with refused_by("surveys_name_key"):
        set_by_sql(SurveyFactory(), name="ZTF")
    with refused_by("system_config_key_key"):
        SystemConfig.objects.bulk_create([SystemConfig(key="astrid.ingest_max_mb", value=1)])


def test_a_survey_with_observations_cannot_be_deleted():
    survey = ObservationFactory().survey
    with pytest.raises(ProtectedError):
        survey.delete()


def test_the_surveys_that_people_use_are_registered():
    known = {"ZTF", "Pan-STARRS1", "DECam", "LCO", "GOTO", "ATLAS", "TESS", "SDSS", "HST", "Swift", "GALEX", "Rubin"}
    assert known <= set(Survey.objects.values_list("name", flat=True))
    for survey in Survey.objects.all():
        survey.full_clean()


def test_a_configuration_row_is_checked_against_its_key():
    row = SystemConfig.objects.get(key="astrid.ingest_max_mb")
    row.value = "many"
    with pytest.raises(ValidationError, match=r"astrid.ingest_max_mb is a whole number, not 'many'"):
        row.full_clean()


def test_updated_at_moves_by_the_databases_clock_whoever_changes_the_row():
    def age(row) -> float:
        row.refresh_from_db()
        assert row.created_at == LONG_AGO
        return (timezone.now() - row.updated_at).total_seconds()

    rows = [SurveyFactory(created_at=LONG_AGO, updated_at=LONG_AGO) for _ in range(3)]
    assert age(rows[0]) > 1e8
    Survey.objects.filter(pk=rows[0].pk).update(description="by update")
    set_by_sql(rows[1], description="by SQL", updated_at=LONG_AGO)
    rows[2].save()
    assert max(age(row) for row in rows) < 60


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model._meta.db_table)
def test_every_table_has_the_common_columns_and_its_trigger(model):
    assert issubclass(model, Row)
    assert model._meta.pk.name == "id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'pgtrigger_touch_%%'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (1,)


@every_table
def test_every_table_says_what_a_user_may_see(model, make_user):
    rows = model._default_manager.all()
    user = make_user("viewer")
    assert str(rows.visible_to(user).query) == str(rows.query)
    assert rows.visible_to(AnonymousUser()).query.is_empty()
    user.is_active = False
    assert rows.visible_to(user).query.is_empty()


def test_a_user_sees_observations_and_nobody_else_does(make_user):
    row = ObservationFactory()
    user = make_user("viewer")
    assert list(Observation.objects.visible_to(user)) == [row]
    assert not Observation.objects.visible_to(AnonymousUser()).exists()


@every_table
def test_the_database_knows_the_choices_of_every_column(model):
    chosen = {field.column for field in model._meta.fields if field.choices}
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
    known = {f"{model._meta.db_table}_{column}_known" for column in chosen}
    assert known <= {name for name, constraint in constraints.items() if constraint["check"]}


@every_table
def test_names_of_constraints_and_indexes_say_what_they_hold(model):
    table = model._meta.db_table
    for item in (*model._meta.constraints, *model._meta.indexes):
        assert item.name.startswith(f"{table}_")
        assert len(item.name) > len(table) + 4


@every_table
def test_columns_with_a_default_have_it_in_the_database_too(model):
    """COPY and SQL leave columns out."""
    for field in model._meta.fields:
        assert field.has_db_default() or not field.has_default(), field
