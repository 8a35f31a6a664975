"""Configuration keys of the models."""

from astrid.config import Key

KEYS = (
    Key(
        "mlregistry.detection_threshold",
        default=0.5,
        minimum=0.0,
        maximum=1.0,
        help="A candidate whose confidence is at least this becomes a detection; others are rejected.",
    ),
    Key(
        "mlregistry.high_confidence",
        default=0.9,
        minimum=0.0,
        maximum=1.0,
        help="Predictions at or above this are counted as high-confidence in a model run.",
    ),
)
