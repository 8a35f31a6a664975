"""The audit log: every change of every table, by whoever makes it, however it is made."""

import hashlib
import json

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction

from astrid.models import Survey, SystemConfig
from curation.models import AuditLog
from tests.database import set_by_sql, sql
from tests.factories import (
    AlertDeliveryFactory,
    CandidateFactory,
    KnownMatchFactory,
    LightCurvePointFactory,
    SurveyFactory,
)

pytestmark = pytest.mark.django_db

ACCOUNTS = (
    User, Group, Permission, User.groups.through, User.user_permissions.through, Group.permissions.through,
)  # fmt: skip
OURS = [model for app in settings.PHASE_APPS for model in apps.get_app_config(app).get_models()]
AUDITED = [model for model in (*OURS, *ACCOUNTS) if not model._meta.proxy and model is not AuditLog]


@pytest.mark.parametrize("model", AUDITED, ids=lambda model: model._meta.db_table)
def test_every_table_carries_the_four_triggers(model):
    rows = sql("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", model._meta.db_table)
    names = [name for (name,) in rows]
    for operation in ("insert", "update", "delete", "truncate"):
        assert sum(name.startswith(f"pgtrigger_audit_{operation}_") for name in names) == 1


def change_by_save(survey):
    survey.description = "as it is"
    survey.save()


def change_by_bulk_update(survey):
    survey.description = "as it is"
    Survey.objects.bulk_update([survey], ["description"])


@pytest.mark.parametrize(
    "change",
    [
        change_by_save,
        change_by_bulk_update,
        lambda survey: Survey.objects.filter(pk=survey.pk).update(description="as it is"),
        lambda survey: set_by_sql(survey, description="as it is"),
        lambda survey: Survey.objects.bulk_create(
            [Survey(name="Old", description="as it is")],
            update_conflicts=True, unique_fields=["name"], update_fields=["description"],
        ),
    ],
    ids=["save", "bulk_update", "queryset.update", "SQL", "upsert"],
)  # fmt: skip
def test_a_change_is_logged_with_the_changed_values_only(survey, entries, change):
    change(survey)
    entry = entries.one()
    assert (entry.entity_type, entry.entity_id, entry.action) == ("surveys", str(survey.pk), "update")
    assert entry.old_values == {"description": "as it was"}
    assert entry.new_values == {"description": "as it is"}
    assert entry.change_summary == "description"
    assert entry.row_digest == ""


def test_each_row_of_a_statement_has_an_entry_of_its_own(entries):
    rows = SurveyFactory.create_batch(3, description="before")
    Survey.objects.filter(pk__in=[row.pk for row in rows]).update(description="after", is_active=False)
    changed = [entry for entry in entries("surveys") if entry.action == "update"]
    assert {entry.entity_id for entry in changed} == {str(row.pk) for row in rows}
    for entry in changed:
        assert entry.new_values == {"description": "after", "is_active": False}
        assert entry.change_summary == "description, is_active"


@pytest.mark.parametrize("statement", ["UPDATE surveys SET name = name", "UPDATE surveys SET name = 'x' WHERE false"])
def test_a_change_that_changes_nothing_leaves_no_entry(entries, statement):
    sql(statement)
    assert entries() == []


def test_saving_a_row_as_it_is_leaves_no_entry(survey, entries):
    survey.save()
    assert entries() == []


def test_a_value_that_becomes_unknown_or_known_is_logged(survey, entries):
    Survey.objects.filter(pk=survey.pk).update(read_noise_e=None)
    Survey.objects.filter(pk=survey.pk).update(read_noise_e=5)
    gone, back = entries()
    assert (gone.old_values, gone.new_values) == ({"read_noise_e": 8}, {"read_noise_e": None})
    assert (back.old_values, back.new_values) == ({"read_noise_e": None}, {"read_noise_e": 5})


def insert_by_copy():
    statement = "COPY surveys (name, description, base_url, api_endpoint) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write_row(("new 0", "", "", ""))
        copy.write_row(("new 1", "", "", ""))


@pytest.mark.parametrize(
    "insert",
    [
        insert_by_copy,
        lambda: Survey.objects.bulk_create(Survey(name=f"new {n}") for n in range(2)),
        lambda: [Survey.objects.create(name=f"new {n}") for n in range(2)],
    ],
    ids=["COPY", "bulk_create", "create"],
)
def test_an_insert_is_logged_with_a_digest_of_the_row(entries, insert):
    insert()
    logged = {entry.entity_id: entry for entry in entries("surveys")}
    assert len(logged) == 2
    for row in Survey.objects.filter(name__startswith="new "):
        entry = logged[str(row.pk)]
        assert (entry.action, entry.old_values, entry.new_values) == ("insert", None, None)
        assert entry.row_digest == digest_of(row)


