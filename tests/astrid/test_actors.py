"""Who acts: the context that every change in the database is recorded with."""

import getpass
import os

import pghistory
import pytest
from django.db import IntegrityError, connection, transaction

from astrid import actors
from astrid.actors import SERVICE_ACCOUNT, acting, command_facts, service, service_account
from astrid.models import Survey

pytestmark = pytest.mark.django_db


def told_to_the_database() -> str:
    """The user that a trigger would see now."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE surveys SET name = name WHERE false")
        cursor.execute("SELECT current_setting('pghistory.context_metadata')::jsonb->>'user'")
        return cursor.fetchone()[0]


def test_the_service_account_exists_and_cannot_log_in():
    account = service_account()
    assert account.username == SERVICE_ACCOUNT
    assert not account.has_usable_password()
    assert not account.is_staff
    assert [group.name for group in account.groups.all()] == ["pipeline"]


def test_inside_another_actor_acts_and_afterwards_the_first_one_again(make_user):
    curator, lead = make_user("curator"), make_user("lead")
    with acting(curator, source="outside"):
        assert told_to_the_database() == str(curator.pk)
        with acting(lead, source="inside"):
            assert told_to_the_database() == str(lead.pk)
        assert told_to_the_database() == str(curator.pk)
        with pghistory.context() as context:
            assert context.metadata == {"user": curator.pk, "source": "outside"}


def test_an_error_inside_gives_the_first_actor_back(make_user):
    curator, lead = make_user("curator"), make_user("lead")
    with acting(curator):
        with pytest.raises(LookupError), acting(lead):
            raise LookupError
        assert told_to_the_database() == str(curator.pk)


def test_a_service_runs_in_one_transaction(actor):
    @service
    def register_two_of_one_name(*, actor):
        assert told_to_the_database() == str(actor.pk)
        Survey.objects.create(name="twice")
        Survey.objects.create(name="twice")

    with pytest.raises(IntegrityError):
        register_two_of_one_name(actor=actor)
    assert not Survey.objects.filter(name="twice").exists()
    assert not transaction.get_rollback()


def test_a_service_does_nothing_without_an_actor():
    @service
    def register(*, actor):
        Survey.objects.create(name="nobody's")

    with pytest.raises(TypeError, match="actor"):
        register()


def test_a_command_says_its_name_and_who_runs_it():
    assert command_facts("ingest") == {"source": f"manage.py ingest by {getpass.getuser()}"}


@pytest.mark.parametrize("unknown", [KeyError, OSError])
def test_a_command_runs_also_under_a_number_that_no_user_has(monkeypatch, unknown):
    def getuser():
        raise unknown

    monkeypatch.setattr(actors.getpass, "getuser", getuser)
    assert command_facts("ingest") == {"source": f"manage.py ingest by user {os.getuid()}"}
