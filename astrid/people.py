"""Demo users: one for each role of people, with random passwords."""

import secrets

from django.contrib.auth.models import Group, User
from django.db import transaction

ROLES = ("viewer", "curator", "lead", "operator", "admin")


@transaction.atomic
def make_demo_users() -> dict[str, str]:
    """Name → password of the users made now; those that exist keep theirs, and are not in the answer."""
    passwords = {}
    for role in ROLES:
        if User.objects.filter(username=role).exists():
            continue
        passwords[role] = secrets.token_urlsafe(9)
        user = User.objects.create_user(role, password=passwords[role], is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    return passwords
