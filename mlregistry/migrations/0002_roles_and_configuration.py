from django.db import migrations

from astrid.migration_steps import configuration_rows, grant_roles

GRANTS = {
    "curator": {"detection": "change"},
    "lead": {"detection": "change", "mlmodel": "change"},
    "operator": {"mlmodel": "add change"},
    "pipeline": {"modelrun": "add change", "detection": "add change"},
}


class Migration(migrations.Migration):
    dependencies = [("mlregistry", "0001_model_tables"), ("astrid", "0005_default_configuration")]
    operations = [
        grant_roles("mlregistry", GRANTS),
        configuration_rows(
            {
                "mlregistry.detection_threshold": (
                    0.5,
                    "A candidate whose confidence is at least this becomes a detection; others are rejected.",
                ),
                "mlregistry.high_confidence": (
                    0.9,
                    "Predictions at or above this are counted as high-confidence in a model run.",
                ),
            }
        ),
    ]
