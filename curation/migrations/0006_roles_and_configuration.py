from django.db import migrations

from astrid.migration_steps import configuration_rows, grant_roles

GRANTS = {
    "curator": {"validationevent": "add", "reviewclaim": "add change delete"},
    "lead": {
        "validationevent": "add",
        "reviewclaim": "add change delete",
        "alert": "change",
        "auditlog": "view",
        "auditseal": "view",
    },
    "operator": {"alert": "change", "alertdelivery": "change", "auditlog": "view", "auditseal": "view"},
    "pipeline": {"alert": "add", "alertdelivery": "add change"},
}


class Migration(migrations.Migration):
    dependencies = [("curation", "0005_review_and_alert_tables"), ("astrid", "0005_default_configuration")]
    operations = [
        grant_roles("curation", GRANTS, private=("auditlog", "auditseal")),
        configuration_rows(
            {
                "curation.alert_min_confidence": (0.9, "A detection at least this confident raises an alert."),
                "curation.alert_recipients": (["alerts@localhost"], "E-mail addresses that alerts are sent to."),
            }
        ),
    ]
