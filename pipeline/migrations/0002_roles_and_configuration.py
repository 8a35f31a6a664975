from django.db import migrations

from astrid.migration_steps import configuration_rows, grant_roles

GRANTS = {
    "operator": {"processingjob": "add change"},
    "pipeline": {
        "preprocessrun": "add change",
        "differencerun": "add change",
        "candidate": "add change",
        "skyobject": "add change",
        "processingjob": "add change",
    },
}


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0001_processing_tables"),
        ("astrid", "0005_default_configuration"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [
        grant_roles("pipeline", GRANTS),
        configuration_rows(
            {
                "pipeline.detection_threshold_sigma": (
                    5.0,
                    "A candidate's significance in the difference image, in sigma, is at least this.",
                ),
                "pipeline.association_radius_arcsec": (
                    2.0,
                    "Candidates within this radius of one place are one object.",
                ),
            }
        ),
    ]
