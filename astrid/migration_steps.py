"""Data that every app's migrations bring along: what its roles may do, and its configuration rows."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

ROLES = ("viewer", "curator", "lead", "operator", "pipeline", "admin")


def grant_roles(
    app_label: str,
    grants: dict[str, dict[str, str]],
    *,
    private: tuple[str, ...] = (),
    models: tuple[str, ...] | None = None,
) -> migrations.RunPython:
    """A migration step that gives roles permissions on an app's models, and takes them back when reversed.

    `grants` maps role → model → actions, such as `{"curator": {"detection": "change"}}`. Every role may view
    every model that is not `private`, and `admin` may do everything, so neither is spelled out. A later step of an app
    names the `models` that are new with it: it is about them alone.
    """
    about = {"content_type__app_label": app_label} | ({"content_type__model__in": models} if models else {})

    def grant(apps, schema_editor):
        config = installed_apps.get_app_config(app_label)
        create_contenttypes(config, verbosity=0, using=schema_editor.connection.alias)
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        permissions = permission_model.objects.filter(**about)
        for role in ROLES:
            group, _ = group_model.objects.get_or_create(name=role)
            for permission in permissions:
                action, _, model = permission.codename.partition("_")
                allowed = grants.get(role, {}).get(model, "").split()
                is_open = action == "view" and model not in private
                if role == "admin" or is_open or action in allowed:
                    group.permissions.add(permission)

    def revoke(apps, schema_editor):
        granted = apps.get_model("auth", "Group").permissions.through.objects.filter(
            group__name__in=ROLES, **{f"permission__{lookup}": value for lookup, value in about.items()}
        )
        granted.delete()

    return migrations.RunPython(grant, revoke)


def configuration_rows(defaults: dict[str, tuple[object, str]]) -> migrations.RunPython:
    """A migration step that writes configuration rows, key → (default, help), and takes them away when reversed."""

    def write(apps, schema_editor):
        apps.get_model("astrid", "SystemConfig").objects.bulk_create(
            apps.get_model("astrid", "SystemConfig")(key=key, value=value, description=description)
            for key, (value, description) in defaults.items()
        )

    def remove(apps, schema_editor):
        apps.get_model("astrid", "SystemConfig").objects.filter(key__in=defaults).delete()

    return migrations.RunPython(write, remove)
