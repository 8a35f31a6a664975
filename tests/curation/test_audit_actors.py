"""The audit log says who made a change, from where, and by what."""

import io

import pytest
from django.core.management import call_command
from django.test import Client

from astrid.actors import acting, service
from astrid.models import Survey
from astrid.services import register_survey
from tests.database import set_by_sql, sql
from tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db

ALICE = {"REMOTE_ADDR": "192.0.2.7", "HTTP_USER_AGENT": "Firefox of Alice"}


def test_a_change_through_the_admin_says_who_from_where_and_with_what(survey, entries, make_user):
    client = Client(**ALICE)
    admin = make_user("admin", username="alice")
    client.force_login(admin)
    form = {"name": "New", "header_keywords": "{}", "gain_e_per_adu": "1.5"}
    assert client.post(f"/admin/astrid/survey/{survey.pk}/change/", form).status_code == 302
    entry = entries.one("surveys")
    assert (entry.user_id, entry.username) == (admin.pk, "alice")
    assert (entry.ip_address, entry.user_agent) == ("192.0.2.7", "Firefox of Alice")
    assert entry.source == f"POST /admin/astrid/survey/{survey.pk}/change/"
    assert (entry.old_values["name"], entry.new_values["name"]) == ("Old", "New")


def test_a_change_through_the_api_says_who_from_where_and_with_what(survey, entries, make_user):
    make_user("operator", username="alice", password="moon-and-sixpence")
    row = ObservationFactory.build()
    facts = {
        name: str(getattr(row, name))
        for name in ("observation_id", "ra", "dec", "observation_time", "filter_band", "exposure_time")
    }
    response = Client(**ALICE).post(
        "/api/v1/observations/", facts | {"survey": str(survey.pk), "footprint": [[0, 0], [1, 0], [1, 1], [0, 1]]},
        content_type="application/json", HTTP_AUTHORIZATION="Basic YWxpY2U6bW9vbi1hbmQtc2l4cGVuY2U=",
    )  # fmt: skip
    assert response.status_code == 201, response.content
    entry = entries.one("observations")
    assert (entry.action, entry.username, entry.ip_address) == ("insert", "alice", "192.0.2.7")
    assert (entry.user_agent, entry.source) == ("Firefox of Alice", "POST /api/v1/observations/")


def test_what_a_request_says_of_itself_cannot_break_the_log(entries, make_user):
    client = Client(REMOTE_ADDR="x" * 100, HTTP_USER_AGENT="'; DROP TABLE audit_log; -- %s \\u0000" + "x" * 1000)
    user = make_user("admin", username="o'malley %s")
    client.force_login(user)
    client.post("/admin/auth/group/add/?%00=%27" + "y" * 600, {"name": "New"})
    entry = entries.one("auth_group")
    assert (entry.username, len(entry.ip_address), len(entry.user_agent)) == ("o'malley %s", 45, 500)
    assert entry.user_agent.startswith("'; DROP TABLE audit_log; -- %s \\u0000")


def test_a_service_acts_in_the_name_of_its_actor(entries, actor):
    register_survey(name="New", actor=actor)
    entry = entries.one("surveys")
    assert (entry.user_id, entry.username) == (actor.pk, "actor")


def test_an_inner_actor_does_not_stay(survey, entries, make_user):
    outer, inner = make_user("lead", username="outer"), make_user("curator", username="inner")

    @service
    def rename(name, *, actor):
        Survey.objects.filter(pk=survey.pk).update(name=name)

    with acting(outer, source="a request"):
        rename("1", actor=outer)
        rename("2", actor=inner)
        Survey.objects.filter(pk=survey.pk).update(name="3")
    names = [(entry.username, entry.source) for entry in entries("surveys")]
    assert names == [("outer", "a request"), ("inner", "a request"), ("outer", "a request")]


def test_a_change_of_nobody_known_is_logged_all_the_same(survey, entries):
    sql("SELECT set_config('pghistory.context_metadata', '', true)")
    set_by_sql(survey, name="New")
    entry = entries.one()
    assert (entry.user_id, entry.username, entry.source, entry.ip_address) == (None, "", "", "")


def test_the_name_of_a_deleted_user_stays_in_the_log(survey, entries, make_user):
    user = make_user("lead", username="passing-through")
    with acting(user):
        Survey.objects.filter(pk=survey.pk).update(name="New")
    key = user.pk
    user.delete()
    assert (entries.one("surveys").user_id, entries.one("surveys").username) == (key, "passing-through")


def test_every_row_of_a_catalogue_says_who_loaded_it_by_which_command(tmp_path):
    path = tmp_path / "vsx.csv"
    path.write_text("Name,RAJ2000,DEJ2000,Type\nRR Lyr,291.36630,42.78436,RRAB\nSS Cyg,325.67863,43.58636,UGSS\n")
    call_command("load_catalogue", str(path), "--name", "VSX", stdout=io.StringIO())
    rows = sql("SELECT entity_type, username, source, count(*) FROM audit_log WHERE action = 'insert' GROUP BY 1, 2, 3")
    told = {entity: (username, source.partition(" by ")[0], count) for entity, username, source, count in rows}
    assert told["catalogues"] == ("pipeline", "manage.py load_catalogue", 1)
    assert told["catalogue_sources"] == ("pipeline", "manage.py load_catalogue", 2)
