"""Configuration keys of the processing."""

from astrid.config import Key

KEYS = (
    Key(
        "pipeline.detection_threshold_sigma",
        default=5.0,
        minimum=3.0,
        maximum=50.0,
        help="A candidate's significance in the difference image, in sigma, is at least this.",
    ),
    Key(
        "pipeline.association_radius_arcsec",
        default=2.0,
        minimum=0.1,
        maximum=60.0,
        help="Candidates within this radius of one place are one object.",
    ),
    Key(
        "pipeline.algorithm",
        default="zogy",
        choices=("zogy", "alard_lupton", "hotpants"),
        help="How a reference is subtracted.",
    ),
    Key(
        "pipeline.reference_max_age_days",
        default=3650.0,
        minimum=0.1,
        maximum=100_000.0,
        help="A reference taken this long before or after an observation is not used for it.",
    ),
    Key(
        "pipeline.master_frame_max_age_days",
        default=180.0,
        minimum=0.1,
        maximum=100_000.0,
        help="A master frame taken this long before or after an observation is not used for it.",
    ),
    Key(
        "pipeline.catalogue_coverage_arcmin",
        default=30.0,
        minimum=1.0,
        maximum=600.0,
        help="A catalogue covers a place if it has a source this near.",
    ),
    Key(
        "pipeline.minor_planet_radius_arcsec",
        default=15.0,
        minimum=1.0,
        maximum=600.0,
        help="A candidate this near to where a minor planet should be may be it.",
    ),
)
