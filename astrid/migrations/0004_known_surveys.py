from django.db import migrations

SURVEYS = {
    "ZTF": {
        "description": "Zwicky Transient Facility, Palomar 48-inch.",
        "base_url": "https://www.ztf.caltech.edu/",
        "gain_e_per_adu": 6.2,
        "read_noise_e": 10.3,
        "pixel_scale_arcsec": 1.01,
    },
    "Pan-STARRS1": {
        "description": "Panoramic Survey Telescope and Rapid Response System, Haleakala 1.8 m.",
        "base_url": "https://outerspace.stsci.edu/display/PANSTARRS/",
        "pixel_scale_arcsec": 0.258,
    },
    "DECam": {
        "description": "Dark Energy Camera, Cerro Tololo 4 m Blanco.",
        "base_url": "https://noirlab.edu/science/programs/ctio/instruments/Dark-Energy-Camera",
        "gain_e_per_adu": 4.0,
        "read_noise_e": 7.0,
        "pixel_scale_arcsec": 0.263,
    },
    "LCO": {
        "description": "Las Cumbres Observatory global network.",
        "base_url": "https://lco.global/",
        "api_endpoint": "https://archive-api.lco.global/",
        "pixel_scale_arcsec": 0.389,
    },
    "GOTO": {
        "description": "Gravitational-wave Optical Transient Observer, La Palma and Siding Spring.",
        "base_url": "https://goto-observatory.org/",
        "gain_e_per_adu": 1.5,
        "read_noise_e": 10.0,
        "saturation_adu": 55000.0,
        "pixel_scale_arcsec": 1.24,
    },
    "ATLAS": {
        "description": "Asteroid Terrestrial-impact Last Alert System.",
        "base_url": "https://atlas.fallingstar.com/",
        "gain_e_per_adu": 2.0,
        "read_noise_e": 11.0,
        "pixel_scale_arcsec": 1.86,
    },
    "TESS": {
        "description": "Transiting Exoplanet Survey Satellite, full-frame images.",
        "base_url": "https://tess.mit.edu/",
        "api_endpoint": "https://mast.stsci.edu/api/v0/",
        "pixel_scale_arcsec": 21.0,
    },
    "SDSS": {
        "description": "Sloan Digital Sky Survey, Apache Point 2.5 m.",
        "base_url": "https://www.sdss.org/",
        "pixel_scale_arcsec": 0.396,
    },
    "HST": {
        "description": "Hubble Space Telescope.",
        "base_url": "https://hst.stsci.edu/",
        "api_endpoint": "https://mast.stsci.edu/api/v0/",
    },
    "Swift": {
        "description": "Neil Gehrels Swift Observatory, UVOT.",
        "base_url": "https://swift.gsfc.nasa.gov/",
        "pixel_scale_arcsec": 0.502,
    },
    "GALEX": {
        "description": "Galaxy Evolution Explorer, ultraviolet.",
        "base_url": "https://galex.stsci.edu/",
        "pixel_scale_arcsec": 1.5,
    },
    "Rubin": {
        "description": "Vera C. Rubin Observatory, Legacy Survey of Space and Time.",
        "base_url": "https://rubinobservatory.org/",
        "pixel_scale_arcsec": 0.2,
    },
}


def register(apps, schema_editor):
    survey_model = apps.get_model("astrid", "Survey")
    survey_model.objects.bulk_create(
        (survey_model(name=name, **facts) for name, facts in SURVEYS.items()), ignore_conflicts=True
    )


def remove_unused(apps, schema_editor):
    apps.get_model("astrid", "Survey").objects.filter(name__in=SURVEYS, observations=None).delete()


class Migration(migrations.Migration):
    dependencies = [("astrid", "0003_roles")]
    operations = [migrations.RunPython(register, remove_unused)]
