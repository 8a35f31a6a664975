from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import migrations

from astrid.migration_steps import grant_roles

GRANTS = {
    "lead": {"systemconfig": "change"},
    "operator": {
        "survey": "add change",
        "observation": "add change delete",
        "systemconfig": "change",
    },
    "pipeline": {"observation": "add change"},
}


def make_service_account(apps, schema_editor):
    user, _ = apps.get_model("auth", "User").objects.get_or_create(
        username="pipeline", defaults={"password": make_password(None), "first_name": "Service account"}
    )
    user.groups.add(apps.get_model("auth", "Group").objects.get(name="pipeline"))


def remove_service_account(apps, schema_editor):
    apps.get_model("auth", "User").objects.filter(username="pipeline").delete()
    apps.get_model("auth", "Group").objects.filter(
        name__in=("viewer", "curator", "lead", "operator", "pipeline", "admin")
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("astrid", "0002_core_tables"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        grant_roles("astrid", GRANTS),
        grant_roles("auth", {}, private=("user", "group", "permission")),
        migrations.RunPython(make_service_account, remove_service_account),
    ]
