"""Who acts. Every change in the database carries it, through a setting local to the transaction."""

import functools
import getpass
import os
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
    """Changes inside are recorded as `actor`'s; those after it, as whose they were before."""
    with pghistory.context() as context:
        # pghistory itself leaves an inner context's facts behind in the outer one.
        before = dict(context.metadata)
        context.metadata.update(user=actor.pk, **facts)
        try:
            yield
        finally:
            context.metadata.clear()
            context.metadata.update(before)


def service(verb: Callable) -> Callable:
    """A verb of the domain: it takes the keyword `actor` and runs in one transaction, recorded as the actor's."""

    @functools.wraps(verb)
    def run(*args, actor, **kwargs):
        with transaction.atomic(), acting(actor):
            return verb(*args, actor=actor, **kwargs)

    return run


def command_facts(name: str) -> dict[str, str]:
    """What an audit entry says of a change made from the command line."""
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        person = f"user {os.getuid()}"
    return {"source": f"manage.py {name} by {person}"}
