"""Who acts. Every change in the database carries it, through a setting local to the transaction."""

import functools
import getpass
from collections.abc import Callable
from contextlib import contextmanager

import pghistory
from django.contrib.auth import get_user_model
from django.db import transaction

SERVICE_ACCOUNT = "pipeline"


def service_account():
    """The user in whose name machines act; made by the first migration, without a password."""
    return get_user_model().objects.get(username=SERVICE_ACCOUNT)


@contextmanager
def acting(actor, **facts):
    """Changes inside are recorded as `actor`'s."""
    with pghistory.context(user=actor.pk, **facts):
        yield


def service(verb: Callable) -> Callable:
    """A verb of the domain: it takes the keyword `actor` and runs in one transaction, recorded as the actor's."""

    @functools.wraps(verb)
    def run(*args, actor, **kwargs):
        with transaction.atomic(), acting(actor):
            return verb(*args, actor=actor, **kwargs)

    return run


def command_facts(name: str) -> dict[str, str]:
    """What an audit entry says of a change made from the command line."""
    return {"source": f"manage.py {name} by {getpass.getuser()}"}
