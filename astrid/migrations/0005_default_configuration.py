from django.db import migrations

from astrid.migration_steps import configuration_rows


class Migration(migrations.Migration):
    dependencies = [("astrid", "0004_known_surveys")]
    operations = [
        configuration_rows(
            {"astrid.ingest_max_mb": (2048, "A FITS file larger than this, in MB, is refused at ingest.")}
        )
    ]
