"""The six roles, and what each of them may do."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User

from astrid.people import ROLES as PEOPLE
from astrid.people import make_demo_users
from tests.conftest import ROLES

pytestmark = pytest.mark.django_db

# What a role may do beyond looking: role → app.model → actions. `admin` may do everything.
MATRIX = {
    "viewer": {},
    "curator": {
        "mlregistry.detection": "change",
        "curation.validationevent": "add",
        "curation.reviewclaim": "add change delete",
    },
    "lead": {
        "astrid.systemconfig": "change",
        "mlregistry.detection": "change",
        "mlregistry.mlmodel": "change",
        "curation.validationevent": "add",
        "curation.reviewclaim": "add change delete",
        "curation.alert": "change",
        "curation.auditlog": "view",
        "curation.auditseal": "view",
    },
    "operator": {
        "astrid.survey": "add change",
        "astrid.observation": "add change delete",
        "astrid.systemconfig": "change",
        "pipeline.processingjob": "add change",
        "pipeline.masterframe": "add change",
        "pipeline.catalogue": "add change delete",
        "pipeline.cataloguesource": "add change delete",
        "pipeline.minorplanet": "add change delete",
        "mlregistry.mlmodel": "add change",
        "curation.alert": "change",
        "curation.alertdelivery": "change",
        "curation.auditlog": "view",
        "curation.auditseal": "view",
    },
    "pipeline": {
        "astrid.observation": "add change",
        "pipeline.preprocessrun": "add change",
        "pipeline.differencerun": "add change",
        "pipeline.candidate": "add change",
        "pipeline.skyobject": "add change",
        "pipeline.processingjob": "add change",
        "pipeline.masterframe": "add",
        "pipeline.knownmatch": "add change delete",
        "pipeline.lightcurvepoint": "add change",
        "mlregistry.modelrun": "add change",
        "mlregistry.detection": "add change",
        "curation.alert": "add",
        "curation.alertdelivery": "add change",
    },
}
# Only those named above, and `admin`, may look at these.
PRIVATE = {"curation.auditlog", "curation.auditseal", "auth.user", "auth.group", "auth.permission"}
APPS = (*settings.PHASE_APPS, "auth")


def permissions() -> dict[str, Permission]:
    """app.action_model → permission, of our apps and the accounts."""
    rows = Permission.objects.filter(content_type__app_label__in=APPS).select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}": row for row in rows}


def expected(role: str) -> set[str]:
    if role == "admin":
        return set(permissions())
    named = {
        f"{app}.{action}_{model}"
        for (app, model), actions in ((name.split("."), text.split()) for name, text in MATRIX[role].items())
        for action in actions
        if app in APPS
    }
    looking = {name for name in permissions() if ".view_" in name and name.replace(".view_", ".") not in PRIVATE}
    return named | looking


def test_there_are_six_roles():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES) == {*MATRIX, "admin"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_matrix_says_and_nothing_else(role, make_user):
    user = make_user(role)
    allowed = {name for name in user.get_all_permissions() if name.split(".")[0] in APPS}
    assert allowed == expected(role)
    assert not user.is_superuser


def test_nobody_but_the_admin_manages_accounts():
    for role in set(ROLES) - {"admin"}:
        assert not Permission.objects.filter(group__name=role, content_type__app_label="auth").exists()


def test_nobody_edits_the_audit_log():
    if "curation" in settings.PHASE_APPS:
        names = {name for name in permissions() if name.endswith("_auditlog")}
        assert names == {"curation.view_auditlog"}


def test_each_role_of_people_gets_one_demo_user_whose_password_is_told_once():
    passwords = make_demo_users()
    assert set(passwords) == set(PEOPLE) == set(ROLES) - {"pipeline"}
    assert len(set(passwords.values())) == len(passwords)
    for role, password in passwords.items():
        user = User.objects.get(username=role)
        assert user.check_password(password)
        assert user.is_staff
        assert [group.name for group in user.groups.all()] == [role]
    assert make_demo_users() == {}
    assert User.objects.get(username="viewer").check_password(passwords["viewer"])