def digest_of(row) -> str:
    """sha256 of the row as PostgreSQL writes it in JSON, without updated_at."""
    table = row._meta.db_table
    ((text,),) = sql(f"SELECT (to_jsonb(r) - 'updated_at')::text FROM {table} AS r WHERE id = %s", row.pk)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_inserted_row_can_be_made_again_from_the_log_and_its_digest_fits(survey):
    inserted = AuditLog.objects.about(survey).get()
    Survey.objects.filter(pk=survey.pk).update(description="once", gain_e_per_adu=3)
    Survey.objects.filter(pk=survey.pk).update(description="twice")
    sql("UPDATE surveys SET name = name")
    assert digest_of(survey) != inserted.row_digest
    ((text,),) = sql("SELECT (to_jsonb(s) - 'updated_at')::text FROM surveys AS s WHERE id = %s", survey.pk)
    values = json.loads(text)
    for entry in AuditLog.objects.about(survey).filter(action="update"):
        assert entry.new_values.items() <= values.items()
        values |= entry.old_values
    ((digest,),) = sql("SELECT encode(sha256(convert_to(%s::jsonb::text, 'UTF8')), 'hex')", json.dumps(values))
    assert digest == inserted.row_digest


def test_a_deleted_row_is_kept_whole(survey, entries):
    survey.delete()
    entry = entries.one()
    assert (entry.action, entry.new_values) == ("delete", None)
    assert entry.old_values["name"] == "Old"
    assert entry.old_values.keys() == {field.column for field in Survey._meta.fields}


def test_rows_that_go_with_another_are_logged_too(entries):
    delivery = AlertDeliveryFactory()
    detection = delivery.alert.detection
    LightCurvePointFactory(difference_run=detection.model_run.difference_run)
    KnownMatchFactory(candidate=detection.candidate)
    detection.observation.delete()
    deleted = {entry.entity_type for entry in entries() if entry.action == "delete"}
    assert deleted == {
        "observations", "difference_runs", "light_curve_points", "candidates", "known_matches",
        "model_runs", "detections", "alerts", "alert_deliveries",
    }  # fmt: skip


def test_a_key_that_changes_is_logged_on_both_sides(entries):
    candidate = CandidateFactory()
    old, new = candidate.pk, "00000000-0000-7000-8000-000000000001"
    sql("UPDATE candidates SET id = %s WHERE id = %s", new, old)
    entry_of = {entry.entity_id: entry for entry in entries("candidates") if entry.action == "update"}
    assert entry_of.keys() == {str(old), new}
    assert entry_of[str(old)].old_values["id"] == str(old)
    assert entry_of[new].new_values["id"] == new


def test_a_role_given_and_taken_is_logged(make_user, entries):
    user = make_user("viewer")
    user.groups.add(Group.objects.get(name="curator"))
    user.groups.remove(Group.objects.get(name="viewer"))
    given, also_given, taken = entries("auth_user_groups")
    assert (given.action, also_given.action, taken.action) == ("insert", "insert", "delete")
    assert taken.old_values["group_id"] == Group.objects.get(name="viewer").pk
    assert taken.old_values["user_id"] == user.pk


def test_a_permission_given_to_a_role_is_logged(entries):
    Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="delete_survey"))
    assert entries.one("auth_group_permissions").action == "insert"


def test_a_truncated_table_is_logged(entries):
    sql("TRUNCATE system_config")
    entry = entries.one()
    assert (entry.entity_type, entry.action, entry.change_summary) == ("system_config", "truncate", "every row")


def test_passwords_are_not_told(make_user):
    user = make_user("viewer", password="moon-and-sixpence")
    user.set_password("of-human-bondage")
    user.save()
    key = str(user.pk)
    user.delete()
    log = AuditLog.objects.filter(entity_type="auth_user", entity_id=key)
    assert [entry.action for entry in log] == ["delete", "update", "insert"]
    deleted, updated, _ = log
    assert deleted.old_values["password"] == "***"
    assert updated.old_values == updated.new_values == {"password": "***"}
    assert updated.change_summary == "password"


def test_a_rollback_takes_the_entry_back(survey, entries):
    with transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(name="New")
        assert len(entries()) == 1
        transaction.set_rollback(True)
    assert entries() == []


def test_entries_of_one_transaction_can_be_told_from_others(survey, entries):
    Survey.objects.filter(pk=survey.pk).update(name="New")
    SystemConfig.objects.update(is_active=False)
    ((here,),) = sql("SELECT pg_current_xact_id()::text::bigint")
    assert {entry.transaction_id for entry in entries()} == {here}
