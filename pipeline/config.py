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
)
