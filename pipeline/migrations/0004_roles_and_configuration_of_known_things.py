from django.db import migrations

from astrid.migration_steps import configuration_rows, grant_roles

GRANTS = {
    "operator": {
        "masterframe": "add change",
        "catalogue": "add change delete",
        "cataloguesource": "add change delete",
        "minorplanet": "add change delete",
    },
    "pipeline": {
        "masterframe": "add",
        "knownmatch": "add change delete",
        "lightcurvepoint": "add change",
    },
}
MODELS = ("masterframe", "catalogue", "cataloguesource", "minorplanet", "knownmatch", "lightcurvepoint")


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0003_known_things_light_curves_and_masters")]
    operations = [
        grant_roles("pipeline", GRANTS, models=MODELS),
        configuration_rows(
            {
                "pipeline.algorithm": ("zogy", "How a reference is subtracted."),
                "pipeline.reference_max_age_days": (
                    3650.0,
                    "A reference taken this long before or after an observation is not used for it.",
                ),
                "pipeline.master_frame_max_age_days": (
                    180.0,
                    "A master frame taken this long before or after an observation is not used for it.",
                ),
                "pipeline.catalogue_coverage_arcmin": (
                    30.0,
                    "A catalogue covers a place if it has a source this near.",
                ),
                "pipeline.minor_planet_radius_arcsec": (
                    15.0,
                    "A candidate this near to where a minor planet should be may be it.",
                ),
            }
        ),
    ]
